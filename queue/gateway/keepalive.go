package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"

	"paceline/queue"
	"paceline/queue/sse"
)

// keepAlive starts the answer of a waiting request, so that a load balancer does
// not close the silent connection: it sends a 200 and then pings. The API's answer,
// or the error, then follows in that stream. All methods accept nil, which never
// starts an answer.
type keepAlive struct {
	interval time.Duration
	hangUp   context.CancelCauseFunc

	mu      sync.Mutex // guards what follows, and the writer unless paused
	timer   *time.Timer
	paused  bool // the request runs, and owns the writer
	started bool // the 200 was sent
	failed  bool // the error was sent
}

// newKeepAlive sends the first ping after every.
func newKeepAlive(x *exchange, every time.Duration, hangUp context.CancelCauseFunc) *keepAlive {
	k := &keepAlive{interval: every, hangUp: hangUp}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.timer = time.AfterFunc(every, func() { x.gateway.queue.Guard(queue.PartPings, func() { k.ping(x) }) })
	return k
}

// ping sends a ping, and before the first one the header.
func (k *keepAlive) ping(x *exchange) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.paused {
		return
	}
	if !k.started {
		k.started = true
		h := x.w.Header()
		h.Set(headerRequestID, x.id)
		x.gateway.setSimulatedHeader(h)
		x.beginStream()
	}
	if x.writeEvent("ping", []byte(`{"type": "ping"}`)) != nil {
		k.hangUp(errHungUp)
		return
	}
	k.timer.Reset(k.interval)
}

// pause stops the pings. When it returns the caller owns the writer.
func (k *keepAlive) pause() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.paused = true
	k.timer.Stop()
}

// resume restarts the pings: the request waits again.
func (k *keepAlive) resume() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.paused = false
	k.timer.Reset(k.interval)
}

// begun reports whether the 200 was sent. After pause it does not change.
func (k *keepAlive) begun() bool {
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.started
}

// ended reports whether the error was sent.
func (k *keepAlive) ended() bool {
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed
}

// beginAnswer prepares the stream for the API's answer, with our headers as
// comments. It returns an error if the answer cannot follow in the stream.
func (k *keepAlive) beginAnswer(x *exchange, answer *http.Response) *apiError {
	if !isEventStream(answer.Header) || answer.Header.Get("Content-Encoding") != "" {
		return &apiError{kind: "api_error", message: "the API's answer is no plain event stream, and this one has begun as one"}
	}
	x.writeComments()
	return nil
}

// writeComments writes our headers, and the API's request ID, as comments of the
// stream.
func (x *exchange) writeComments() {
	h := http.Header{}
	x.setHeaders(h)
	said := []string{"waited-ms " + h.Get(headerWaited), "attempts " + h.Get(headerAttempts), "lane " + x.lane}
	if x.oversize != "" {
		said = append(said, "reason "+x.oversize)
	}
	if x.upstreamID != "" {
		said = append(said, "request-id "+x.upstreamID)
	}
	_ = x.write(sse.AppendComment(nil, said...), false) // it goes out with what follows
}

// writeError ends the stream with an error in the API's shape.
func (k *keepAlive) writeError(x *exchange, body []byte) {
	k.pause()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed {
		return
	}
	k.failed = true
	x.writeComments()
	_ = x.writeEvent("error", body)
}
