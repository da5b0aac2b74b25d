package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// lanesByWaiting returns the lanes, those with the most waiting first.
func lanesByWaiting(s *state) []client.Lane {
	lanes := slices.Clone(s.detail().Lanes)
	slices.SortStableFunc(lanes, func(a, b client.Lane) int {
		return cmp.Or(b.Waiting.Value-a.Waiting.Value, strings.Compare(a.Name, b.Name))
	})
	return lanes
}

// laneName is the name of a lane on the screen.
func laneName(l client.Lane) string {
	if name := clean(l.Name); name != "" {
		return name
	}
	return "default"
}

// laneStatus says what the next request in a lane waits for, and how that is shown.
func (s *state) laneStatus(l client.Lane) (words string, sev severity) {
	return s.laneStatusUntil(l, "")
}

// laneStatusUntil is laneStatus that says also for how long a lane is still held back, see
// [state.heldWords].
func (s *state) laneStatusUntil(l client.Lane, held string) (words string, sev severity) {
	t := s.theme
	sev = severity{style: t.text}
	switch {
	case l.PausedUntil.Known:
		sev = t.level(client.Warning)
		words = "paused by the API until " + s.clock(l.PausedUntil.Value) + held
	case l.Breaker != nil:
		sev = t.level(client.Warning)
		words = breakerWords(l.Breaker) + held
	case !l.Waiting.Known:
		words, sev.style = t.dash, t.muted
	case l.Waiting.Value == 0:
		words, sev.style = "nobody waits", t.muted
	case s.past: // what for was not kept
		words = human.Count(l.Waiting.Value) + " waited"
	case l.InBackoff.Value >= l.Waiting.Value:
		return "all that wait are in backoff", sev
	case !l.NextStart.Known:
		words = "waits for a free slot"
	case l.NextStart.Value == 0:
		words = "starts now"
	case l.WaitsFor.Known:
		words = "waits for " + clean(l.WaitsFor.Value) + ", " + human.Duration(l.NextStart.Value)
		if l.Rate.Known {
			words += fmt.Sprintf(" (%.0f a minute)", l.Rate.Value)
		}
	case l.Pace.Value == "spaced":
		words = "waits for the spacing, " + human.Duration(l.NextStart.Value)
	default:
		words = "the next starts in " + human.Duration(l.NextStart.Value)
	}
	if l.InBackoff.Value > 0 {
		words += ", " + human.Count(l.InBackoff.Value) + " in backoff"
	}
	return words, sev
}

// laneStatusIn is laneStatus in w cells, with the countdown of what holds back the lane.
func (s *state) laneStatusIn(l client.Lane, w int) (words string, sev severity) {
	held := s.heldWords(l)
	words, sev = s.laneStatusUntil(l, held)
	if width(words) > w {
		words = strings.TrimPrefix(words, "waits for ")
		words = strings.Replace(words, "paused by the API", "paused", 1)
		if l.Breaker != nil {
			words = strings.Replace(words, failureWords(l.Breaker), "", 1)
		}
	}
	if width(words) > w { // the countdown says more than the time
		state := "paused"
		if !l.PausedUntil.Known {
			state = "breaker"
		}
		if _, after, ok := strings.Cut(words, held); ok && held != "" {
			words = state + held + after
		}
	}
	return s.theme.cut(words, w), sev
}

// freeShare is how much of a limit is free, 0 to 1.
func freeShare(l client.Limit) client.Opt[float64] {
	if !l.Free.Known || !l.PerMinute.Known {
		return client.Opt[float64]{}
	}
	return client.Some(min(max(float64(l.Free.Value)/float64(l.PerMinute.Value), 0), 1))
}

// freeWords says how much of a limit is free.
func (t *theme) freeWords(l client.Limit) string {
	free := orDash(t, l.Free, func(n client.Balance) string { return t.signed(int64(n)) })
	switch {
	case !l.Free.Known && !l.PerMinute.Known:
		return t.dash
	case l.Free.Value < 0 && l.Kind != "requests" && l.Kind != "input tokens":
		return free + ", being produced"
	case !l.PerMinute.Known:
		return free + " free"
	default:
		return free + " of " + human.Count(l.PerMinute.Value) + " free"
	}
}

// freeShort is freeWords for few cells.
func (t *theme) freeShort(l client.Limit) string {
	free := orDash(t, l.Free, func(n client.Balance) string { return t.short(int64(n)) })
	if !l.PerMinute.Known {
		return free
	}
	return free + "/" + t.short(l.PerMinute.Value)
}

// fullWords says when a limit is all free again.
func (t *theme) fullWords(l client.Limit) string {
	switch {
	case !l.FullIn.Known:
		return t.dash
	case l.FullIn.Value > 0:
		return "full in " + human.Short((l.FullIn.Value + time.Second - 1).Truncate(time.Second))
	case freeShare(l).Or(1) < 0.95: // what starts at once is kept lower
		return "held low"
	default:
		return "full"
	}
}

// signed writes a whole number that can be below zero.
func (t *theme) signed(n int64) string {
	if n < 0 {
		return t.minus + human.Count(-n)
	}
	return human.Count(n)
}

// short writes a whole number in few cells.
func (t *theme) short(n int64) string {
	if n < 0 {
		return t.minus + human.ShortCount(-n)
	}
	return human.ShortCount(n)
}
