package window

import (
	"iter"
	"math"
	"time"
)

// The slots of the minute that Longest looks back.
const (
	longestSlots = 6
	longestSlot  = 10 * time.Second
)

// Longest keeps the longest duration of each of many in the last minute, to within 10 s,
// and how these are distributed, to within 3%. What it costs does not depend on how many
// there are, but for the change of a slot, which takes as long as there were in it.
type Longest[T any] struct {
	ring
	counts  [buckets]int32 // those whose longest is in each bucket
	n       int
	members [longestSlots][]*Peak[T] // those with a duration in each slot
}

// Peak is the longest duration of one of them. It starts as zero but for Of, which says
// whose it is.
type Peak[T any] struct {
	Of    T
	slots [longestSlots]uint16 // the longest in each slot, as a bucket plus 1; zero: none
}

// longest returns the bucket of the longest, plus 1; zero if there is none.
func (p *Peak[T]) longest() (longest uint16) {
	for _, b := range p.slots {
		longest = max(longest, b)
	}
	return longest
}

// Record takes one more duration of the one whose peak it is, and reports whether it is
// the longest, to within 3%.
func (l *Longest[T]) Record(now time.Duration, p *Peak[T], d time.Duration) (longest bool) {
	l.advance(now)
	i := l.slot % longestSlots
	if p.slots[i] == 0 {
		l.members[i] = append(l.members[i], p)
	}
	before, bucket := p.longest(), uint16(bucketOf(d))+1
	p.slots[i] = max(p.slots[i], bucket)
	l.move(before, p.longest())
	return bucket >= before
}

// move counts one whose longest has changed.
func (l *Longest[T]) move(from, to uint16) {
	if from > 0 {
		l.counts[from-1]--
		l.n--
	}
	if to > 0 {
		l.counts[to-1]++
		l.n++
	}
}

// Count returns how many have one.
func (l *Longest[T]) Count(now time.Duration) int {
	l.advance(now)
	return l.n
}

// Quantile returns the middle of the bucket of the smallest duration that the longest of
// at least a share q, 0 to 1, do not exceed; false while there is none. One of them may
// be left out: nil leaves out nobody.
func (l *Longest[T]) Quantile(now time.Duration, q float64, without *Peak[T]) (time.Duration, bool) {
	l.advance(now)
	n, skipped := l.n, -1
	if without != nil {
		if longest := without.longest(); longest > 0 {
			n, skipped = n-1, int(longest)-1
		}
	}
	if n == 0 {
		return 0, false
	}
	rank := max(int(math.Ceil(q*float64(n))), 1)
	for b, in := range l.counts {
		if b == skipped {
			in--
		}
		if rank -= int(in); rank <= 0 {
			return middleOf(b), true
		}
	}
	return 0, false
}

// Top returns whose duration is the longest of all; nil while there is none. It costs as
// much as there are in the minute.
func (l *Longest[T]) Top(now time.Duration) (top *Peak[T]) {
	for p := range l.All(now) {
		if top == nil || p.longest() > top.longest() {
			top = p
		}
	}
	return top
}

// All ranges over those that have one, some of them more than once.
func (l *Longest[T]) All(now time.Duration) iter.Seq[*Peak[T]] {
	l.advance(now)
	return func(yield func(*Peak[T]) bool) {
		for _, slot := range l.members {
			for _, p := range slot {
				if !yield(p) {
					return
				}
			}
		}
	}
}

func (l *Longest[T]) advance(now time.Duration) {
	l.ring.advance(now, longestSlot, longestSlots, func(i int64) {
		for _, p := range l.members[i] {
			before := p.longest()
			p.slots[i] = 0
			l.move(before, p.longest())
		}
		clear(l.members[i])
		l.members[i] = l.members[i][:0]
	})
}
