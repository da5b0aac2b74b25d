package ui

import "unicode"

// eventTyping is what is typed in the events view. In the zero eventTyping nothing is.
type eventTyping struct {
	entry
	time bool // a time to go to, and not a text to keep
}

// rule says what can be typed: few cells, for the line has a hint beside it.
func (eventTyping) rule() entryRule { return entryRule{40, unicode.IsPrint} }

// keys are those that work while it is typed, with what they do then.
func (y *eventTyping) keys() entryKeys {
	if y.time {
		return newEntryKeys("go", "leave")
	}
	return newEntryKeys("keep", "all events")
}

// line is what is typed, with the problem with it or what could be typed, in w cells.
func (y *eventTyping) line(t *theme, problem string, w int) string {
	label, hint := " filter: ", "text, user or class"
	if y.time {
		label, hint = " go to: ", "14:02 or 14:02:31"
	}
	text := t.cut(label+y.text+"_", w)
	style := t.muted
	if problem != "" {
		hint, style = problem, t.crit
	}
	return t.accent.Render(text) + style.Render(t.cut("  "+hint, w-width(text)))
}
