package client

import (
	"context"
	"net/url"
	"sync"
	"time"
)

const (
	minStreamInterval  = 900 * time.Millisecond  // between two polls that a stream is for
	maxStreamInterval  = 5500 * time.Millisecond // rarer ones ask
	maxSnapshotAge     = 500 * time.Millisecond  // a poll that finds an older snapshot waits for the next
	reopenAfterSuccess = 5 * time.Second         // until another stream, after one that worked for a while
	reopenAfterFailure = time.Minute             // the same, after one that did not
)

// streamPoller answers polls from the server's stream of snapshots. It opens the
// stream once polls come at its pace, and work. Whatever is wrong with it, the
// poll asks, so that a failure shows as soon as without a stream, and in the same
// words. The nil streamer is for no stream at all.
type streamPoller struct {
	source *HTTP
	url    *url.URL

	mu              sync.Mutex
	lastPoll        time.Time       // when the newest poll began; guarded by mu
	newestTimestamp time.Time       // the endpoint's time in the newest sample; guarded by mu
	reopenAt        time.Time       // no new feed before; guarded by mu
	stream          *snapshotStream // nil while there is none; guarded by mu
	closed          bool            // no new feed any more; guarded by mu
	running         sync.WaitGroup
}

// poll returns the newest snapshot that was not returned before, if need be the
// next one, or asks.
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

// next returns the snapshot for a poll that began at start. It reports false if
// none comes in time: then there is half of the time-out left to ask.
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
		sample, err := Decode(body)
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

// accept notes that the sample is the newest. It reports false if it is older than
// that, unless it is the answer to a question.
func (s *streamPoller) accept(sample Sample, asked bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !asked && sample.Timestamp.Known && sample.Timestamp.Value.Before(s.newestTimestamp) {
		return false
	}
	s.newestTimestamp = sample.Timestamp.Value
	return true
}

// discard drops what came and was not returned: it is from before something that
// the caller has done since.
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

// open begins a feed, unless there is one or it is too early for another.
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

// idle returns how long there was no poll.
func (s *streamPoller) idle() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.lastPoll)
}

// close returns when no feed runs any more. The source's life is over.
func (s *streamPoller) close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
}
