package limiter

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The sums that are kept say what a walk over all calls says.
func TestAnAnswerTeachesWhatAWalkOverAllCallsTeaches(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		load := load{random: r, now: time.Duration(r.IntN(2000)) * time.Hour, perMinute: []int{50, 1000, 4_000_000}[r.IntN(3)]}
		for range 300 {
			load.step(func(number uint64, report Report, took time.Duration) {
				l := &load.limiter
				l.readings = readings{} // the walk takes answers to tell of when they were asked
				walked := clone(l)
				l.ReportLimits(load.now, number, report, took)
				walked.reportByWalking(load.now, number, l.units.convert(report), took)
				for d := range l.buckets {
					got, want := l.buckets[d].levelAt(load.now), walked.buckets[d].levelAt(load.now)
					if math.Abs(got-want) > 1e-5+1e-12*l.buckets[d].capacity {
						t.Fatalf("seed %d: after the answer to %d the bucket of %s holds %v, want %v", seed, number, DimensionName(d), got, want)
					}
				}
			})
		}
	}
}

// What an answer costs does not depend on how many calls are in flight.
func TestAnAnswerLooksAtAFewCalls(t *testing.T) {
	for _, early := range []bool{false, true} { // the answers report when they end, or long before
		for _, n := range []int{10, 10_000} {
			s := newSteady(n, early)
			for range 2 * n {
				s.answer()
			}
			before := s.limiter.visits
			for range 3 * n {
				s.answer()
			}
			got := float64(s.limiter.visits-before) / float64(3*n)
			if got > 80 {
				t.Errorf("%d in flight, early %v: an answer looks at %.0f calls, want 80 at most", n, early, got)
			}
		}
	}
}

// With many in flight an answer still teaches: its call is not forgotten meanwhile.
func TestWithManyInFlightAnAnswerTeaches(t *testing.T) {
	s := newSteady(10_000, false)
	for range 30_000 {
		s.answer()
	}
	if s.limiter.reportedAt != s.now {
		t.Errorf("an answer last taught something at %v, want %v", s.limiter.reportedAt, s.now)
	}
}

// load is random traffic.
type load struct {
	random    *rand.Rand
	now       time.Duration
	perMinute int
	limiter   Limiter
	running   []uint64
}

// step lets something happen; answer takes in what an answer reports.
func (l *load) step(answer func(number uint64, report Report, took time.Duration)) {
	r := l.random
	switch r.IntN(20) {
	case 0:
		l.now += time.Duration(r.IntN(60)) * time.Second
	case 1, 2, 3, 4: // at the same time
	default:
		l.now += time.Duration(r.IntN(100)) * time.Millisecond
	}
	tokens := func() float64 { return float64(r.IntN(5000)) }
	if r.IntN(10) < 4 || len(l.running) == 0 {
		l.running = append(l.running, l.limiter.Start(l.now, Cost(tokens(), tokens())))
		return
	}
	i := r.IntN(1 + r.IntN(len(l.running)))
	switch number := l.running[i]; r.IntN(7) {
	case 0, 1, 2:
		answer(number, l.report(), time.Duration(r.IntN(4))*5*time.Second)
	case 3:
		l.limiter.ReportUsage(l.now, number, Cost(tokens(), tokens()))
	case 4:
		l.limiter.Refuse(l.now, l.now+time.Duration(r.IntN(5))*time.Second, number, false)
	default:
		l.limiter.End(l.now, number, Outcome(r.IntN(2)))
		l.running = slices.Delete(l.running, i, i+1)
	}
}

func (l *load) report() (report Report) {
	r := l.random
	for d := range report {
		perMinute := l.perMinute
		if d != Requests {
			perMinute *= 1000
		}
		if r.IntN(40) == 0 { // a workspace's
			perMinute /= 2
		}
		limit := Limit{PerMinute: perMinute, Remaining: r.IntN(perMinute)}
		switch r.IntN(5) {
		case 0:
			limit.Remaining = 0
		case 1:
			limit.Remaining = perMinute
		}
		if r.IntN(2) == 0 {
			limit.FullIn = time.Duration(60*(1-float64(limit.Remaining)/float64(perMinute))) * time.Second
		}
		if r.IntN(8) > 0 {
			report[d] = limit
		}
	}
	return report
}

// clone returns a copy that shares nothing with l.
func clone(l *Limiter) *Limiter {
	copied := *l
	copied.calls = slices.Clone(l.calls)
	copied.moment.changes.buffer = slices.Clone(l.moment.changes.buffer)
	return &copied
}

// reportByWalking is ReportLimits in the plainest form: it walks over all calls.
func (l *Limiter) reportByWalking(now time.Duration, number uint64, r Report, took time.Duration) {
	if r == (Report{}) || number < l.lastReported {
		return
	}
	if !l.reported { // it is learned as in ReportLimits
		l.ReportLimits(now, number, r, took)
		return
	}
	for d := range r {
		if r[d].PerMinute > 0 {
			l.correctByWalking(d, now, number, r[d], took)
		}
	}
}

func (l *Limiter) correctByWalking(d int, now time.Duration, number uint64, r Limit, took time.Duration) {
	b, c := &l.buckets[d], l.call(number)
	before, modelled := b.levelAt(now), b.limits()
	b.perMinute, b.capacity = float64(r.PerMinute), float64(r.PerMinute)
	if d == Requests && l.burst > 0 {
		l.burst += recovery * b.perMinute * (now - l.burstGrown).Minutes()
		l.burstGrown = now
		b.capacity = l.burstSize(b.perMinute)
	}
	l.moment.running = Amount{} // which reading looks at
	taken := 0.0
	for i := range l.calls[:number-l.first] { // those that ran then, this one among them
		other := &l.calls[i]
		if other.ended && other.end <= c.at {
			continue
		}
		l.moment.running.Add(other.cost)
		switch {
		case d == Requests, d == Input && other.estimate == 0 && other.known <= c.at:
		case d == Input:
			taken += apiEstimate * other.cost[Input]
		default:
			taken += other.unproducedShare(c.at, took) * other.cost[Output]
		}
	}
	left := float64(r.Remaining)
	if d == Requests && number <= l.told.last {
		l.playTold(number)
	}
	switch {
	case d != Requests:
		if r.FullIn != 0 {
			r.FullIn += now - c.at
		}
		left = l.left(d, r)
	case c.level > left && c.level < left+1:
		left = c.level
	case left+1 >= b.capacity:
		b.from = c.at + jitter
	}
	b.set(c.at, left-taken)
	for i := number - l.first; i < uint64(len(l.calls)); i++ {
		b.take(l.calls[i].at, l.calls[i].cost[d])
	}
	earlier, later, self := 0.0, 0.0, int(number-l.first-1)
	for i := self - 1; i >= 0 && c.at-l.calls[i].at <= jitter; i-- {
		earlier += l.calls[i].cost[d]
	}
	for i := self + 1; i < len(l.calls) && l.calls[i].at-c.at <= jitter; i++ {
		later += l.calls[i].cost[d]
	}
	if d == Requests || d == Input {
		earlier = min(earlier, float64(r.Remaining))
	}
	level := b.levelAt(now)
	if modelled {
		level = min(max(before, level-earlier), level+later)
	} else {
		level -= earlier
	}
	if d == Requests && l.burst > 0 {
		level = min(level, before+l.caution.more(c.at))
	}
	b.set(now, max(level, -l.inFlight[d]))
}
