package queue

import (
	"cmp"
	"time"

	"paceline/queue/internal/limiter"
)

// While the first in line waits for a limit's bucket, others may pass it whose cost fits
// what the bucket holds now. Together they delay it by no more than a share of its wait
// and a time; then the bucket is saved up for it.
const (
	delayShare   = 20          // one part in so many of its wait
	maxPassDelay = time.Second // all together
	maxPassers   = 8           // users that are looked at, in the order of their turns
)

// passer returns the one that may pass first, which waits for a bucket until at, and when
// that may start: the earliest. Nil if there is none.
func (o *order) passer(limits *limiter.Limiter, first *Ticket, at, now time.Duration) (passer *Ticket, starts time.Duration) {
	since := cmp.Or(first.firstAt, now)
	budget := min((at-since)/delayShare, maxPassDelay) - first.delayed
	if budget <= 0 {
		return nil, at
	}
	starts = at
	for t := range o.candidates {
		if t == first {
			continue
		}
		if opens, _ := limits.Next(t.cost); opens < starts && limits.Delay(first.cost, t.cost) <= budget {
			passer, starts = t, opens
		}
	}
	return passer, starts
}

// candidates yields the next requests of the first maxPassers users, about in the order
// of their turns.
func (o *order) candidates(yield func(*Ticket) bool) {
	left := maxPassers
	for i := range o.classes {
		if !o.classes[i].root.firsts(&left, yield) {
			return
		}
	}
}

// firsts yields the next requests of a share's users, and reports whether to go on.
func (s *share) firsts(left *int, yield func(*Ticket) bool) bool {
	if t := s.line.first(); t != nil {
		*left--
		return yield(t) && *left > 0
	}
	for f := range s.members.Next {
		if !f.Item.firsts(left, yield) {
			return false
		}
	}
	return true
}
