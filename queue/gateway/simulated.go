package gateway

import (
	"net/http"
	"sync/atomic"
)

// simulated is what the upstream's answers tell of it: a simulated API says in each
// that it is one. The last answer decides. The zero simulated has heard none. It is
// safe for concurrent use.
type simulated struct{ state atomic.Int32 }

// What the last answer has told.
const (
	unheard int32 = iota
	isReal
	isSimulated
)

// hear takes in the header of an answer.
func (s *simulated) hear(h http.Header) {
	state := isReal
	if h.Get(headerSimulated) == "true" {
		state = isSimulated
	}
	if s.state.Load() != state { // it hardly ever changes
		s.state.Store(state)
	}
}

// Simulated tells whether the upstream is a simulated API, by the last of its
// answers, and whether there was one. It is safe for concurrent use.
func (g *Gateway) Simulated() (simulated, known bool) {
	if g.options.Simulated {
		return true, true
	}
	state := g.simulated.state.Load()
	return state == isSimulated, state != unheard
}

// tellSimulated writes into an answer's header that the upstream is a simulated API,
// if it is.
func (g *Gateway) tellSimulated(h http.Header) {
	if simulated, _ := g.Simulated(); simulated {
		h[headerSimulated] = []string{"true"}
	}
}
