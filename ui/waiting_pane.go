package ui

import "paceline/queue/human"

// waitingPane is the list of who waits, over a whole page.
type waitingPane struct {
	list    *lineList
	focused bool
}

func (p waitingPane) view(s *state, w, h int) []string {
	t, l := s.theme, p.list
	head := section{title: p.title(s), note: p.note(s), focused: p.focused}
	if text := p.emptyText(s); text != "" {
		return t.section(w, h, head, t.centred(text, w-3, h-1))
	}
	return t.section(w, h, head, l.lines(s, w-2, true))
}

// title says which of them are in sight, of how many, and in which order.
func (p waitingPane) title(s *state) string {
	t, l := s.theme, p.list
	title := "Waiting"
	switch {
	case l.asking:
	case l.total > l.room:
		title += " " + l.note()
	default:
		title += " " + human.Count(l.total)
	}
	order := "by turn"
	if l.query.LongestFirst {
		order = "longest first"
	}
	title += " " + t.dot + " " + order
	if !l.query.User.IsZero() {
		title += " " + t.dot + " only " + t.cut(clean(l.query.User.String()), 30)
	}
	if text := clean(l.query.Text); text != "" {
		title += " " + t.dot + ` with "` + t.cut(text, 30) + `"`
	}
	return title
}

// note says how many wait in all where only some are listed, else when all will have
// started.
func (p waitingPane) note(s *state) string {
	if p.list.filters() {
		return orDash(s.theme, s.sample.Waiting, human.Count[int]) + " wait in all"
	}
	if words := s.emptyWords(); words != "" && s.sample.Waiting.Value > 0 {
		return words + " if nobody comes"
	}
	return ""
}

// emptyText is what stands in place of the list while there is none.
func (p waitingPane) emptyText(s *state) string {
	t, l := s.theme, p.list
	switch {
	case !s.known:
		return t.dash
	case s.lineFailure != nil:
		return failureText(s.lineFailure)
	case s.sample.Detail == nil:
		return "this endpoint does not tell who waits"
	case l.asking:
		return "asking who waits" + t.ellipsis
	case l.total > 0:
		return ""
	case l.filters():
		return "nobody of these waits"
	default:
		return "nobody waits"
	}
}
