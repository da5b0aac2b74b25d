package client

import (
	"context"
	"net/url"
	"sync"
	"time"
)

const (
	streamLeast = 900 * time.Millisecond  // between two polls that a stream is for
	streamMost  = 5500 * time.Millisecond // rarer ones ask
	streamFresh = 500 * time.Millisecond  // a poll that finds an older snapshot waits for the next
	streamSoon  = 5 * time.Second         // until another stream, after one that worked for a while
	streamLater = time.Minute             // the same, after one that did not
)

// streamer answers polls from the server's stream of snapshots. It opens the
// stream once polls come at its pace, and work. Whatever is wrong with it, the
// poll asks, so that a failure shows as soon as without a stream, and in the same
// words. The nil streamer is for no stream at all.
type streamer struct {
	source *HTTP
	url    *url.URL

	mu      sync.Mutex
	polled  time.Time // when the newest poll began; guarded by mu
	told    time.Time // the endpoint's time in the newest sample; guarded by mu
	hold    time.Time // no new feed before; guarded by mu
	feed    *feed     // nil while there is none; guarded by mu
	closed  bool      // no new feed any more; guarded by mu
	running sync.WaitGroup
}

// poll returns the newest snapshot that was not returned before, if need be the
// next one, or asks.
func (s *streamer) poll(ctx context.Context) (Sample, []byte, error) {
	start := time.Now()
	s.mu.Lock()
	pause := start.Sub(s.polled)
	s.polled = start
	f := s.feed
	s.mu.Unlock()
	paced := pause >= streamLeast && pause <= streamMost
	if f != nil && paced {
		if sample, body, ok := s.next(ctx, f, start); ok {
			return sample, body, nil
		}
	}
	sample, body, err := s.source.poll(ctx)
	if err == nil {
		s.tell(sample, true)
		if paced {
			s.open()
		}
	}
	return sample, body, err
}

// next returns the snapshot for a poll that began at start. It reports false if
// none comes in time: then there is half of the time-out left to ask.
func (s *streamer) next(ctx context.Context, f *feed, start time.Time) (Sample, []byte, bool) {
	ctx, cancel := context.WithTimeout(ctx, s.source.timeout/2)
	defer cancel()
	for f.isOpen() {
		body, at := f.take(start.Add(-streamFresh))
		if body == nil {
			select {
			case <-f.fresh:
			case <-f.ended:
			case <-ctx.Done():
				return Sample{}, nil, false
			}
			continue
		}
		sample, err := Decode(body)
		if err != nil {
			f.end(errGarbage)
			return Sample{}, nil, false
		}
		sample.At, sample.Took = at, time.Since(start)
		if s.tell(sample, false) {
			return sample, body, true
		}
	}
	return Sample{}, nil, false
}

// tell notes that the sample is the newest. It reports false if it is older than
// that, unless it is the answer to a question.
func (s *streamer) tell(sample Sample, asked bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !asked && sample.Timestamp.Known && sample.Timestamp.Value.Before(s.told) {
		return false
	}
	s.told = sample.Timestamp.Value
	return true
}

// forget drops what came and was not returned: it is from before something that
// the caller has done since.
func (s *streamer) forget() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feed != nil {
		s.feed.take(time.Time{})
	}
}

// open begins a feed, unless there is one or it is too early for another.
func (s *streamer) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feed != nil || s.closed || time.Now().Before(s.hold) {
		return
	}
	ctx, end := context.WithCancelCause(s.source.life)
	f := &feed{end: end, fresh: make(chan struct{}, 1), ended: make(chan struct{})}
	s.feed = f
	s.running.Go(func() {
		worked := f.run(ctx, s)
		end(nil)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.feed, s.hold = nil, time.Now().Add(streamLater)
		if worked {
			s.hold = time.Now().Add(streamSoon)
		}
		close(f.ended)
	})
}

// idle returns how long there was no poll.
func (s *streamer) idle() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.polled)
}

// close returns when no feed runs any more. The source's life is over.
func (s *streamer) close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
}
