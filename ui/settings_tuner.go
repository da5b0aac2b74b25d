package ui

import (
	"context"
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// tunedMsg is the answer to a change.
type tunedMsg struct {
	change  client.Change
	failure *client.Failure // nil if it was accepted
}

// pendingChange is a new value for a setting, until the figures of the server show
// it.
type pendingChange struct {
	client.Change
	phase    phase
	accepted time.Time // when the server accepted it
}

// phase is how far a change has come.
type phase uint8

const (
	notSent  phase = iota // another change is still under way
	sending               // no answer yet
	accepted              // but the figures do not show it yet
)

// staleFiguresFor is how long after a change figures from before it may still come.
const staleFiguresFor = 2 * time.Second

// tuner is the changes under way: one request at a time, and for each setting only
// the newest value.
type tuner struct {
	to      client.Tuner      // nil where nothing can be tuned
	pending []pendingChange   // in the order in which they are to be sent
	busy    bool              // a request is under way
	notes   map[string]string // why a setting was not changed, by field
}

func newTuner(to client.Tuner) tuner { return tuner{to: to, notes: map[string]string{}} }

// pendingFor returns the change of a field; nil if there is none.
func (t *tuner) pendingFor(field string) *pendingChange {
	for i := range t.pending {
		if t.pending[i].Field == field {
			return &t.pending[i]
		}
	}
	return nil
}

func (t *tuner) forget(field string) {
	t.pending = slices.DeleteFunc(t.pending, func(c pendingChange) bool { return c.Field == field })
}

// request notes a change. It replaces an older one of the same setting.
func (t *tuner) request(c client.Change) {
	delete(t.notes, c.Field)
	if older := t.pendingFor(c.Field); older != nil && older.phase == notSent {
		older.Value = c.Value
		return
	}
	t.forget(c.Field)
	t.pending = append(t.pending, pendingChange{Change: c})
}

// send returns the call that sends the oldest change that was not sent yet; nil
// while a request is under way, and where there is no such change.
func (t *tuner) send() func(context.Context) tea.Msg {
	i := slices.IndexFunc(t.pending, func(c pendingChange) bool { return c.phase == notSent })
	if t.busy || i < 0 {
		return nil
	}
	t.busy = true
	t.pending[i].phase = sending
	to, change := t.to, t.pending[i].Change
	return func(ctx context.Context) tea.Msg { return tunedMsg{change, asFailure(to.Tune(ctx, change))} }
}

// finish takes the answer to the request under way. It reports false if a newer
// change of the same setting has made the answer meaningless.
func (t *tuner) finish(msg tunedMsg, now time.Time) bool {
	t.busy = false
	c := t.pendingFor(msg.change.Field)
	switch {
	case c == nil || c.phase != sending:
		return false
	case msg.failure != nil:
		t.forget(msg.change.Field)
		t.notes[msg.change.Field] = failureText(msg.failure)
	default:
		c.phase, c.accepted = accepted, now
	}
	return true
}

// reconcile forgets the changes that settings show which were polled at a time. What
// the server shows counts, even if it is another value.
func (t *tuner) reconcile(s client.Settings, polled time.Time) {
	t.pending = slices.DeleteFunc(t.pending, func(c pendingChange) bool {
		return c.phase == accepted && (s[c.Field] == c.Value || polled.Sub(c.accepted) >= staleFiguresFor)
	})
}

// expected returns the settings as they will be when all changes have come.
func (t *tuner) expected(s client.Settings) client.Settings {
	s = maps.Clone(s)
	for _, c := range t.pending {
		if _, known := s[c.Field]; known {
			s[c.Field] = c.Value
		}
	}
	return s
}
