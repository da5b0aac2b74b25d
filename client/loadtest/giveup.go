package loadtest

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// attempt is one sending of a message whose user may give up.
type attempt struct {
	begun chan struct{}      // closed when the header of an answer has come
	ended chan answer        // gets the whole answer, and is closed
	leave context.CancelFunc // closes the connection
}

// sendAgain sends a message, and the same again each time that its user gives up.
func (s *sender) sendAgain(ctx, limited context.Context, body []byte, key string) answer {
	for again := 0; ; again++ {
		t := s.begin(ctx, limited, body, key)
		if t.givesUp(s.target.GiveUp) {
			if s.target.Overlap > 0 {
				time.AfterFunc(s.target.Overlap, t.leave)
			} else {
				t.leave()
			}
			continue
		}
		a, ok := <-t.ended
		a.again, a.stopped = again, a.stopped || !ok // it has panicked
		return a
	}
}

// begin sends a message in a goroutine of its own.
func (s *sender) begin(ctx, limited context.Context, body []byte, key string) *attempt {
	t := &attempt{begun: make(chan struct{}), ended: make(chan answer, 1)}
	limited, t.leave = context.WithCancel(limited)
	s.start(func() {
		defer t.leave()
		begun := sync.OnceFunc(func() { close(t.begun) })
		defer begun() // there is no more to wait for
		defer close(t.ended)
		t.ended <- s.exchange(ctx, limited, body, key, begun)
	})
	return t
}

// givesUp waits until an answer begins, or the attempt is over, and reports whether the
// user has lost patience before.
func (t *attempt) givesUp(patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-t.begun:
		return false
	case <-timer.C:
		return true
	}
}

// idempotencyKey names a message, the same for each sending of it; empty without keys.
func (s *sender) idempotencyKey(user string, number int) string {
	if !s.target.IdempotencyKeys {
		return ""
	}
	return fmt.Sprintf("%s-%s-%d", s.run, user, number+1)
}
