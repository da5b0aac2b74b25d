package client

import (
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/human"
)

const (
	maxEvents = 256 // in all
	maxOwn    = 64  // of our own: they stay however busy the endpoint's log is
)

// journal keeps the endpoint's events and our own.
type journal struct {
	own    []Event
	told   []Event
	merged []Event // nil when something changed

	since time.Time // when the outage began; zero while there is none
	words string    // why, as the last failed poll said

	gapFrom, gapTo time.Time // the last time without polls
}

// down takes a failed poll: the outage's one line is updated while it lasts.
func (j *journal) down(at time.Time, words string) {
	if j.since.IsZero() {
		j.since = at
	}
	j.words, j.merged = words, nil
}

// up takes a poll that worked.
func (j *journal) up(at time.Time) {
	if j.since.IsZero() {
		return
	}
	j.add(Event{j.since, KindUnreachable, "unreachable " + fromTo(j.since, at) + ": " + j.words})
	j.since = time.Time{}
}

// missed takes a time in which nobody polled. One that follows another makes that
// one longer; in an outage there is a line already.
func (j *journal) missed(from, to time.Time) {
	if !j.since.IsZero() {
		return
	}
	if n := len(j.own); n > 0 && j.own[n-1].Kind == KindMissed && j.gapTo.Equal(from) {
		from = j.gapFrom
		j.own = j.own[:n-1]
	}
	j.gapFrom, j.gapTo = from, to
	j.add(Event{from, KindMissed, "no figures " + fromTo(from, to)})
}

// seam takes a break in the counters.
func (j *journal) seam(s Sample, why seam) {
	e := Event{s.At, why.kind(), why.words()}
	n := len(j.own)
	switch {
	case e.Kind == "":
	case e.Kind == queue.KindReset && s.Detail != nil && tells(s.Detail.Events, queue.KindReset):
		// The endpoint's own line says more.
	case why == seamSeveral && n > 0 && j.own[n-1].riddle() && s.At.Sub(j.own[n-1].At) < twinFor:
		j.retitle(why) // what looked like a reset or a restart was none
	case n > 0 && j.own[n-1].Text == e.Text && why.repeats():
	default:
		j.add(e)
	}
}

// riddle reports whether the line is about a break, and may have been wrong.
func (e Event) riddle() bool {
	return e.Kind == KindUncertain || e.Kind == KindRestarted || e.Kind == queue.KindReset
}

// retitle explains the last line about a break.
func (j *journal) retitle(why seam) {
	if n := len(j.own); n > 0 && j.own[n-1].riddle() {
		j.own[n-1].Kind, j.own[n-1].Text, j.merged = why.kind(), why.words(), nil
	}
}

func tells(events []Event, kind queue.Kind) bool {
	return slices.ContainsFunc(events, func(e Event) bool { return e.Kind == kind })
}

// tell takes the endpoint's events. What it forgot since, in a restart for
// instance, is kept as far as there is room.
func (j *journal) tell(s Sample) {
	if s.Detail == nil || len(s.Detail.Events) == 0 {
		return
	}
	fresh := []Event(s.Detail.Events)
	older := slices.IndexFunc(j.told, func(e Event) bool { return !e.At.Before(fresh[0].At) })
	if older < 0 {
		older = len(j.told)
	}
	j.told = slices.Concat(last(j.told[:older], maxEvents-len(fresh)), fresh)
	j.merged = nil
}

func (j *journal) add(e Event) {
	j.own = append(last(j.own, maxOwn-1), e)
	j.merged = nil
}

// events returns all, oldest first, at most maxEvents.
func (j *journal) events() []Event {
	if j.merged != nil {
		return j.merged
	}
	own := j.own
	if !j.since.IsZero() {
		own = append(slices.Clip(own), Event{j.since, KindUnreachable, "unreachable since " + j.since.Format(time.TimeOnly) + ": " + j.words})
	}
	j.merged = slices.Concat(own, last(j.told, maxEvents-len(own)))
	slices.SortStableFunc(j.merged, func(a, b Event) int { return a.At.Compare(b.At) })
	return j.merged
}

// fromTo returns "14:02:07 to 14:03:10", with the days where they differ.
func fromTo(from, to time.Time) string {
	return human.Clock(from, to) + " to " + human.Clock(to, from)
}
