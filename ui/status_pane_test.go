package ui

import (
	"strings"
	"testing"
	"time"

	"paceline/client"
)

// Nobody may take a simulated API's figures for real ones.
func TestSimulatedFiguresSaySo(t *testing.T) {
	r := newRig(t, Options{})
	genuine := sampleOf(0, 1, time.Second)
	r.answerPoll(genuine)
	r.hides("simulated")
	made := sampleOf(1, 1, time.Second)
	made.Detail.Simulated = client.Some(true)
	r.answerPoll(made)
	r.shows("queue.example:3000 · simulated")
}

// Who decides the pace stands in the title, except in the demo, which has one only,
// and where there is no room.
func TestTitleSaysThePace(t *testing.T) {
	for _, c := range []struct {
		pace  client.Opt[string]
		scene string
		w     int
		want  string
	}{
		{client.Some("adaptive"), "", 120, "queue.example:3000 · simulated · adaptive  "},
		{client.Some("spaced"), "", 120, "queue.example:3000 · simulated · spaced  "},
		{client.Opt[string]{}, "", 120, "queue.example:3000 · simulated  "},
		{client.Some("spaced"), "burst", 120, "queue.example:3000 · burst  "},
		{client.Some("adaptive"), "", 64, "queue.example:3000 · simulated  "},
	} {
		r := newRig(t, Options{})
		r.size(c.w, 36)
		s := sampleOf(0, 1, time.Second)
		s.Detail.Simulated, s.Detail.Pace = client.Some(true), c.pace
		r.answerPoll(s)
		r.scene = c.scene
		if got := plainText(strings.Join(r.statusPane().view(r.state(), c.w, 1), "")); !strings.Contains(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c, got, c.want)
		}
	}
}

// The bands of users are those of the published spacing: where limits decide, that is
// said.
func TestBandsAreThoseOfTheSpacing(t *testing.T) {
	r := newRig(t, Options{})
	s := sampleOf(0, 1, time.Second)
	s.Detail.Pace = client.Some("spaced")
	r.answerPoll(s)
	r.shows("users of 5 min")
	s = sampleOf(1, 1, time.Second)
	s.Detail.Pace = client.Some("adaptive")
	r.answerPoll(s)
	r.shows("by the spaced rule")
	r.hides("users of 5 min")
}

// A call that was sent twice may cost twice: it is counted, and shown.
func TestCallsSentTwiceAreShown(t *testing.T) {
	r := newRig(t, Options{})
	s := sampleOf(0, 1, time.Second)
	s.Detail.Resent = client.Some[int64](0)
	r.answerPoll(s)
	r.hides("sent twice")
	s = sampleOf(1, 1, time.Second)
	s.Detail.Resent = client.Some[int64](3)
	r.answerPoll(s)
	r.shows("3 sent twice")
}
