package ui

import (
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// filterEntry is a text to look for, while it is typed and after. The zero filterEntry is
// empty and closed.
type filterEntry struct {
	open bool
	text string
}

// mostFilter is how long a text can be looked for, in bytes.
const mostFilter = 100

// update takes a key that changes what is typed.
func (e *filterEntry) update(msg tea.KeyPressMsg, k entryKeys) {
	switch {
	case matches(msg, k.Erase):
		_, n := utf8.DecodeLastRuneInString(e.text)
		e.text = e.text[:len(e.text)-n]
	case matches(msg, k.EraseAll):
		e.text = ""
	default:
		e.add(msg.Text)
	}
}

// add appends what can be seen, as far as there is room.
func (e *filterEntry) add(text string) {
	for _, r := range text {
		if unicode.IsPrint(r) && len(e.text)+utf8.RuneLen(r) <= mostFilter {
			e.text += string(r)
		}
	}
}

// filterPane is the line in which the text is typed.
type filterPane struct{ filterEntry }

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
