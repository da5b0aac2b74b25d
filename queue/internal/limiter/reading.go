package limiter

import (
	"math"
	"sort"
	"time"
)

// reading is one way to read what answers report: the levels of buckets by the latest
// report, less what has started since. With that it predicts the next report. The zero
// reading has seen none.
type reading struct {
	levels [readDimensions]bucket
	number uint64 // the latest start that they count
}

// readDimensions are those by whose reports the ways of reading are told apart: what a start
// takes of them is known when it happens, or nearly.
const readDimensions = Input + 1

// readings are both ways to read what answers report: as what was left when their request
// arrived, or when they began, which of a whole answer is its end. No page of the API says
// which is right, and it matters where a call is long, or a large one starts meanwhile. So
// both predict each report, and the better one is believed. The zero readings believe the
// first.
type readings struct {
	arrival, answer reading
	lead            float64 // how many reports of late the answer's has predicted better
	byAnswer        bool    // it is believed
}

const (
	leadFades   = 1 - 1./32 // factor of the lead with each report
	leadDecides = 5         // reports: from this lead on a way of reading is believed
	largeMiss   = 20        // so many times what rounding explains is twice as wrong,
	maxMiss     = 2.5       // and more than this many times is nothing
	maxUnsure   = 16        // starts of which it is asked whether a report counts them
)

// compare lets both ways of reading predict what the answer to a start reports, and returns
// whether the answer's is believed.
func (l *callLog) compare(now time.Duration, number uint64, r Report) (byAnswer bool) {
	w, at := &l.readings, l.call(number).at
	predicted := w.arrival.predicts(r) && w.answer.predicts(r)
	l.playAnswer(now, number, r)
	if number > w.arrival.number { // else it is of an earlier time than the one before
		l.play(&w.arrival, number)
		if predicted {
			w.lead = w.lead*leadFades + w.arrival.miss(at, r) - w.answer.miss(now, r)
		}
		w.arrival.tell(at, r)
	}
	w.answer.tell(now, r)
	if math.Abs(w.lead) >= leadDecides {
		w.byAnswer = w.lead > 0
	}
	return w.byAnswer
}

// playAnswer takes from what the answer's way of reading knows what has started since. What
// has just started may not have arrived when the answer began: it counts if that fits better.
func (l *callLog) playAnswer(now time.Duration, number uint64, r Report) {
	w := &l.readings.answer
	l.play(w, l.startedBy(now-jitter, number))
	if all := *w; l.last()-w.number <= maxUnsure {
		l.play(&all, l.last())
		if all.miss(now, r) < w.miss(now, r) {
			*w = all
		}
	}
}

// play takes what started up to a number, and is not counted yet.
func (l *callLog) play(w *reading, upTo uint64) {
	for n := max(w.number, l.first) + 1; n <= upTo; n++ {
		c := l.call(n)
		cost := c.cost
		if c.estimate > 0 && cost[Input] > 0 { // without the margin; what was refused costs nothing
			cost[Input] = c.estimate
		}
		for d := range w.levels {
			w.levels[d].take(c.at, cost[d])
		}
	}
	w.number = max(w.number, upTo)
}

// predicts reports whether it can predict what an answer reports.
func (w *reading) predicts(r Report) bool {
	for d := range w.levels {
		if w.levels[d].limits() && w.levels[d].perMinute == float64(r[d].PerMinute) {
			return true
		}
	}
	return false
}

// miss is by how much the levels at a time are not what an answer reports, of what can be
// compared: 0, as good as rounding allows, to 1, not at all, and more where a large call is
// counted twice, or not: chance does not do that.
func (w *reading) miss(at time.Duration, r Report) (most float64) {
	for d := range w.levels {
		if b := &w.levels[d]; b.limits() && b.perMinute == float64(r[d].PerMinute) {
			tolerance := 1 + b.perSecond()*jitter.Seconds()
			if d != Requests {
				tolerance += 2 * rounding
			}
			off := math.Abs(min(max(b.levelAt(at), 0), b.capacity) - float64(r[d].Remaining))
			miss := max(off/tolerance-1, 0)
			most = max(most, min(miss, 1)+min(miss/largeMiss, maxMiss-1))
		}
	}
	return most
}

// tell sets the levels to what an answer reports.
func (w *reading) tell(at time.Duration, r Report) {
	for d := range w.levels {
		w.levels[d] = fullBucket(float64(r[d].PerMinute), at)
		w.levels[d].level = float64(r[d].Remaining)
	}
}

// startedBy returns the latest start that happened by a time, and at least a number.
func (l *callLog) startedBy(at time.Duration, number uint64) uint64 {
	later := l.calls[number-l.first:]
	return number + uint64(sort.Search(len(later), func(i int) bool { return later[i].at > at }))
}

// asOf returns of when an answer to a start reports what was left: up to which start and
// which time it surely counts everything, and the time of which it tells. Of what has just
// started an answer that begins may not know yet.
func (l *callLog) asOf(now time.Duration, number uint64) (latest uint64, at, toldOf time.Duration) {
	at = l.call(number).at
	if !l.readings.byAnswer || at >= now-jitter {
		return number, at, at
	}
	at = now - jitter
	return l.startedBy(at, number), at, now
}
