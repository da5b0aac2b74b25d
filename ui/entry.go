package ui

import (
	"unicode"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// entry is a text while it is typed, and after. The zero entry is empty and closed.
type entry struct {
	open bool
	text string
}

// entryRule says what can be typed.
type entryRule struct {
	most  int // bytes
	takes func(rune) bool
}

// anyText is what can be seen: for texts that are looked for.
func anyText() entryRule { return entryRule{100, unicode.IsPrint} }

// entryKeys are the keys while a text is typed.
type entryKeys struct{ Send, Cancel, Erase, EraseAll key.Binding }

func newEntryKeys(send, cancel string) entryKeys {
	return entryKeys{
		Send:     bind("enter", send, "enter"),
		Cancel:   bind("esc", cancel, "esc"),
		Erase:    bind("bksp", "erase", "backspace", "ctrl+h"),
		EraseAll: bind("ctrl+u", "erase all", "ctrl+u"),
	}
}

func (k entryKeys) help() []key.Binding { return []key.Binding{k.Send, k.Cancel, k.Erase, k.EraseAll} }

// update takes a key that changes what is typed.
func (e *entry) update(msg tea.KeyPressMsg, k entryKeys, rule entryRule) {
	switch {
	case matches(msg, k.Erase):
		_, n := utf8.DecodeLastRuneInString(e.text)
		e.text = e.text[:len(e.text)-n]
	case matches(msg, k.EraseAll):
		e.text = ""
	default:
		e.add(msg.Text, rule)
	}
}

// add appends what is typed or pasted, as far as it is allowed and there is room.
func (e *entry) add(text string, rule entryRule) {
	for _, r := range text {
		if rule.takes(r) && len(e.text)+utf8.RuneLen(r) <= rule.most {
			e.text += string(r)
		}
	}
}
