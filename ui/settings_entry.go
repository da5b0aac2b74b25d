package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// entryWidth is how much can be typed for a value.
const entryWidth = 9

// entry is a value while it is typed. The zero entry is empty and closed.
type entry struct {
	open bool
	text string
}

// entryKeys are the keys while a value is typed.
type entryKeys struct{ Send, Cancel, Erase, EraseAll key.Binding }

func newEntryKeys() entryKeys {
	return entryKeys{
		Send:     bind("enter", "prepare", "enter"),
		Cancel:   bind("esc", "leave as it is", "esc"),
		Erase:    bind("bksp", "erase", "backspace", "ctrl+h"),
		EraseAll: bind("ctrl+u", "erase all", "ctrl+u"),
	}
}

func (k entryKeys) help() []key.Binding { return []key.Binding{k.Send, k.Cancel, k.Erase, k.EraseAll} }

// update takes a key that changes what is typed.
func (e *entry) update(msg tea.KeyPressMsg, k entryKeys) {
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
