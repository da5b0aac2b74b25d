package ui

import (
	"errors"
	"slices"

	"paceline/client"
)

// isLive reports whether the values are those that the server has now.
func (s *state) isLive() bool { return s.detail().Settings != nil && !s.stale }

// canPrepare reports whether a change can be prepared now, and says so if not.
func (v *settingsView) canPrepare(s *state) bool {
	if !s.isLive() {
		v.tuner.notes[v.chosen().Path()] = "not prepared: the queue does not answer now"
	}
	return s.isLive()
}

// step prepares the next sensible value of the chosen setting.
func (v *settingsView) step(s *state, up bool) {
	if !v.canPrepare(s) {
		return
	}
	planned, f := v.tuner.planned(s.detail().Settings), v.chosen()
	from := planned.Get(f.Setting).Value
	low, high := f.Range(planned.Named)
	to := min(max(f.step(from, up), low), high)
	if to == from || up != (to > from) {
		v.tuner.notes[f.Path()] = "no further: " + f.Name + " can be " + f.limitWords(planned.Named)
		return
	}
	v.prepare(s, f, to)
}

// prepare prepares a value of f. It reports false, and says why, where that cannot be.
func (v *settingsView) prepare(s *state, f setting, value float64) bool {
	if !v.canPrepare(s) {
		return false
	}
	settings := s.detail().Settings
	planned := v.tuner.planned(settings)
	if low, high := f.Range(planned.Named); value < low || value > high {
		v.tuner.notes[f.Path()] = f.write(value) + " is out of range: " + f.Name + " can be " + f.limitWords(planned.Named)
		return false
	}
	delete(v.tuner.notes, f.Path())
	v.tuner.draft.prepare(client.Change{Field: f.Path(), Value: value, From: v.tuner.expected(settings).Get(f.Setting)})
	return true
}

// cannotSend says why nothing can be sent now; empty if something can.
func (v *settingsView) cannotSend(s *state) string {
	switch {
	case !s.isLive():
		return "the queue does not answer now"
	case v.tuner.busy:
		return "there is no answer to the last change yet"
	}
	return ""
}

// send sends all that is prepared.
func (v *settingsView) send(s *state) effect {
	if why := v.cannotSend(s); why != "" {
		v.tuner.draft.refusal = "not sent: " + why
		return effect{}
	}
	changes := v.tuner.draft.changes
	v.tuner.draft = draft{}
	return effect{call: v.tuner.send(changes, false)}
}

// undo sends the old values of what was sent last. Where somebody else has changed one of
// them since, it only prepares them, and says so.
func (v *settingsView) undo(s *state) effect {
	if why := v.cannotSend(s); why != "" {
		return effect{notice: "not undone: " + why, isError: true}
	}
	back, now := inverse(v.tuner.last()), v.tuner.expected(s.detail().Settings)
	switch {
	case haveAll(now, back, func(c client.Change) float64 { return c.Value }):
		v.tuner.record(tunedMsg{undo: true})
		return effect{notice: "nothing to undo: somebody else has done it"}
	case haveAll(now, back, func(c client.Change) float64 { return c.From.Value }):
		return effect{call: v.tuner.send(back, true)}
	}
	for _, c := range back {
		v.tuner.draft.prepare(c)
	}
	v.tuner.draft.renew(now, s.events)
	v.tuner.draft.refusal = "not undone yet: somebody else has changed it since; enter sends the old value all the same"
	return effect{}
}

// haveAll reports whether settings have a value of each change.
func haveAll(s client.Settings, changes []client.Change, value func(client.Change) float64) bool {
	return !slices.ContainsFunc(changes, func(c client.Change) bool { return s[c.Field] != value(c) })
}

// drop forgets what is prepared.
func (v *settingsView) drop() effect {
	e := effect{notice: v.tuner.draft.title() + ": dropped, nothing was sent"}
	v.tuner.draft = draft{}
	clear(v.tuner.notes)
	return e
}

// left implements leaver: what is prepared stays, for one looks at other views before it is
// sent.
func (v *settingsView) left() effect {
	if len(v.tuner.draft.changes) == 0 {
		return effect{}
	}
	return effect{notice: v.tuner.draft.title() + ", not sent: s goes back there"}
}

// handleTuned takes the answer to what was sent. A poll shows what it did, or who else has
// changed something.
func (v *settingsView) handleTuned(msg tunedMsg, s *state, open bool) effect {
	v.tuner.finish(msg, s.at)
	e := effect{poll: msg.failure == nil || errors.Is(msg.failure, client.ErrChangedMeanwhile)}
	words := s.theme.changeWords(msg.changes)
	switch {
	case msg.failure != nil && !open:
		e.notice, e.isError = "not changed: "+words+": "+failureText(msg.failure), true
	case msg.failure != nil:
	case msg.undo:
		e.notice = "undone: " + words
	default:
		e.notice = "changed: " + words
	}
	return e
}
