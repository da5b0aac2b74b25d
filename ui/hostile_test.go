package ui

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// hostileNames are what an endpoint, or what stands in its place, could say.
func hostileNames() []string {
	return []string{
		"\x1b[2J\x1b[31mred\x1b]0;owned\x07", "a\nb\rc\td", "\u202etxt.exe\u202c", "z\u0335\u0321\u0317\u0300\u0301\u0302a\u0336lgo",
		"👩‍👩‍👧‍👦 family", "🇩🇪🇫🇷", "👍🏽", "e\u0301tude", "\u200b\u200d\ufeff", strings.Repeat("界", 200), "\xff\xfe", "\u0085\u009b31m", "ﷺ",
		strings.Repeat("x", 10_000), "กำลัง", "नमस्ते", "⏱️ ⏸️ ▶️", "",
	}
}

func hostile() scene {
	return scene{"nasty", func(r *rig) {
		names := hostileNames()
		for i := range 3 {
			s := sampleOf(i, 7, time.Second)
			for j, name := range names {
				s.Detail.Users = append(s.Detail.Users, client.User{Name: client.NameOf(name)})
				s.Detail.Events = append(s.Detail.Events, client.Event{At: r.at, Kind: queue.Kind(name), Text: name + " " + names[(j+i)%len(names)]})
			}
			s.Detail.Users = s.Detail.Users[4:]
			s.Message, s.Recommendation = client.Some(strings.Join(names, " ")), client.Some(names[0]+strings.Join(names, "\n"))
			s.Detail.Band, s.Detail.Expected, s.Detail.Feels = client.Some(names[0]), client.Some(names[9]), client.Some(names[4])
			s.Detail.ActiveUsers = client.Some(1 << 60)
			s.Waiting, s.Total = client.Some(1<<62), client.Some[int64](1<<62)
			s.Detail.OldestWait, s.Detail.EmptyIn = client.Some[time.Duration](1<<62), client.Some[time.Duration](1<<62)
			r.answerPoll(s)
		}
	}}
}

// hostileLanes is the lanes view over what an endpoint could say of them.
func hostileLanes() scene {
	return scene{"nasty-lanes", func(r *rig) {
		var lanes []client.Lane
		for i, name := range hostileNames() {
			other := hostileNames()[(i+5)%len(hostileNames())]
			l := client.Lane{Name: name, Pace: client.Some(other), WaitsFor: client.Some(name)}
			if i%3 > 0 {
				l.Waiting, l.Running, l.InBackoff = client.Some(1<<62), client.Some(i), client.Some(i%3-1)
				l.NextStart = client.Some[time.Duration](1 << 62)
			}
			l.Limits = []client.Limit{
				{Kind: name}, limit(name, 1<<62, -1<<62, 1<<62), limit(other, 1, 0, -1), limit(name+other, 1<<40, 1<<40-1, 0),
				{Kind: other, Free: client.Some[client.Balance](5)}, {Kind: other, PerMinute: client.Some[int64](5)},
			}
			lanes = append(lanes, l)
		}
		r.showLanes(lanes)
	}}
}

// hostileAdvice is the advice view over what an endpoint could say there.
func hostileAdvice() scene {
	return scene{"nasty-advice", func(r *rig) {
		names := hostileNames()
		all := strings.Join(names, " ")
		a := &client.Advice{
			At: client.Some(noon().Add(-1 << 62)), Over: client.Some[time.Duration](1 << 62), Requests: client.Some[int64](1 << 62), Users: client.Some(1 << 60),
			Account: client.Some(all), Assumed: client.Some(true), BindsNow: client.Some(names[0]), Binds: client.Some(names[9]),
			P95: client.Some[time.Duration](1 << 62), Refused: client.Some[int64](1 << 61), MeasuredP95: client.Some[time.Duration](1),
			Published: client.PublishedAdvice{Users: client.Some(names[0]), Advice: names, Verdict: client.Some(all)},
		}
		for i, name := range names {
			other := names[(i+5)%len(names)]
			worse := client.Remedy{Kind: client.Some(name), What: other + ": " + name, Note: client.Some(name + other)}
			if i%3 > 0 {
				worse.P95, worse.Refused = client.Some(time.Duration(1<<62-i*i)), client.Some[int64](1<<62)
			}
			a.Remedies = append(a.Remedies, worse, client.Remedy{What: name, P95: client.Some(time.Duration(-i))})
		}
		r.showAdvice(8, a)
	}}
}

// No escape from the network reaches the terminal: what is left when our own
// styles are taken away has no control character in it.
func TestHostileText(t *testing.T) {
	ours := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	check := func(what, s string) {
		t.Helper()
		for _, c := range ours.ReplaceAllString(s, "") {
			switch {
			case c == '\n':
			case c < ' ' || c >= 0x7f && c < 0xa0, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069,
				c == 0x200b, c == 0x200d, c == 0x200e, c == 0x200f, c == 0xfeff, c == 0xfe0f:
				t.Fatalf("%s: %U reaches the terminal", what, c)
			}
		}
	}
	r := played(t, hostileLanes(), Options{})
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		for range 2 * len(hostileNames()) {
			check("lanes", r.View().Content)
			r.press("down")
		}
	}
	r = played(t, hostileWaiting(), Options{Line: &fakeLine{}})
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		r.press("g")
		for range len(hostileNames()) {
			check("waiting", r.View().Content)
			r.press("enter")
			check("details", r.View().Content)
			r.press("esc", "f")
			check("one user's", r.View().Content)
			r.press("f")
			r.answerPoll(sampleOf(4, 5, time.Second))
			r.press("j", "c")
			check("cancel", r.View().Content)
			r.press("n")
		}
	}
	r = played(t, hostileAdvice(), Options{})
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		r.press("g")
		for range 16 {
			check("advice", r.View().Content)
			r.press("pgdown")
		}
		r.press("esc")
		check("hint", r.View().Content)
		r.press("A")
	}
	for _, s := range []scene{hostileUsers(), hostileEvents()} {
		r = played(t, s, Options{})
		for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
			r.size(size[0], size[1])
			r.press("g")
			for range 12 {
				check(s.name, r.View().Content)
				r.press("down", "enter")
				check(s.name, r.View().Content)
				r.press("pgdown")
			}
		}
	}
	r = played(t, hostilePast(), Options{})
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		for range 20 {
			check("past", r.View().Content)
			r.press("d", "3")
			check("users of then", r.View().Content)
			r.press("esc", "left")
		}
	}
	r = played(t, hostile(), Options{})
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}, {10, 3}} {
		for range 2 {
			r.size(size[0], size[1])
			check("frame", r.View().Content)
			check("title", r.View().WindowTitle)
			r.press("tab")
		}
	}
	for _, name := range hostileNames() {
		r.failPoll(name, name)
		check("failure", r.View().Content)
		check("failure's title", r.View().WindowTitle)
		r.send(resetMsg{&client.Failure{Words: name, Hint: name}})
		check("reset", r.View().Content)
	}
}

func TestCleanIsMeasuredAlike(t *testing.T) {
	for _, name := range hostileNames() {
		once := clean(name)
		if twice := clean(once); twice != once {
			t.Errorf("clean(%q) = %q, cleaned again %q", name, once, twice)
		}
	}
	for in, want := range map[string]string{
		"user_123": "user_123", "a\x1b[31mb": "ab", "界面": "界面", "é": "é", "a\tb": "a b",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q): got %q, want %q", in, got, want)
		}
	}
}

// An endpoint's own message is on the screen, cut off visibly where it is long, also where
// our words stand before it.
func TestLongMessageOfTheEndpointIsShown(t *testing.T) {
	r := newRig(t, Options{})
	s := oldWire(sampleOf(0, 25, time.Second))
	s.Status, s.Message = client.Some("warning"), client.Some("The moon is in the wrong house"+strings.Repeat(" and so on", 40))
	for range 3 {
		r.answerPoll(s)
	}
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}} {
		r.size(size[0], size[1])
		r.shows("Very long wait times (25 waiting", "the endpoint says: The moon is in the wrong house", "…")
	}
}

// The words are ours where an endpoint's own contradict its status; nothing is drawn empty or
// said twice of one that tells counters only, and what could be derived is on the smallest
// screen.
func TestCountersOnlyAgree(t *testing.T) {
	r := newRig(t, Options{})
	poll := func(i int, done int64) {
		s := oldWire(sampleOf(i, 40, 45*time.Second))
		s.Status = client.Some("critical")
		s.Successful, s.Total, s.Failed = client.Some(100+done), client.Some(143+done), client.Some[int64](3)
		s.Rate = client.Some(0.97)
		r.answerPoll(s)
	}
	for i := range 3 {
		poll(i, 0)
	}
	r.shows("CRITICAL   Very long wait times (40 waiting, average 45 s)", "the endpoint says: Queue is processing normally", "average overall 45 s", "overall 97")
	r.hides("success", "done a minute")
	for i := range 61 {
		poll(i, int64(i/3))
	}
	r.shows("▇▇    20 done a minute")
	if n := strings.Count(r.text(), "recent 100.0%"); n != 1 {
		t.Errorf("the rate stands %d times on the screen", n)
	}
	r.size(40, 10)
	r.shows("▇ 40   wait ", "waiting 40")
}

// What cannot be read is unknown, and said to be: numbers that an endpoint writes as texts would
// else look as if it did not tell them.
func TestWhatCannotBeReadIsSaid(t *testing.T) {
	r := newRig(t, Options{})
	s, err := client.Decode([]byte(`{"status":"healthy","metrics":{"totalRequests":"50","successful":"48","failed":"2","currentQueueLength":4}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{200, 60}, {120, 36}, {80, 24}, {50, 15}, {40, 10}} {
		r.size(size[0], size[1])
		r.answerPoll(s)
		r.shows("3 values")
		r.checkFits(size[0], size[1])
	}
	s.Unread = 0
	r.answerPoll(s)
	r.hides("cannot be read")
}
