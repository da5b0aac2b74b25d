package loadtest

import "time"

// Tolerance is how far the measured average may lie from the computed one and
// still be as computed: 15%. A request that just misses, or just makes, the
// moment at which a spacing is fixed changes it by a step, by default 200 ms of
// some 1700 ms, so 12%; what is on the way takes a little more.
const Tolerance = 0.15

// leastTolerance is for averages so short that the way there and back shows.
const minTolerance = 100 * time.Millisecond

// Judgement is how the measured figures compare with the computed ones. It is
// never a failure to be slow.
type Judgement string

// The judgements.
const (
	AsComputed   Judgement = "as computed"
	Slower       Judgement = "slower than computed"
	Faster       Judgement = "faster than computed"
	Incomparable Judgement = "not to be compared"
)

// Compare judges a result against what was computed, by the average. off is by
// how much the measured average is longer, as a share of the computed one. A run
// that was stopped, had failures, or in which the queue was computed to refuse
// some, cannot be compared.
func Compare(r Result, e Expected) (j Judgement, off float64) {
	if !r.Good() || e.Answered == 0 || e.Average <= 0 || e.Refused > 0 {
		return Incomparable, 0
	}
	difference := r.Times.Average - e.Average
	off = float64(difference) / float64(e.Average)
	allowed := max(time.Duration(Tolerance*float64(e.Average)), minTolerance)
	switch {
	case difference > allowed:
		return Slower, off
	case difference < -allowed:
		return Faster, off
	default:
		return AsComputed, off
	}
}
