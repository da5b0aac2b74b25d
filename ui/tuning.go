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
	failure *client.Failure // nil if it was taken
}

// wish is a value that somebody wants a setting to have, until the endpoint's
// figures show it.
type wish struct {
	client.Change
	phase phase
	taken time.Time // when the endpoint said yes
}

// phase is how far a wish has come.
type phase uint8

const (
	asked   phase = iota // another change is still under way
	sending              // no answer yet
	taken                // but the figures do not show it yet
)

// settleTime is how long figures may come that are older than a change.
const settleTime = 2 * time.Second

// tuner is the changes under way: one request at a time, and of each setting
// only the newest wish.
type tuner struct {
	to     client.Tuner // nil where nothing can be tuned
	wishes []wish       // in the order in which they are to be sent
	busy   bool
	notes  map[string]string // why a setting was not changed, by field
}

func newTuner(to client.Tuner) tuner { return tuner{to: to, notes: map[string]string{}} }

// of returns the wish for a field; nil if there is none.
func (u *tuner) of(field string) *wish {
	for i := range u.wishes {
		if u.wishes[i].Field == field {
			return &u.wishes[i]
		}
	}
	return nil
}

func (u *tuner) drop(field string) {
	u.wishes = slices.DeleteFunc(u.wishes, func(w wish) bool { return w.Field == field })
}

// want notes a change. It replaces an older wish for the same setting.
func (u *tuner) want(c client.Change) {
	delete(u.notes, c.Field)
	if w := u.of(c.Field); w != nil && w.phase == asked {
		w.Value = c.Value
		return
	}
	u.drop(c.Field)
	u.wishes = append(u.wishes, wish{Change: c})
}

// send returns the call that sends the oldest wish that was not sent yet; nil while
// a change is under way, and where there is none.
func (u *tuner) send() func(context.Context) tea.Msg {
	i := slices.IndexFunc(u.wishes, func(w wish) bool { return w.phase == asked })
	if u.busy || i < 0 {
		return nil
	}
	u.busy = true
	u.wishes[i].phase = sending
	to, change := u.to, u.wishes[i].Change
	return func(ctx context.Context) tea.Msg { return tunedMsg{change, asFailure(to.Tune(ctx, change))} }
}

// answered takes the answer to the change under way. It reports false if a newer
// wish has made it meaningless.
func (u *tuner) answered(msg tunedMsg, now time.Time) bool {
	u.busy = false
	w := u.of(msg.change.Field)
	switch {
	case w == nil || w.phase != sending:
		return false
	case msg.failure != nil:
		u.drop(msg.change.Field)
		u.notes[msg.change.Field] = refusal(msg.failure)
	default:
		w.phase, w.taken = taken, now
	}
	return true
}

// seen compares the wishes with settings that were polled at a time. What the
// endpoint shows counts, even if it is not what was wished.
func (u *tuner) seen(s client.Settings, polled time.Time) {
	u.wishes = slices.DeleteFunc(u.wishes, func(w wish) bool {
		return w.phase == taken && (s[w.Field] == w.Value || polled.Sub(w.taken) >= settleTime)
	})
}

// wished returns the settings as they will be when all wishes are fulfilled.
func (u *tuner) wished(s client.Settings) client.Settings {
	s = maps.Clone(s)
	for _, w := range u.wishes {
		if _, told := s[w.Field]; told {
			s[w.Field] = w.Value
		}
	}
	return s
}
