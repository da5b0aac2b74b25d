package queue

import (
	"fmt"

	"paceline/queue/human"
)

// judgeSilence judges calls that nobody answers, while others may still start: all, or those
// of one lane.
func (j *judge) judgeSilence() {
	h, due := &j.hearing, j.answerDue()
	since, silent := j.silent()
	l, of := mostSilent(j.silentLanes())
	one := of != nil && !silent && h.at > l.hearing.at // of others something was heard
	nobody := j.active.Len == 0 && j.arrivals.Len == 0
	last := nobody && (silent || j.health.rows[rowSilence].level > levelHealthy) && h.at < h.silence.lastEnded && j.now-h.silence.lastEnded < lastKnownFor
	shown, ok := j.settle(rowSilence, when(silent || last || one, levelWarning), true)
	if !ok {
		return
	}
	if one {
		j.health.silent = silentLane{l.name, of.tried}
	} else if silent || last {
		j.health.silent = silentLane{}
	}
	call, lane := "No call", j.health.silent
	if lane.name != "" {
		call += " for " + shorten(Escape(lane.name), maxName)
		h, due = &hearing{}, 0
		if l = j.lanes[lane.name]; l != nil {
			h, due = &l.hearing, j.answerDueIn(l)
		}
	}
	check := "Check the API and the network: do its answers arrive?"
	cutOff := fmt.Sprintf("%s Each call is cut off after %s of silence (maxRun)", check, human.Exact(j.settings.MaxRun))
	switch {
	case last:
		j.add(rowSilence, shown, fmt.Sprintf("%s was answered when it was last tried, %s, and nobody calls now", call, j.clock(h.silence.tried)),
			check+" The next call shows it")
	case silent:
		j.add(rowSilence, shown, fmt.Sprintf("%s is answered (%d running, nothing heard for %s)", call, j.active.Len, human.Duration(j.now-since)), cutOff)
	case one && l.running > 0:
		j.add(rowSilence, shown, fmt.Sprintf("%s is answered (%d of %s running, nothing heard for %s)", call, l.running, of.whose(), human.Duration(j.now-of.since)),
			cutOff+"; calls of other lanes are answered")
	case one, lane.name != "" && h.at <= lane.tried:
		j.add(rowSilence, shown, fmt.Sprintf("%s was answered when it was last tried, %s", call, j.clock(lane.tried)), check+" The next call shows it")
	case j.now-h.at < due:
		j.add(rowSilence, shown, call+" was answered until just now", "Nothing now: calls are answered again")
	default:
		j.add(rowSilence, shown, call+" was answered", "Wait for the next calls: too few run to tell whether the API answers")
	}
	j.rows[len(j.rows)-1].Lane = lane.name
}

// mostSilent returns the lane with the most calls that nobody answers, while those of others
// are answered; nil if there is none.
func mostSilent(lanes map[*lane]*unanswered) (most *lane, of *unanswered) {
	for l, u := range lanes {
		if of == nil || u.calls > of.calls || u.calls == of.calls && l.name < most.name {
			most, of = l, u
		}
	}
	return most, of
}

// whose says whose calls run: of the user with the most, and of how many others.
func (u *unanswered) whose() string {
	var most *user
	for one, n := range u.users {
		if most == nil || n > u.users[most] || n == u.users[most] && one.number < most.number {
			most = one
		}
	}
	words := userName(most.key())
	if others := len(u.users) - 1; others > 0 {
		words += " and " + counted(others, "other")
	}
	return words
}
