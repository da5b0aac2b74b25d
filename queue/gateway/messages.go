package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"paceline/queue"
)

// errHungUp is why a request ends whose client takes no more bytes.
var errHungUp = errors.New("gateway: the client has hung up")

// messages answers POST /v1/messages: in the queue until its turn, then as the
// API answers.
func (x *exchange) messages(route route) {
	if !x.readable() || !x.read(route.maxBody) {
		return
	}
	g := x.gateway
	x.user = userOf(x.r, x.peek.user)
	x.lane = g.lanes.name(x.key, x.peek.model)
	ctx, hangUp, stop := x.untilHungUp()
	defer stop()
	c := &call{exchange: x, hangUp: hangUp}
	x.pulse = min(time.Second, g.queue.Settings().MaxRun/8)
	if g.options.KeepAlive > 0 && x.peek.stream {
		x.early = newEarly(x, g.options.KeepAlive, hangUp)
		defer x.early.hold()
	}
	_, err := queue.Do(ctx, g.queue, x.request(), c.attempt)
	c.conclude(ctx, err)
}

// request is what the queue knows of it.
func (x *exchange) request() queue.Request {
	x.cost = x.gateway.estimator.estimate(x.began, x.asker(), x.size())
	return queue.Request{
		ID: x.id, User: x.user, Group: x.token, Lane: x.lane, Priority: x.priority,
		MaxWait: patience(x.r.Header), Cost: x.cost, Fingerprint: x.fingerprint(),
	}
}

// patience is how long the client says that it waits for its answer, zero if it
// does not say. The official SDKs do.
func patience(h http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(h.Get("X-Stainless-Timeout"), 64)
	if err != nil || !(seconds > 0 && seconds < 1e6) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// call is an exchange in the hands of the queue: the attempts, and what came of
// the last one.
type call struct {
	*exchange
	hangUp context.CancelCauseFunc // ends the request as its client's wish
	last   *refusal                // the API's error; nil if there was no answer
	broken bool                    // the answer had begun, and will not come to its end
}

// attempt calls the API once, and passes on a success as it comes. An error is
// kept until it is clear that there is no other attempt.
func (c *call) attempt(ctx context.Context) (none struct{}, err error) {
	c.early.hold()
	c.startAttempt()
	c.last = nil
	answer, err := c.send(ctx)
	if err != nil {
		c.early.release()
		return none, noAnswer(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	c.learn(ctx, answer)
	if answer.StatusCode >= 300 {
		c.last = readRefusal(answer)
		c.early.release()
		return none, c.last.classify(c.ownKey == "", time.Now())
	}
	if err = c.pass(ctx, answer); err == nil {
		c.calibrate()
	}
	return none, err
}

// learn reads what an answer tells beside itself.
func (x *exchange) learn(ctx context.Context, answer *http.Response) {
	g, h, now := x.gateway, answer.Header, time.Now()
	if id := h.Get("Request-Id"); plainID(id) {
		x.upstream = id
	}
	lane, in := g.lanes.learn(g.queue, x.key, x.peek.model, h.Get("Anthropic-Organization-Id"), x.lane, answer.StatusCode < 300)
	if limits := limitsOf(h, now); in {
		queue.ReportLimits(ctx, limits)
	} else { // the request stays where it was, and the limits are not those of its lane
		g.queue.SetLimits(lane, limits, now)
	}
	x.lane = lane
	if answer.StatusCode < 300 { // the API has taken it in
		queue.Progress(ctx)
	}
}

// send sends the request upstream, and returns when the answer's header is here.
func (x *exchange) send(ctx context.Context) (*http.Response, error) {
	g := x.gateway
	header := upstreamHeader(x.out.Header, x.ownKey)
	if x.early != nil || x.readHere { // the answer may have to follow pings
		delete(header, "Accept-Encoding")
	}
	r := &http.Request{
		Method: x.out.Method, URL: g.upstreamURL(x.out.URL), Host: g.options.Upstream.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: x.body.size, Body: x.body.reader(),
	}
	// So that a connection that was closed while idle is no attempt. With such a key
	// net/http would send again what the API may have read, behind the queue's back.
	if header["Idempotency-Key"] == nil && header["X-Idempotency-Key"] == nil {
		r.GetBody = x.body.again
	}
	answer, err := g.transport.RoundTrip(r.WithContext(ctx))
	if err == nil && answer.StatusCode < 200 {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("gateway: the upstream answered %d, which nobody asked for", answer.StatusCode)
	}
	if err == nil {
		g.simulated.hear(answer.Header)
	}
	return answer, err
}

// upstreamURL is where a path and query are asked for upstream.
func (g *Gateway) upstreamURL(from *url.URL) *url.URL {
	base := g.options.Upstream
	return &url.URL{
		Scheme: base.Scheme, Host: base.Host, RawQuery: from.RawQuery, ForceQuery: from.ForceQuery,
		Path:    trimSlash(base.Path) + from.Path,
		RawPath: trimSlash(base.EscapedPath()) + from.EscapedPath(), // as the client wrote it
	}
}

func trimSlash(path string) string {
	for len(path) > 0 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}

// noAnswer is the outcome of a call that got no header of an answer.
func noAnswer(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return &queue.Error{Class: queue.NetworkError, Err: connectionWords(err)}
}

// pass passes an answer on as it comes.
func (c *call) pass(ctx context.Context, answer *http.Response) error {
	if c.early.begun() {
		if why := c.early.pass(c.exchange, answer); why != nil {
			c.fail(why)
			return &queue.Error{Class: queue.ServerError, Retry: queue.RetryNo, Err: why}
		}
	} else {
		c.sendHeader(answer)
	}
	err := c.copyBody(ctx, answer)
	switch {
	case errors.Is(err, errHungUp):
		c.hangUp(errHungUp)
	case errors.Is(err, errBroken):
		c.broken = true
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
	}
	return err
}

// sendHeader passes on the status and the header of an answer, with our figures.
func (x *exchange) sendHeader(answer *http.Response) {
	h := x.w.Header()
	passHeader(h, answer.Header)
	x.figures(h)
	x.status = answer.StatusCode
	x.w.WriteHeader(answer.StatusCode)
}

// conclude answers what got no success, when the queue has the last word.
func (c *call) conclude(ctx context.Context, err error) {
	c.early.hold() // no ping from here on
	if err == nil {
		return
	}
	if c.why == "" {
		c.why = cut(err.Error(), 300)
	}
	if ctx.Err() != nil { // the client has left
		begun := c.status != 0
		if c.status = statusHungUp; begun {
			panic(http.ErrAbortHandler)
		}
		return
	}
	ofAPI := c.ofAPI(err)
	switch {
	case c.broken: // so that nobody takes it for a whole one
		panic(http.ErrAbortHandler)
	case c.status != 0 && !c.early.begun(): // it was passed on as it came
	case ofAPI:
		c.passRefusal(c.last)
	case c.early.ended():
	default:
		c.fail(ofQueue(err))
	}
}

// ofAPI reports whether err is what the API itself said last. It notes where no
// attempt can change that.
func (c *call) ofAPI(err error) bool {
	if oversize, ok := errors.AsType[*queue.OversizeError](err); ok {
		c.oversize = cut(queue.Escape(oversize.Error()), 300)
		return c.last != nil
	}
	_, ok := errors.AsType[*queue.Error](err)
	return ok && c.last != nil
}
