package ui

import (
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// trouble is an event, or several that belong together: those that say the same one after the
// other, and the failures of one class in one lane with what was tried again for them. It stands
// where the last of them does.
type trouble struct {
	client.Event
	from  time.Time // the first of them
	times int
	more  bool // or more often: older ones were forgotten
	of    *failureGroup
}

// groupGap is how long after one another two failures of a class, or two events that say the
// same, may be to stand in one line.
const groupGap = time.Minute

// failureGroup is what failed of one class in one lane.
type failureGroup struct {
	failed, retried int
	users           map[string]bool
	cause, tail     string // what all of them say, and its end; empty where they differ
}

// isFailure reports whether an event is of a call that failed: for good, or to be tried again.
func isFailure(e client.Event) bool {
	return (e.Kind == queue.KindFailed || e.Kind == queue.KindRetry) && e.Class != ""
}

// groupEach returns some events, the oldest first, with those in one line that say the same.
func groupEach(events []client.Event) []trouble { return group(events, false) }

// groupTroubles returns some troubles, the oldest first, with those in one line that belong
// together: by the last of each.
func groupTroubles(events []client.Event) []trouble { return group(events, true) }

func group(events []client.Event, failures bool) []trouble {
	var list []trouble
	open := map[[2]string]int{} // by class and lane, where the failures stand in the list
	for _, e := range events {
		if failures && isRoutine(e) {
			continue
		}
		if failures && isFailure(e) {
			key := [2]string{string(e.Class), e.Lane}
			at, known := open[key]
			if !known || e.At.Sub(list[at].At) > groupGap {
				at = len(list)
				list = append(list, trouble{Event: e, from: e.At, of: &failureGroup{users: map[string]bool{}, cause: e.Cause, tail: tailOf(e.Cause)}})
				open[key] = at
			}
			list[at].take(e)
			continue
		}
		if n := len(list) - 1; n >= 0 && list[n].Kind == e.Kind && list[n].Text == e.Text && e.At.Sub(list[n].At) <= groupGap {
			list[n].Event, list[n].times = e, list[n].times+1
			continue
		}
		list = append(list, trouble{Event: e, from: e.At, times: 1})
	}
	for i := range list {
		list[i].say()
	}
	slices.SortStableFunc(list, func(a, b trouble) int { return a.At.Compare(b.At) })
	return list
}

// take takes one more failure.
func (t *trouble) take(e client.Event) {
	t.Event = e
	t.of.users[e.User] = true
	if e.Kind == queue.KindFailed {
		t.of.failed++
	} else {
		t.of.retried++
	}
	if e.Cause != t.of.cause {
		t.of.cause = ""
	}
	if tailOf(e.Cause) != t.of.tail {
		t.of.tail = ""
	}
}

// tailOf is the end of what a failure says, which is the same for all calls: "connection refused".
func tailOf(cause string) string { return cause[strings.LastIndex(cause, ": ")+1:] }

// say puts several failures into words: "connection refused: 14 requests failed, 31 tried again
// (19 users)". One says what its event does.
func (t *trouble) say() {
	g := t.of
	if g == nil {
		return
	}
	if t.times = 1; g.failed+g.retried == 1 {
		return
	}
	why := strings.TrimSpace(g.cause)
	if why == "" {
		why = strings.TrimSpace(g.tail)
	}
	if why == "" {
		why = causeLabel(string(t.Class))
	}
	var words []string
	t.Kind = queue.KindRetry
	if g.failed > 0 {
		words, t.Kind = append(words, human.Plural(g.failed, "request")+" failed"), queue.KindFailed
	}
	if g.retried > 0 {
		words = append(words, human.Count(g.retried)+" tried again")
	}
	who := ""
	switch n := len(g.users); {
	case n > 1:
		who = " (" + human.Plural(n, "user") + ")"
		t.User = ""
	case t.User != "":
		who = " (" + t.User + ")"
	}
	t.Text, t.Cause = why+": "+strings.Join(words, ", ")+who, ""
}

// span is when it was: from when until when, of several.
func (t *trouble) span(clock func(time.Time) string) string {
	from, until := clock(t.from), clock(t.At)
	if t.of == nil || from == until {
		return until
	}
	return from + "-" + until
}
