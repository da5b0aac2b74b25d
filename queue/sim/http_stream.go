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
	writeTime = 30 * time.Second // for a client to take one piece
	firstTime = time.Second      // the longest until a stream begins, a quarter of the answer's time otherwise
	pieces    = 200              // of an answer that drips
)

// sending is an answer on its way to a client.
type sending struct {
	w     http.ResponseWriter
	ctx   context.Context
	start time.Time     // when the request came
	first time.Duration // when a stream begins
	after time.Duration // the answer's time
	fault *fault        // nil for none

	spoilt int // the piece before which the fault comes, from 1; zero is the middle
}

// reply sends the answer, streamed or plain.
func (s *sending) reply(r *reply, streamed bool) {
	if streamed {
		s.stream(r)
	} else {
		s.plain(r)
	}
}

// plain sends the answer at once, when its time is over.
func (s *sending) plain(r *reply) {
	body := r.whole()
	if s.fault.is(actStreamGarbage) {
		body = []byte("<html>this is no JSON</html>\n")
	}
	h := s.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if s.fault.is(actDrip) {
		s.drip(body)
		return
	}
	s.until(s.after)
	if s.fault.is(actHalf) || s.fault.is(actResetMid) || s.fault.is(actSilenceMid) {
		s.send(body[:len(body)/2])
		if s.fault.is(actSilenceMid) {
			<-s.ctx.Done()
		}
		abort()
	}
	s.send(body)
}

// stream sends the answer as events: the pieces of the content evenly over the
// time from the first.
func (s *sending) stream(r *reply) {
	h := s.w.Header()
	h.Set("Content-Type", sse.MediaType+"; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	if s.fault.is(actDrip) {
		var body []byte
		for e := range r.events() {
			body = append(body, e.frame...)
		}
		s.drip(body)
		return
	}
	s.until(s.first)
	done, all := 0, r.deltas()
	spoilt := cmp.Or(s.spoilt, all/2+1)
	for e := range r.events() {
		if e.delta {
			done++
			s.until(s.first + (s.after-s.first)*time.Duration(done)/time.Duration(all))
		}
		if e.delta && done == spoilt && !s.spoil(e) {
			return
		}
		s.send(e.frame)
	}
}

// spoil does in the middle of a stream, before event e, what the fault wants. It
// reports whether the stream goes on.
func (s *sending) spoil(e event) bool {
	if s.fault == nil {
		return true
	}
	switch s.fault.act {
	case actResetMid:
		abort()
	case actHalf:
		s.send(e.frame[:len(e.frame)/2])
		abort()
	case actSilenceMid:
		<-s.ctx.Done()
		abort()
	case actStreamError:
		s.send(sse.Append(nil, sse.Event{Type: []byte("error"), Data: []byte(`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded (simulated)"}}`)}))
		return false
	case actStreamGarbage:
		s.send([]byte("garbage without a colon\nevent: content_block_delta\ndata: {\"type\":\"content_bl\n\n"))
	}
	return true
}

// drip sends the answer in small pieces, evenly over its time.
func (s *sending) drip(body []byte) {
	n := min(pieces, len(body))
	for i := range n {
		s.until(s.after * time.Duration(i+1) / time.Duration(n))
		s.send(body[len(body)*i/n : len(body)*(i+1)/n])
	}
}

// until waits until so long after the request came, or gives it up when its
// context ends.
func (s *sending) until(after time.Duration) {
	if s.ctx.Err() != nil {
		abort()
	}
	pause(s.ctx, time.Until(s.start.Add(after)))
}

// send sends one piece, or gives the request up if the client does not take it.
func (s *sending) send(piece []byte) {
	rc := http.NewResponseController(s.w)
	_ = rc.SetWriteDeadline(time.Now().Add(writeTime)) // not every connection can
	if _, err := s.w.Write(piece); err != nil {
		abort()
	}
	if err := rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		abort()
	}
}
