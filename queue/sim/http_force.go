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
	maxIDs     = 16 * 1024 // of requests whose attempts are counted
	maxID      = 200       // bytes of one of them
	maxQueued  = 10_000    // outcomes that FailNext keeps
)

// force is what the headers of a request ask for.
type force struct {
	fault   *fault        // nil for an answer
	steady  bool          // chance plays no part
	delayed bool          // latency counts
	latency time.Duration // the answer's time
	deltas  int           // zero: as many as the time allows
}

// forced counts what was forced already.
type forced struct {
	mu    sync.Mutex     // guards what follows
	times map[string]int // by x-sim-id, how often it failed
	ids   []string       // those of times, the oldest first
	next  []*fault       // of FailNext
}

func newForced() *forced { return &forced{times: map[string]int{}} }

// read reads the x-sim- headers of a request, see the package's comment.
func (f *forced) read(h http.Header) (force, *problem) {
	var asked force
	if s := h.Get("x-sim-latency"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 || d > maxLatency {
			return force{}, invalid("x-sim-latency: must be a duration from 0s to 1m0s")
		}
		asked.delayed, asked.latency = true, d
	}
	if s := h.Get("x-sim-tokens"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxDeltas {
			return force{}, invalid(fmt.Sprintf("x-sim-tokens: must be a number from 1 to %d", maxDeltas))
		}
		asked.deltas = n
	}
	s := h.Get("x-sim-error")
	if s == "" {
		return asked, nil
	}
	asked.steady = true
	outcome, times, err := parseOutcome(s)
	if err != nil {
		return force{}, invalid("x-sim-error: " + err.Error())
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
		return force{}, invalid(fmt.Sprintf("x-sim-error: a number of times needs an x-sim-id of 1 to %d bytes", maxID))
	}
	if f.count(id, times) {
		asked.fault = outcome
	}
	return asked, nil
}

// count reports whether one more attempt of a request has to fail.
func (f *forced) count(id string, times int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	done, known := f.times[id]
	if done >= times {
		return false
	}
	if !known {
		if len(f.ids) >= maxIDs {
			delete(f.times, f.ids[0])
			f.ids = f.ids[1:]
		}
		f.ids = append(f.ids, id)
	}
	f.times[id] = done + 1
	return true
}

func (f *forced) failNext(outcomes []string) error {
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
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.next)+len(all) > maxQueued {
		return fmt.Errorf("sim: fail next: more than %d outcomes are waiting", maxQueued)
	}
	f.next = append(f.next, all...)
	return nil
}

// takeNext puts what FailNext wants in the place of what the request asks for.
func (f *forced) takeNext(asked *force) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.next) == 0 {
		return
	}
	asked.fault, asked.steady = f.next[0], true
	f.next = f.next[1:]
}

const always = 0

// parseOutcome reads "529", or "529*2" for twice. The outcome none is nil.
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
