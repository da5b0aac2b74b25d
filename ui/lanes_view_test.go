package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"paceline/client"
)

func limit(kind string, perMinute, free int64, fullIn time.Duration) client.Limit {
	return client.Limit{Kind: kind, PerMinute: client.Some(perMinute), Free: client.Some(client.Balance(free)), FullIn: client.Some(fullIn)}
}

func lane(name, pace string, waiting, running int, next time.Duration) client.Lane {
	l := client.Lane{
		Name: name, Pace: client.Some(pace), Waiting: client.Some(waiting), Running: client.Some(running), InBackoff: client.Some(0),
	}
	if waiting > 0 {
		l.NextStart = client.Some(next)
	}
	return l
}

// someLanes are lanes that wait for all there is to wait for.
func someLanes() []client.Lane {
	paused := lane("key-9f86d081884c7d65/haiku-4", "adaptive", 5, 2, 31*time.Second)
	paused.PausedUntil, paused.InBackoff = client.Some(noon().Add(2*time.Minute+31*time.Second)), client.Some(2)
	paused.Limits = []client.Limit{
		limit("requests", 50, 25, 0),
		limit("input tokens", 50_000, 50_000, 0),
		limit("output tokens", 10_000, 9_400, 3600*time.Millisecond),
	}
	busy := lane("org-5b1e2c7a-8f03-4d6e-9c41-0a7d3e92f6b8/sonnet-4", "adaptive", 12, 5, 3240*time.Millisecond)
	busy.WaitsFor = client.Some("input tokens")
	busy.Limits = []client.Limit{
		limit("requests", 1000, 938, 3720*time.Millisecond),
		limit("input tokens", 30_000, 1_250, 57_500*time.Millisecond),
		limit("output tokens", 8_000, -1_200, 69*time.Second),
	}
	return []client.Lane{
		paused, lane("default", "spaced", 3, 1, 1900*time.Millisecond), busy, lane("key-60303ae22b998861/opus-4", "spaced", 0, 1, 0),
	}
}

// manyLanes are more than there is room for.
func manyLanes() []client.Lane {
	var lanes []client.Lane
	for i := range 40 {
		l := lane(fmt.Sprintf("key-%016x/sonnet-4", 7919*(i+1)), "adaptive", 40-i, i%3, time.Duration(i+1)*100*time.Millisecond)
		l.WaitsFor = client.Some("requests")
		l.Limits = []client.Limit{limit("requests", 50, int64(i), time.Duration(60-i)*time.Second), limit("input tokens", 30_000, 24_500, 11*time.Second)}
		lanes = append(lanes, l)
	}
	return lanes
}

// withLanes is a sample as from an endpoint that tells its lanes.
func withLanes(s client.Sample, lanes []client.Lane) client.Sample {
	s.Detail.Lanes = lanes
	return s
}

// showLanes watches a queue that has lanes, and opens their view.
func (r *rig) showLanes(lanes []client.Lane) {
	for i := range 3 {
		r.answerPoll(withLanes(sampleOf(i, 8, 2400*time.Millisecond), lanes))
	}
	r.press("l")
}

// The key is there only where lanes are told of.
func TestLanesKey(t *testing.T) {
	checkViewKey(t, "l", "lanes", func(r *rig) view { return r.lanes }, []viewKeyCase{
		{"old wire", oldWire(sampleOf(0, 1, time.Second)), false},
		{"no lanes told", withLanes(sampleOf(0, 1, time.Second), nil), false},
		{"none now", withLanes(sampleOf(0, 1, time.Second), []client.Lane{}), true},
		{"some", withLanes(sampleOf(0, 1, time.Second), someLanes()), true},
	})
}

// Keys in the view: which lane is on top, what is open after.
func TestLanesKeys(t *testing.T) {
	for _, c := range []struct {
		keys string
		top  int // the lane
		open bool
	}{
		{"", 0, true},
		{"esc", 0, false},
		{"l", 0, false},
		{"esc l", 0, true},
		{"down j", 2, true},
		{"down k up", 0, true},
		{"pgdown", 6, true},
		{"pgdown down pgup", 1, true},
		{"pgdown pgup pgup", 0, true},
		{"end", 33, true},
		{"G down", 33, true},
		{"G g", 0, true},
		{"end up", 32, true},
		{"down home", 0, true},
		{"down l l", 0, true}, // it begins at the top
		{"r tab p w enter", 0, true},
		{"? esc", 0, true},
	} {
		t.Run(c.keys, func(t *testing.T) {
			r := newRig(t, Options{Tuner: &fakeTuner{}})
			r.showLanes(manyLanes())
			r.press(strings.Fields(c.keys)...)
			lane, of := r.lanes.list.at(r.lanes.top)
			if lane != c.top || of != 0 || r.isOpen(r.lanes) != c.open {
				t.Errorf("got lane %d line %d, open %v, want %d, %v", lane, of, r.isOpen(r.lanes), c.top, c.open)
			}
			if r.question != nil || r.helping || r.frozen != nil || r.isOpen(r.settings) || r.window != 5*time.Minute {
				t.Error("a key of the overview worked")
			}
		})
	}
}

// The view is live though the overview is frozen, and leaves it as it was.
func TestLanesWhileFrozen(t *testing.T) {
	r := newRig(t, Options{})
	r.answerPoll(withLanes(sampleOf(0, 5, time.Second), someLanes()))
	r.press("p")
	before := r.text()
	r.press("l", "?")
	r.shows("This view is live, also while the overview is frozen.")
	r.press("?")
	r.hides("FROZEN")
	r.shows("waits for input tokens, 3.2 s")
	later := someLanes()
	later[2].NextStart = client.Some(7700 * time.Millisecond)
	r.answerPoll(withLanes(sampleOf(1, 5, time.Second), later))
	r.shows("waits for input tokens, 7.7 s")
	r.press("esc")
	if got := r.text(); got != before {
		t.Errorf("the frozen overview changed: got\n%s\nwant\n%s", got, before)
	}
}

// What an endpoint stops telling, and fewer lanes than there were.
func TestLanesGone(t *testing.T) {
	r := newRig(t, Options{})
	r.showLanes(manyLanes())
	r.press("G")
	r.answerPoll(withLanes(sampleOf(3, 5, time.Second), manyLanes()[:2]))
	r.shows("Lanes 2", "waits for requests, 0.1 s")
	if r.lanes.top != 0 {
		t.Errorf("top %d", r.lanes.top)
	}
	r.answerPoll(withLanes(sampleOf(4, 5, time.Second), []client.Lane{}))
	r.shows("nobody waits and nothing runs now")
	r.answerPoll(withLanes(sampleOf(5, 5, time.Second), nil))
	r.shows("this endpoint does not tell its lanes")
	r.press("down", "pgdown", "pgup", "up", "G", "esc", "l")
	r.hides("does not tell its lanes")
}

// The most waiting first, then by name, whatever the server's order.
func TestLanesOrder(t *testing.T) {
	r := newRig(t, Options{})
	given := []client.Lane{{Name: "d"}, lane("c", "spaced", 2, 0, 0), lane("b", "spaced", 9, 0, 0), lane("a", "spaced", 2, 0, 0)}
	r.showLanes(given)
	var got []string
	for _, line := range r.lines() {
		if f := strings.Fields(line); len(f) > 3 && len(f[0]) == 1 && f[0] >= "a" {
			got = append(got, f[0])
		}
	}
	if want := []string{"b", "a", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if given[0].Name != "d" || given[2].Name != "b" {
		t.Error("the sample was changed")
	}
}

// At every size each lane can be reached, and what matters of it is told.
func TestLanesScroll(t *testing.T) {
	for _, size := range [][2]int{{40, 10}, {50, 15}, {80, 15}, {80, 24}, {120, 36}, {200, 22}} {
		r := newRig(t, Options{})
		r.showLanes(someLanes())
		r.size(size[0], size[1])
		var all strings.Builder
		for range 8 {
			all.WriteString(r.text())
			r.press("down")
		}
		for _, want := range []string{
			"sonnet-4", "input tokens, 3.2 s", "▸", "overdrawn by 1", "full in 4s", "haiku-4", "until 14:02:31", "held low",
			"default", "the spacing, 1.9 s", "opus-4", "nobody waits", "adaptive", "spaced",
		} {
			if size[0] < 60 {
				want = strings.TrimSuffix(strings.Replace(want, "full in", "full", 1), "sonnet-4")
				want = strings.TrimSuffix(strings.TrimSuffix(want, "haiku-4"), "opus-4")
				want = strings.Replace(want, "until 14:02:31", "2 min 21 s left", 1)
				want = strings.Replace(want, "overdrawn by ", "−", 1)
			}
			if !strings.Contains(all.String(), want) {
				t.Errorf("%v: nothing says %q", size, want)
			}
		}
	}
}

// Figures that are not live are dimmed, here too: nothing keeps its colour.
func TestLanesStale(t *testing.T) {
	r := newRig(t, Options{})
	r.showLanes(someLanes())
	colours := func() (n int) {
		for _, line := range strings.Split(r.View().Content, "\n")[6:34] {
			n += strings.Count(line, "38;5;221") // of the limit that binds, and the pause
		}
		return n
	}
	if colours() == 0 {
		t.Fatalf("live: no colour in\n%q", r.View().Content)
	}
	r.failPoll("connection refused", "")
	r.shows("waits for input tokens, 3.2 s", "UNREACHABLE")
	if n := colours(); n > 0 {
		t.Errorf("stale: %d colours left", n)
	}
}

// A gauge stands still while its figures change.
func TestLaneGaugeStandsStill(t *testing.T) {
	theme := newTheme(true, colorprofile.TrueColor, false, false)
	for _, free := range []int64{2_000_000, 999, 0, -1_200} {
		lanes := []client.Lane{{Limits: []client.Limit{limit("input tokens", 2_000_000, free, 0)}}, {}}
		if got, want := freeWidth(theme, lanes), len("2,000,000 of 2,000,000 free"); got != want {
			t.Errorf("%d free: got %d cells, want %d", free, got, want)
		}
	}
	lanes := []client.Lane{{Limits: []client.Limit{limit("output tokens", 50, 1, 0)}}}
	if got, want := freeWidth(theme, lanes), len("overdrawn by 1,200"); got < want {
		t.Errorf("got %d cells, which are too few for what is overdrawn", got)
	}
}

// Where there are more lanes than a server lists, the title says how many, and what waits
// in them.
func TestLanesThatAreNotListed(t *testing.T) {
	r := newRig(t, Options{})
	s := withLanes(sampleOf(0, 5, time.Second), manyLanes())
	s.Detail.OtherLanes = &client.OtherLanes{Lanes: client.Some(9800), Waiting: client.Some(120)}
	r.answerPoll(s)
	r.press("l")
	r.shows("9,800 more with 120 waiting")
}

// The task "the limit that binds": no key where the first screen has its line for it, and one
// key at every size: the lane that waits stands first, and its limit is marked.
func TestTaskLimitThatBinds(t *testing.T) {
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r := newRig(t, Options{})
		for i := range 61 {
			r.answerPoll(incident(i))
		}
		r.size(size[0], size[1])
		r.shows("output") // at 40x10 it is cut there
		r.press("l")
		marked := 0
		for _, line := range r.lines() {
			if strings.Contains(line, "▸") {
				marked++
				if !strings.Contains(line, "output") || !strings.Contains(line, "0 of 8,000 free") && !strings.Contains(line, "0/8k") {
					t.Errorf("%v: %q is marked", size, line)
				}
			}
		}
		if marked != 1 || !strings.Contains(r.text(), "sonnet-5.5") {
			t.Errorf("%v: %d limits are marked in\n%s", size, marked, r.text())
		}
	}
}
