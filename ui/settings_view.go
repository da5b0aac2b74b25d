package ui

import (
	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
)

// settingsView is what the root model knows of the view in which the queue is
// tuned. It always shows live figures, also while the dashboard is frozen: what
// is changed must be seen. The zero settingsView is closed.
type settingsView struct {
	open   bool
	cursor int // among all settings
	top    int // the first in sight
	entry  entry
}

// alwaysLive is what the help says about it.
const alwaysLive = "This view is live, also while the dashboard is frozen."

// current returns the endpoint's settings as far as they are known.
func (m *Model) current() client.Settings {
	if m.live.sample.Detail == nil {
		return nil
	}
	return m.live.sample.Detail.Settings
}

// settings returns the rows of those that the endpoint tells.
func (m *Model) settings() []setting { return rowsOf(m.current()) }

func rowsOf(s client.Settings) []setting {
	var rows []setting
	for _, row := range s.Rows() {
		rows = append(rows, setting{row})
	}
	return rows
}

// tunable says whether there is a settings view, by what the endpoint tells.
func (m *Model) tunable() {
	settings := m.current()
	m.keys.Settings.SetEnabled(m.tuner.to != nil && settings != nil)
	if settings != nil {
		m.tuner.seen(settings, m.poll.started)
	}
}

// openSettings shows the view.
func (m *Model) openSettings() {
	m.tuning = settingsView{open: true, cursor: m.tuning.cursor, top: m.tuning.top}
	m.helping = false
	clear(m.tuner.notes)
}

// chosen returns the setting under the cursor; the zero setting while none is told.
func (m *Model) chosen() setting {
	rows := m.settings()
	if len(rows) == 0 {
		return setting{}
	}
	return rows[min(m.tuning.cursor, len(rows)-1)]
}

// settingsRoom is how many settings are in sight.
func (m *Model) settingsRoom() int {
	n := len(m.settings())
	r := newSettingsLayout(m.w, m.h, n).list
	return newListRoom(r.w, r.h, n).rows
}

// scroll keeps the cursor among n settings, and in sight.
func (v *settingsView) scroll(rows, n int) {
	v.cursor = max(min(v.cursor, n-1), 0)
	v.top = max(min(v.top, v.cursor, n-rows), v.cursor-rows+1, 0)
}

// mayTune reports whether a change can be sent now, and says so if not.
func (m *Model) mayTune() bool {
	live := m.current() != nil && !m.isStale()
	if !live {
		m.tuner.notes[m.chosen().Path()] = "not sent: the queue does not answer now"
	}
	return live
}

// step goes to the next sensible value of the chosen setting.
func (m *Model) step(up bool) tea.Cmd {
	if !m.mayTune() {
		return nil
	}
	s, f := m.tuner.wished(m.current()), m.chosen()
	from := s.Of(f.Setting).Value
	low, high := f.Range(s.Named)
	to := min(max(f.step(from, up), low), high)
	if to == from || up != (to > from) {
		m.tuner.notes[f.Path()] = "no further: " + f.Name + " can be " + f.limitWords(s.Named)
		return nil
	}
	cmd, _ := m.wish(f, to)
	return cmd
}

// wish asks the endpoint to give f a value. It reports false, and says why, where
// that cannot be.
func (m *Model) wish(f setting, v float64) (tea.Cmd, bool) {
	if !m.mayTune() {
		return nil, false
	}
	expected := m.tuner.wished(m.current())
	if low, high := f.Range(expected.Named); v < low || v > high {
		m.tuner.notes[f.Path()] = f.write(v) + " is out of range: " + f.Name + " can be " + f.limitWords(expected.Named)
		return nil, false
	}
	if expected.Of(f.Setting).Value == v {
		delete(m.tuner.notes, f.Path())
		return nil, true
	}
	m.tuner.want(client.Change{Field: f.Path(), Value: v})
	return m.sendWish(), true
}

func (m *Model) sendWish() tea.Cmd { return m.tuner.send(m.poll.ctx, m.poll.timeout) }

// tuned takes the answer to a change: the next wish is sent, and a poll shows
// what the change did.
func (m *Model) tuned(msg tunedMsg) tea.Cmd {
	counts := m.tuner.answered(msg, m.now)
	m.changed()
	cmds := []tea.Cmd{m.sendWish(), m.lookAgain()}
	if note := m.tuner.notes[msg.change.Field]; counts && msg.failure != nil && !m.tuning.open {
		cmds = append(cmds, m.say(fieldName(msg.change.Field)+" was not changed: "+note, true))
	}
	return tea.Batch(cmds...)
}

// lookAgain polls after a change, as soon as no poll is in flight.
func (m *Model) lookAgain() tea.Cmd {
	if !m.tuner.look || m.poll.inFlight {
		return nil
	}
	m.tuner.look = false
	return m.poll.start(m.now)
}

func fieldName(field string) string {
	for _, row := range queue.SettingTable() {
		if row.Path() == field {
			return row.Name
		}
	}
	return field
}

// settingsFrame is the screen while the view is open.
func (m *Model) settingsFrame() string {
	s := m.state()
	lively := m.lively(s)
	l := newSettingsLayout(m.w, m.h, len(m.settings()))
	parts := []placed{
		{l.title, m.statusPane().view(lively, l.title.w, l.title.h)},
		{l.banner, bannerPane{m.headline()}.view(lively, l.banner.w, l.banner.h)},
		{l.list, settingsPane{m.tuning, &m.tuner, m.isStale()}.view(s, l.list.w, l.list.h)},
		{l.keys, keysPane{m.keyHelp()}.view(lively, l.keys.w, l.keys.h)},
	}
	if l.effect.shown() {
		parts = append(parts, placed{l.effect, effectPane{}.view(s, l.effect.w, l.effect.h)})
	}
	return assemble(m.h, parts)
}
