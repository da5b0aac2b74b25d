package ui

import (
	"paceline/client"
	"paceline/queue"
)

// canChange reports whether a change can be sent now, and says so if not.
func (v *settingsView) canChange(s *state) bool {
	live := s.detail().Settings != nil && !s.stale
	if !live {
		v.tuner.notes[v.chosen().Path()] = "not sent: the queue does not answer now"
	}
	return live
}

// step goes to the next sensible value of the chosen setting.
func (v *settingsView) step(s *state, up bool) effect {
	if !v.canChange(s) {
		return effect{}
	}
	expected, f := v.tuner.expected(s.detail().Settings), v.chosen()
	from := expected.Get(f.Setting).Value
	low, high := f.Range(expected.Named)
	to := min(max(f.step(from, up), low), high)
	if to == from || up != (to > from) {
		v.tuner.notes[f.Path()] = "no further: " + f.Name + " can be " + f.limitWords(expected.Named)
		return effect{}
	}
	e, _ := v.change(s, f, to)
	return e
}

// change asks the server to give f a value. It reports false, and says why, where
// that cannot be.
func (v *settingsView) change(s *state, f setting, value float64) (effect, bool) {
	if !v.canChange(s) {
		return effect{}, false
	}
	expected := v.tuner.expected(s.detail().Settings)
	if low, high := f.Range(expected.Named); value < low || value > high {
		v.tuner.notes[f.Path()] = f.write(value) + " is out of range: " + f.Name + " can be " + f.limitWords(expected.Named)
		return effect{}, false
	}
	if expected.Get(f.Setting).Value == value {
		delete(v.tuner.notes, f.Path())
		return effect{}, true
	}
	v.tuner.request(client.Change{Field: f.Path(), Value: value})
	return effect{call: v.tuner.send()}, true
}

// handleTuned takes the answer to a change: the next one is sent, and a poll shows
// what this one did. A refusal is said in the first row where the view is not open.
func (v *settingsView) handleTuned(msg tunedMsg, s *state, open bool) effect {
	counts := v.tuner.finish(msg, s.at)
	e := effect{call: v.tuner.send(), poll: counts && msg.failure == nil}
	if note := v.tuner.notes[msg.change.Field]; counts && msg.failure != nil && !open {
		e.notice, e.isError = fieldName(msg.change.Field)+" was not changed: "+note, true
	}
	return e
}

func fieldName(field string) string {
	for _, row := range queue.SettingTable() {
		if row.Path() == field {
			return row.Name
		}
	}
	return field
}
