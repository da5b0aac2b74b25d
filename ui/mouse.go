package ui

import (
	"slices"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// pointed is a view with rows that can be pointed at.
type pointed interface {
	// focus gives the keys to the list at a cell of the screen, if there is one.
	focus(x, y int)
	// click selects the row at a cell of the screen, if there is one.
	click(x, y int)
}

// handleMouse takes what the mouse does: a click on a key of the last row presses it, one on
// a row selects it, and the wheel scrolls the list below it.
func (m *Model) handleMouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	_, clicked := msg.(tea.MouseClickMsg)
	_, wheeled := msg.(tea.MouseWheelMsg)
	var cmd tea.Cmd
	switch {
	case m.leaving || isTooSmall(m.w, m.h):
		return nil
	case clicked && at.Button == tea.MouseLeft:
		cmd = m.click(at.X, at.Y)
	case wheeled && at.Button == tea.MouseWheelUp:
		cmd = m.wheel(at.X, at.Y, "up")
	case wheeled && at.Button == tea.MouseWheelDown:
		cmd = m.wheel(at.X, at.Y, "down")
	default:
		return nil // a release, or a move with a button held
	}
	m.redraw()
	return cmd
}

func (m *Model) click(x, y int) tea.Cmd {
	if y == m.h-1 {
		if name := (keysPane{m.footer()}).at(m.theme, m.w, x); name != "" {
			return m.press(keyPress(name))
		}
		return nil
	}
	if y == 0 {
		return m.clickTab(x)
	}
	if v, ok := m.current.(pointed); ok && m.question == nil && !m.helping {
		v.click(x, y)
	}
	return nil
}

// clickTab opens the view whose tab is in a cell of the first row.
func (m *Model) clickTab(x int) tea.Cmd {
	name := m.statusPane().tabAt(m.state(), m.w, x)
	if name == "" || m.question != nil || m.current.help(&m.keys).typing {
		return nil
	}
	for i, v := range m.views {
		if v.view == m.current && slices.Contains(m.keys.Open[i].Keys(), name) {
			return nil // it is open, and its key would close it
		}
	}
	return m.press(keyPress(name))
}

// wheel presses a key that scrolls, for the list at a cell or the help.
func (m *Model) wheel(x, y int, name string) tea.Cmd {
	help := m.current.help(&m.keys)
	switch {
	case m.question != nil || help.typing:
		return nil
	case m.helping:
		m.scrollHelp(keyPress(name), help)
		return nil
	}
	if v, ok := m.current.(pointed); ok {
		v.focus(x, y)
		m.redraw()
	}
	return m.press(keyPress(name))
}

// at returns the name of a key of the last row, w cells wide, that is drawn at a cell; empty
// if there is none.
func (p keysPane) at(t *theme, w, x int) string {
	row := ansi.Strip(strings.Join(p.view(&state{theme: t}, w, 1), ""))
	from := keysIndent
	for _, b := range t.keyNames(p.bindings) {
		item := b.Help().Key + " " + b.Help().Desc
		to := from + width(item)
		if ansi.Cut(row, from, to) != item {
			return "" // there was no room for it
		}
		if x >= from && x < to {
			return firstKey(b)
		}
		from = to + width(keysGap)
	}
	return ""
}

// firstKey is the name of the first key of a binding.
func firstKey(b key.Binding) string {
	if names := b.Keys(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// keyPress is the press of a key that a binding names. What it cannot name does nothing.
func keyPress(name string) tea.KeyPressMsg {
	if utf8.RuneCountInString(name) == 1 {
		r, _ := utf8.DecodeRuneInString(name)
		return tea.KeyPressMsg{Code: r, Text: name}
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok && len(letter) == 1 {
		return tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
	}
	name, shifted := strings.CutPrefix(name, "shift+")
	codes := map[string]rune{
		"esc": tea.KeyEscape, "enter": tea.KeyEnter, "tab": tea.KeyTab, "backspace": tea.KeyBackspace,
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
	}
	press := tea.KeyPressMsg{Code: codes[name]}
	if shifted {
		press.Mod = tea.ModShift
	}
	return press
}
