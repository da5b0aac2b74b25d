package limiter

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkAnswer is what one request costs the limiter, from its start to its end, with
// that many in flight: its start, what its answer reports, its cost and its end. The answers
// report either when they end, or when a tenth of their time has passed.
func BenchmarkAnswer(b *testing.B) {
	for _, early := range []bool{false, true} {
		for _, n := range []int{10, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("early=%v/in-flight=%d", early, n), func(b *testing.B) {
				s := newSteady(n, early)
				for range 3 * n {
					s.answer()
				}
				b.ReportAllocs()
				for b.Loop() {
					s.answer()
				}
			})
		}
	}
}

// steady is steady traffic with n calls in flight, each of which takes ten seconds.
type steady struct {
	limiter Limiter
	now     time.Duration
	n       int
	waits   int // starts from the one that ends to the one whose answer reports
}

func newSteady(n int, early bool) *steady {
	s := &steady{n: n}
	if early {
		s.waits = n - n/10
	}
	return s
}

// answer starts one call, and ends the one that was started longest ago.
func (s *steady) answer() {
	const took = 10 * time.Second
	s.now += took / time.Duration(s.n)
	number := int(s.limiter.Start(s.now, Cost(1000, 500))) - s.n
	if number <= 0 {
		return
	}
	most := Limit{PerMinute: 1 << 30, Remaining: 1 << 29}
	s.limiter.ReportLimits(s.now, uint64(number+s.waits), Report{Requests: most, Input: most, Output: most}, took)
	s.limiter.ReportUsage(s.now, uint64(number), Cost(1010, 200))
	s.limiter.End(s.now, uint64(number), Success)
}
