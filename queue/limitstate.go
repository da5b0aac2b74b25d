package queue

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// LimitState is what outlasts a queue of one lane's limits, a minute each; zero is
// one that was not told.
type LimitState struct {
	Lane     string `json:"lane"`
	Requests int64  `json:"requests,omitempty"`
	Input    int64  `json:"input,omitempty"`
	Output   int64  `json:"output,omitempty"`
	// Burst is how many requests may start at once after a burst was refused; zero:
	// as many as the limit.
	Burst float64 `json:"burst,omitempty"`
	// Seen is when it was so.
	Seen Time `json:"seen"`
}

const mostPerMinute = 1 << 40 // of anything, in any account

func (l *LimitState) validate() error {
	for _, n := range []int64{l.Requests, l.Input, l.Output} {
		if err := upTo("perMinute", n, mostPerMinute); err != nil {
			return err
		}
	}
	if l.Lane == "" || !(l.Burst >= 0 && l.Burst <= mostPerMinute) {
		return fmt.Errorf("%w: lane %q, burst %v", ErrState, l.Lane, l.Burst)
	}
	return nil
}

// adaptive is what is known at the machine's beginning, if it was so at seen.
// What has been used until now nobody knows: the buckets count as empty then, but
// for one request, from which the rest is learned.
func (l *LimitState) adaptive(seen time.Duration) adaptive {
	a := adaptive{known: true, toldAt: seen, usual: amount{requests: 1}, burst: l.Burst, grown: seen}
	for d, perMinute := range []int64{l.Requests, l.Input, l.Output} {
		if perMinute > 0 {
			a.buckets[d] = bucket{perMinute: float64(perMinute), holds: float64(perMinute), at: seen, from: seen}
		}
	}
	if b := &a.buckets[requests]; b.perMinute > 0 {
		if a.burst > 0 {
			b.holds = min(max(math.Floor(a.burst), 1), b.perMinute)
		}
		b.level = 1
	}
	return a
}

// limitStates are what is known of the limits now, by lane.
func (m *Machine) limitStates() []LimitState {
	var list []LimitState
	add := func(name string, a *adaptive) {
		if !a.known {
			return
		}
		l := LimitState{Lane: name, Burst: a.burst, Seen: m.stamp(m.now)}
		for d, perMinute := range []*int64{&l.Requests, &l.Input, &l.Output} {
			*perMinute = int64(a.buckets[d].perMinute)
		}
		list = append(list, l)
	}
	for name, l := range m.lanes {
		add(name, &l.limits)
	}
	for name, a := range m.known {
		add(name, &a)
	}
	slices.SortFunc(list, func(a, b LimitState) int { return cmp.Compare(a.Lane, b.Lane) })
	return list[:min(len(list), maxKnown)]
}
