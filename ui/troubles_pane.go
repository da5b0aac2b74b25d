package ui

import (
	"fmt"
	"iter"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// troublesPane is what went wrong and what was changed, the newest first: without the
// requests that come and go.
type troublesPane struct{}

// isRoutine reports whether an event is about requests that come and go as they should.
func isRoutine(e client.Event) bool { return e.By == "" && e.Kind.IsRoutine() }

// trouble is an event, or several that say the same one after the other.
type trouble struct {
	client.Event
	times int
	more  bool // or more often: older ones were forgotten
}

// newestFirst yields the events of two lists, each the oldest first.
func newestFirst(a, b []client.Event) iter.Seq[client.Event] {
	return func(yield func(client.Event) bool) {
		a, b := a, b
		for len(a)+len(b) > 0 {
			from := &a
			if len(a) == 0 || len(b) > 0 && !b[len(b)-1].At.Before(a[len(a)-1].At) {
				from = &b
			}
			end := len(*from) - 1
			if !yield((*from)[end]) {
				return
			}
			*from = (*from)[:end]
		}
	}
}

// troubles returns the first n troubles of some events, the newest first, with how often each
// was told. It reports whether there are no more events.
func troubles(events iter.Seq[client.Event], n int) (list []trouble, whole bool) {
	for e := range events {
		switch last := len(list) - 1; {
		case isRoutine(e):
		case last >= 0 && list[last].Kind == e.Kind && list[last].Text == e.Text:
			list[last].times++
		case last >= 0 && areRetries(list[last].Event, e):
			list[last].Event, list[last].times = list[last].Retries(), list[last].times+1
		case len(list) == n:
			return list, false
		default:
			list = append(list, trouble{Event: e, times: 1})
		}
	}
	return list, true
}

// areRetries reports whether two events are of requests that are tried again for one class of
// failures: in an outage each request has its own, and nothing else would be in sight.
func areRetries(a, b client.Event) bool {
	return a.Kind == queue.KindRetry && b.Kind == a.Kind && b.Class == a.Class
}

// latestTroubles are the incident that goes on, and the newest troubles and incidents that are
// over, n at most.
func (s *state) latestTroubles(n int) (list []trouble) {
	for _, e := range last(s.going, n) {
		list = append(list, trouble{Event: e, times: 1})
	}
	return append(list, s.pastTroubles(n-len(list))...)
}

// pastTroubles are the newest troubles and incidents that are over, n at most.
func (s *state) pastTroubles(n int) []trouble {
	list, whole := troubles(newestFirst(s.troubles, s.over), n)
	if whole && len(list) > 0 && len(s.troubles) >= bookTroubles {
		list[len(list)-1].more = true
	}
	return list
}

func (troublesPane) view(s *state, w, h int) []string {
	t := s.theme
	if h == 1 {
		return t.block(w, h, s.oneTrouble(w))
	}
	head := section{title: "Troubles", note: "newest first"}
	if s.past {
		head.note = "until then, newest first"
	}
	list := s.latestTroubles(h - 1)
	if len(list) == 0 {
		text := "nothing has gone wrong"
		if !s.known {
			text = t.dash
		}
		return t.section(w, h, head, t.centred(text, w-2, h-1))
	}
	var lines []string
	for _, e := range list {
		lines = append(lines, " "+s.troubleLine(s.clock(e.At), e))
	}
	return t.section(w, h, head, lines)
}

// oneTrouble is the newest trouble in one row, without a rule: what goes on says the verdict, too.
func (s *state) oneTrouble(w int) []string {
	list := s.pastTroubles(1)
	if len(list) == 0 {
		list = s.latestTroubles(1)
	}
	if len(list) == 0 {
		return nil
	}
	return []string{spaces(min(max(w-minWidth, 0), 1)) + s.theme.cut(s.troubleLine(s.clock(list[0].At), list[0]), w-2)}
}

// troubleLine is a trouble on one line, with the time that is written before it.
func (s *state) troubleLine(when string, e trouble) string {
	line := s.eventLine(when, e.Event)
	switch {
	case e.more:
		line += s.theme.muted.Render(fmt.Sprintf(" (%s times or more)", human.Count(e.times)))
	case e.times > 1:
		line += s.theme.muted.Render(fmt.Sprintf(" (%s times)", human.Count(e.times)))
	}
	return line
}
