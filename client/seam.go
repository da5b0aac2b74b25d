package client

import (
	"time"

	"paceline/queue"
)

// seam is why two samples do not follow each other.
type seam uint8

const (
	seamNone     seam = iota
	seamReset         // the endpoint says so
	seamOwnReset      // it was us
	seamRestart       // the endpoint says so
	seamUnclear       // a reset or a restart
	seamOlder         // an older answer after a newer one
	seamSeveral       // the counters jump between two series
	seamJump          // perhaps that; too early to say
)

// zeroes reports whether the server's counters began anew.
func (s seam) zeroes() bool {
	return s == seamReset || s == seamOwnReset || s == seamRestart || s == seamUnclear
}

// repeats reports whether it goes on and on, and is worth one line.
func (s seam) repeats() bool { return s == seamOlder || s == seamSeveral }

func (s seam) kind() queue.Kind {
	switch s {
	case seamReset, seamOwnReset:
		return queue.KindReset
	case seamRestart:
		return KindRestarted
	case seamUnclear, seamOlder, seamSeveral:
		return KindUncertain
	default:
		return ""
	}
}

func (s seam) words() string {
	switch s {
	case seamReset:
		return "counters were reset"
	case seamOwnReset:
		return "counters were reset from here"
	case seamRestart:
		return "the server restarted"
	case seamUnclear:
		return "counters were reset or the server restarted"
	case seamOlder:
		return "older answers come in between: a cache, or several servers"
	case seamSeveral:
		return "several servers answer here"
	default:
		return ""
	}
}

const (
	noteFor      = time.Minute      // how long a seam stays in Derived.Note
	twinFor      = 5 * time.Minute  // how long two series are told from two resets
	ownResetFor  = 30 * time.Second // how long our own reset may take to show
	ownResetSeen = 5 * time.Second  // how long before its answer it may show
	clockSlack   = 2 * time.Second  // what two readings of one start may differ
)

// seams watches for breaks between samples.
type seams struct {
	last   seam
	lastAt time.Time
	ours   time.Time // when we reset; zero once it has shown

	// The last fall of the counters: from high to low.
	high, low counters
	fellAt    time.Time

	twin Opt[time.Time] // when the server before this one started, as detail tells
}

// note returns the last seam in words while it is news.
func (w *seams) note(now time.Time) string {
	if now.Sub(w.lastAt) >= noteFor {
		return ""
	}
	return w.last.words()
}

// ownReset takes our own reset and reports whether it explains a fall that was
// seen before.
func (w *seams) ownReset(at time.Time) bool {
	if (w.last == seamUnclear || w.last == seamReset) && at.Sub(w.lastAt) < ownResetSeen {
		w.last = seamOwnReset
		return true
	}
	w.ours = at
	return false
}

// between returns what broke between two samples.
func (w *seams) between(prev, s Sample) seam {
	why := w.told(prev, s)
	if why == seamNone {
		why = w.guessed(prev, s)
	}
	if (why == seamReset || why == seamUnclear) && !w.ours.IsZero() && s.At.Sub(w.ours) < ownResetFor {
		why, w.ours = seamOwnReset, time.Time{}
	}
	if why != seamNone && why != seamJump {
		w.last, w.lastAt = why, s.At
	}
	return why
}

// told returns what the endpoint's detail says.
func (w *seams) told(prev, s Sample) seam {
	if prev.Detail == nil || s.Detail == nil {
		return seamNone
	}
	old, now := startOf(prev), startOf(s)
	moved := now.Value.Sub(old.Value)
	// A clock that sleeps with its machine makes a start seem later, but never
	// lets the uptime fall.
	restarted := moved > clockSlack && s.Detail.Uptime.Value < prev.Detail.Uptime.Value
	if old.Known && now.Known && (restarted || moved < -clockSlack) {
		back := w.twin.Known && now.Value.Sub(w.twin.Value).Abs() <= clockSlack
		w.twin = old
		switch {
		case back:
			return seamSeveral
		case restarted:
			return seamRestart
		default:
			return seamJump
		}
	}
	if prev.Detail.Resets.Known && s.Detail.Resets.Known && s.Detail.Resets.Value > prev.Detail.Resets.Value {
		return seamReset
	}
	return seamNone
}

// startOf returns when the server started, by its own clock.
func startOf(s Sample) Opt[time.Time] {
	return Opt[time.Time]{
		Value: s.Timestamp.Value.Add(-time.Duration(s.Detail.Uptime.Value)),
		Known: s.Timestamp.Known && s.Detail.Uptime.Known,
	}
}

// guessed returns what the counters say. Two series are told from two resets by
// this: each fall ends where the lower series stood, with more finished than a
// server that was just reset can have.
func (w *seams) guessed(prev, s Sample) seam {
	old, now := countersOf(prev), countersOf(s)
	fresh := 5 + int64(s.At.Sub(prev.At).Seconds())
	recent := !w.fellAt.IsZero() && s.At.Sub(w.fellAt) < twinFor
	if !now.fell(old) {
		jump := now.finished().Value - old.finished().Value
		if recent && jump >= fresh && !old.reaches(w.high) && now.reaches(w.high) {
			return seamJump
		}
		return seamNone
	}
	if prev.Timestamp.Known && s.Timestamp.Known && s.Timestamp.Value.Before(prev.Timestamp.Value) {
		return seamOlder
	}
	several := recent && now.finished().Value >= fresh && now.reaches(w.low) && old.reaches(w.high)
	w.high, w.low, w.fellAt = old, now, s.At
	if several {
		return seamSeveral
	}
	return seamUnclear
}
