package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// settingsView is where the queue is tuned: changes are prepared, sent together, and can be
// undone. It always shows live figures, also while the overview is frozen: what is changed
// must be seen.
type settingsView struct {
	settingsList
	keys  settingsKeys
	rows  int  // settings in sight
	box   rect // of the list
	tuner tuner
}

// settingsList is where the reader is in the list of settings.
type settingsList struct {
	all    []setting // those that the server tells
	cursor int       // among them
	top    int       // the first in sight
	entry  entry
}

// settingsKeys are the keys of the view.
type settingsKeys struct {
	Less, More, Type key.Binding
	Send, Drop       key.Binding // while something is prepared
	Undo             key.Binding // while something was sent
	Pace             key.Binding // switches it off, and on again
	scroll           scrollKeys
	entry            entryKeys
}

func newSettingsView(o Options) *settingsView {
	return &settingsView{
		keys: settingsKeys{
			Less:   bind("←", "less", "left"),
			More:   bind("→", "more", "right"),
			Type:   bind("v", "type a value", "v"),
			Send:   bind("enter", "send", "enter"),
			Drop:   bind("esc", "drop", "esc"),
			Undo:   bind("u", "undo", "u"),
			Pace:   bind("O", paceOffWords, "O", "shift+o"),
			scroll: newScrollKeys("last"),
			entry:  newEntryKeys("prepare", "leave as it is"),
		},
		tuner: newTuner(o.Tuner),
	}
}

func (v *settingsView) available(d client.Detail) bool { return v.tuner.to != nil && d.Settings != nil }

// open shows the list where the reader left it, with what is prepared.
func (v *settingsView) open() {
	v.entry = entry{}
	clear(v.tuner.notes)
	if len(v.tuner.draft.changes) == 0 {
		v.tuner.draft = draft{}
	}
}

// set keeps the cursor among the settings, and in sight.
func (v *settingsView) set(s *state, w, h int) {
	v.enable(s)
	v.all = settingRows(s.detail().Settings)
	n := len(v.all)
	r := newSettingsLayout(w, h, n).list
	v.box = r
	v.rows = newSettingsListLayout(r.w, r.h, n).rows
	v.cursor = max(min(v.cursor, n-1), 0)
	v.top = max(min(v.top, v.cursor, n-v.rows), v.cursor-v.rows+1, 0)
}

// enable enables the keys that do something now.
func (v *settingsView) enable(s *state) {
	k, may, prepared := &v.keys, s.sample.Role.MayChange(), len(v.tuner.draft.changes)
	for _, b := range []*key.Binding{&k.Less, &k.More, &k.Type} {
		b.SetEnabled(may)
	}
	k.Send.SetEnabled(may && prepared > 0)
	k.Drop.SetEnabled(prepared > 0)
	k.Undo.SetEnabled(may && v.tuner.last() != nil)
	v.enablePace(s, may)
}

func (v *settingsView) frame(s *state, w, h int) string {
	l := newSettingsLayout(w, h, len(v.all))
	panes := []placed{s.place(l.list, settingsPane{v.settingsList, &v.tuner})}
	if l.effect.shown() {
		panes = append(panes, s.place(l.effect, settingsEffectPane{&v.tuner}))
	}
	return s.page(l.pageLayout, h, panes...)
}

func (v *settingsView) help(g *globalKeys) viewHelp {
	k := v.keys
	change := []key.Binding{k.Send, k.Undo, k.Less, k.More, k.Type, k.Pace}
	if k.Drop.Enabled() {
		change = slices.Insert(change, 1, k.Drop)
	}
	help := pageHelp(g, slices.Concat(change, []key.Binding{k.scroll.Up, k.scroll.Down, g.Window}, k.scroll.far()))
	switch {
	case v.entry.open:
		help.footer, help.typing = k.entry.help(), true
	case k.Drop.Enabled(): // before esc goes back
		help.back = bind("q", "back", "q")
		help.footer = slices.Concat(change[:2], []key.Binding{g.Help}, change[2:], []key.Binding{help.back, g.Window, g.Copy})
	}
	return help
}

func (v *settingsView) press(msg tea.KeyPressMsg, s *state) (effect, bool) {
	switch k := v.keys; {
	case v.entry.open:
		v.pressEntry(msg, s)
	case matches(msg, k.Less):
		v.step(s, false)
	case matches(msg, k.More):
		v.step(s, true)
	case matches(msg, k.Type):
		v.entry = entry{open: v.canPrepare(s)}
	case matches(msg, k.Send):
		return v.send(s), true
	case matches(msg, k.Drop):
		return v.drop(), true
	case matches(msg, k.Undo):
		return v.undo(s), true
	case matches(msg, k.Pace):
		return effect{ask: v.paceQuestion(s)}, true
	default:
		at, ok := k.scroll.move(msg, v.cursor, v.rows, len(v.all)-1)
		v.cursor = at
		return effect{}, ok
	}
	return effect{}, true
}

// focus implements pointed: there is one list.
func (v *settingsView) focus(int, int) {}

// click implements pointed. What is typed belongs to its setting, so that the cursor stays.
func (v *settingsView) click(x, y int) {
	row := y - v.box.y - 1 - newSettingsListLayout(v.box.w, v.box.h, len(v.all)).head
	if v.box.has(x, y) && !v.entry.open && row >= 0 && row < v.rows {
		v.cursor = v.top + row
	}
}

// pressEntry takes a key while a value is typed.
func (v *settingsView) pressEntry(msg tea.KeyPressMsg, s *state) {
	k, f := v.keys.entry, v.chosen()
	switch {
	case matches(msg, k.Cancel):
		v.entry = entry{}
		delete(v.tuner.notes, f.Path())
	case matches(msg, k.Send) && v.entry.text == "":
		v.entry = entry{}
	case matches(msg, k.Send):
		value, err := f.read(v.entry.text)
		if err != nil {
			v.tuner.notes[f.Path()] = err.Error()
		} else if v.prepare(s, f, value) {
			v.entry = entry{}
		}
	default:
		delete(v.tuner.notes, f.Path())
		v.entry.update(msg, k, valueText())
	}
}

// receive takes what is pasted, what a poll says of the settings, and the answer to
// what was sent.
func (v *settingsView) receive(msg tea.Msg, s *state, open bool) effect {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if v.entry.open {
			v.entry.add(clean(msg.Content), valueText())
		}
	case pollMsg:
		if settings := s.detail().Settings; settings != nil && msg.failure == nil {
			v.tuner.reconcile(settings, s.polled, s.events)
			v.enable(s) // what was prepared may be gone
		}
	case pacedMsg:
		return msg.effect()
	case tunedMsg:
		return v.handleTuned(msg, s, open)
	}
	return effect{}
}

// chosen returns the setting under the cursor; the zero setting while there is none.
func (l *settingsList) chosen() setting {
	if len(l.all) == 0 {
		return setting{}
	}
	return l.all[l.cursor]
}
