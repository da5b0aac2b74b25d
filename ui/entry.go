package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// entryWidth is how much can be typed for a value.
const entryWidth = 9

// entry is a value while it is typed. The zero entry is empty and closed.
type entry struct {
	open bool
	text string
}

func (e *entry) update(msg tea.KeyPressMsg, k keyMap) {
	switch {
	case matches(msg, k.Erase):
		if e.text != "" {
			e.text = e.text[:len(e.text)-1]
		}
	case matches(msg, k.EraseAll):
		e.text = ""
	default:
		e.add(msg.Text)
	}
}

// add appends what a value can be made of, as far as there is room.
func (e *entry) add(text string) {
	for _, r := range text {
		ok := r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(".,% -", r)
		if ok && len(e.text) < entryWidth {
			e.text += string(r)
		}
	}
}
