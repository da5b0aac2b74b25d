package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"paceline/queue"
)

// Chat sets up the chat route. The zero Chat works if the gateway has a key.
type Chat struct {
	// Key is the API key of the chat route, whose clients send none. Empty means
	// [Options].Key; without either the route answers that it has no key.
	Key string
	// Model answers, and FastModel in voice mode. Empty means the defaults.
	Model, FastModel string
	// System is the system prompt. Empty means none.
	System string
	// MaxTokens is the longest answer, in tokens. Zero means 2048.
	MaxTokens int
}

// errNoMessage says that an answer is no message, or no stream of one.
var errNoMessage = errors.New("the API's answer is no message")

// The defaults of the chat route, November 2026.
const (
	DefaultModel     = "claude-sonnet-5-5"
	DefaultFastModel = "claude-haiku-5-5"
	DefaultMaxTokens = 2048
)

func (c Chat) withDefaults() Chat {
	c.Model = cmp.Or(c.Model, DefaultModel)
	c.FastModel = cmp.Or(c.FastModel, DefaultFastModel)
	c.MaxTokens = cmp.Or(c.MaxTokens, DefaultMaxTokens)
	return c
}

// chatError is an error of the chat route.
type chatError struct {
	Error   string `json:"error"`
	Details string `json:"details,omitempty"`
}

// chat answers POST /api/between/chat.
func (x *exchange) chat(route route) {
	if !route.allows(x.r.Method) {
		x.w.Header().Set("Allow", strings.Join(route.methods, ", "))
		x.rejectChat("Method not allowed", methodNotAllowed(x.r, route.methods))
		return
	}
	if x.badHeader != nil { // a malformed X-Paceline header
		x.rejectChat("Invalid request", x.badHeader)
		return
	}
	b, err := readBody(x.r, x.control, route.maxBody, x.gateway.room, io.Discard)
	if err != nil {
		x.rejectChat("The request could not be read", x.bodyError(err, route.maxBody))
		return
	}
	x.body = b // closed whatever happens
	asked, ok := parseChat(b)
	b.close()
	if !ok {
		x.writeChatError(http.StatusBadRequest, chatError{Error: "message (or input) and userId are required"})
		return
	}
	asked.stream = bool(asked.Voice) || x.r.URL.Query().Get("stream") == "true"
	x.callChat(asked)
}

// callChat calls the API through the queue, and answers in the form of the route.
func (x *exchange) callChat(asked chatRequest) {
	g, o := x.gateway, x.gateway.options.Chat
	key := cmp.Or(o.Key, g.options.Key)
	if key == "" {
		x.writeChatError(http.StatusInternalServerError, chatError{"The chat is not set up",
			"paceline has no API key of its own: start it with --key-file, or with ANTHROPIC_API_KEY"})
		return
	}
	ask := chatUpstreamRequest{Model: o.Model, MaxTokens: o.MaxTokens, System: o.System, Messages: asked.messages(), Stream: asked.stream}
	if asked.Voice {
		ask.Model = o.FastModel
	}
	text, err := json.Marshal(ask)
	if err != nil {
		panic(err) // strings, numbers and a bool
	}
	x.body = &body{memory: text, size: int64(len(text))}
	x.fields.model, x.fields.maxTokens, x.fields.size, x.user = ask.Model, ask.MaxTokens, len(text), firstName(asked.UserID)
	x.key = keyHash(key)
	x.path, x.outgoing, x.gatewayKey = messagesPath, x.chatOutgoing(), key
	x.setLane()

	ctx, hangUp, stop := x.callContext()
	defer stop()
	c := &chatCall{call: &call{exchange: x, hangUp: hangUp}, stream: asked.stream}
	_, err = queue.Do(ctx, g.queue, x.request(), c.attempt)
	c.conclude(ctx, err)
}

// chatOutgoing is the upstream request, with nothing of the client's header.
func (x *exchange) chatOutgoing() *http.Request {
	r := x.r.Clone(x.r.Context())
	r.URL.RawQuery, r.URL.ForceQuery = "", false
	r.Header = http.Header{"Anthropic-Version": {"2023-06-01"}, "Content-Type": {"application/json"}}
	return r
}

// chatCall is a chat request in the queue.
type chatCall struct {
	*call
	stream bool
}

// attempt calls the API once, and passes on a success in the form of the route.
func (c *chatCall) attempt(ctx context.Context) (none struct{}, err error) {
	c.startAttempt()
	c.last = nil
	answer, err := c.send(ctx)
	if err != nil {
		return none, callError(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	c.learn(ctx, answer)
	if answer.StatusCode >= 300 {
		c.last = readUpstreamError(answer)
		return none, c.last.classify(false, time.Now())
	}
	if c.stream {
		err = c.passStream(ctx, answer)
	} else {
		err = c.passText(ctx, answer)
	}
	if err == nil {
		c.learnCost()
	}
	return none, err
}

// chatMetadata is what the route reports beside its text.
type chatMetadata struct {
	ResponseTime int64  `json:"responseTime"` // ms, including the wait
	WaitedMs     int64  `json:"waitedMs"`
	Attempts     int    `json:"attempts"`
	RequestID    string `json:"requestId"`
	Model        string `json:"model"`
	Simulated    bool   `json:"simulated,omitempty"`
}

// passText answers with the whole text.
func (c *chatCall) passText(ctx context.Context, answer *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxMessage))
	if err != nil {
		return brokenAnswer(ctx, err)
	}
	var m usageFinder
	m.write(raw)
	c.reportUsage(ctx, &m.usage)
	var said struct {
		Content []struct {
			Text string `json:"text"`
		} `json:"content"`
	}
	if err := json.Unmarshal(raw, &said); err != nil || said.Content == nil {
		return &queue.Error{Class: queue.ServerError, Retry: queue.RetryNo, Err: errNoMessage}
	}
	var text bytes.Buffer
	for _, block := range said.Content {
		text.WriteString(block.Text)
	}
	simulated, _ := c.gateway.Simulated()
	out, err := json.Marshal(struct {
		Response string       `json:"response"`
		Metadata chatMetadata `json:"metadata"`
	}{text.String(), chatMetadata{
		ResponseTime: time.Since(c.began).Milliseconds(), WaitedMs: c.waited().Milliseconds(), Attempts: c.attempts,
		RequestID: c.id, Model: c.fields.model, Simulated: simulated,
	}})
	if err != nil {
		panic(err) // strings and numbers
	}
	c.setHeaders(c.w.Header())
	c.markComplete()
	c.writeAnswer(http.StatusOK, "application/json; charset=utf-8", out)
	return nil
}

// conclude answers a request that had no success.
func (c *chatCall) conclude(ctx context.Context, err error) {
	if err == nil {
		return
	}
	c.failure = queue.Truncate(err.Error(), 300)
	switch {
	case ctx.Err() != nil: // the client has left
		c.status = statusHungUp
	case c.status != 0: // the stream has its error
	default:
		c.writeFailure(err)
	}
}

// writeFailure answers 500, as the route does for every failure that is not the
// client's mistake, with the reason and our headers.
func (c *chatCall) writeFailure(err error) {
	e, ofAPI := queueError(err), c.isAPIError(err)
	failure, _ := errors.AsType[*queue.Error](err)
	switch {
	case ofAPI && c.oversize != "":
		e.message = c.oversize
	case ofAPI:
		e.message = "the API answered " + failure.Error()
	case errors.Is(err, errNoMessage):
		e.message = errNoMessage.Error()
	default:
		c.setRefusedHeaders(e)
	}
	c.writeChatError(http.StatusInternalServerError, chatError{"The message could not be answered", e.message})
}

// rejectChat answers that the request itself is wrong.
func (x *exchange) rejectChat(what string, e *apiError) {
	x.setRefusedHeaders(e)
	x.writeChatError(e.status, chatError{what, e.message})
}

func (x *exchange) writeChatError(status int, e chatError) {
	if x.failure == "" {
		x.failure = e.Error
	}
	out, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings
	}
	x.setHeaders(x.w.Header())
	x.writeAnswer(status, "application/json; charset=utf-8", out)
}
