package loadtest

import "time"

// tolerance is the largest difference between the measured average and the computed one
// that counts as none: 15%. A request that arrives just before or just after a spacing
// is fixed changes it by a step, by default 200 ms of some 1700 ms, which is 12%; the
// network adds a little.
const tolerance = 0.15

// minTolerance is the tolerance for averages so short that the network matters.
const minTolerance = 100 * time.Millisecond

// Judgement is the result of comparing the measured figures with the computed ones.
// [Slower] is not a failure.
type Judgement string

// The judgements.
const (
	AsComputed   Judgement = "as computed"
	Slower       Judgement = "slower than computed"
	Faster       Judgement = "faster than computed"
	Incomparable Judgement = "not to be compared"
)

// Compare compares a result with the computed one, by the average. deviation is by how
// much the measured average is longer, as a share of the computed one. A run that was
// stopped or had failures cannot be compared, nor can a load of which the queue is
// expected to refuse a part.
func Compare(r Result, e Expected) (j Judgement, deviation float64) {
	if !r.Good() || e.Answered == 0 || e.Average <= 0 || e.Refused > 0 {
		return Incomparable, 0
	}
	difference := r.Times.Average - e.Average
	deviation = float64(difference) / float64(e.Average)
	allowed := max(time.Duration(tolerance*float64(e.Average)), minTolerance)
	switch {
	case difference > allowed:
		return Slower, deviation
	case difference < -allowed:
		return Faster, deviation
	default:
		return AsComputed, deviation
	}
}
