package client

import (
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/human"
)

const (
	maxEvents    = 256 // of both together
	maxOwnEvents = 64  // of this package's, which a busy endpoint does not push out
)

// journal merges the endpoint's events with those of this package: outages, missed
// polls and discontinuities. It takes times by this process's clock; those of its events are by
// the endpoint's, as those of the endpoint's own are.
type journal struct {
	clock    func(time.Time) time.Time // what the endpoint's clock says at a time of ours
	own      []Event
	endpoint []Event
	merged   []Event // both, in order; nil after a change

	outageSince  time.Time // when the outage began; zero while there is none
	outageReason string    // the words of the last failed poll
	cameBack     bool      // the last poll ended an outage

	gapTo   time.Time // the end of the last period without polls
	foundAt time.Time // when the last discontinuity was found
}

// down takes a failed poll. An outage is one event, which changes while it lasts.
func (j *journal) down(at time.Time, words string) {
	if j.outageSince.IsZero() {
		j.outageSince = at
	}
	j.outageReason, j.merged = words, nil
}

// up takes a successful poll.
func (j *journal) up(at time.Time) {
	if j.cameBack = !j.outageSince.IsZero(); !j.cameBack {
		return
	}
	since := j.clock(j.outageSince)
	j.add(Event{At: since, Kind: KindUnreachable, Text: "unreachable " + timeSpan(since, j.clock(at)) + ": " + j.outageReason})
	j.outageSince = time.Time{}
}

// missed takes a period without polls. If it follows another one directly, the two
// are one event; during an outage it is none.
func (j *journal) missed(from, to time.Time) {
	if !j.outageSince.IsZero() {
		return
	}
	since := j.clock(from)
	if n := len(j.own); n > 0 && j.own[n-1].Kind == KindMissed && j.gapTo.Equal(from) {
		since = j.own[n-1].At
		j.own = j.own[:n-1]
	}
	j.gapTo = to
	j.add(Event{At: since, Kind: KindMissed, Text: "no figures " + timeSpan(since, j.clock(to))})
}

// discontinuity takes a discontinuity of the counters.
func (j *journal) discontinuity(s Sample, why discontinuity) {
	e := why.event(j.clock(s.At))
	n := len(j.own)
	switch {
	case e.Kind == "":
	case e.Kind == queue.KindReset && s.Detail != nil && containsKind(s.Detail.Events, queue.KindReset):
		// The endpoint has an event of its own, with more in it.
	case why == severalServers && n > 0 && j.own[n-1].IsDiscontinuity() && s.At.Sub(j.foundAt) < severalServersWindow:
		j.explainLast(why) // the last one was mistaken for a reset or a restart
	case n > 0 && j.own[n-1].Text == e.Text && why.recurs():
	case why == serverRestart && n > 0 && j.own[n-1].Kind == KindUnreachable && j.cameBack:
		// That it could not be reached, and that it began anew, is one event.
		j.foundAt = s.At
		e.At, e.Text, e.Cause = j.own[n-1].At, e.Text+": "+j.own[n-1].Text, j.own[n-1].Text
		j.own[n-1], j.merged = e, nil
	default:
		j.foundAt = s.At
		j.add(e)
	}
}

// explainLast replaces the reason of the last event, if it is of a discontinuity.
func (j *journal) explainLast(why discontinuity) {
	if n := len(j.own); n > 0 && j.own[n-1].IsDiscontinuity() {
		j.own[n-1], j.merged = why.event(j.own[n-1].At), nil
	}
}

func containsKind(events []Event, kind queue.Kind) bool {
	return slices.ContainsFunc(events, func(e Event) bool { return e.Kind == kind })
}

// takeEndpoint takes the endpoint's events. Older ones that the endpoint no longer
// has, after a restart for instance, are kept while there is room.
func (j *journal) takeEndpoint(s Sample) {
	if s.Detail == nil || len(s.Detail.Events) == 0 {
		return
	}
	fresh := []Event(s.Detail.Events)
	older := slices.IndexFunc(j.endpoint, func(e Event) bool { return !e.At.Before(fresh[0].At) })
	if older < 0 {
		older = len(j.endpoint)
	}
	j.endpoint = slices.Concat(last(j.endpoint[:older], maxEvents-len(fresh)), fresh)
	j.merged = nil
}

func (j *journal) add(e Event) {
	j.own = append(last(j.own, maxOwnEvents-1), e)
	j.merged = nil
}

// events returns the newest of both, at most maxEvents, oldest first.
func (j *journal) events() []Event {
	if j.merged != nil {
		return j.merged
	}
	own := j.own
	if !j.outageSince.IsZero() {
		since := j.clock(j.outageSince)
		own = append(slices.Clip(own), Event{At: since, Kind: KindUnreachable, Text: "unreachable since " + since.Format(time.TimeOnly) + ": " + j.outageReason})
	}
	j.merged = slices.Concat(own, last(j.endpoint, maxEvents-len(own)))
	slices.SortStableFunc(j.merged, func(a, b Event) int { return a.At.Compare(b.At) })
	return j.merged
}

// timeSpan returns "14:02:07 to 14:03:10", with the dates if they differ.
func timeSpan(from, to time.Time) string {
	return human.Clock(from, to) + " to " + human.Clock(to, from)
}
