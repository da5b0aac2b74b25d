package ui

import "unicode/utf8"

// filterPane is the line in which a text to look for is typed.
type filterPane struct{ entry }

func (p filterPane) view(s *state, w, h int) []string {
	t := s.theme
	const label = " / "
	text := clean(p.text)
	for width(text) > w-width(label)-2 { // its end is in sight
		_, n := utf8.DecodeRuneInString(text)
		text = text[n:]
	}
	line := t.accent.Render(label) + t.typed.Render(text) + t.chosen.Render(" ")
	if p.text == "" {
		line += t.muted.Render(t.cut(" a part of a user, a request's ID, a lane or a priority", w-width(label)-2))
	}
	return t.block(w, h, []string{line})
}
