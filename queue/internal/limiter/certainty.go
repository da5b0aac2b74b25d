package limiter

// Certainty is how sure it is when starts may happen.
type Certainty uint8

// The certainties.
const (
	Unknown Certainty = iota // nothing is known of the limits, or refusals contradict what is
	Rough                    // the rate was measured by a few refusals
	Certain                  // answers report the limits, or many refusals have measured the rate
)

const (
	contradicts = 0.5 // so many strikes, which fade: what answers report is not what limits starts
	fewMeasured = 32  // starts since the rate was measured
)

// Certainty returns how sure it is when starts may happen.
func (l *Limiter) Certainty() Certainty {
	r := &l.rate
	told := l.reported || l.ceilings != [Dimensions]bucket{} && !l.provisional
	switch {
	case r.limits() && r.growth == doublingGrowth, !r.limits() && (!told || r.strikes > contradicts):
		return Unknown
	case r.limits() && (r.growth > probingGrowth || r.starts < fewMeasured), !r.limits() && !l.reported:
		return Rough
	default:
		return Certain
	}
}

// Basis changes with what is known of the limits: what was expected before says nothing
// about what is expected since.
func (l *Limiter) Basis() uint64 { return l.basis }
