package client

import (
	"time"

	"paceline/queue"
)

// discontinuity is the reason why the counters of a sample do not continue those of
// the sample before it.
type discontinuity uint8

const (
	noDiscontinuity discontinuity = iota
	counterReset                  // reported by the endpoint
	ownReset                      // by this process
	serverRestart                 // reported by the endpoint
	resetOrRestart                // the counters fell, and the endpoint does not report why
	olderAnswer                   // the answer is older than the one before it
	severalServers                // the counters alternate between two series
	perhapsSeveral                // the counters jumped once; the next fall decides
)

// resetsCounters reports whether the server's counters have begun at zero again.
func (d discontinuity) resetsCounters() bool {
	return d == counterReset || d == ownReset || d == serverRestart || d == resetOrRestart
}

// recurs reports whether it happens again and again, so that one event is enough.
func (d discontinuity) recurs() bool { return d == olderAnswer || d == severalServers }

func (d discontinuity) kind() queue.Kind {
	switch d {
	case counterReset, ownReset:
		return queue.KindReset
	case serverRestart:
		return KindRestarted
	case resetOrRestart, olderAnswer, severalServers:
		return KindUncertain
	default:
		return ""
	}
}

func (d discontinuity) text() string {
	switch d {
	case counterReset:
		return "counters were reset"
	case ownReset:
		return "counters were reset from here"
	case serverRestart:
		return "the server restarted"
	case resetOrRestart:
		return "counters were reset or the server restarted"
	case olderAnswer:
		return "older answers come in between: a cache, or several servers"
	case severalServers:
		return "several servers answer here"
	default:
		return ""
	}
}

// event returns the event of it, at a time.
func (d discontinuity) event(at time.Time) Event {
	return Event{At: at, Kind: d.kind(), Text: d.text(), SeveralServers: d == severalServers}
}

const (
	noteDuration         = time.Minute      // how long a discontinuity stays in Derived.Note
	severalServersWindow = 5 * time.Minute  // within it, a second fall of the counters can be a second server
	ownResetWindow       = 30 * time.Second // how long after our reset the counters may fall because of it
	ownResetLead         = 5 * time.Second  // how long before the reset's answer they may fall
	clockTolerance       = 2 * time.Second  // how far two computed start times of one server may differ
)

// discontinuityDetector finds the discontinuities between successive samples.
type discontinuityDetector struct {
	last       discontinuity
	lastAt     time.Time
	ownResetAt time.Time // when this process reset the counters; zero once they have fallen

	// The last fall of the counters: from high to low.
	high, low counters
	fellAt    time.Time

	// otherServer is when the server started that answered before the latest
	// restart, computed from its detail. If it answers again, both are running.
	otherServer Opt[time.Time]
}

// note describes the last discontinuity; empty once it is older than noteDuration.
func (d *discontinuityDetector) note(now time.Time) string {
	if now.Sub(d.lastAt) >= noteDuration {
		return ""
	}
	return d.last.text()
}

// noteOwnReset records a reset by this process, and reports whether it explains a
// fall of the counters that was already seen.
func (d *discontinuityDetector) noteOwnReset(at time.Time) bool {
	if (d.last == resetOrRestart || d.last == counterReset) && at.Sub(d.lastAt) < ownResetLead {
		d.last = ownReset
		return true
	}
	d.ownResetAt = at
	return false
}

// between returns the discontinuity between two successive samples.
func (d *discontinuityDetector) between(prev, s Sample) discontinuity {
	why := d.reported(prev, s)
	if why == noDiscontinuity {
		why = d.inferred(prev, s)
	}
	if (why == counterReset || why == resetOrRestart) && !d.ownResetAt.IsZero() && s.At.Sub(d.ownResetAt) < ownResetWindow {
		why, d.ownResetAt = ownReset, time.Time{}
	}
	if why != noDiscontinuity && why != perhapsSeveral {
		d.last, d.lastAt = why, s.At
	}
	return why
}

// reported returns the discontinuity that follows from the uptime and the number of
// resets in the endpoint's detail.
func (d *discontinuityDetector) reported(prev, s Sample) discontinuity {
	if prev.Detail == nil || s.Detail == nil {
		return noDiscontinuity
	}
	old, now := startOf(prev), startOf(s)
	moved := now.Value.Sub(old.Value)
	// While a machine is suspended its uptime stands still: the computed start moves
	// on, but the uptime does not fall.
	restarted := moved > clockTolerance && s.Detail.Uptime.Value < prev.Detail.Uptime.Value
	if old.Known && now.Known && (restarted || moved < -clockTolerance) {
		back := d.otherServer.Known && now.Value.Sub(d.otherServer.Value).Abs() <= clockTolerance
		d.otherServer = old
		switch {
		case back:
			return severalServers
		case restarted:
			return serverRestart
		default:
			return perhapsSeveral
		}
	}
	if prev.Detail.Resets.Known && s.Detail.Resets.Known && s.Detail.Resets.Value > prev.Detail.Resets.Value {
		return counterReset
	}
	return noDiscontinuity
}

// startOf computes when the server started, by its own clock.
func startOf(s Sample) Opt[time.Time] {
	return Opt[time.Time]{
		Value: s.Timestamp.Value.Add(-time.Duration(s.Detail.Uptime.Value)),
		Known: s.Timestamp.Known && s.Detail.Uptime.Known,
	}
}

// inferred returns the discontinuity that follows from the counters alone. Two
// servers differ from two resets in this: each fall ends at the counters of the
// lower series, and more have finished than a server can finish right after a reset.
func (d *discontinuityDetector) inferred(prev, s Sample) discontinuity {
	old, now := countersOf(prev), countersOf(s)
	fresh := 5 + int64(s.At.Sub(prev.At).Seconds())
	recent := !d.fellAt.IsZero() && s.At.Sub(d.fellAt) < severalServersWindow
	if !now.decreasedFrom(old) {
		jump := now.finished().Value - old.finished().Value
		if recent && jump >= fresh && !old.canFollow(d.high) && now.canFollow(d.high) {
			return perhapsSeveral
		}
		return noDiscontinuity
	}
	if prev.Timestamp.Known && s.Timestamp.Known && s.Timestamp.Value.Before(prev.Timestamp.Value) {
		return olderAnswer
	}
	several := recent && now.finished().Value >= fresh && now.canFollow(d.low) && old.canFollow(d.high)
	d.high, d.low, d.fellAt = old, now, s.At
	if several {
		return severalServers
	}
	return resetOrRestart
}
