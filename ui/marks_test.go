package ui

import (
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// The mark of an event is that of its level, whatever the terminal can draw.
func TestMarksAgreeWithTheLevel(t *testing.T) {
	for _, c := range []struct {
		kind                   queue.Kind
		unicode, narrow, ascii string
	}{
		{kindWasCritical, "✖ ", "✖", "X"}, {kindIsCritical, "✖ ", "✖", "X"}, {kindIsWarning, "▲ ", "▲", "!"}, {kindWasWarning, "▲ ", "▲", "!"},
		{queue.KindFailed, "❌", "✖", "X"}, {queue.KindOutage, "🔌", "✖", "X"}, {queue.KindRetry, "🔁", "▲", "!"}, {queue.KindRefused, "⛔", "▲", "!"},
		{queue.KindCompleted, "✅", "●", " "}, {queue.KindSettings, "🔧", "▸", " "},
	} {
		for _, m := range []struct {
			theme *theme
			want  string
		}{{newTheme(true, 0, false, false), c.unicode}, {newTheme(true, 0, false, true), c.narrow}, {newTheme(true, 0, true, false), c.ascii}} {
			if got, _ := m.theme.eventStyle(c.kind); plainText(got) != m.want {
				t.Errorf("%s: got %q, want %q", c.kind, plainText(got), m.want)
			}
		}
	}
}

// Under a critical verdict nothing green leads the advice.
func TestAdviceHasNoGreenBullet(t *testing.T) {
	r := newRig(t, Options{})
	r.showAdvice(26, someAdvice())
	r.shows("✖ CRITICAL")
	for _, line := range r.lines()[4:] {
		if strings.Contains(line, "●") {
			t.Errorf("got %q", line)
		}
	}
}

// The labels below a plot are whole, and apart from the marks of an incident.
func TestLabelsOfTheTimeAxisAreWhole(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 61 {
		r.answerPoll(incident(i))
	}
	for _, size := range [][2]int{{120, 36}, {80, 24}, {200, 60}} {
		r.size(size[0], size[1])
		r.shows("-5m ", "┄ now")
		r.hides("┄now", "m┄", "╍")
	}
}

// Where nobody could start, that is said, and no band of those who started before.
func TestNoBandWhereNobodyStarts(t *testing.T) {
	r := newRig(t, Options{Interval: 5 * time.Second})
	poll := func(i int, starts int64) {
		s := incident(i)
		s.Detail.Slices[0].Starts, s.Detail.Measured.Band = client.Some(starts), client.Some("Excellent")
		r.answerPoll(s)
	}
	for i := range 50 {
		poll(i, 3)
	}
	r.shows("1 min: Excellent")
	for i := 50; i < 57; i++ {
		poll(i, 0)
	}
	r.shows("none started in 35 s")
	r.hides("Excellent")
	r.size(80, 24)
	r.shows("none started in")
	r.hides("Excellent")
}
