package queue

import (
	"fmt"
	"time"

	"paceline/queue/internal/limiter"
)

// LimitState is the part of one lane's limits that outlasts a queue, a minute each; zero
// is a limit that was not reported.
type LimitState struct {
	Lane     string `json:"lane"`
	Requests int64  `json:"requests,omitempty"`
	Input    int64  `json:"input,omitempty"`
	Output   int64  `json:"output,omitempty"`
	Tokens   int64  `json:"tokens,omitempty"`
	// Remaining is what was left of each; below zero, it was in debt. Null: nobody knows.
	Remaining *RemainingState `json:"left,omitempty"`
	// Rate is how many requests may start a minute, measured by refusals where no answer
	// reports a limit; zero: not measured.
	Rate float64 `json:"rate,omitempty"`
	// Burst is how many requests may start at once by that rate; zero: one.
	Burst float64 `json:"burst,omitempty"`
	// RequestsTold and InputTold are how many times what is in force answers tell of a limit,
	// which is learned; zero: once.
	RequestsTold float64 `json:"requestsTold,omitempty"`
	InputTold    float64 `json:"inputTold,omitempty"`
	// PausedUntil is when a pause of the API ends; null: it is not paused.
	PausedUntil *Time  `json:"pausedUntil,omitempty"`
	PauseWords  string `json:"pauseWords,omitempty"` // what the API said
	Final       bool   `json:"final,omitempty"`      // the pause of a spend cap, which is not probed
	Cap         Cap    `json:"cap,omitempty"`        // of a spend cap
	Undated     bool   `json:"undated,omitempty"`    // it is only tried then
	// Seen is when it was so.
	Seen Time `json:"seen"`
}

// RemainingState is how much remained of a lane's limits.
type RemainingState struct {
	Requests float64 `json:"requests"`
	Input    float64 `json:"input"`
	Output   float64 `json:"output"`
	Tokens   float64 `json:"tokens"`
}

func (l *LimitState) perMinute() [limiter.Dimensions]int64 {
	return [limiter.Dimensions]int64{limiter.Requests: l.Requests, limiter.Input: l.Input, limiter.Output: l.Output, limiter.Tokens: l.Tokens}
}

func (r *RemainingState) amounts() [limiter.Dimensions]float64 {
	return [limiter.Dimensions]float64{limiter.Requests: r.Requests, limiter.Input: r.Input, limiter.Output: r.Output, limiter.Tokens: r.Tokens}
}

func (l *LimitState) validate() error {
	for _, n := range l.perMinute() {
		if err := checkCounter("perMinute", n, limiter.MaxPerMinute); err != nil {
			return err
		}
	}
	absurd := func(f float64) bool { return !(f >= -limiter.MaxPerMinute && f <= limiter.MaxPerMinute) }
	if absurd(l.RequestsTold) || absurd(l.InputTold) || l.RequestsTold < 0 || l.InputTold < 0 {
		return fmt.Errorf("%w: lane %q, told %v and %v times", ErrState, l.Lane, l.RequestsTold, l.InputTold)
	}
	if l.Lane == "" || absurd(l.Burst) || absurd(l.Rate) || l.Burst < 0 || l.Rate < 0 {
		return fmt.Errorf("%w: lane %q, rate %v, burst %v", ErrState, l.Lane, l.Rate, l.Burst)
	}
	if l.Remaining != nil {
		for _, left := range l.Remaining.amounts() {
			if absurd(left) {
				return fmt.Errorf("%w: lane %q, left %v", ErrState, l.Lane, left)
			}
		}
	}
	return nil
}

// limiter is what is known at the machine's beginning, if it was so at seen. Where it
// does not say what was left then, the buckets count as empty, but for one request,
// from which the rest is learned.
func (l *LimitState) limiter(seen time.Duration) limiter.Limiter {
	saved := limiter.Saved{PerMinute: l.perMinute(), Rate: l.Rate, Burst: l.Burst}
	saved.Units[limiter.Requests], saved.Units[limiter.Input] = l.RequestsTold, l.InputTold
	if l.Remaining != nil {
		saved.Remaining = l.Remaining.amounts()
	} else {
		saved.Remaining[limiter.Requests] = 1
	}
	return limiter.Restore(saved, seen)
}

// memory is what is known at the machine's beginning.
func (l *LimitState) memory(m *Machine) laneMemory {
	memory := laneMemory{limits: l.limiter(m.machineTime(l.Seen))}
	if l.PausedUntil != nil {
		if left := l.PausedUntil.Sub(m.epoch); left > 0 && left <= spendLimit {
			e := &Error{Class: RateLimited}
			if l.Final {
				e = &Error{Class: SpendCap, Cap: l.Cap, Undated: l.Undated}
			}
			memory.pause.begin(0, left, shorten(l.PauseWords, maxErrorText), e, false)
		}
	}
	return memory
}

// limitStates are what is known of the limits now, in no order; of very many lanes those
// of late.
func (m *Machine) limitStates() []LimitState {
	var list []LimitState
	for name, memory := range m.allMemories {
		if len(list) == maxLaneMemories {
			break
		}
		saved, ok := memory.limits.Save(m.now)
		if !ok && !memory.pause.active(m.now) {
			continue
		}
		n, left := saved.PerMinute, saved.Remaining
		state := LimitState{
			Lane: name, Requests: n[limiter.Requests], Input: n[limiter.Input], Output: n[limiter.Output], Tokens: n[limiter.Tokens],
			Remaining: &RemainingState{left[limiter.Requests], left[limiter.Input], left[limiter.Output], left[limiter.Tokens]},
			Rate:      saved.Rate, Burst: saved.Burst, Seen: m.wireTime(m.now),
			RequestsTold: saved.Units[limiter.Requests], InputTold: saved.Units[limiter.Input],
		}
		if memory.pause.active(m.now) {
			p := &memory.pause
			state.PausedUntil, state.PauseWords, state.Final = ptr(m.wireTime(p.until)), p.reason, p.final
			state.Cap, state.Undated = p.cap, p.undated
		}
		list = append(list, state)
	}
	return list
}
