package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/client"
)

const pausedName = "key-9f86d081884c7d65/haiku-4" // of someLanes

// The key is there only while a lane is paused and the source can end that.
func TestResumeKey(t *testing.T) {
	unpaused := someLanes()
	unpaused[0].PausedUntil = client.Opt[time.Time]{}
	for _, c := range []struct {
		name    string
		resumer client.Resumer
		lanes   []client.Lane
		want    bool
	}{
		{"a paused lane", &fakeResumer{}, someLanes(), true},
		{"no lane is paused", &fakeResumer{}, unpaused, false},
		{"no lanes", &fakeResumer{}, []client.Lane{}, false},
		{"a source that cannot", nil, someLanes(), false},
	} {
		r := newRig(t, Options{Resumer: c.resumer})
		r.showLanes(c.lanes)
		r.offers("u", "end the pause", c.name, c.want)
		r.press("u")
		if got := strings.Contains(r.text(), "for everybody?"); got != c.want {
			t.Errorf("%s: it asks: %v, want %v", c.name, got, c.want)
		}
	}
	r := newRig(t, Options{Resumer: &fakeResumer{}})
	r.showLanes(someLanes())
	r.answerPoll(withLanes(sampleOf(3, 8, time.Second), unpaused))
	r.press("u")
	r.hides("for everybody?")
	r.press("esc")
	r.answerPoll(withLanes(sampleOf(4, 8, time.Second), someLanes()))
	r.press("u")
	r.hides("for everybody?") // the key is the lanes view's
}

func TestResumeAsksFirst(t *testing.T) {
	for _, c := range []struct {
		keys  string
		err   error
		asked bool   // the source was
		says  string // after
	}{
		{"u y", nil, true, "the pause of " + pausedName + " was ended, for everybody"},
		{"? u y", nil, true, "was ended"},
		{"u y", &client.Failure{Words: "403 forbidden\x1b[2J", Hint: "this needs an admin token"}, true, "the pause goes on: 403 forbidden. this needs an admin token"},
		{"u n", nil, false, "the pause goes on"},
		{"u esc", nil, false, "the pause goes on"},
		{"u q", nil, false, "the pause goes on"},
		{"u u", nil, false, "the pause goes on"},
		{"u", nil, false, "End this pause, for everybody?"},
	} {
		u := &fakeResumer{err: c.err}
		r := newRig(t, Options{Resumer: u})
		r.showLanes(someLanes())
		for _, msg := range run(r.press(strings.Fields(c.keys)...)) {
			r.send(msg)
		}
		r.shows(c.says)
		var want []string
		if c.asked {
			want = []string{pausedName}
		}
		if !slices.Equal(u.got, want) {
			t.Errorf("%s: got %q, want %q", c.keys, u.got, want)
		}
		if ended := c.asked && c.err == nil; r.poll.inFlight != ended {
			t.Errorf("%s: a poll looks at what it did: %v, want %v", c.keys, r.poll.inFlight, ended)
		}
		if !r.isOpen(r.lanes) {
			t.Errorf("%s: the view has closed", c.keys)
		}
	}
	r := newRig(t, Options{Resumer: &fakeResumer{}})
	r.showLanes(someLanes())
	r.quits("u ctrl+c")
}

// Of several lanes that are paused it is the first from the top of the view on.
func TestResumeTakesTheLaneInSight(t *testing.T) {
	lanes := manyLanes()
	for _, i := range []int{3, 20} {
		lanes[i].PausedUntil = client.Some(noon().Add(time.Hour))
	}
	for _, c := range []struct {
		keys string
		want int
	}{
		{"", 3}, {"down down down", 3}, {"down down down down", 20}, {"end", 3},
	} {
		u := &fakeResumer{}
		r := newRig(t, Options{Resumer: u})
		r.showLanes(lanes)
		r.press(strings.Fields(c.keys)...)
		r.press("u")
		r.shows(lanes[c.want].Name)
		run(r.press("y"))
		if want := []string{lanes[c.want].Name}; !slices.Equal(u.got, want) {
			t.Errorf("%q: got %q, want %q", c.keys, u.got, want)
		}
	}
}
