package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"paceline/queue"
	"paceline/queue/sse"
)

// keepAlive keeps a load balancer from closing a silent connection. Until the API
// answers it starts the answer of a request: it sends a 200 and then pings; the API's
// answer, or the error, then follows in that stream. When the API's stream is silent, it
// sends pings between two events. All methods accept nil, which sends nothing.
type keepAlive struct {
	interval time.Duration
	hangUp   context.CancelCauseFunc

	over atomic.Bool // no more pings

	mu      sync.Mutex // guards what follows, and the writer unless paused
	timer   *time.Timer
	paused  bool    // no ping may come: the request owns the writer
	inEvent bool    // the last piece of the API's stream ends within an event
	end     [3]byte // the last bytes of that stream
	started bool    // the 200 was sent, before the API has answered
	failed  bool    // the error was sent
}

// newKeepAlive sends the first ping after every.
func newKeepAlive(x *exchange, every time.Duration, hangUp context.CancelCauseFunc) *keepAlive {
	k := &keepAlive{interval: every, hangUp: hangUp}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.timer = time.AfterFunc(every, func() { x.gateway.queue.Guard(queue.PartPings, func() { k.ping(x) }) })
	return k
}

// ping sends a ping, and before the first one the header, if the API has not answered yet.
func (k *keepAlive) ping(x *exchange) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.paused || k.over.Load() {
		return
	}
	if k.inEvent {
		k.timer.Reset(k.interval)
		return
	}
	if x.status == 0 {
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

// follow restarts the pings, for the silences of the API's answer, if it is a stream that
// they can come into: one that is not compressed, and whose length was not announced. From
// now on its pieces are sent with pass.
func (k *keepAlive) follow(answer *http.Response) {
	if k == nil || !isEventStream(answer.Header) || answer.Header.Get("Content-Encoding") != "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.started && answer.ContentLength >= 0 {
		return
	}
	k.paused = false
	k.timer.Reset(k.interval)
}

// pass sends a piece of the API's answer.
func (k *keepAlive) pass(x *exchange, b []byte, flush bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := x.write(b, flush)
	if len(b) > 0 {
		k.noteEnd(b)
	}
	if !k.paused {
		k.timer.Reset(k.interval)
	}
	return err
}

// noteEnd notes whether the stream, which goes on with b, ends between two events: an empty
// line ends an event.
func (k *keepAlive) noteEnd(b []byte) {
	last := append(k.end[:], b[max(0, len(b)-len(k.end)):]...)
	copy(k.end[:], last[len(last)-len(k.end):])
	end := string(k.end[:])
	k.inEvent = !strings.HasSuffix(end, "\n\n") && !strings.HasSuffix(end, "\n\r\n") && !strings.HasSuffix(end, "\r\r")
}

// finish stops the pings for ever. It does not wait for one that is under way.
func (k *keepAlive) finish() {
	if k != nil {
		k.over.Store(true)
	}
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
