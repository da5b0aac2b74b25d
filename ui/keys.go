package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// globalKeys are the keys that the model itself answers, in the views that list
// them. What is disabled neither works nor is shown, so the help is always true.
type globalKeys struct {
	Help, Close, Quit, Suspend                         key.Binding // Close: the help, where no view is to be left
	Freeze, Reset, Poll, Slower, Faster, Window, Theme key.Binding
	Copy, Mute                                         key.Binding
	Earlier, Later, MuchEarlier, MuchLater             key.Binding   // through the time, on the overview
	Before, After, Live, Compare                       key.Binding   // from incident to incident, to now; with another moment
	Add, Burst, Outage, Pace                           key.Binding   // of the demo
	Open                                               []key.Binding // the views, in their order
	Back                                               key.Binding   // leaves the view that is open; no key on the overview
}

func bind(name, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(name, what))
}

func newGlobalKeys(o Options, views []opener) globalKeys {
	g := globalKeys{
		Help:    bind("?", "help", "?"),
		Quit:    quitKey(),
		Suspend: bind("ctrl+z", "suspend", "ctrl+z"),
		Freeze:  bind("p", "freeze", "p", "space"),
		Reset:   bind("r", "reset", "r"),
		Poll:    bind("R", "poll now", "R", "shift+r"),
		Slower:  bind("+", "slower", "+", "="),
		Faster:  bind("-", "faster", "-", "_"),
		Window:  bind("w", "window", "w"),
		Theme:   bind("t", "theme", "t"),
		Copy:    bind("Y", "copy a summary", "Y", "shift+y"),
		Mute:    bind("m", "mute", "m"),
		Earlier: bind("←", "back in time", "left"),
		Later:   bind("→", "later", "right"),
		Before:  bind("[", "incident before", "[", ","),
		After:   bind("]", "incident after", "]", "."),

		Compare: bind("d", "compare", "d"),

		MuchEarlier: bind("shift+←", "ten steps", "shift+left"),
		MuchLater:   bind("shift+→", "ten steps", "shift+right"),
		Add:         bind("a", "add one", "a"),
		Burst:       bind("b", "burst", "b"),
		Outage:      bind("o", "outage", "o"),
		Pace:        bind("x", "published pace", "x"),
	}
	for _, b := range []*key.Binding{&g.Add, &g.Burst, &g.Outage, &g.Pace} {
		b.SetEnabled(o.Demo != nil)
	}
	g.Mute.SetEnabled(o.Bell)
	g.Reset.SetEnabled(false) // until there are figures
	g.frozen(false)
	for _, v := range views {
		v.key.SetEnabled(v.view.available(client.Detail{})) // else when the server tells what it shows
		g.Open = append(g.Open, v.key)
	}
	return g
}

// frozen says what the freeze key does next, and enables what leads back to now.
func (g *globalKeys) frozen(on bool) {
	what := "freeze"
	if on {
		what = "go on"
	}
	g.Freeze.SetHelp("p", what)
	for _, b := range []*key.Binding{&g.Later, &g.MuchLater, &g.After} {
		b.SetEnabled(on)
	}
	g.Live, g.Close = key.Binding{}, key.Binding{}
	switch {
	case on: // the end of the plots, and of being elsewhere
		g.Live = bind("end", "live again", "end", "esc")
	case !g.Back.Enabled():
		g.Close = bind("esc", "close", "esc")
	}
}

// compared says what the key that compares does next.
func (g *globalKeys) compared(on bool) {
	what := "compare"
	if on {
		what = "end compare"
	}
	g.Compare.SetHelp("d", what)
}

// back returns the keys that go through the time.
func (g *globalKeys) back() []key.Binding {
	return []key.Binding{g.Live, g.Earlier, g.Later, g.Before, g.After, g.MuchEarlier, g.MuchLater}
}

// muted says what the key does to the bell next.
func (g *globalKeys) muted(on bool) {
	what := "mute"
	if on {
		what = "unmute"
	}
	g.Mute.SetHelp("m", what)
}

// quitKey leaves the program, from the overview.
func quitKey() key.Binding { return bind("q", "quit", "q", "ctrl+c") }

// paced says what the key of the demo does to the pace next.
func (g *globalKeys) paced(spaced bool) {
	what := "published pace"
	if spaced {
		what = "adaptive pace"
	}
	g.Pace.SetHelp("x", what)
}

// backFooter is what leads through the time, for the last row.
func (g *globalKeys) backFooter() []key.Binding {
	return []key.Binding{g.Live, bind("←/→", "step", "left"), bind("[/]", "incidents", "[")}
}

// everywhere returns the keys that do the same in every view, the most wanted first.
func (g *globalKeys) everywhere() []key.Binding {
	return slices.Concat([]key.Binding{g.Help, g.Quit}, g.Open,
		[]key.Binding{g.Add, g.Burst, g.Outage, g.Pace, g.Slower, g.Faster, g.Poll, g.Theme, g.Copy, g.Mute, g.Suspend, g.Close})
}

// groups sorts the keys of a view for the help.
func (g *globalKeys) groups(h viewHelp) []helpGroup {
	views := slices.Clone(g.Open)
	for i := range views { // by their numbers, too
		names := slices.DeleteFunc(slices.Clone(views[i].Keys()), func(k string) bool { return strings.HasPrefix(k, "shift+") })
		slices.Sort(names)
		views[i].SetHelp(strings.Join(names, " "), views[i].Help().Desc)
	}
	return []helpGroup{
		{"This view", h.own},
		{"Views", append(views, h.back)},
		{"Everywhere", []key.Binding{g.Help, g.Poll, g.Slower, g.Faster, g.Copy, g.Mute, g.Theme, g.Suspend, g.Close, g.Quit}},
		{"Demo", []key.Binding{g.Add, g.Burst, g.Outage, g.Pace}},
	}
}

// atHome and away say which keys leave: q leaves the program from the overview, and goes
// back to it from elsewhere.
func (g *globalKeys) atHome() {
	g.Quit, g.Back = quitKey(), key.Binding{}
	g.frozen(g.Live.Enabled())
}

func (g *globalKeys) away() {
	g.Quit, g.Back, g.Close = bind("ctrl+c", "quit", "ctrl+c"), bind("esc/q", "back", "esc", "q"), key.Binding{}
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

// endIsNow leaves the key end to what leads back to now.
func (k *scrollKeys) endIsNow(on bool) {
	k.Bottom.SetKeys("G", "shift+g")
	if !on {
		k.Bottom.SetKeys("G", "shift+g", "end")
	}
}

// setEnabled says whether there is anything to move through.
func (k *scrollKeys) setEnabled(on bool) {
	for _, b := range []*key.Binding{&k.Up, &k.Down, &k.PageUp, &k.PageDown, &k.Top, &k.Bottom} {
		b.SetEnabled(on)
	}
}

// move returns where a key leads from row at, of a list with room rows in sight whose last row
// is last, and whether it is one of these keys. The row may lie outside of the list.
func (k scrollKeys) move(msg tea.KeyPressMsg, at, room, last int) (int, bool) {
	switch {
	case matches(msg, k.Up):
		return at - 1, true
	case matches(msg, k.Down):
		return at + 1, true
	case matches(msg, k.PageUp):
		return at - room, true
	case matches(msg, k.PageDown):
		return at + room, true
	case matches(msg, k.Top):
		return 0, true
	case matches(msg, k.Bottom):
		return last, true
	default:
		return at, false
	}
}

// far returns the keys that go further than one line.
func (k scrollKeys) far() []key.Binding {
	return []key.Binding{k.PageUp, k.PageDown, k.Top, k.Bottom}
}

func matches(msg tea.KeyPressMsg, b ...key.Binding) bool { return key.Matches(msg, b...) }
