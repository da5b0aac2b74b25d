package ui

import (
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// isHeld reports whether something holds back a lane for a time, whatever its limits have: a
// pause of the API, or a breaker that is to try again.
func isHeld(l client.Lane) bool {
	return l.PausedUntil.Known || l.Breaker != nil && l.Breaker.NextTry.Value > 0
}

// heldFor is for how long a lane is still held back: by what the endpoint told last, and its
// clock since then.
func (s *state) heldFor(l client.Lane) time.Duration {
	switch {
	case l.Pause.Value == queue.PauseBackOff && l.NextStart.Known: // the next try
		return max(l.NextStart.Value-s.at.Sub(s.sample.At), 0)
	case l.PausedUntil.Known:
		return max(l.PausedUntil.Value.Sub(s.endpointTime()), 0)
	}
	return max(l.Breaker.NextTry.Value-s.at.Sub(s.sample.At), 0)
}

// secondsHeld is heldFor in whole seconds, of which the last one counts until it is over.
func (s *state) secondsHeld(l client.Lane) time.Duration {
	return (s.heldFor(l) + time.Second - 1).Truncate(time.Second)
}

// nextStartIn says in how long the next request of a lane may start. Where that is when
// nothing holds back the lane any more, it is as [state.heldWords] count.
func (s *state) nextStartIn(l client.Lane) string {
	if l.NextStart.Known && isHeld(l) && l.NextStart.Value < s.heldFor(l)+s.at.Sub(s.sample.At)+time.Second {
		return human.Short(s.secondsHeld(l))
	}
	return orDash(s.theme, l.NextStart, human.Short)
}

// heldWords say for how long a lane is still held back: ", 2 min 31 s left"; empty if it is not.
func (s *state) heldWords(l client.Lane) string {
	if !isHeld(l) {
		return ""
	}
	left := s.secondsHeld(l)
	switch {
	case l.Pause.Value == queue.PauseBackOff && left > 0:
		return ", tries in " + human.Short(left)
	case l.Pause.Value == queue.PauseBackOff:
		return ", tries now"
	case l.PausedUntil.Known && left == 0:
		return ", ends now"
	case l.PausedUntil.Known:
		return ", " + human.Age(left) + " left"
	case left == 0:
		return ", tries now"
	default:
		return ", tries in " + human.Age(left)
	}
}

// breakerWords say why a breaker holds back a lane.
func breakerWords(b *client.LaneBreaker) string {
	switch why := breakerCause(b); {
	case !b.Failures.Known:
		return "calls stopped: " + why
	case b.Failures.Value == 0: // a try has succeeded
		return "a few calls at a time are tried"
	default:
		return "calls stopped" + failureWords(b) + ": " + why
	}
}

// failureWords say how many calls have failed in a row.
func failureWords(b *client.LaneBreaker) string {
	return " after " + human.Plural(b.Failures.Value, "failure")
}

// breakerCause says what has failed in a row.
func breakerCause(b *client.LaneBreaker) string {
	if b.Class == queue.NetworkError.Name() {
		return "no connection"
	}
	return clean(string(b.Class))
}
