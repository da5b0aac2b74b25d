package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"paceline/queue/sse"
)

const (
	streamSilence      = 3 * time.Second  // a stream without an event for so long is broken
	streamUnused       = 15 * time.Second // without a poll for so long the stream is closed
	maxEventsPerSecond = 20               // a stream with more is not one of snapshots
)

// The reasons why a stream is closed from this side.
var (
	errStreamInvalid = errors.New("client: the stream sends garbage")
	errStreamSilent  = errors.New("client: the stream is silent")
	errStreamUnused  = errors.New("client: nobody reads the stream")
)

// snapshotStream reads one stream of snapshots and keeps the newest snapshot.
type snapshotStream struct {
	cancel  context.CancelCauseFunc
	arrived chan struct{} // holds one token after a snapshot has come
	ended   chan struct{} // closed at the end

	mu     sync.Mutex
	opened bool      // the answer is a stream; guarded by mu
	body   []byte    // the newest snapshot, until it is taken; guarded by mu
	at     time.Time // when it came; guarded by mu
}

// isOpen reports whether the stream is open, so that the next snapshot can be awaited.
func (s *snapshotStream) isOpen() bool {
	select {
	case <-s.ended:
		return false
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// take returns the newest snapshot and when it came. It returns nil if that was before
// since, or if the snapshot was taken already.
func (s *snapshotStream) take(since time.Time) ([]byte, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.Before(since) {
		return nil, time.Time{}
	}
	body := s.body
	s.body = nil
	return body, s.at
}

// put stores a snapshot, and wakes a poll that waits for one.
func (s *snapshotStream) put(body []byte) {
	s.mu.Lock()
	s.body, s.at = body, time.Now()
	s.mu.Unlock()
	select {
	case s.arrived <- struct{}{}:
	default: // a token is there already
	}
}

// run requests the stream and reads it until the stream or ctx ends. It reports
// whether the stream brought snapshots, and ended for no fault of the server's.
func (s *snapshotStream) run(ctx context.Context, p *streamPoller) (worked bool) {
	silence := time.AfterFunc(p.source.timeout, func() { s.cancel(errStreamSilent) })
	defer silence.Stop()
	r := p.source.request(ctx, http.MethodGet, withEventsSince(p.url, noEvents))
	r.Header.Set("Accept", sse.MediaType)
	answer, err := p.source.client.Do(r)
	if err != nil {
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK || !sse.IsStream(answer.Header.Get("Content-Type")) {
		return false
	}
	p.source.noteRole(answer)
	s.mu.Lock()
	s.opened = true
	s.mu.Unlock()
	silence.Reset(streamSilence)

	second, n := time.Now(), 0
	events := eventTail{sameServer: true}
	err = readEvents(answer.Body, func(body []byte) error {
		if now := time.Now(); now.Sub(second) >= time.Second {
			second, n = now, 0
		}
		if n++; n > maxEventsPerSecond {
			return errStreamInvalid
		}
		if p.idle() > streamUnused {
			return errStreamUnused
		}
		since, known := events.since()
		body, ok := events.complete(body, since, known)
		if !ok {
			return errStreamInvalid
		}
		silence.Reset(streamSilence)
		s.put(body)
		worked = true
		return nil
	})
	switch cause := context.Cause(ctx); {
	case errors.Is(err, errStreamUnused):
		return true
	case errors.Is(err, errStreamInvalid), errors.Is(cause, errStreamInvalid), errors.Is(cause, errStreamSilent):
		return false
	default:
		return worked
	}
}

// readEvents calls f with the data of each snapshot, until f returns an error or the
// stream ends. An event may not be larger than maxBody.
func readEvents(r io.Reader, f func(data []byte) error) error {
	events := sse.NewReader(r, sse.Parser{Limit: maxBody})
	for {
		e, err := events.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, sse.ErrTooLong):
			return errStreamInvalid
		case err != nil:
			return err
		}
		if kind := string(e.Type); len(e.Data) == 0 || kind != "message" && kind != "metrics" {
			continue
		}
		if err := f(bytes.Clone(e.Data)); err != nil {
			return err
		}
	}
}
