package limiter

import "math"

// estimateBias is how far the costs of late were from their estimates in the mean: what
// calls have cost, and what they had been taken for when they started. Starts are decided
// by careful estimates; what is expected of those to come is corrected by it. The zero
// value has seen none.
type estimateBias struct {
	estimated, truth      Amount
	seen, ratios, squares Amount // how many; sums of truths as shares of their estimates, and of the squares
}

const (
	biasFades      = 1 - 1./128 // factor of what was seen, with each further call: of many that begin together the cheap ones end first
	trustEstimates = 1          // the first one counts as so many that were estimated well
	maxBias        = 16         // how many times too low or too high estimates are taken to be at most
)

// observe notes an estimate of a dimension, and the truth. Where nothing was estimated there
// is nothing to learn.
func (b *estimateBias) observe(d int, estimate, truth float64) {
	if estimate <= 0 {
		return
	}
	if b.estimated[d] == 0 {
		b.estimated[d], b.truth[d] = trustEstimates*estimate, trustEstimates*estimate
	}
	ratio := truth / max(estimate, 1)
	b.seen[d] = b.seen[d]*biasFades + 1
	b.ratios[d] = b.ratios[d]*biasFades + ratio
	b.squares[d] = b.squares[d]*biasFades + ratio*ratio
	b.estimated[d] = b.estimated[d]*biasFades + estimate
	b.truth[d] = b.truth[d]*biasFades + truth
}

// factor returns by which factor the truth differs from an estimate.
func (b *estimateBias) factor(d int) float64 {
	if b.estimated[d] == 0 {
		return 1
	}
	return min(max(b.truth[d]/b.estimated[d], 1./maxBias), maxBias)
}

// spread returns how far costs are from what their estimates let expect: the standard
// deviation, as a share.
func (b *estimateBias) spread(d int) float64 {
	if b.ratios[d] == 0 {
		return 0
	}
	mean := b.ratios[d] / b.seen[d]
	return math.Sqrt(max(b.squares[d]/b.seen[d]/mean/mean-1, 0))
}

// correct returns what a cost that is estimated will probably be.
func (b *estimateBias) correct(c Amount) Amount {
	c[Input] *= b.factor(Input)
	c[Output] *= b.factor(Output)
	c[Tokens] = c[Input] + c[Output]
	return c
}
