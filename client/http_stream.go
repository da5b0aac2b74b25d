package client

import (
	"context"
	"net/url"
	"sync"
	"time"
)

const (
	minStreamInterval  = 900 * time.Millisecond  // polls that are more frequent are answered by requests
	maxStreamInterval  = 5500 * time.Millisecond // and so are polls that are rarer
	maxSnapshotAge     = 500 * time.Millisecond  // a poll does not return an older snapshot, but waits for the next one
	reopenAfterSuccess = 5 * time.Second         // before the stream is opened again after it has worked
	reopenAfterFailure = time.Minute             // the same after it has not
)

// streamPoller answers polls from the server's stream of snapshots. It opens the
// stream after a successful poll, if polls come at about the rate of the snapshots. If
// anything is wrong with the stream, a poll sends a request instead, so that a failure
// shows as soon as without a stream, and in the same words. A nil streamPoller is
// valid and does nothing.
type streamPoller struct {
	source *HTTP
	url    *url.URL

	mu              sync.Mutex
	lastPoll        time.Time       // when the last poll began; guarded by mu
	newestTimestamp time.Time       // of the newest sample, by the endpoint's clock; guarded by mu
	reopenAt        time.Time       // the stream is not opened before; guarded by mu
	stream          *snapshotStream // nil while none is open; guarded by mu
	closed          bool            // no stream is opened any more; guarded by mu
	running         sync.WaitGroup
}

// poll returns the newest snapshot, or waits for the next one if it was returned
// already; without a stream it sends a request.
func (s *streamPoller) poll(ctx context.Context) (Sample, []byte, error) {
	start := time.Now()
	s.mu.Lock()
	pause := start.Sub(s.lastPoll)
	s.lastPoll = start
	f := s.stream
	s.mu.Unlock()
	paced := pause >= minStreamInterval && pause <= maxStreamInterval
	if f != nil && paced {
		if sample, body, ok := s.next(ctx, f, start); ok {
			return sample, body, nil
		}
	}
	sample, body, err := s.source.poll(ctx)
	if err == nil {
		s.accept(sample, true)
		if paced {
			s.open()
		}
	}
	return sample, body, err
}

// next returns the snapshot for a poll that began at start; false if none comes within
// half of the time-out, so that the other half is left for a request.
func (s *streamPoller) next(ctx context.Context, f *snapshotStream, start time.Time) (Sample, []byte, bool) {
	ctx, cancel := context.WithTimeout(ctx, s.source.timeout/2)
	defer cancel()
	for f.isOpen() {
		body, at := f.take(start.Add(-maxSnapshotAge))
		if body == nil {
			select {
			case <-f.arrived:
			case <-f.ended:
			case <-ctx.Done():
				return Sample{}, nil, false
			}
			continue
		}
		sample, err := s.source.decoder.decode(body)
		if err != nil {
			f.cancel(errStreamInvalid)
			return Sample{}, nil, false
		}
		sample.At, sample.Took = at, time.Since(start)
		if s.accept(sample, false) {
			return sample, body, true
		}
	}
	return Sample{}, nil, false
}

// accept records the timestamp of a sample. It reports false for a snapshot that is
// older than the newest sample; the answer to a request is always accepted.
func (s *streamPoller) accept(sample Sample, asked bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !asked && sample.Timestamp.Known && sample.Timestamp.Value.Before(s.newestTimestamp) {
		return false
	}
	s.newestTimestamp = sample.Timestamp.Value
	return true
}

// discard drops a snapshot that was not returned yet: it is older than a change that
// the caller has made since.
func (s *streamPoller) discard() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stream != nil {
		s.stream.take(time.Time{})
	}
}

// open opens the stream, unless one is open or it is too early for another.
func (s *streamPoller) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stream != nil || s.closed || time.Now().Before(s.reopenAt) {
		return
	}
	ctx, end := context.WithCancelCause(s.source.ctx)
	f := &snapshotStream{cancel: end, arrived: make(chan struct{}, 1), ended: make(chan struct{})}
	s.stream = f
	s.running.Go(func() {
		worked := f.run(ctx, s)
		end(nil)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stream, s.reopenAt = nil, time.Now().Add(reopenAfterFailure)
		if worked {
			s.reopenAt = time.Now().Add(reopenAfterSuccess)
		}
		close(f.ended)
	})
}

// idle returns how long ago the last poll began.
func (s *streamPoller) idle() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.lastPoll)
}

// close waits until the stream has ended. It requires that the source's context is
// cancelled.
func (s *streamPoller) close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
}
