package limiter

import (
	"sort"
	"time"
)

// step is what starts do to the level of a bucket, the refill between them included:
// it changes by net, and is low at least and high at most after it. Steps that follow each other
// are one step again, so that many starts cost no more than one.
type step struct{ net, low, high float64 }

func (s step) from(level float64) float64 { return max(min(level+s.net, s.high), s.low) }

// then returns s followed by next.
func (s step) then(next step) step {
	return step{s.net + next.net, next.from(s.low), next.from(s.high)}
}

// replay is what the starts after the latest one that reported have taken from a bucket.
// It serves while the limit stays what it is, and none of them changes its cost. The zero
// replay does not serve.
type replay struct {
	perMinute, capacity float64
	front               uint64 // up to this start each one has, in rest, the step from it to here
	back                step   // of the later ones, if there are any
	any                 bool   // there are
}

// startStep is one start's step, since after the start before.
func (r *replay) startStep(since time.Duration, cost float64) step {
	return step{
		net: r.perMinute/60*since.Seconds() - cost,
		low: -r.capacity, high: max(r.capacity-cost, -r.capacity),
	}
}

// add adds a start.
func (r *replay) add(since time.Duration, cost float64) {
	switch {
	case r.front == 0:
	case r.any:
		r.back = r.back.then(r.startStep(since, cost))
	default:
		r.back, r.any = r.startStep(since, cost), true
	}
}

// sinceBefore is the time from the start before to that of a number.
func (l *callLog) sinceBefore(number uint64) time.Duration {
	before := l.call(number - 1)
	if before == nil {
		return 0
	}
	return l.call(number).at - before.at
}

// replayFor makes the replay of a bucket serve the starts after a number, which is not
// before the moment. Each start is gone through once, unless a limit or a cost changes.
func (l *callLog) replayFor(d int, b *bucket, number uint64) *replay {
	r := &l.replays[d]
	if r.front >= number && r.perMinute == b.perMinute && r.capacity == b.capacity {
		return r
	}
	*r = replay{perMinute: b.perMinute, capacity: b.capacity, front: l.last()}
	for n := l.last(); n > l.moment.number; n-- {
		c := l.call(n)
		c.rest[d] = r.startStep(l.sinceBefore(n), c.cost[d])
		if n < l.last() {
			c.rest[d] = c.rest[d].then(l.call(n + 1).rest[d])
		}
	}
	return r
}

// stepAfter returns the step of all starts after a number, of which there is one at least.
func (l *callLog) stepAfter(d int, b *bucket, number uint64) step {
	r := l.replayFor(d, b, number)
	switch {
	case number >= r.front:
		return r.back
	case r.any:
		return l.call(number + 1).rest[d].then(r.back)
	default:
		return l.call(number + 1).rest[d]
	}
}

// retake takes from a bucket, which is as it was at the moment, what has been taken since.
func (l *callLog) retake(d int, b *bucket) {
	number, last := l.moment.number, l.last()
	if number == last {
		return
	}
	all, level := l.stepAfter(d, b, number), b.level-b.perSecond()*(b.at-l.call(number).at).Seconds()
	if b.from <= b.at {
		level = all.from(level)
	} else { // nothing refills before
		n := number + uint64(sort.Search(int(last-number), func(i int) bool { return l.call(number+1+uint64(i)).at > b.from }))
		taken := b.perSecond()*(l.call(n).at-b.at).Seconds() - all.net
		if n < last {
			taken += l.stepAfter(d, b, n).net
		}
		level = max(level-taken, -b.capacity)
		if n < last {
			next := l.call(n + 1)
			level = l.replays[d].startStep(next.at-b.from, next.cost[d]).from(level)
		}
		if n+1 < last {
			level = l.stepAfter(d, b, n+1).from(level)
		}
	}
	b.level, b.at = level, l.call(last).at
}

// toldLevel is a bucket of requests as the latest answer reported it, played on over the
// starts since then, up to played, as far as these were known, which is up to last.
type toldLevel struct {
	bucket
	played, last uint64
}

// playTold plays the told level on up to a start, and notes what it was after each.
func (l *callLog) playTold(number uint64) {
	t := &l.told
	for t.played < min(number, t.last) {
		t.played++
		if c := l.call(t.played); c != nil {
			t.take(c.at, c.cost[Requests])
			c.level = t.level
		}
	}
}
