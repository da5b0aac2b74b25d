package ui

import (
	"strings"
	"testing"
	"time"

	"paceline/client"
)

// On a narrow screen the verdict says who waits and how many, whatever its message is; a name
// is cut off, and no figure.
func TestSmallVerdictNamesWhoAndHowMany(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want []string
	}{
		{40, 10, []string{"CRITICAL  26 waiting ", "alice@ex… 21, oldest 57 s; others ≤13 s", "do   c cancel these 21"}},
		{50, 15, []string{"CRITICAL  Very long wait times, 26 waiting", "alice@example.com 21, oldest 57 s; others ≤13 s", "do   c cancel the 21 of alice@example.com "}},
	} {
		r := newRig(t, Options{Line: &fakeLine{}})
		r.size(c.w, c.h)
		for i := range 61 {
			r.answerPoll(incident(i))
		}
		r.shows(c.want...)
		r.checkFits(c.w, c.h)
	}
}

// Who waits longer than the crowd is named beside it.
func TestSmallVerdictNamesWhoWaitsLonger(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	s := incident(60)
	s.Detail.Crowd.User, s.Detail.Crowd.OthersOldest = client.NameOf("alice"), client.Some(70*time.Second)
	s.Detail.Oldest = &client.OldestRequest{User: "zoe", Waited: client.Some(70 * time.Second)}
	r.size(40, 10)
	r.answerPoll(s)
	r.shows("alice 21, oldest 57 s; zoe 1 min 10 s")
}

// The heat map is offered where there is room for it.
func TestHeatMapIsOfferedWhereItFits(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	for i := range 61 {
		r.answerPoll(incident(i))
	}
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 20}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		below := func() string { return strings.Join(r.lines()[1:], "\n") } // the first row says why not
		offered, before := r.home.heatKey.Enabled(), below()
		r.press("h")
		if shown := below() != before; shown != offered {
			t.Errorf("%v: offered: %v, shown: %v\n%s", size, offered, shown, r.text())
		}
		r.press("h")
	}
}

// On a page of 20 rows and more the verdict has what to do.
func TestPagesKeepWhatToDo(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	for i := range 61 {
		r.answerPoll(incident(i))
	}
	r.size(80, 24)
	for _, key := range []string{"2", "3", "l", "s", "A"} {
		if r.press(key); r.current == r.home {
			continue
		}
		if text := strings.Join(r.lines()[1:4], "\n"); !strings.Contains(text, " do ") || !strings.Contains(text, "why ") {
			t.Errorf("%s: got\n%s", key, text)
		}
		r.press("esc")
	}
}
