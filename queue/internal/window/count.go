package window

import (
	"math"
	"time"
)

// Minute counts what happened in the last 60 s, to within a second.
type Minute struct {
	ring
	counts [60]int
	firsts [60]time.Duration // the first of each second in which there was one
	total  int
}

// Add counts one more.
func (m *Minute) Add(now time.Duration) {
	m.advance(now)
	i := m.slot % int64(len(m.counts))
	if m.counts[i] == 0 {
		m.firsts[i] = now
	}
	m.counts[i]++
	m.total++
}

// Count returns how many there were.
func (m *Minute) Count(now time.Duration) int {
	m.advance(now)
	return m.total
}

// First returns when the first of those happened; false if there is none.
func (m *Minute) First(now time.Duration) (first time.Duration, ok bool) {
	m.advance(now)
	n := int64(len(m.counts))
	for slot := max(m.slot-n+1, 0); slot <= m.slot; slot++ {
		if m.counts[slot%n] > 0 {
			return m.firsts[slot%n], true
		}
	}
	return 0, false
}

func (m *Minute) advance(now time.Duration) {
	m.ring.advance(now, time.Second, int64(len(m.counts)), func(i int64) {
		m.total -= m.counts[i]
		m.counts[i] = 0
	})
}

// Presence counts those that were seen in the last 5 minutes, to within 10 s, each
// of them once: in the slot in which it was seen last.
type Presence struct {
	ring
	counts [30]int
	total  int
}

// Sighting is when one of them was seen last. The zero Sighting is never.
type Sighting struct {
	slot int64
	seen bool
}

// See notes that the one whose last sighting this is has been seen.
func (p *Presence) See(s *Sighting, now time.Duration) {
	p.advance(now)
	n := int64(len(p.counts))
	switch {
	case s.seen && s.slot == p.slot:
		return
	case s.seen && s.slot > p.slot-n:
		p.counts[index(s.slot, n)]--
		p.total--
	}
	*s = Sighting{p.slot, true}
	p.counts[p.slot%n]++
	p.total++
}

// SeeBefore notes when the one whose sighting this is was seen last, at zero or before: one
// that has not been seen since. It is for a window that has not advanced.
func (p *Presence) SeeBefore(s *Sighting, at time.Duration) {
	n := int64(len(p.counts))
	slot := int64(math.Floor(at.Seconds() / presenceSlot.Seconds()))
	if s.seen || slot <= -n {
		return
	}
	*s = Sighting{slot, true}
	p.counts[index(slot, n)]++
	p.total++
}

// index is where a slot is among n, also one before the first.
func index(slot, n int64) int64 { return (slot%n + n) % n }

const presenceSlot = 10 * time.Second

// Count returns how many were seen.
func (p *Presence) Count(now time.Duration) int {
	p.advance(now)
	return p.total
}

func (p *Presence) advance(now time.Duration) {
	p.ring.advance(now, presenceSlot, int64(len(p.counts)), func(i int64) {
		p.total -= p.counts[i]
		p.counts[i] = 0
	})
}

// Log is the times at which something happened, the oldest first.
type Log []time.Duration

// CountSince forgets what is as old as length at now, or older, and returns how many
// times are left.
func (l *Log) CountSince(now, length time.Duration) int {
	for len(*l) > 0 && now-(*l)[0] >= length {
		*l = (*l)[1:]
	}
	return len(*l)
}
