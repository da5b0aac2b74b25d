package gateway

import (
	"net/http"
	"sync/atomic"
)

// simulatedState is whether the upstream is a simulated API, by its last answer: a
// simulated API says so in each. It is safe for concurrent use.
type simulatedState struct{ state atomic.Int32 }

// The states. The zero value is before the first answer.
const (
	simulatedUnknown int32 = iota
	simulatedNo
	simulatedYes
)

// observe reads the header of an answer.
func (s *simulatedState) observe(h http.Header) {
	state := simulatedNo
	if h.Get(headerSimulated) == "true" {
		state = simulatedYes
	}
	if s.state.Load() != state { // it rarely changes
		s.state.Store(state)
	}
}

// Simulated reports whether the upstream is a simulated API, by its last answer,
// and whether there was an answer. It is safe for concurrent use.
func (g *Gateway) Simulated() (simulated, known bool) {
	if g.options.Simulated {
		return true, true
	}
	state := g.simulated.state.Load()
	return state == simulatedYes, state != simulatedUnknown
}

// setSimulatedHeader sets the header of a simulated upstream, if it is one.
func (g *Gateway) setSimulatedHeader(h http.Header) {
	if simulated, _ := g.Simulated(); simulated {
		h[headerSimulated] = []string{"true"}
	}
}
