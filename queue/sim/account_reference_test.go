package sim

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// paper is one bucket on paper: all that ever drew from it, worked out from the
// beginning each time, in floating point, without any of the machine's code.
type paper struct {
	limit float64 // a minute
	size  float64
	jumps []jump
}

// jump is something that happens to a bucket: tokens drawn at once, negative for
// given back, and a change of how fast it drains.
type jump struct {
	at    time.Duration
	draw  float64
	drain float64 // tokens a second
}

// draw draws tokens at a time.
func (p *paper) draw(at time.Duration, tokens float64) {
	p.jumps = append(p.jumps, jump{at: at, draw: tokens})
}

// flow draws tokens evenly over a time.
func (p *paper) flow(from, to time.Duration, tokens float64) {
	if from == to {
		p.draw(from, tokens)
		return
	}
	rate := tokens / (to - from).Seconds()
	p.jumps = append(p.jumps, jump{at: from, drain: rate}, jump{at: to, drain: -rate})
}

// level works out what the bucket holds.
func (p *paper) level(at time.Duration) float64 {
	slices.SortStableFunc(p.jumps, func(a, b jump) int { return cmp.Compare(a.at, b.at) })
	level, drain, last := p.size, 0.0, time.Duration(0)
	run := func(to time.Duration) {
		level = math.Min(p.size, level+(p.limit/60-drain)*(to-last).Seconds())
		last = to
	}
	for _, j := range p.jumps {
		if j.at > at {
			break
		}
		run(j.at)
		level = math.Min(p.size, level-j.draw)
		drain += j.drain
	}
	run(at)
	return level
}
