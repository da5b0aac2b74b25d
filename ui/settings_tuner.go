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

// settleTime is how long figures may come that are older than a change.
const settleTime = 2 * time.Second

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
func (u *tuner) pendingFor(field string) *pendingChange {
	for i := range u.pending {
		if u.pending[i].Field == field {
			return &u.pending[i]
		}
	}
	return nil
}

func (u *tuner) forget(field string) {
	u.pending = slices.DeleteFunc(u.pending, func(c pendingChange) bool { return c.Field == field })
}

// request notes a change. It replaces an older one of the same setting.
func (u *tuner) request(c client.Change) {
	delete(u.notes, c.Field)
	if older := u.pendingFor(c.Field); older != nil && older.phase == notSent {
		older.Value = c.Value
		return
	}
	u.forget(c.Field)
	u.pending = append(u.pending, pendingChange{Change: c})
}

// send returns the call that sends the oldest change that was not sent yet; nil
// while a request is under way, and where there is no such change.
func (u *tuner) send() func(context.Context) tea.Msg {
	i := slices.IndexFunc(u.pending, func(c pendingChange) bool { return c.phase == notSent })
	if u.busy || i < 0 {
		return nil
	}
	u.busy = true
	u.pending[i].phase = sending
	to, change := u.to, u.pending[i].Change
	return func(ctx context.Context) tea.Msg { return tunedMsg{change, asFailure(to.Tune(ctx, change))} }
}

// finish takes the answer to the request under way. It reports false if a newer
// change of the same setting has made the answer meaningless.
func (u *tuner) finish(msg tunedMsg, now time.Time) bool {
	u.busy = false
	c := u.pendingFor(msg.change.Field)
	switch {
	case c == nil || c.phase != sending:
		return false
	case msg.failure != nil:
		u.forget(msg.change.Field)
		u.notes[msg.change.Field] = failureText(msg.failure)
	default:
		c.phase, c.accepted = accepted, now
	}
	return true
}

// reconcile forgets the changes that settings show which were polled at a time. What
// the server shows counts, even if it is another value.
func (u *tuner) reconcile(s client.Settings, polled time.Time) {
	u.pending = slices.DeleteFunc(u.pending, func(c pendingChange) bool {
		return c.phase == accepted && (s[c.Field] == c.Value || polled.Sub(c.accepted) >= settleTime)
	})
}

// expected returns the settings as they will be when all changes have come.
func (u *tuner) expected(s client.Settings) client.Settings {
	s = maps.Clone(s)
	for _, c := range u.pending {
		if _, told := s[c.Field]; told {
			s[c.Field] = c.Value
		}
	}
	return s
}
