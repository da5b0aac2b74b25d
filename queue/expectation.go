package queue

import (
	"math"
	"time"
)

// expectation is what became of a wait that was expected.
type expectation struct {
	at     time.Duration // since when
	wait   time.Duration // as it was expected then
	seen   time.Duration // when it was last looked at; zero: not yet
	became float64       // by which factor the wait was stretched, as it was expected at that time
	tends  float64       // the same if it goes on to change as until then
}

const (
	promiseSlack = time.Second // added to each wait: a second more matters only to the short ones
	mostStretch  = 3           // is the most that a wait tends to
)

// isFresh reports whether the wait has just begun.
func (x *expectation) isFresh(now time.Duration) bool {
	return now-x.at < max(x.wait/10, time.Second)
}

// expect notes that the wait is expected to end at a time.
func (x *expectation) expect(now, at time.Duration) {
	wait := at - x.at
	slip := float64(wait-x.wait) / float64(now-x.at)
	x.seen, x.became, x.tends = now, stretchOf(wait, x.wait), 1/(1-min(slip, 1-1./mostStretch))
}

// end notes that the wait has ended.
func (x *expectation) end(now time.Duration) {
	by := stretchOf(now-x.at, x.wait)
	x.seen, x.became, x.tends = now, by, by
}

// appendTo appends by which factors a wait of a length may be stretched, as this one was, also
// as it is expected now: perhaps nobody else arrives.
func (x *expectation) appendTo(all []float64, wait time.Duration) []float64 {
	if x.seen == 0 {
		return all
	}
	part := x.part(wait)
	return append(all, 1+part*(x.became-1), 1+part*(x.tends-1))
}

// part is how much this wait says of one of another length. Of a longer one it says less, as
// who comes and goes by chance makes up for it: the part that the root of their lengths tells.
func (x *expectation) part(wait time.Duration) float64 {
	return min(math.Sqrt(float64(x.wait+promiseSlack)/float64(wait+promiseSlack)), 1)
}
