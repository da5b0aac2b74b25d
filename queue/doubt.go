package queue

import "math"

// doubt is how far estimates are too low. The zero doubt has seen none.
type doubt struct {
	square float64 // the mean of the squares of late, as shares of the estimates
	seen   int
	sure   bool // they count as the truth
}

const (
	unsure   = 0.2  // so much may the first estimate be too low,
	unsurest = 0.5  // and never is one believed to be more
	smallest = 1000 // tokens: what is missing of less counts as if it were of so many
	lately   = 64   // estimates
	wide     = 4    // times the root of the mean square; where as many are too high as too low, not three standard deviations
)

// learn notes an estimate and the truth, of late ones the most.
func (d *doubt) learn(estimate, truth float64) {
	if estimate <= 0 || truth <= 0 {
		return
	}
	off := min(max((truth-estimate)/max(estimate, smallest), 0), unsurest)
	if d.seen == 0 {
		d.square = unsure * unsure / wide / wide
	}
	d.seen = min(d.seen+1, lately)
	d.square += (off*off - d.square) / float64(d.seen+1)
}

// share is by which share of it an estimate may be below what the API takes a
// request for when it arrives.
func (d *doubt) share() float64 {
	switch {
	case d.sure:
		return 0
	case d.seen == 0:
		return unsure + slack
	}
	return min(wide*math.Sqrt(d.square), unsurest) + slack
}
