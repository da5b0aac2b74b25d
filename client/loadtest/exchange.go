package loadtest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"paceline/queue/sse"
)

// The largest sizes of an answer that are read, in bytes.
const (
	maxAnswer      = 16 << 20
	maxErrorAnswer = 64 << 10
	maxHeader      = 64 << 10
)

// answer is the outcome of one message.
type answer struct {
	status            int       // 0 without an answer
	first             time.Time // when the first text of a stream came; zero without one
	lane              string    // in which it waited, cleaned; empty if unknown
	requestsPerMinute int       // the account's limit; 0 if unknown
	problem           *problem  // nil after a good answer
	stopped           bool      // the test was stopped before the answer
	again             int       // how often the message was sent again, because its user gave up
}

// problem is why a message failed: the kind of the failure, by which failures are
// counted, and the words of this one. Both are cleaned.
type problem struct{ kind, words string }

// sender sends messages to a target. It is safe for concurrent use.
type sender struct {
	target  Target
	url     string
	header  http.Header
	client  *http.Client
	secrets []string
	run     string         // in the idempotency keys, so that no other run has the same
	start   func(f func()) // runs f in a goroutine of the test, see [run.start]
}

// newSender returns a sender for a checked target, but for its start.
func newSender(t Target) *sender {
	t.Timeout = cmp.Or(t.Timeout, DefaultTimeout)
	s := &sender{target: t, url: t.url(), header: t.Header.Clone(), secrets: t.secrets(), run: rand.Text()}
	if s.header == nil {
		s.header = http.Header{}
	}
	s.header.Set("Content-Type", "application/json")
	if t.Route == Messages && s.header.Get("Anthropic-Version") == "" {
		s.header.Set("Anthropic-Version", "2023-06-01")
	}
	if s.header.Get("User-Agent") == "" {
		s.header.Set("User-Agent", "paceline-loadtest")
	}
	if t.Stream {
		s.header.Set("Accept", sse.MediaType)
	} else {
		s.header.Set("Accept", "application/json")
	}
	s.client = newClient(t.Transport)
	return s
}

// newClient returns a client that follows no redirect.
func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:    30 * time.Second,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // compression delays a stream
			MaxIdleConnsPerHost:    DefaultOutstanding,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxHeader,
		}
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send sends one message and reads the whole answer.
func (s *sender) send(ctx context.Context, user string, number int) answer {
	body, err := s.target.body(user, number)
	if err != nil {
		return answer{problem: s.problem("no message", err.Error())}
	}
	limited, cancel := context.WithTimeout(ctx, s.target.Timeout)
	defer cancel()
	key := s.idempotencyKey(user, number)
	if s.target.GiveUp > 0 {
		return s.sendAgain(ctx, limited, body, key)
	}
	return s.exchange(ctx, limited, body, key, func() {})
}

// exchange sends a body once, and reads the whole answer. It calls begun when the header of
// the answer has come. The end of limited ends the message, that of ctx the test.
func (s *sender) exchange(ctx, limited context.Context, body []byte, key string, begun func()) answer {
	r, err := http.NewRequestWithContext(limited, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return answer{problem: s.problem("no message", "the address makes no sense")}
	}
	r.Header = s.header.Clone()
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	r.Host = s.header.Get("Host")
	response, err := s.client.Do(r)
	if err != nil {
		return s.connectionProblem(ctx, answer{}, err)
	}
	defer func() { _ = response.Body.Close() }()
	begun()
	a := answer{status: response.StatusCode, lane: clean(response.Header.Get("X-Paceline-Lane"), s.secrets)}
	if most, err := strconv.Atoi(response.Header.Get("Anthropic-Ratelimit-Requests-Limit")); err == nil {
		a.requestsPerMinute = max(most, 0)
	}
	if a.status != http.StatusOK {
		said, err := io.ReadAll(io.LimitReader(response.Body, maxErrorAnswer))
		if err != nil && ctx.Err() != nil {
			return s.connectionProblem(ctx, a, err)
		}
		a.problem = s.statusProblem(response, said)
		return a
	}
	if s.target.Stream {
		return s.readStream(ctx, a, response)
	}
	return s.readWhole(ctx, a, response)
}

// readWhole reads an answer that is not streamed.
func (s *sender) readWhole(ctx context.Context, a answer, response *http.Response) answer {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return s.connectionProblem(ctx, a, err)
	case len(body) > maxAnswer:
		a.problem = s.problem("200, too large", fmt.Sprintf("the answer is larger than %d MiB", maxAnswer>>20))
	default:
		a.problem = s.checkAnswer(body)
	}
	return a
}

// checkAnswer returns why a body with status 200 is no answer; nil if it is one.
func (s *sender) checkAnswer(body []byte) *problem {
	var got struct {
		Type     string          `json:"type"`
		Content  []any           `json:"content"`
		Response *string         `json:"response"`
		Error    json.RawMessage `json:"error"`
	}
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) > 0 && trimmed[0] == '<' {
		return s.problem("200, HTML", "HTML came instead of an answer: does a proxy or a login page stand between?")
	}
	err := json.Unmarshal(body, &got)
	switch {
	case err != nil:
		return s.problem("200, no JSON", "what came is no JSON: "+string(trimmed[:min(len(trimmed), 80)]))
	case s.target.Route == Messages && got.Type == "message" && got.Content != nil:
		return nil
	case s.target.Route == Chat && got.Response != nil:
		return nil
	case got.Error != nil:
		kind, words := errorText(body)
		return s.problem(join("200, error", kind), words)
	default:
		return s.problem("200, no answer", "the JSON that came is no answer of the route "+string(s.target.Route))
	}
}

// connectionProblem returns the answer for an exchange that failed with err.
func (s *sender) connectionProblem(ctx context.Context, a answer, err error) answer {
	if ctx.Err() != nil {
		a.stopped = true
		return a
	}
	kind := causeOf(err, s.target.Timeout)
	a.problem = s.problem(kind, kind)
	return a
}

// statusProblem returns the problem of an answer whose status is not 200.
func (s *sender) statusProblem(response *http.Response, said []byte) *problem {
	kind := fmt.Sprint(response.StatusCode)
	if why := response.Header.Get("X-Paceline-Refused"); why != "" {
		kind += " refused by the queue"
	}
	typ, words := errorText(said)
	switch {
	case response.StatusCode/100 == 3:
		words = "redirected"
		if to, err := response.Location(); err == nil {
			words += " to " + to.Scheme + "://" + to.Host
		}
		words += ": no redirect is followed, give the address it leads to"
	case words == "":
		words = http.StatusText(response.StatusCode)
	}
	return s.problem(join(kind, typ), words)
}

// problem returns a problem with cleaned words.
func (s *sender) problem(kind, words string) *problem {
	return &problem{kind: shortenKind(clean(kind, s.secrets)), words: clean(words, s.secrets)}
}

// maxKind is the longest name of a kind, in runes.
const maxKind = 48

// shortenKind cuts the name of a kind to maxKind runes.
func shortenKind(kind string) string {
	if r := []rune(kind); len(r) > maxKind {
		return string(r[:maxKind-1]) + "…"
	}
	return kind
}

// errorText returns the kind and the words of an error in the form of the Claude API or
// of the older deployment; empty for another body.
func errorText(body []byte) (kind, words string) {
	var said struct {
		Error   json.RawMessage `json:"error"`
		Details any             `json:"details"`
	}
	if json.Unmarshal(body, &said) != nil {
		if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '<' {
			return "", "HTML, no words"
		}
		return "", ""
	}
	var claude struct{ Type, Message string }
	var older string
	switch {
	case json.Unmarshal(said.Error, &claude) == nil:
		return claude.Type, claude.Message
	case json.Unmarshal(said.Error, &older) == nil:
		if details, ok := said.Details.(string); ok && details != "" {
			older += ": " + details
		}
		return "", older
	default:
		return "", ""
	}
}

// join joins two texts with a blank; either can be empty.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
