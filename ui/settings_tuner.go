package ui

import (
	"context"
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// tuner is what becomes of changes: they are prepared, sent in one request, pending until
// the figures of the server show them, and can be undone.
type tuner struct {
	to      client.Tuner // nil where nothing can be tuned
	draft   draft
	busy    bool              // a request is under way
	pending []pendingChange   // sent, and not in the figures yet
	done    [][]client.Change // what the server has taken, the latest last
	unsure  tunedMsg          // what was sent last, if that failed: it may have been made all the same
	notes   map[string]string // why a setting was not prepared, by field
}

// tunedMsg is the answer to changes that were sent.
type tunedMsg struct {
	changes []client.Change
	undo    bool
	failure *client.Failure // nil if they were made
}

// pendingChange is a change that was sent, until the figures of the server show it.
type pendingChange struct {
	client.Change
	accepted time.Time // when the server took it; zero while there is no answer
}

const (
	staleFiguresFor = 2 * time.Second // after a change figures from before it may still come
	mostUndo        = 50              // requests that can be undone, one after the other
)

func newTuner(to client.Tuner) tuner { return tuner{to: to, notes: map[string]string{}} }

// pendingFor returns the change of a field that is pending; nil if there is none.
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

// send returns the call that sends changes in one request. None is under way.
func (t *tuner) send(changes []client.Change, undo bool) func(context.Context) tea.Msg {
	t.busy, t.draft.refusal, t.unsure = true, "", tunedMsg{}
	for _, c := range changes {
		t.forget(c.Field)
		t.pending = append(t.pending, pendingChange{Change: c})
		if next := t.draft.of(c.Field); next != nil {
			next.From = client.Some(c.Value) // it was changed by its reader, and by nobody else
		}
	}
	to := t.to
	return func(ctx context.Context) tea.Msg { return tunedMsg{changes, undo, asFailure(to.Tune(ctx, changes))} }
}

// finish takes the answer to the request under way. What was not made is prepared again.
func (t *tuner) finish(msg tunedMsg, now time.Time) {
	t.busy = false
	for _, c := range msg.changes {
		if msg.failure != nil {
			t.forget(c.Field)
		} else if p := t.pendingFor(c.Field); p != nil {
			p.accepted = now
		}
	}
	if msg.failure != nil {
		t.draft.restore(msg.changes, failureText(msg.failure))
		t.unsure = msg
		return
	}
	t.record(msg)
}

// record keeps what was made, so that it can be undone.
func (t *tuner) record(msg tunedMsg) {
	t.unsure = tunedMsg{}
	if msg.undo {
		t.done = t.done[:len(t.done)-1]
		return
	}
	t.done = append(t.done, msg.changes)
	t.done = t.done[max(len(t.done)-mostUndo, 0):]
}

// last returns what can be undone next; nil if nothing can.
func (t *tuner) last() []client.Change {
	if len(t.done) == 0 {
		return nil
	}
	return t.done[len(t.done)-1]
}

// reconcile takes settings that were polled at a time: it forgets the pending changes that
// they show, and renews what is prepared. What the server shows counts, even if it is
// another value.
func (t *tuner) reconcile(s client.Settings, polled time.Time, events []client.Event) {
	t.pending = slices.DeleteFunc(t.pending, func(c pendingChange) bool {
		return !c.accepted.IsZero() && (s[c.Field] == c.Value || polled.Sub(c.accepted) >= staleFiguresFor)
	})
	if t.unsure.changes != nil && haveAll(s, t.unsure.changes, func(c client.Change) float64 { return c.Value }) {
		t.record(t.unsure) // only its answer was lost
	}
	t.draft.renew(t.expected(s), events)
}

// expected returns the settings as they will be when the figures show what is pending.
func (t *tuner) expected(s client.Settings) client.Settings {
	s = maps.Clone(s)
	for _, c := range t.pending {
		if _, known := s[c.Field]; known {
			s[c.Field] = c.Value
		}
	}
	return s
}

// planned returns the settings as they will be when what is prepared was sent, too.
func (t *tuner) planned(s client.Settings) client.Settings { return t.draft.on(t.expected(s)) }
