package ui

import tea "charm.land/bubbletea/v2"

// pressSettings takes a key while the view is open.
func (m *Model) pressSettings(msg tea.KeyPressMsg) tea.Cmd {
	k, v := &m.keys, &m.tuning
	if v.entry.open {
		return m.pressEntry(msg)
	}
	switch {
	case matches(msg, k.Close) && m.helping, matches(msg, k.Help):
		m.helping = !m.helping
	case matches(msg, k.Leave):
		v.open, m.helping = false, false
	case matches(msg, k.Less):
		return m.step(false)
	case matches(msg, k.More):
		return m.step(true)
	case matches(msg, k.Type):
		v.entry = entry{open: m.mayTune()}
	case matches(msg, k.Up):
		v.cursor--
	case matches(msg, k.Down):
		v.cursor++
	case matches(msg, k.PageUp):
		v.cursor -= m.settingsRoom()
	case matches(msg, k.PageDown):
		v.cursor += m.settingsRoom()
	case matches(msg, k.Top):
		v.cursor = 0
	case matches(msg, k.Last):
		v.cursor = len(m.settings()) - 1
	default:
		return m.pressAlways(msg)
	}
	return nil
}

// pressEntry takes a key while a value is typed.
func (m *Model) pressEntry(msg tea.KeyPressMsg) tea.Cmd {
	v, f := &m.tuning, m.chosen()
	switch {
	case matches(msg, m.keys.Quit) && msg.Text == "":
		return tea.Quit
	case matches(msg, m.keys.Suspend):
		return tea.Suspend
	case matches(msg, m.keys.Cancel):
		v.entry = entry{}
		delete(m.tuner.notes, f.Path())
	case matches(msg, m.keys.Send) && v.entry.text == "":
		v.entry = entry{}
	case matches(msg, m.keys.Send):
		value, err := f.read(v.entry.text)
		if err != nil {
			m.tuner.notes[f.Path()] = err.Error()
			return nil
		}
		cmd, ok := m.wish(f, value)
		if ok {
			v.entry = entry{}
		}
		return cmd
	default:
		delete(m.tuner.notes, f.Path())
		v.entry.update(msg, m.keys)
	}
	return nil
}
