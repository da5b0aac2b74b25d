package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

const pausedName = "key-9f86d081884c7d65/haiku-4" // of someLanes

// The key is there only while something holds back a lane and the source can end that.
func TestResumeKey(t *testing.T) {
	unpaused := someLanes()
	unpaused[0].PausedUntil = client.Opt[time.Time]{}
	open, tries := slices.Clone(unpaused), slices.Clone(unpaused)
	open[0].Breaker = &client.LaneBreaker{Class: "overloaded", Failures: client.Some(5), NextTry: client.Some(time.Minute)}
	tries[0].Breaker = &client.LaneBreaker{Class: "overloaded", Failures: client.Some(5), NextTry: client.Some[time.Duration](0)}
	for _, c := range []struct {
		name    string
		resumer client.Resumer
		lanes   []client.Lane
		want    bool
	}{
		{"a paused lane", &fakeResumer{}, someLanes(), true},
		{"an open breaker", &fakeResumer{}, open, true},
		{"a breaker that tries", &fakeResumer{}, tries, false},
		{"no lane is paused", &fakeResumer{}, unpaused, false},
		{"no lanes", &fakeResumer{}, []client.Lane{}, false},
		{"a source that cannot", nil, someLanes(), false},
	} {
		r := newRig(t, Options{Resumer: c.resumer})
		r.showLanes(c.lanes)
		r.offers("T", "try now", c.name, c.want)
		r.press("T")
		if got := strings.Contains(r.text(), "else no"); got != c.want {
			t.Errorf("%s: it asks: %v, want %v", c.name, got, c.want)
		}
	}
	r := newRig(t, Options{Resumer: &fakeResumer{}})
	r.showLanes(someLanes())
	r.answerPoll(withLanes(sampleOf(3, 8, time.Second), unpaused))
	r.press("T")
	r.hides("else")
	r.press("esc")
	r.answerPoll(withLanes(sampleOf(4, 8, time.Second), someLanes()))
	r.press("T")
	r.hides("for everybody?") // the key is the lanes view's
}

func TestResumeAsksFirst(t *testing.T) {
	for _, c := range []struct {
		keys  string
		err   error
		asked bool   // the source was
		says  string // after
	}{
		{"T y", nil, true, "the pause of " + pausedName + " was ended, for everybody"},
		{"? T y", nil, true, "was ended"},
		{"T y", &client.Failure{Words: "403 forbidden\x1b[2J", Hint: "this needs an admin token"}, true, "the pause goes on: 403 forbidden. this needs an admin token"},
		{"T n", nil, false, "the pause goes on"},
		{"T esc", nil, false, "the pause goes on"},
		{"T q", nil, false, "the pause goes on"},
		{"T T", nil, false, "the pause goes on"},
		{"T", nil, false, "End this pause, for everybody?"},
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
	r.quits("T ctrl+c")
}

// The question says what will happen, and the answer what has.
func TestResumeOfABreaker(t *testing.T) {
	lanes := someLanes()
	lanes[0].PausedUntil = client.Opt[time.Time]{}
	lanes[0].Breaker = &client.LaneBreaker{Class: "overloaded", Failures: client.Some(6), NextTry: client.Some(time.Minute)}
	for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		u := &fakeResumer{}
		r := newRig(t, Options{Resumer: u})
		r.showLanes(lanes)
		r.size(size[0], size[1])
		r.press("T")
		r.shows("Try the API now?", "tries in 1 min 00 s", "One request is tried", "╭ Try now", "╯", "y    yes, try one")
		for _, msg := range run(r.press("y")) {
			r.send(msg)
		}
		if !slices.Equal(u.got, []string{pausedName}) {
			t.Errorf("%v: got %q", size, u.got)
		}
		r.size(120, 36)
		r.shows("a request of " + pausedName + " is tried now")
		u.err = &client.Failure{Words: "nothing holds back the lane a any more"}
		for _, msg := range run(r.press("T", "y")) {
			r.send(msg)
		}
		r.shows("not tried: nothing holds back the lane a any more")
		r.press("T", "esc")
		r.shows("it waits for its next try")
	}
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
		r.press("T")
		r.shows(lanes[c.want].Name)
		run(r.press("y"))
		if want := []string{lanes[c.want].Name}; !slices.Equal(u.got, want) {
			t.Errorf("%q: got %q, want %q", c.keys, u.got, want)
		}
	}
}

// Each time the view opens nothing is chosen: the key is for the first lane in sight again.
func TestResumeBeginsAnew(t *testing.T) {
	r := newRig(t, Options{Resumer: &fakeResumer{}})
	lanes := someLanes()
	lanes[2].PausedUntil = client.Some(noon().Add(time.Minute))
	r.showLanes(lanes)
	r.lanes.chosen = lanes[0].Name
	r.press("esc", "l")
	if r.lanes.chosen != "" {
		t.Errorf("%q is still chosen", r.lanes.chosen)
	}
	r.press("T")
	r.shows("org-5b1e2c7a")
}

// The pause of a spend limit is of the account: the question says that more ends than the
// chosen lane's pause. One that the API named no time for counts down to its next try.
func TestThePauseOfAnAccountIsAskedForAsSuch(t *testing.T) {
	r := newRig(t, Options{Resumer: &fakeResumer{}})
	lanes := someLanes()
	lanes[0].Pause = client.Some(queue.PauseSpendCap)
	r.showLanes(lanes)
	r.press("T")
	r.shows("End the pause of all lanes of this account?")
	for _, msg := range run(r.press("y")) {
		r.send(msg)
	}
	r.shows("the pause of all lanes of the account of " + pausedName + " was ended")
	r = newRig(t, Options{Resumer: &fakeResumer{}})
	lanes = someLanes()
	lanes[0].Pause, lanes[0].NextStart = client.Some(queue.PauseBackOff), client.Some(7*time.Second)
	r.showLanes(lanes)
	r.shows("held back after 429s, tries in 7s")
	r.hides("paused by the API")
}
