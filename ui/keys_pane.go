package ui

import (
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
)

// keysPane is the last row: the keys that work now.
type keysPane struct{ bindings []key.Binding }

func (p keysPane) view(s *state, w, h int) []string {
	t := s.theme
	bar := newHelp(t)
	bar.SetWidth(w - 3)
	return t.block(w, h, []string{spaces(keysIndent) + bar.ShortHelpView(t.keyNames(p.bindings))})
}

// What stands before the first key of the last row, and between two keys.
const (
	keysIndent = 2
	keysGap    = "  "
)

func newHelp(t *theme) help.Model {
	bar := help.New()
	bar.ShortSeparator, bar.FullSeparator, bar.Ellipsis = keysGap, "   ", t.ellipsis
	bar.Styles = help.Styles{
		Ellipsis: t.muted, ShortKey: t.accent, ShortDesc: t.muted, ShortSeparator: t.muted,
		FullKey: t.accent, FullDesc: t.text, FullSeparator: t.muted,
	}
	return bar
}

// keyNames returns the bindings that are enabled, with names of keys that the terminal
// can show.
func (t *theme) keyNames(bindings []key.Binding) []key.Binding {
	named := make([]key.Binding, 0, len(bindings))
	for _, b := range bindings {
		if !b.Enabled() {
			continue
		}
		if t.ascii {
			b.SetHelp(strings.NewReplacer("↑", "up", "↓", "down", "←", "left", "→", "right").Replace(b.Help().Key), b.Help().Desc)
		}
		named = append(named, b)
	}
	return named
}
