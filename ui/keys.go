package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// keyMap is every key there is. What is disabled neither works nor is shown, so
// the help is always true.
type keyMap struct {
	Help, Freeze, Reset, Poll, Slower, Faster, Window, Theme key.Binding
	Pane, Up, Down, PageUp, PageDown, Top, Bottom            key.Binding
	Add, Burst, Outage                                       key.Binding
	Close, Suspend, Quit                                     key.Binding
	// While a reset is being confirmed.
	Server, View, No key.Binding
	// Settings opens the settings view; the others work in it.
	Settings                      key.Binding
	Less, More, Type, Last, Leave key.Binding
	Send, Cancel, Erase, EraseAll key.Binding // while a value is typed
	// Lanes opens the lanes view; Back leaves it. Resume ends a lane's pause there,
	// and Yes confirms it.
	Lanes, Back, Resume, Yes key.Binding
	// Advice opens the advice view; Return leaves it.
	Advice, Return key.Binding
}

func bind(name, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(name, what))
}

func newKeyMap(demo, ascii bool) keyMap {
	up, down, less, more := "↑/k", "↓/j", "←/-", "→/+"
	if ascii {
		up, down, less, more = "up/k", "down/j", "left/-", "right/+"
	}
	k := keyMap{
		Help:     bind("?", "help", "?"),
		Freeze:   bind("p", "freeze", "p", "space"),
		Reset:    bind("r", "reset", "r"),
		Poll:     bind("R", "poll now", "R", "shift+r"),
		Slower:   bind("+", "slower", "+", "="),
		Faster:   bind("-", "faster", "-", "_"),
		Window:   bind("w", "window", "w"),
		Theme:    bind("t", "theme", "t"),
		Pane:     bind("tab", "next pane", "tab", "shift+tab"),
		Up:       bind(up, "up", "up", "k"),
		Down:     bind(down, "down", "down", "j"),
		PageUp:   bind("pgup", "page up", "pgup"),
		PageDown: bind("pgdn", "page down", "pgdown"),
		Top:      bind("g", "first", "g", "home"),
		Bottom:   bind("G", "newest", "G", "shift+g", "end"),
		Add:      bind("a", "add one", "a"),
		Burst:    bind("b", "burst", "b"),
		Outage:   bind("o", "outage", "o"),
		Close:    bind("esc", "close", "esc"),
		Suspend:  bind("ctrl+z", "suspend", "ctrl+z"),
		Quit:     bind("q", "quit", "q", "ctrl+c"),
		Server:   bind("y", "the server's, for everybody", "y"),
		View:     bind("v", "this view's only", "v"),
		No:       bind("esc", "no", "esc", "n"),
		Settings: bind("s", "settings", "s"),
		Less:     bind(less, "less", "left", "h", "-", "_"),
		More:     bind(more, "more", "right", "l", "+", "="),
		Type:     bind("enter", "type a value", "enter"),
		Last:     bind("G", "last", "G", "shift+g", "end"),
		Leave:    bind("esc", "back", "esc", "s"),
		Send:     bind("enter", "send", "enter"),
		Cancel:   bind("esc", "leave as it is", "esc"),
		Erase:    bind("bksp", "erase", "backspace", "ctrl+h"),
		EraseAll: bind("ctrl+u", "erase all", "ctrl+u"),
		Lanes:    bind("l", "lanes", "l"),
		Back:     bind("esc", "back", "esc", "l"),
		Resume:   bind("u", "end the pause", "u"),
		Yes:      bind("y", "yes", "y"),
		Advice:   bind("A", "advice", "A", "shift+a"),
		Return:   bind("esc", "back", "esc", "A", "shift+a"),
	}
	k.Settings.SetEnabled(false) // until there is something to tune
	k.Lanes.SetEnabled(false)    // until they are told of
	k.Advice.SetEnabled(false)   // as well
	k.Resume.SetEnabled(false)   // until a lane is paused
	for _, b := range []*key.Binding{&k.Add, &k.Burst, &k.Outage} {
		b.SetEnabled(demo)
	}
	return k
}

// frozen says what the freeze key does next.
func (k *keyMap) frozen(on bool) {
	what := "freeze"
	if on {
		what = "go on"
	}
	k.Freeze.SetHelp("p", what)
}

func matches(msg tea.KeyPressMsg, b ...key.Binding) bool { return key.Matches(msg, b...) }

// ShortHelp is the last row of the screen, the most wanted first.
func (k keyMap) ShortHelp() []key.Binding {
	return []key.Binding{k.Help, k.Quit, k.Freeze, k.Reset, k.Settings, k.Lanes, k.Advice, k.Pane, k.Window, k.Add, k.Burst, k.Outage, k.Slower, k.Faster, k.Poll, k.Theme}
}

// confirmHelp is the last row while a reset is being confirmed.
func (k keyMap) confirmHelp() []key.Binding { return []key.Binding{k.Server, k.View, k.No} }

// all returns every key that works outside a question, the most wanted first.
func (k keyMap) all() []key.Binding {
	return []key.Binding{
		k.Help, k.Quit, k.Freeze, k.Reset, k.Settings, k.Lanes, k.Advice, k.Pane, k.Up, k.Down, k.Window, k.Add, k.Burst, k.Outage,
		k.Slower, k.Faster, k.Poll, k.Theme, k.Close, k.Suspend, k.PageUp, k.PageDown, k.Top, k.Bottom,
	}
}

// always returns the keys that do the same in every view.
func (k keyMap) always() []key.Binding {
	return []key.Binding{k.Quit, k.Window, k.Add, k.Burst, k.Outage, k.Poll, k.Theme, k.Suspend}
}

// listHelp is the last row in a view that is one list, where there is no plot, and
// that back leaves: the most wanted first.
func (k keyMap) listHelp(back key.Binding) []key.Binding {
	return []key.Binding{k.Help, back, k.Up, k.Down, k.Quit, k.Add, k.Burst, k.Outage, k.Poll, k.Theme, k.Suspend}
}

// lanesHelp is the last row in the lanes view.
func (k keyMap) lanesHelp() []key.Binding {
	return slices.Insert(k.listHelp(k.Back), 2, k.Resume)
}

// lanesAll returns every key that works in the lanes view.
func (k keyMap) lanesAll() []key.Binding {
	return slices.Insert(k.listAll(k.Back), 2, k.Resume)
}

// resumeHelp is the last row while the end of a pause is being confirmed.
func (k keyMap) resumeHelp() []key.Binding { return []key.Binding{k.Yes, k.No} }

// listAll returns every key that works in such a view.
func (k keyMap) listAll(back key.Binding) []key.Binding {
	return append(k.listHelp(back), k.PageUp, k.PageDown, k.Top, k.Last)
}

// settingsHelp is the last row in the settings view, the most wanted first.
func (k keyMap) settingsHelp() []key.Binding {
	return append([]key.Binding{k.Help, k.Leave, k.Less, k.More, k.Type, k.Up, k.Down}, k.always()...)
}

// entryHelp is the last row while a value is typed.
func (k keyMap) entryHelp() []key.Binding {
	return []key.Binding{k.Send, k.Cancel, k.Erase, k.EraseAll}
}

// settingsAll returns every key that works in the settings view.
func (k keyMap) settingsAll() []key.Binding {
	return append(k.settingsHelp(), k.PageUp, k.PageDown, k.Top, k.Last)
}
