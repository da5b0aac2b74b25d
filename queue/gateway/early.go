package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"

	"paceline/queue"
	"paceline/queue/sse"
)

// early begins an answer before its turn, so that a load balancer on the way does
// not take the silence for death: a 200, and a ping from time to time. What comes
// of the request is then told in the stream. All methods are fine with nil, which
// never begins.
type early struct {
	every  time.Duration
	hangUp context.CancelCauseFunc

	mu      sync.Mutex // guards what follows, and the writer while it is not held
	timer   *time.Timer
	held    bool // the request's turn has come: the writer is its
	started bool // the 200 is out
	over    bool // the error is out
}

// newEarly lets the first ping go out after every.
func newEarly(x *exchange, every time.Duration, hangUp context.CancelCauseFunc) *early {
	e := &early{every: every, hangUp: hangUp}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timer = time.AfterFunc(every, func() { x.gateway.queue.Guard(queue.PartPings, func() { e.ping(x) }) })
	return e
}

// ping sends a ping, and before the first one the header.
func (e *early) ping(x *exchange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.held {
		return
	}
	if !e.started {
		e.started = true
		h := x.w.Header()
		h.Set(headerRequestID, x.id)
		x.gateway.tellSimulated(h)
		x.beginStream()
	}
	if x.writeEvent("ping", []byte(`{"type": "ping"}`)) != nil {
		e.hangUp(errHungUp)
		return
	}
	e.timer.Reset(e.every)
}

// hold ends the pings: from its return on the writer is the caller's.
func (e *early) hold() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held = true
	e.timer.Stop()
}

// release lets the pings go on: the request waits again.
func (e *early) release() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held = false
	e.timer.Reset(e.every)
}

// begun reports whether the 200 is out. After hold it does not change.
func (e *early) begun() bool {
	if e == nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.started
}

// ended reports whether the stream has had its error.
func (e *early) ended() bool {
	if e == nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.over
}

// pass prepares the stream for the API's answer: our figures as comments. An
// answer that does not fit in is an error.
func (e *early) pass(x *exchange, answer *http.Response) *apiError {
	if !isEventStream(answer.Header) || answer.Header.Get("Content-Encoding") != "" {
		return &apiError{kind: "api_error", message: "the API's answer is no plain event stream, and this one has begun as one"}
	}
	x.comments()
	return nil
}

// comments tells our figures, and the API's name of the request, in the stream.
func (x *exchange) comments() {
	h := http.Header{}
	x.figures(h)
	said := []string{"waited-ms " + h.Get(headerWaited), "attempts " + h.Get(headerAttempts), "lane " + x.lane}
	if x.oversize != "" {
		said = append(said, "reason "+x.oversize)
	}
	if x.upstream != "" {
		said = append(said, "request-id "+x.upstream)
	}
	_ = x.write(sse.AppendComment(nil, said...), false) // it goes out with what follows
}

// fail ends the stream with an error in the API's shape.
func (e *early) fail(x *exchange, body []byte) {
	e.hold()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	e.over = true
	x.comments()
	_ = x.writeEvent("error", body)
}
