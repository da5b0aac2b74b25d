package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// settingsView is where the queue is tuned. It always shows live figures, also while
// the overview is frozen: what is changed must be seen.
type settingsView struct {
	settingsList
	keys  settingsKeys
	rows  int // settings in sight
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
	scroll           scrollKeys
	entry            entryKeys
}

func newSettingsView(o Options) *settingsView {
	return &settingsView{
		keys: settingsKeys{
			Less:   bind("←", "less", "left"),
			More:   bind("→", "more", "right"),
			Type:   bind("enter", "type a value", "enter"),
			scroll: newScrollKeys("last"),
			entry:  newEntryKeys(),
		},
		tuner: newTuner(o.Tuner),
	}
}

func (v *settingsView) available(d client.Detail) bool { return v.tuner.to != nil && d.Settings != nil }

// open shows the list where the reader left it.
func (v *settingsView) open() {
	v.entry = entry{}
	clear(v.tuner.notes)
}

// set keeps the cursor among the settings, and in sight.
func (v *settingsView) set(s *state, w, h int) {
	for _, b := range []*key.Binding{&v.keys.Less, &v.keys.More, &v.keys.Type} {
		b.SetEnabled(s.sample.Role.MayChange())
	}
	v.all = settingRows(s.detail().Settings)
	n := len(v.all)
	r := newSettingsLayout(w, h, n).list
	v.rows = newSettingsListLayout(r.w, r.h, n).rows
	v.cursor = max(min(v.cursor, n-1), 0)
	v.top = max(min(v.top, v.cursor, n-v.rows), v.cursor-v.rows+1, 0)
}

func (v *settingsView) frame(s *state, w, h int) string {
	l := newSettingsLayout(w, h, len(v.all))
	panes := []placed{s.place(l.list, settingsPane{v.settingsList, &v.tuner, s.stale})}
	if l.effect.shown() {
		panes = append(panes, s.place(l.effect, settingsEffectPane{}))
	}
	return s.page(l.pageLayout, h, panes...)
}

func (v *settingsView) help(g *globalKeys) viewHelp {
	k := v.keys
	help := pageHelp(g, slices.Concat([]key.Binding{k.Less, k.More, k.Type, k.scroll.Up, k.scroll.Down, g.Window}, k.scroll.far()))
	if v.entry.open {
		help.footer, help.typing = k.entry.help(), true
	}
	return help
}

func (v *settingsView) press(msg tea.KeyPressMsg, s *state) (effect, bool) {
	switch k := v.keys; {
	case v.entry.open:
		return v.pressEntry(msg, s), true
	case matches(msg, k.Less):
		return v.step(s, false), true
	case matches(msg, k.More):
		return v.step(s, true), true
	case matches(msg, k.Type):
		v.entry = entry{open: v.canChange(s)}
	default:
		at, ok := k.scroll.move(msg, v.cursor, v.rows, len(v.all)-1)
		v.cursor = at
		return effect{}, ok
	}
	return effect{}, true
}

// pressEntry takes a key while a value is typed.
func (v *settingsView) pressEntry(msg tea.KeyPressMsg, s *state) effect {
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
			return effect{}
		}
		e, ok := v.change(s, f, value)
		if ok {
			v.entry = entry{}
		}
		return e
	default:
		delete(v.tuner.notes, f.Path())
		v.entry.update(msg, k)
	}
	return effect{}
}

// receive takes what is pasted, what a poll says of the settings, and the answer to
// a change.
func (v *settingsView) receive(msg tea.Msg, s *state, open bool) effect {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if v.entry.open {
			v.entry.add(clean(msg.Content))
		}
	case pollMsg:
		if settings := s.detail().Settings; settings != nil && msg.failure == nil {
			v.tuner.reconcile(settings, s.polled)
		}
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
