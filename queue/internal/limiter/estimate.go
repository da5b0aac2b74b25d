package limiter

import "math"

// estimateError is how far the estimates of input tokens are too low. The zero
// value has seen none.
type estimateError struct {
	meanSquare float64 // the recent mean of the squares, as shares of the estimates
	seen       int
}

const (
	firstError  = 0.2  // share by which the first estimate may be too low
	maxError    = 0.5  // share by which any estimate may be too low
	minEstimate = 1000 // tokens: the errors of smaller estimates count as shares of so many
	maxObserved = 64   // estimates in the recent mean
	deviations  = 4    // times the root of the mean square; where as many are too high as too low, not three standard deviations
	apiEstimate = 0.05 // of its input tokens may the API's own estimate of a request be too low
)

// observe notes an estimate and the truth, of recent ones the most.
func (e *estimateError) observe(estimate, truth float64) {
	if estimate <= 0 || truth <= 0 {
		return
	}
	off := min(max((truth-estimate)/max(estimate, minEstimate), 0), maxError)
	if e.seen == 0 {
		e.meanSquare = firstError * firstError / deviations / deviations
	}
	e.seen = min(e.seen+1, maxObserved)
	e.meanSquare += (off*off - e.meanSquare) / float64(e.seen+1)
}

// share is by which share of it an estimate may be below what the API takes a
// request for when it arrives.
func (e *estimateError) share() float64 {
	if e.seen == 0 {
		return firstError + apiEstimate
	}
	return min(deviations*math.Sqrt(e.meanSquare), maxError) + apiEstimate
}

// withMargin adds to a cost by how much the estimate of its input may be too low.
func (e *estimateError) withMargin(c Amount) Amount {
	more := c[Input] * e.share()
	c[Input] += more
	c[Tokens] += more
	return c
}
