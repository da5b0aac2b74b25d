package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// eventTyping is what is typed in the events view. In the zero eventTyping nothing is.
type eventTyping struct {
	what eventField
	text string
}

// eventField is what is typed.
type eventField int

const (
	typingNothing eventField = iota
	typingFilter
	typingTime
)

// keys are those that work while it is typed, with what they do then.
func (y *eventTyping) keys(k entryKeys) []key.Binding {
	send, cancel := "keep", "all events"
	if y.what == typingTime {
		send, cancel = "go", "leave"
	}
	k.Send.SetHelp("enter", send)
	k.Cancel.SetHelp("esc", cancel)
	return k.help()
}

// update takes a key that changes what is typed.
func (y *eventTyping) update(msg tea.KeyPressMsg, k entryKeys) {
	switch {
	case matches(msg, k.Erase):
		if runes := []rune(y.text); len(runes) > 0 {
			y.text = string(runes[:len(runes)-1])
		}
	case matches(msg, k.EraseAll):
		y.text = ""
	default:
		y.add(msg.Text)
	}
}

// add appends what is typed or pasted, as far as there is room.
func (y *eventTyping) add(text string) {
	const most = 40
	runes := []rune(y.text + clean(text))
	y.text = string(runes[:min(len(runes), most)])
}

// line is what is typed, with the problem with it or what could be typed, in w cells.
func (y *eventTyping) line(t *theme, problem string, w int) string {
	label, hint := " filter: ", "text, user or class"
	if y.what == typingTime {
		label, hint = " go to: ", "14:02 or 14:02:31"
	}
	text := t.cut(label+y.text+"_", w)
	style := t.muted
	if problem != "" {
		hint, style = problem, t.crit
	}
	return t.accent.Render(text) + style.Render(t.cut("  "+hint, w-width(text)))
}
