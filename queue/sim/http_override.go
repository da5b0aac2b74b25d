package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxLatency = time.Minute
	maxDeltas  = 10_000
	maxTimes   = 1000      // in "529*1000"
	maxIDs     = 16 * 1024 // request IDs whose attempts are counted
	maxID      = 200       // bytes of a request ID
	maxQueued  = 10_000    // waiting outcomes of FailNext
)

// override is what the x-sim- headers of a request ask for.
type override struct {
	fault      *fault        // nil for an answer
	noFaults   bool          // no random faults
	hasLatency bool          // latency is set
	latency    time.Duration // the answer's time
	deltas     int           // zero: as many as the time allows
}

// overrides counts the forced failures, and holds those of FailNext.
type overrides struct {
	mu       sync.Mutex     // guards what follows
	attempts map[string]int // failures so far, by x-sim-id
	ids      []string       // the keys of attempts, the oldest first
	next     []*fault       // of FailNext
}

func newOverrides() *overrides { return &overrides{attempts: map[string]int{}} }

// parse reads the x-sim- headers of a request; see the package's comment.
func (o *overrides) parse(h http.Header) (override, *problem) {
	var asked override
	if s := h.Get("x-sim-latency"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 || d > maxLatency {
			return override{}, invalid("x-sim-latency: must be a duration from 0s to 1m0s")
		}
		asked.hasLatency, asked.latency = true, d
	}
	if s := h.Get("x-sim-tokens"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxDeltas {
			return override{}, invalid(fmt.Sprintf("x-sim-tokens: must be a number from 1 to %d", maxDeltas))
		}
		asked.deltas = n
	}
	s := h.Get("x-sim-error")
	if s == "" {
		return asked, nil
	}
	asked.noFaults = true
	outcome, times, err := parseOutcome(s)
	if err != nil {
		return override{}, invalid("x-sim-error: " + err.Error())
	}
	if outcome != nil && outcome.problem != nil {
		if after := h.Get("x-sim-retry-after"); after != "" {
			again, with := *outcome.problem, *outcome
			again.retryAfter = after
			with.problem = &again
			outcome = &with
		}
	}
	if times == always {
		asked.fault = outcome
		return asked, nil
	}
	id := h.Get("x-sim-id")
	if id == "" || len(id) > maxID {
		return override{}, invalid(fmt.Sprintf("x-sim-error: a number of times needs an x-sim-id of 1 to %d bytes", maxID))
	}
	if o.count(id, times) {
		asked.fault = outcome
	}
	return asked, nil
}

// count reports whether one more attempt of a request has to fail.
func (o *overrides) count(id string, times int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	done, known := o.attempts[id]
	if done >= times {
		return false
	}
	if !known {
		if len(o.ids) >= maxIDs {
			delete(o.attempts, o.ids[0])
			o.ids = o.ids[1:]
		}
		o.ids = append(o.ids, id)
	}
	o.attempts[id] = done + 1
	return true
}

func (o *overrides) failNext(outcomes []string) error {
	var all []*fault
	for _, s := range outcomes {
		outcome, times, err := parseOutcome(s)
		if err != nil {
			return fmt.Errorf("sim: fail next: %w", err)
		}
		for range max(times, 1) {
			all = append(all, outcome)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.next)+len(all) > maxQueued {
		return fmt.Errorf("sim: fail next: more than %d outcomes are waiting", maxQueued)
	}
	o.next = append(o.next, all...)
	return nil
}

// takeNext replaces the override of a request by the next outcome of FailNext, if
// any.
func (o *overrides) takeNext(asked *override) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.next) == 0 {
		return
	}
	asked.fault, asked.noFaults = o.next[0], true
	o.next = o.next[1:]
}

const always = 0

// parseOutcome reads "529", or "529*2" for twice. The outcome "none" is nil.
func parseOutcome(s string) (outcome *fault, times int, err error) {
	name, count, some := strings.Cut(s, "*")
	if some {
		if times, err = strconv.Atoi(count); err != nil || times < 1 || times > maxTimes {
			return nil, 0, fmt.Errorf("the number of times must be from 1 to %d", maxTimes)
		}
	}
	outcome, ok := findFault(name)
	if !ok {
		return nil, 0, fmt.Errorf("no such outcome: it may be a status from 400 to 599, none, %s", strings.Join(faultNames(), ", "))
	}
	return outcome, times, nil
}
