package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// globalKeys are the keys that the model itself answers, in the views that list
// them. What is disabled neither works nor is shown, so the help is always true.
type globalKeys struct {
	Help, Close, Quit, Suspend                         key.Binding
	Freeze, Reset, Poll, Slower, Faster, Window, Theme key.Binding
	Add, Burst, Outage                                 key.Binding   // of the demo
	Open                                               []key.Binding // the views, in their order
	Back                                               key.Binding   // leaves the view that is open; no key on the dashboard
}

func bind(name, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(name, what))
}

func newGlobalKeys(demo bool, views []opener) globalKeys {
	g := globalKeys{
		Help:    bind("?", "help", "?"),
		Close:   bind("esc", "close", "esc"),
		Quit:    bind("q", "quit", "q", "ctrl+c"),
		Suspend: bind("ctrl+z", "suspend", "ctrl+z"),
		Freeze:  bind("p", "freeze", "p", "space"),
		Reset:   bind("r", "reset", "r"),
		Poll:    bind("R", "poll now", "R", "shift+r"),
		Slower:  bind("+", "slower", "+", "="),
		Faster:  bind("-", "faster", "-", "_"),
		Window:  bind("w", "window", "w"),
		Theme:   bind("t", "theme", "t"),
		Add:     bind("a", "add one", "a"),
		Burst:   bind("b", "burst", "b"),
		Outage:  bind("o", "outage", "o"),
	}
	for _, b := range []*key.Binding{&g.Add, &g.Burst, &g.Outage} {
		b.SetEnabled(demo)
	}
	for _, v := range views {
		v.key.SetEnabled(false) // until the server tells what the view shows
		g.Open = append(g.Open, v.key)
	}
	return g
}

// frozen says what the freeze key does next.
func (g *globalKeys) frozen(on bool) {
	what := "freeze"
	if on {
		what = "go on"
	}
	g.Freeze.SetHelp("p", what)
}

// everywhere returns the keys that do the same in every view, the most wanted first.
// Help and quit, which do so as well, are not among them: they come earlier.
func (g *globalKeys) everywhere() []key.Binding {
	return []key.Binding{g.Add, g.Burst, g.Outage, g.Poll, g.Theme, g.Suspend}
}

// scrollKeys move through a list.
type scrollKeys struct {
	Up, Down, PageUp, PageDown, Top, Bottom key.Binding
}

// newScrollKeys returns the keys for a list whose last line is called bottom.
func newScrollKeys(bottom string) scrollKeys {
	return scrollKeys{
		Up:       bind("↑/k", "up", "up", "k"),
		Down:     bind("↓/j", "down", "down", "j"),
		PageUp:   bind("pgup", "page up", "pgup"),
		PageDown: bind("pgdn", "page down", "pgdown"),
		Top:      bind("g", "first", "g", "home"),
		Bottom:   bind("G", bottom, "G", "shift+g", "end"),
	}
}

// far returns the keys that go further than one line.
func (k scrollKeys) far() []key.Binding {
	return []key.Binding{k.PageUp, k.PageDown, k.Top, k.Bottom}
}

// backKey leaves the view that a key opens: with esc, or with the same key again.
func backKey(open key.Binding) key.Binding {
	return bind("esc", "back", slices.Concat([]string{"esc"}, open.Keys())...)
}

func matches(msg tea.KeyPressMsg, b ...key.Binding) bool { return key.Matches(msg, b...) }
