package ui

import "paceline/queue/human"

// linePane is who waits, in the order of their turns; where the endpoint does not list them,
// the users.
type linePane struct {
	list    *lineList
	users   usersPane
	beside  bool // the users have a place of their own
	focused bool
}

// lineHeadFrom is how many rows the list needs to have a rule and the heads of its columns.
const lineHeadFrom = 5

func (p linePane) view(s *state, w, h int) []string {
	t := s.theme
	if s.line == nil || !p.beside && s.sample.Waiting.Value == 0 {
		return p.users.view(s, w, h)
	}
	head := section{title: s.lineTitle(w - 4), note: p.list.noteBeside(s.sample.Waiting), focused: p.focused}
	if p.list.asking {
		return t.section(w, h, head, t.centred("asking who waits"+t.ellipsis, w-3, h-1))
	}
	if p.list.total == 0 {
		return t.section(w, h, head, p.nobody(s, w, h))
	}
	if h < lineHeadFrom {
		return t.block(w, h, p.list.lines(s, w, false))
	}
	return t.section(w, h, head, p.list.lines(s, w-1, true))
}

// nobody is what is said while nobody waits: whose requests started last.
func (p linePane) nobody(s *state, w, h int) []string {
	t := s.theme
	words := "nobody waits"
	if !s.known {
		words = t.dash
	}
	lines := []string{"", t.muted.Render("  " + words)}
	for i, e := range s.lastStarts(max(h-4, 0)) {
		if i == 0 {
			lines = append(lines, "", t.muted.Render("  started last"))
		}
		waited := t.dash
		if e.Took.Known {
			waited = "after " + human.Duration(e.Took.Value)
		}
		lines = append(lines, "  "+t.text.Render(t.fit(clean(e.User), max(w-30, 8)))+t.muted.Render(t.fitRight(s.clock(e.At), 8)+"  "+t.fit(waited, 16)))
	}
	return lines
}
