package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// paced returns figures of a queue whose pace is adaptive, or off.
func paced(off bool) client.Sample {
	s := sampleOf(0, 5, time.Second)
	s.Detail.Pace, s.Detail.Settings = client.Some(queue.PaceAdaptive), defaults()
	if off {
		s.Detail.Pace = client.Some(queue.PaceOff)
		s.Detail.PaceOff = &client.Off{Since: client.Some(time.Date(2026, 11, 23, 14, 2, 0, 0, time.UTC)), By: client.Some("ops"), Rule: client.Some(queue.PaceAdaptive)}
	}
	return s
}

// The settings view switches the pace off after a question, and on again by the rule from
// before.
func TestSettingsSwitchThePace(t *testing.T) {
	for _, c := range []struct {
		off  bool
		keys string
		err  error
		want []string
		says string
	}{
		{false, "O", nil, nil, "Switch the pace off, for everybody?"},
		{false, "O y", nil, []string{queue.PaceOff}, "the pace is off, for everybody"},
		{false, "O n", nil, nil, "the pace stays on"},
		{false, "O O", nil, nil, "the pace stays on"},
		{true, "O y", nil, []string{queue.PaceAdaptive}, "the pace is on again, for everybody"},
		{true, "O esc", nil, nil, "the pace stays off"},
		{false, "O y", &client.Failure{Words: "403 forbidden\x1b[2J"}, []string{queue.PaceOff}, "the pace is as it was: 403 forbidden"},
	} {
		u := &fakeTuner{err: c.err}
		r := newRig(t, Options{Tuner: u})
		r.answerPoll(paced(c.off))
		r.press("s")
		for _, msg := range run(r.press(strings.Fields(c.keys)...)) {
			r.send(msg)
		}
		r.shows(c.says)
		if !slices.Equal(u.paces, c.want) {
			t.Errorf("off %v, %s: got %q, want %q", c.off, c.keys, u.paces, c.want)
		}
	}
}

// An endpoint that does not tell its pace, and a reader who may change nothing, have no key
// for it; the first row says that the pace is off.
func TestPaceThatCannotBeSwitched(t *testing.T) {
	old, guest := paced(false), paced(true)
	old.Detail.Pace, guest.Role = client.Opt[string]{}, client.RoleViewer
	for _, s := range []client.Sample{old, guest} {
		u := &fakeTuner{}
		r := newRig(t, Options{Tuner: u})
		r.answerPoll(s)
		if s.Detail.PaceOff != nil {
			r.shows("PACE OFF")
		}
		r.press("s")
		_ = run(r.press("O", "y"))
		if len(u.paces) > 0 {
			t.Errorf("got %q, want nothing", u.paces)
		}
	}
}
