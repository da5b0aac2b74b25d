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
// and how these are distributed, to within 3%. Of each duration that is the longest of a
// slot it holds what is told of it. What it costs does not depend on how many there are, but
// for the change of a slot, which takes as long as there were in it.
type Longest[T any] struct {
	ring
	counts  [buckets]int32 // those whose longest is in each bucket
	n       int
	members [longestSlots][]member[T] // those with a duration in each slot
}

// member is one of them in a slot.
type member[T any] struct {
	peak *Peak
	of   T // its longest duration in the slot
}

// Peak is the longest duration of one of them. The zero Peak is of none.
type Peak struct {
	slots [longestSlots]uint16 // the longest in each slot, as a bucket plus 1; zero: none
	place int                  // among the members of the latest slot with one
}

// longest returns the bucket of the longest, plus 1; zero if there is none.
func (p *Peak) longest() (longest uint16) {
	for _, b := range p.slots {
		longest = max(longest, b)
	}
	return longest
}

// Record takes one more duration of the one whose peak it is. It returns where the caller has
// to write at once what is to be told of it; nil if it is not the longest of its slot.
func (l *Longest[T]) Record(now time.Duration, p *Peak, d time.Duration) (of *T) {
	l.advance(now)
	i := l.slot % longestSlots
	bucket := uint16(bucketOf(d)) + 1
	switch {
	case p.slots[i] > bucket:
		return nil
	case p.slots[i] == 0:
		p.place = len(l.members[i])
		l.members[i] = append(l.members[i], member[T]{peak: p})
	}
	if p.slots[i] != bucket {
		before := p.longest()
		p.slots[i] = bucket
		l.move(before, p.longest())
	}
	return &l.members[i][p.place].of
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
func (l *Longest[T]) Quantile(now time.Duration, q float64, without *Peak) (time.Duration, bool) {
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

// All ranges over what is told of the durations that are held: of each one the longest of
// each slot, to within 3%.
func (l *Longest[T]) All(now time.Duration) iter.Seq2[T, time.Duration] {
	l.advance(now)
	return func(yield func(T, time.Duration) bool) {
		for i, slot := range l.members {
			for _, m := range slot {
				if !yield(m.of, middleOf(int(m.peak.slots[i])-1)) {
					return
				}
			}
		}
	}
}

func (l *Longest[T]) advance(now time.Duration) {
	l.ring.advance(now, longestSlot, longestSlots, func(i int64) {
		for _, m := range l.members[i] {
			before := m.peak.longest()
			m.peak.slots[i] = 0
			l.move(before, m.peak.longest())
		}
		clear(l.members[i])
		l.members[i] = l.members[i][:0]
	})
}
