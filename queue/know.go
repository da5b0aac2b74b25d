package queue

import "time"

// Know tells the limits of a lane's account from elsewhere than its answers, such
// as the Rate Limits API (platform.claude.com), which was asked at asked. Of each
// limit only PerMinute counts: what is left of it now, nobody knows. So the first
// answer decides as ever when the lane opens; until then the line is told when it
// may go by these limits, and nothing starts that they would not allow of a full
// bucket.
//
// Answers have the last word: they may speak of a workspace's limits, which are
// lower. What was told after asked stays. A limit that has changed since Know was
// last told it, counts until the next answer if it is lower than what answers
// told, or if they agreed with the one before. What is zero or absurd is not told.
func (q *Queue) Know(lane string, l Limits, asked time.Time) {
	q.update(func(now time.Time) { q.machine.Know(now, lane, l, asked) })
}

// Know is [Queue.Know] at now.
func (m *Machine) Know(now time.Time, lane string, l Limits, asked time.Time) {
	m.settle(now)
	of := m.lane(lane)
	of.limits.know(m.now, l, asked.Sub(m.epoch))
	m.reckon(of)
}

func (a *adaptive) know(now time.Duration, l Limits, asked time.Duration) {
	for d, limit := range [dimensions]Limit{l.Requests, l.Input, l.Output} {
		perMinute := float64(limit.PerMinute)
		if perMinute <= 0 || perMinute > mostPerMinute {
			continue
		}
		before, b := a.most[d].perMinute, &a.buckets[d]
		a.most[d].grow(now, perMinute)
		changed := perMinute != before && a.toldAt < asked
		if b.perMinute > 0 && changed && (perMinute < b.perMinute || before == b.perMinute) {
			a.resize(d, now, perMinute)
		}
	}
	a.usual[requests] = max(a.usual[requests], 1)
}

// resize gives a bucket another limit. What it holds stays.
func (a *adaptive) resize(d int, now time.Duration, perMinute float64) {
	b := &a.buckets[d]
	level := b.levelAt(now)
	b.perMinute, b.holds = perMinute, perMinute
	if d == requests {
		b.holds = a.atOnce(perMinute)
	}
	b.set(now, level)
}

// grow gives a bucket that holds as much as can be another limit.
func (b *bucket) grow(now time.Duration, perMinute float64) {
	level := b.levelAt(now) + max(perMinute-b.perMinute, 0)
	b.perMinute, b.holds = perMinute, perMinute
	b.set(now, level)
}

// guesses reports whether the account's limits are known, but not what is left of
// them, and an answer may tell.
func (l *lane) guesses(s *Settings) bool {
	return s.Adaptive && !l.limits.known && l.limits.mute < mutes && l.limits.most != [dimensions]bucket{}
}

// byLimits reports whether limits decide when the next in line starts, and not
// the spacing.
func (l *lane) byLimits(s *Settings) bool {
	if !l.guesses(s) {
		return l.adapts(s)
	}
	return l.opens(s) > max(l.pace.gate(s, l.inLine()), l.pausedUntil)
}

// allowed returns when a cost may start by the limits alone: not before the
// fullest bucket that can be would hold it.
func (a *adaptive) allowed(c amount) time.Duration {
	return allOpen(&a.most, a.careful(c))
}

// join takes over what may be left at most of limits that were told of a lane
// which this one joins. What runs is taken from it.
func (a *adaptive) join(now time.Duration, most [dimensions]bucket) {
	if most == [dimensions]bucket{} {
		return
	}
	a.most = most
	for i := range a.launches {
		for d := range a.most {
			a.most[d].take(now, a.launches[i].cost[d])
		}
	}
}

// noAnswerYet is how long a call may take to its answer, before there was one.
const noAnswerYet = 10 * time.Second

// answered returns about when a lane that guesses has its next answer.
func (m *Machine) answered(l *lane) time.Duration {
	took, measured := m.metrics.response.average(m.now)
	if !measured {
		took = noAnswerYet
	}
	for i := range l.limits.launches {
		if first := &l.limits.launches[i]; !first.ended {
			return max(m.now, first.at+took)
		}
	}
	return max(m.now, l.opens(&m.settings)) + took
}

// guess returns what a lane that guesses can count on from its next answer on, at
// at: that the buckets fill again, if nothing was left in them.
func (a *adaptive) guess(at time.Duration) *adaptive {
	g := &adaptive{usual: a.usual, input: doubt{sure: true}}
	for d, most := range a.most {
		g.buckets[d] = bucket{perMinute: most.perMinute, holds: most.holds, at: at}
	}
	return g
}
