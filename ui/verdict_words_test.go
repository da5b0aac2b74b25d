package ui

import (
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// Who waits, and what to do about it: of several who have about as many all are named, and no
// figure stands twice in one sentence.
func TestTheCrowdInWords(t *testing.T) {
	second := func(n int) client.Opt[time.Duration] { return client.Some(time.Duration(n) * time.Second) }
	for _, c := range []struct {
		name    string
		change  func(*client.Detail)
		who, do string
		viewer  string
	}{
		{
			"one", func(*client.Detail) {},
			"bob 50, oldest 16 s; others at most 3.0 s", "cancel the 50 of bob, or lower their priority: 3, then c or <", "Cancel it",
		},
		{
			"two", func(d *client.Detail) {
				d.Crowd.With = client.List[client.CrowdUser]{{User: client.NameOf("alice"), Waiting: client.Some(47)}}
			},
			"bob 50, alice 47, oldest 16 s; others at most 3.0 s", "cancel the 50 of bob, then the 47 of alice, or lower their priority: 3, then c or <", "Cancel it",
		},
		{
			"one in another lane waits longer", func(d *client.Detail) {
				d.Crowd.OthersOldest, d.OldestWait = second(40), second(40)
				d.Oldest = &client.OldestRequest{User: "zoe", Waited: second(40)}
			},
			"bob 50, oldest 16 s; others at most 40 s, zoe", "cancel the 50 of bob, or lower their priority: 3, then c or <", "Cancel it",
		},
		{
			"the message counts", func(d *client.Detail) {
				d.Findings = append(d.Findings, client.Finding{Row: queue.RowBackingUp, Level: client.Warning, User: "bob", Message: "m"})
			},
			"oldest 16 s; others at most 3.0 s", "cancel the 50 of bob, or lower their priority: 3, then c or <", "Cancel it",
		},
		{
			"it frees nobody", func(d *client.Detail) { d.Crowd.CancelHelps = client.Some(false) },
			"bob 50, oldest 16 s; others at most 3.0 s", "Cancel it", "Cancel it",
		},
		{
			"a pause is why", func(d *client.Detail) {
				d.Findings = append(d.Findings, client.Finding{Row: queue.RowPause, Level: client.Critical, Message: "m"})
			},
			"bob 50, oldest 16 s; others at most 3.0 s", "Cancel it", "Cancel it",
		},
	} {
		s := adviceState(nil)
		d := s.sample.Detail
		d.Advice, d.OldestWait = nil, second(16)
		d.Crowd = &client.Crowd{User: client.NameOf("bob"), Waiting: client.Some(50), OldestWait: second(16), OthersOldest: second(3)}
		c.change(d)
		s.sample.Waiting = client.Some(100)
		s.verdict.Findings = d.Findings
		s.canActOnLine = true
		if got := s.whoWords(); got != c.who {
			t.Errorf("%s: got who %q, want %q", c.name, got, c.who)
		}
		if got := s.doWords("Cancel it", "", 100); got != c.do {
			t.Errorf("%s: got do %q, want %q", c.name, got, c.do)
		}
		s.canActOnLine = false
		if got := s.doWords("Cancel it", "", 100); got != c.viewer {
			t.Errorf("%s: who may not cancel is told %q, want %q", c.name, got, c.viewer)
		}
	}
	s := adviceState(nil)
	s.sample.Detail.Advice = nil
	const published = "Cancel or lower what bob has waiting, or ask them to send fewer at once: they alone are the cause"
	if got := s.doWords(published, queue.ActionLimitUser, 100); got != "Ask them to send fewer at once: they alone are the cause" {
		t.Errorf("who may not cancel is told %q", got)
	}
	if got := s.doWords(published, "", 100); got != published {
		t.Errorf("of an older server: got %q, want what it recommends", got)
	}
	const pause = "Wait until 14:00:20, or end the pause if it cannot be true"
	if got := s.doWords(pause, queue.ActionEndPause, 100); got != pause {
		t.Errorf("who may not end a pause is told %q", got)
	}
	s.canActOnLine = true
	for text, want := range map[string]string{
		pause:              "Wait until 14:00:20, or end the pause (l, then T) if it cannot be true",
		"Let it try again": "Let it try again (l, then T)",
	} {
		if got := s.doWords(text, queue.ActionEndPause, 100); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if s.doWords(published, queue.ActionLimitUser, 100) != published {
		t.Errorf("who may cancel is told %q", s.doWords(published, queue.ActionLimitUser, 100))
	}
}

// Lowering is offered only where it changes something: not to who has the lowest priority
// already, nor where nobody else would gain.
func TestLoweringThatChangesNothingIsNotOffered(t *testing.T) {
	for name, change := range map[string]func(*client.Crowd){
		"all have the lowest": func(c *client.Crowd) { c.Lowest = client.Some(true) },
		"nobody else waits":   func(c *client.Crowd) { c.OthersOldest = client.Opt[time.Duration]{} },
	} {
		r := newRig(t, Options{Line: &fakeLine{}})
		s := incident(60)
		r.answerPoll(s)
		r.shows("or < lower their priority")
		change(s.Detail.Crowd)
		r.answerPoll(s)
		r.shows("c cancel the 21 of alice@example.com")
		r.hides("lower their priority")
		if r.press("<"); name == "all have the lowest" && r.question != nil {
			t.Errorf("%s: < asks", name)
		}
	}
}

// A summary is read elsewhere: it names no keys.
func TestASummaryNamesNoKeys(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	r.answerPoll(incident(60))
	s := r.state()
	s.keyless = true
	if text := s.summary(); !strings.Contains(text, "- do: cancel the 21 of alice@example.com, or lower their priority\n") {
		t.Errorf("got %s", text)
	}
}

// On a narrow screen no user's requests are another's: of several that flood all are named, or
// counted.
func TestSeveralFloodANarrowScreen(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	s := incident(60)
	s.Detail.Crowd.With = []client.CrowdUser{{User: client.NameOf("bob"), Waiting: client.Some(19)}}
	r.size(50, 15)
	r.answerPoll(s)
	r.shows("alice@example.com 21, bob 19, oldest 57 s")
	r.size(40, 10)
	r.redraw()
	r.shows(" 21 and 1 other, oldest 57 s")
}

// A wide range of when all will have started says nothing: the likely time stands, and the
// latest.
func TestWhenAllHaveStarted(t *testing.T) {
	for _, c := range []struct {
		likely, early, late int
		want                string
	}{
		{35, 34, 37, "all start in ≈35 s"},
		{60, 50, 80, "all start in ≈50 to 80 s"},
		{20, 1, 80, "all start in ≈20 s, at most 80 s"},
		{10, 2, 10, "all start in ≈2 to 10 s"},
	} {
		s := incident(60)
		second := func(n int) client.Opt[time.Duration] { return client.Some(time.Duration(n) * time.Second) }
		s.Detail.EmptyIn, s.Detail.EmptyEarly, s.Detail.EmptyLate = second(c.likely), second(c.early), second(c.late)
		r := newRig(t, Options{})
		r.answerPoll(s)
		if got := r.state().emptyWords(); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

// The pace that helps is changed by a key where there is one, as in a demo, else by the server's
// flag.
func TestHowThePaceIsChanged(t *testing.T) {
	const published = "Use the adaptive pace (--pace adaptive): the API's limits have room"
	adaptive := adviceState(func(a *client.Advice) {
		a.Remedies[0].Kind, a.Remedies[0].What = client.Some("adaptive"), "start as early as the API's limits allow (--pace adaptive)"
	})
	for _, c := range []struct {
		name            string
		key             string
		computed, brief string
		recommended     string
	}{
		{"a server", "", "Start as early as the API's limits allow (--pace adaptive): p95 wait ≈31 s → ≈4.1 s", "Use --pace adaptive", published},
		{"the demo", "x", "Start as early as the API's limits allow (x): p95 wait ≈31 s → ≈4.1 s", "x adaptive pace", "Use the adaptive pace (x): the API's limits have room"},
	} {
		adaptive.paceKey, adaptive.verdict.Level = c.key, client.Warning
		if got := adaptive.doWords(published, "", 100); got != c.computed {
			t.Errorf("%s: got %q, want %q", c.name, got, c.computed)
		}
		if got := adaptive.doWords(published, "", 20); got != c.brief {
			t.Errorf("%s: got %q, want %q", c.name, got, c.brief)
		}
		s := adviceState(nil)
		s.sample.Detail.Advice, s.paceKey = nil, c.key
		if got := s.doWords(published, "", 100); got != c.recommended {
			t.Errorf("%s: got %q, want %q", c.name, got, c.recommended)
		}
	}
}

// The rate of late leaves out the mistakes of callers, and says how many; where nothing else has
// finished none succeeded.
func TestTheRateSaysWhatItLeavesOut(t *testing.T) {
	for _, c := range []struct {
		rate     client.Opt[float64]
		mistakes int
		want     string
	}{
		{client.Some(1.), 0, "100.0%"},
		{client.Some(1.), 9, "100.0% without 9 mistakes"},
		{client.Opt[float64]{}, 22, "0 of 22"},
	} {
		s := adviceState(nil)
		s.derived.RecentRate, s.sample.Detail.RecentMistakes = c.rate, client.Some(c.mistakes)
		if got := s.recentWords(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Those who give up or are refused are told beside those who arrive and start, where they are more
// than a few.
func TestTheFlowSaysWhoGivesUp(t *testing.T) {
	for _, c := range []struct {
		gaveUp, refused int
		want            string
	}{
		{4, 0, "83 arrive a minute, 48 start"},
		{35, 4, "83 arrive a minute, 48 start, 35 give up"},
		{5, 30, "83 arrive a minute, 48 start, 5 give up, 30 refused"},
	} {
		s := adviceState(nil)
		d := s.sample.Detail
		d.ArrivalsPerMinute, d.StartsPerMinute, d.Growing = client.Some(83), client.Some(48), client.Some(false)
		d.GaveUpPerMinute, d.RefusedPerMinute = client.Some(c.gaveUp), client.Some(c.refused)
		if got := s.flowWords(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Where failures are why they wait, nobody's requests are: how many wait, and who for longest.
func TestInAnOutageNobodyIsTheCrowd(t *testing.T) {
	r := newRig(t, Options{})
	s := incident(60)
	s.Detail.Cause = client.Some(queue.NetworkError.Name())
	r.answerPoll(s)
	if got := r.state().whoWords(); !strings.HasPrefix(got, "26 waiting, oldest ") || strings.Contains(got, "alice@example.com 21") {
		t.Errorf("got %q", got)
	}
}
