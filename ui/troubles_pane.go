package ui

import (
	"fmt"

	"paceline/client"
	"paceline/queue/human"
)

// troublesPane is what went wrong and what was changed, the newest first: without the
// requests that come and go.
type troublesPane struct{}

// isRoutine reports whether an event is about requests that come and go as they should.
func isRoutine(e client.Event) bool { return e.By == "" && e.Kind.IsRoutine() }

// latestTroubles are the incident that goes on, and the newest troubles and incidents that are
// over, n at most.
func (s *state) latestTroubles(n int) (list []trouble) {
	for _, e := range last(s.going, n) {
		list = append(list, trouble{Event: e, from: e.At, times: 1})
	}
	return append(list, s.pastTroubles(n-len(list))...)
}

// pastTroubles are the newest troubles and incidents that are over, n at most.
func (s *state) pastTroubles(n int) []trouble {
	list, over := s.groups, s.over
	var newest []trouble
	for len(newest) < n && len(list)+len(over) > 0 {
		if k := len(over) - 1; k >= 0 && (len(list) == 0 || !over[k].At.Before(list[len(list)-1].At)) {
			newest, over = append(newest, trouble{Event: over[k], from: over[k].At, times: 1}), over[:k]
			continue
		}
		newest, list = append(newest, list[len(list)-1]), list[:len(list)-1]
	}
	if k := len(newest) - 1; k >= 0 && len(list) == 0 && len(s.troubles) >= bookTroubles {
		newest[k].more = true
	}
	return newest
}

func (troublesPane) view(s *state, w, h int) []string {
	t := s.theme
	if h == 1 {
		return t.block(w, h, s.oneTrouble(w))
	}
	head := section{title: "Troubles", note: "newest first"}
	if len(s.going) > 0 {
		head.note = "what goes on, then the newest"
	}
	if s.past {
		head.note = "until then: " + head.note
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
		lines = append(lines, " "+s.troubleLine(e.span(s.clock), e))
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
	return []string{spaces(min(max(w-minWidth, 0), 1)) + s.theme.cut(s.troubleLine(list[0].span(s.clock), list[0]), w-2)}
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
