package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"paceline/queue"
)

// errHungUp is the cause that ends a request whose client accepts no more bytes.
var errHungUp = errors.New("gateway: the client has hung up")

// messages answers POST /v1/messages: it waits in the queue, and passes on the
// API's answer.
func (x *exchange) messages(route route) {
	if !x.readBody(route) {
		return
	}
	g := x.gateway
	x.setSender(x.fields.user)
	x.setLane()
	ctx, hangUp, stop := x.callContext()
	defer stop()
	c := &call{exchange: x, hangUp: hangUp}
	x.progressInterval = min(time.Second, g.queue.Settings().MaxRun/8)
	if g.options.KeepAlive > 0 && x.fields.stream {
		x.keepAlive = newKeepAlive(x, g.options.KeepAlive, hangUp)
		defer x.keepAlive.pause()
	}
	_, err := queue.Do(ctx, g.queue, x.request(), c.attempt)
	c.conclude(ctx, err)
}

// setLane finds the lane of the request, by its fields.
func (x *exchange) setLane() {
	x.model = modelAt(x.fields.model, x.fields.speed)
	x.lane = x.gateway.lanes.laneName(x.key, x.model, x.laneSource(), x.began)
}

// isFast reports whether the request asks for the fast mode of its model.
func (x *exchange) isFast() bool {
	_, fast := queue.CutFast(x.model)
	return fast
}

// request is the request as the queue sees it.
func (x *exchange) request() queue.Request {
	x.cost = x.gateway.estimator.estimate(x.began, x.estimateKey(), x.requestSize())
	return queue.Request{
		ID: x.id, User: x.user, Group: x.token, GroupWeight: x.weight, Origin: x.origin, Session: x.session, Subagent: x.subagent,
		Lane: x.lane, Priority: x.priority,
		MaxWait: clientTimeout(x.r.Header), Cost: x.cost, Fingerprint: x.fingerprint(),
		IdempotencyKey: idempotencyKey(x.r.Header),
	}
}

// idempotencyKey is the client's own name for its request; one that is long is kept as its
// hash. Empty: it has none.
func idempotencyKey(h http.Header) string {
	key := h.Get("Idempotency-Key")
	if len(key) > maxUser {
		sum := sha256.Sum256([]byte(key))
		return hex.EncodeToString(sum[:])
	}
	return firstName(key)
}

// clientTimeout is how long the client waits for its answer, zero if it does not
// say. The official SDKs do.
func clientTimeout(h http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(h.Get("X-Stainless-Timeout"), 64)
	if err != nil || !(seconds > 0 && seconds < 1e6) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// call is an exchange in the queue: its attempts, and the result of the last one.
type call struct {
	*exchange
	hangUp context.CancelCauseFunc // cancels the request for the client
	last   *upstreamError          // the API's last error; nil if there was no answer
	broken bool                    // the answer broke off in the middle
}

// attempt calls the API once, and passes on a success as it arrives. An error is
// kept until it is clear that there is no further attempt.
func (c *call) attempt(ctx context.Context) (none struct{}, err error) {
	c.startAttempt()
	c.last = nil
	answer, err := c.send(ctx)
	record := c.beginRecord(answer)
	defer func() { c.endRecord(record, err) }()
	if err != nil {
		return none, callError(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }()
	c.learn(ctx, answer)
	if answer.StatusCode >= 300 {
		c.last = readUpstreamError(answer)
		return none, c.classify(c.last)
	}
	if err = c.passAnswer(ctx, answer); err == nil {
		c.learnCost()
	}
	return none, err
}

// classify returns the class of the API's error, and whether to retry.
func (c *call) classify(e *upstreamError) *queue.Error {
	failure := e.classify(c.gatewayKey == "", time.Now())
	if failure.Class == queue.RateLimited && c.isFast() && (isClosed(e.header) || c.gateway.lanes.isClosed(c.lane)) {
		failure.Class, failure.Retry, failure.RetryAfter = queue.ClientError, queue.RetryNo, 0 // the account lacks it: waiting gives nothing
	}
	return failure
}

// learn reads the limits, the lane and the request ID from the header of an answer.
func (x *exchange) learn(ctx context.Context, answer *http.Response) {
	g, h, now := x.gateway, answer.Header, time.Now()
	if id := h.Get("Request-Id"); plainID(id) {
		x.upstreamID = id
	}
	lane, in := g.lanes.learn(g.queue, x.key, x.model, h.Get("Anthropic-Organization-Id"), x.lane, answer.StatusCode < 300)
	x.borrowed = x.borrowed || !in
	if limits := limitsOf(h, x.isFast(), now); x.borrowed {
		g.queue.SetLimits(lane, limits, now)
	} else {
		queue.ReportLimits(ctx, limits)
	}
	x.lane = lane
	if answer.StatusCode < 300 { // the API has admitted it
		queue.Progress(ctx)
	}
}

// send sends the request upstream, and returns when it has the answer's header.
func (x *exchange) send(ctx context.Context) (*http.Response, error) {
	g := x.gateway
	header := upstreamHeader(x.outgoing.Header, x.gatewayKey)
	asked := "identity"
	if x.keepAlive == nil && !x.uncompressed { // else pings may come before the answer, and between its events
		asked = askedCoding(x.outgoing.Header)
	}
	header["Accept-Encoding"] = []string{asked}
	r := &http.Request{
		Method: x.outgoing.Method, URL: g.upstreamURL(x.path, x.outgoing.URL), Host: g.options.Upstream.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: x.body.size, Body: x.body.reader(),
	}
	// For a retry on a connection that was closed while idle. With such a key
	// net/http would send again what the API may have read, behind the queue's back.
	if header["Idempotency-Key"] == nil && header["X-Idempotency-Key"] == nil {
		r.GetBody = x.body.getBody
	}
	answer, err := g.transport.RoundTrip(r.WithContext(ctx))
	if err == nil && answer.StatusCode < 200 {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("gateway: the upstream answered %d, which nobody asked for", answer.StatusCode)
	}
	if err == nil {
		g.simulated.observe(answer.Header)
	}
	return answer, err
}

// upstreamURL is the upstream's URL for a clean path and the query of a URL. The path is the
// one that was checked, and escaped as the client has escaped it.
func (g *Gateway) upstreamURL(path string, from *url.URL) *url.URL {
	base := g.options.Upstream
	u := &url.URL{
		Scheme: base.Scheme, Host: base.Host, RawQuery: from.RawQuery, ForceQuery: from.ForceQuery,
		Path: base.Path + path, RawPath: base.EscapedPath() + path,
	}
	if plain, err := url.PathUnescape(path); err == nil { // it always is: url.URL has escaped it
		u.Path = base.Path + plain
	}
	return u
}

func trimSlash(path string) string {
	for len(path) > 0 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}

// callError is the outcome of a call that got no header of an answer.
func callError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	op, ok := errors.AsType[*net.OpError](err)
	return &queue.Error{Class: queue.NetworkError, Unsent: ok && op.Op == "dial", Err: connectionError(err)}
}

// passAnswer passes an answer on as it arrives.
func (c *call) passAnswer(ctx context.Context, answer *http.Response) error {
	c.keepAlive.pause()
	if c.keepAlive.begun() {
		if why := c.keepAlive.beginAnswer(c.exchange, answer); why != nil {
			c.writeError(why)
			return &queue.Error{Class: queue.ServerError, Retry: queue.RetryNo, Err: why}
		}
	} else {
		c.sendHeader(answer)
	}
	c.keepAlive.follow(answer)
	err := c.copyBody(ctx, answer)
	switch {
	case errors.Is(err, errHungUp):
		c.hangUp(err)
	case errors.Is(err, errBroken):
		c.broken = true
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
	}
	return err
}

// sendHeader passes on the status and the header of an answer, with our headers.
func (x *exchange) sendHeader(answer *http.Response) {
	h := x.w.Header()
	passHeader(h, answer.Header)
	if isEventStream(h) {
		forbidBuffering(h)
	}
	x.setHeaders(h)
	x.status = answer.StatusCode
	x.w.WriteHeader(answer.StatusCode)
}

// conclude answers a request that had no success, once the queue has ended it.
func (c *call) conclude(ctx context.Context, err error) {
	c.keepAlive.pause() // no ping from here on
	if err == nil {
		return
	}
	if c.failure == "" {
		c.failure = queue.Truncate(err.Error(), 300)
	}
	if ctx.Err() != nil { // the client has left
		begun := c.status != 0
		if c.status = statusHungUp; begun {
			panic(http.ErrAbortHandler)
		}
		return
	}
	ofAPI := c.isAPIError(err)
	switch {
	case c.broken: // so that nobody takes it for complete
		panic(http.ErrAbortHandler)
	case c.status != 0 && !c.keepAlive.begun(): // the API's answer was passed on
	case ofAPI:
		c.passUpstreamError(c.last)
	case c.keepAlive.ended():
	default:
		c.writeError(queueError(err))
	}
}

// isAPIError reports whether err is the API's last answer. It notes if no attempt
// can change that.
func (c *call) isAPIError(err error) bool {
	if oversize, ok := errors.AsType[*queue.OversizeError](err); ok {
		c.oversize = queue.Truncate(queue.Escape(oversize.Error()), 300)
		return c.last != nil
	}
	_, ok := errors.AsType[*queue.Error](err)
	return ok && c.last != nil
}
