package sim

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"paceline/queue/sse"
)

const (
	writeTimeout = 30 * time.Second // for a client to accept one piece
	maxFirstByte = time.Second      // a stream begins after a quarter of the answer's time, at most this
	dripPieces   = 200              // of a slow-drip answer
)

// responseWriter sends an answer at its pace, with its fault.
type responseWriter struct {
	w         http.ResponseWriter
	ctx       context.Context
	start     time.Time     // when the request arrived
	firstByte time.Duration // until a stream begins
	total     time.Duration // until the answer ends
	fault     *fault        // nil: none

	faultAt int    // the delta before which the fault happens, from 1; zero is the middle
	atEnd   func() // called before the header of a plain answer is sent; nil: nothing
}

// write sends the answer, streamed or plain.
func (s *responseWriter) write(r *response, streamed bool) {
	if streamed && !s.fault.isWhole() {
		s.stream(r)
	} else {
		s.plain(r)
	}
}

// overloadedError is an error that comes with 200.
const overloadedError = `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded (simulated)"}}`

// plain sends the answer at once, when its time is over.
func (s *responseWriter) plain(r *response) {
	body, kind := r.json(), "application/json"
	switch {
	case s.fault == nil:
	case s.fault.is(faultGarbage):
		body = []byte("<html>this is no JSON</html>\n")
	case s.fault.is(faultPage):
		body, kind = []byte("<!DOCTYPE html><title>Sign in (simulated)</title>\n"), "text/html; charset=utf-8"
	case s.fault.is(faultEmpty):
		body = nil
	case s.fault.is(faultErrorIn200):
		body = []byte(overloadedError)
	case s.fault.is(faultCut):
		body = body[:len(body)/2]
	}
	h := s.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if s.fault.is(faultSlowDrip) {
		s.drip(body)
		return
	}
	s.waitUntil(s.total)
	if s.atEnd != nil {
		s.atEnd()
	}
	if s.fault.is(faultHalfBody) || s.fault.is(faultResetMidStream) || s.fault.is(faultSilenceMidStream) {
		s.send(body[:len(body)/2])
		if s.fault.is(faultSilenceMidStream) {
			<-s.ctx.Done()
		}
		abort()
	}
	s.send(body)
}

// stream sends the answer as events, with the deltas evenly spread from the first
// byte to the end.
func (s *responseWriter) stream(r *response) {
	h := s.w.Header()
	h.Set("Content-Type", sse.MediaType+"; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	if s.fault.is(faultSlowDrip) {
		var body []byte
		for e := range r.events() {
			body = append(body, e.frame...)
		}
		s.drip(body)
		return
	}
	s.waitUntil(s.firstByte)
	done, all := 0, r.deltas()
	spoilt := cmp.Or(s.faultAt, all/2+1)
	for e := range r.events() {
		if e.delta {
			done++
			s.waitUntil(s.firstByte + (s.total-s.firstByte)*time.Duration(done)/time.Duration(all))
		}
		if e.delta && done == spoilt && !s.applyFault(e) {
			return
		}
		s.send(e.frame)
	}
}

// applyFault does, before event e, what the fault wants in the middle of a stream.
// It reports whether the stream goes on.
func (s *responseWriter) applyFault(e event) bool {
	if s.fault == nil {
		return true
	}
	switch s.fault.kind {
	case faultResetMidStream:
		abort()
	case faultHalfBody:
		s.send(e.frame[:len(e.frame)/2])
		abort()
	case faultSilenceMidStream:
		<-s.ctx.Done()
		abort()
	case faultStreamError:
		s.send(sse.Append(nil, sse.Event{Type: []byte("error"), Data: []byte(overloadedError)}))
		return false
	case faultCut:
		return false
	case faultGarbage:
		s.send([]byte("garbage without a colon\nevent: content_block_delta\ndata: {\"type\":\"content_bl\n\n"))
	}
	return true
}

// drip sends the answer in small pieces, evenly over its time.
func (s *responseWriter) drip(body []byte) {
	n := min(dripPieces, len(body))
	for i := range n {
		s.waitUntil(s.total * time.Duration(i+1) / time.Duration(n))
		s.send(body[len(body)*i/n : len(body)*(i+1)/n])
	}
}

// waitUntil waits until a time after the arrival, or aborts the request when its
// context ends.
func (s *responseWriter) waitUntil(after time.Duration) {
	if s.ctx.Err() != nil {
		abort()
	}
	pause(s.ctx, time.Until(s.start.Add(after)))
}

// send sends one piece, or aborts the request if the client does not accept it.
func (s *responseWriter) send(piece []byte) {
	rc := http.NewResponseController(s.w)
	_ = rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every connection can
	if _, err := s.w.Write(piece); err != nil {
		abort()
	}
	if err := rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		abort()
	}
}
