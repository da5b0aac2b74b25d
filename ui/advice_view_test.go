package ui

import (
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

func remedy(kind, what string, p95 time.Duration, refused int64, note string) client.Remedy {
	r := client.Remedy{Kind: client.Some(kind), What: what, P50: client.Some(p95 / 3), P95: client.Some(p95), Refused: client.Some(refused)}
	if note != "" {
		r.Note = client.Some(note)
	}
	return r
}

// someAdvice is the advice for people who wait, and every kind of remedy.
func someAdvice() *client.Advice {
	return &client.Advice{
		At: client.Some(noon().Add(-43 * time.Second)), Over: client.Some(58 * time.Minute), Requests: client.Some[int64](812), Users: client.Some(14),
		Account: client.Some("50 requests, 30,000 input tokens, 8,000 output tokens a minute"), Assumed: client.Some(false),
		BindsNow: client.Some("input tokens"), Binds: client.Some("requests"),
		P50: client.Some(9 * time.Second), P95: client.Some(31 * time.Second), Refused: client.Some[int64](12),
		MeasuredP95: client.Some(29_400 * time.Millisecond),
		Spared:      &client.Spared{Failed: client.Some[int64](212), Lost: client.Some[int64](12), CostP95: client.Some(28_900 * time.Millisecond)},
		Remedies: []client.Remedy{
			remedy("tier", "the Build tier: 1,000 requests, 2,000,000 input tokens, 400,000 output tokens a minute", 4100*time.Millisecond, 0, ""),
			remedy("adaptive", "start as early as the API's limits allow (--pace adaptive)", 6400*time.Millisecond, 0, ""),
			remedy("key", "a second organization's key", 11_800*time.Millisecond, 0, "a second key of the same organization shares its limits"),
			remedy("haiku", "Claude Haiku for small requests", 14_900*time.Millisecond, 3, "38% of the requests are small: at most 1,000 tokens in and 300 out"),
			remedy("cache", "a cache for answers", 24*time.Second, 9, "14% of the requests ask the same as an earlier one"),
			remedy("user-limit", "at most 3 waiting requests per user", 33*time.Second, 47, "who has more is told to come back"),
		},
		Published: client.PublishedAdvice{
			Users:   client.Some("5-15"),
			Advice:  []string{"watch the metrics regularly", "consider a higher tier", "usage quotas per user"},
			Verdict: client.Some("manageable with monitoring"),
		},
	}
}

// calmAdvice is the advice where nobody waits.
func calmAdvice() *client.Advice {
	a := someAdvice()
	a.BindsNow, a.Binds, a.Remedies = client.Opt[string]{}, client.Opt[string]{}, nil
	a.P50, a.P95, a.Refused = client.Some(time.Duration(0)), client.Some(120*time.Millisecond), client.Some[int64](0)
	a.MeasuredP95 = client.Some(140 * time.Millisecond)
	a.Spared = &client.Spared{Failed: client.Some[int64](37), Lost: client.Some[int64](0), CostP95: client.Some(140 * time.Millisecond)}
	return a
}

// doubtfulAdvice is the advice where the API has told no limits, so that nothing can be
// told.
func doubtfulAdvice() *client.Advice {
	a := someAdvice()
	a.Account, a.Assumed = client.Some("the Start tier: 50 requests, 30,000 input tokens, 8,000 output tokens a minute"), client.Some(true)
	a.BindsNow, a.MeasuredP95 = client.Some("spacing"), client.Some(29*time.Second)
	a.CannotTell, a.Remedies, a.Spared = client.Some("no answer of the API has told the account's limits"), nil, nil
	return a
}

// withAdvice is a sample as from an endpoint that gives advice; nil for one that
// has none yet.
func withAdvice(s client.Sample, a *client.Advice) client.Sample {
	s.Detail.OffersAdvice, s.Detail.Advice = true, a
	return s
}

// advised watches a queue that gives advice.
func (r *rig) advised(waiting int, a *client.Advice) {
	for i := range 3 {
		r.answerPoll(withAdvice(sampleOf(i, waiting, 2400*time.Millisecond), a))
	}
}

// showAdvice watches a queue that gives advice, and opens the view of it.
func (r *rig) showAdvice(waiting int, a *client.Advice) {
	r.advised(waiting, a)
	r.press("A")
}

// The key is there only where advice is told of.
func TestAdviceKey(t *testing.T) {
	checkViewKey(t, "A", "advice", func(r *rig) view { return r.advice }, []viewKeyCase{
		{"old wire", oldWire(sampleOf(0, 1, time.Second)), false},
		{"none told", sampleOf(0, 1, time.Second), false},
		{"none yet", withAdvice(sampleOf(0, 1, time.Second), nil), true},
		{"some", withAdvice(sampleOf(0, 1, time.Second), someAdvice()), true},
	})
}

// Keys in the view at 80x15: which line is on top, what is open after.
func TestAdviceKeys(t *testing.T) {
	for _, c := range []struct {
		keys string
		top  int
		open bool
	}{
		{"", 0, true},
		{"esc", 0, false},
		{"A", 0, false},
		{"esc A", 0, true},
		{"down", 9, true},
		{"down j", 12, true},
		{"down j k", 9, true},
		{"pgdown", 9, true},
		{"pgdown pgdown", 16, true},
		{"pgdown pgup", 0, true},
		{"G", 16, true},
		{"G g", 0, true},
		{"end up", 14, true},
		{"down A A", 0, true}, // it begins at the top
		{"r tab p w enter", 0, true},
		{"? esc", 0, true},
	} {
		t.Run(c.keys, func(t *testing.T) {
			r := newRig(t, Options{Tuner: &fakeTuner{}})
			r.showAdvice(8, someAdvice())
			r.size(80, 15)
			r.press(strings.Fields(c.keys)...)
			if r.advice.top != c.top || r.isOpen(r.advice) != c.open {
				t.Errorf("got line %d, open %v, want %d, %v", r.advice.top, r.isOpen(r.advice), c.top, c.open)
			}
			if r.question != nil || r.helping || r.frozen != nil || r.isOpen(r.settings) || r.isOpen(r.lanes) || r.window != 5*time.Minute {
				t.Error("a key of the overview worked")
			}
		})
	}
}

// At every size all that is told can be reached.
func TestAdviceScroll(t *testing.T) {
	for _, size := range [][2]int{{40, 10}, {50, 15}, {67, 15}, {68, 15}, {80, 15}, {80, 24}, {107, 20}, {120, 36}, {200, 22}} {
		r := newRig(t, Options{})
		r.showAdvice(8, someAdvice())
		r.size(size[0], size[1])
		var all strings.Builder
		for range 30 {
			lines := r.lines()
			for _, line := range lines[1 : len(lines)-1] {
				if line, ok := strings.CutPrefix(line, "  "); ok {
					all.WriteString(line + " ")
				}
			}
			r.press("down")
		}
		text := strings.Join(strings.Fields(all.String()), " ")
		short := func(s string) string { // in columns
			if size[0] < 68 {
				return s
			}
			return strings.ReplaceAll(s, " s", "s")
		}
		for _, want := range []string{
			"The Build tier helps most: p95 wait ≈31 s → ≈4.1 s", "input tokens a minute", "requests a minute", "29 s measured in 58 min, ≈31 s computed with ≈12 refused: close",
			"told by the API: 50 requests", "812 requests of 14 users", "▸ The Build tier", "400,000 output tokens a minute",
			"(--pace adaptive)", short("6.4 s"), "A second organization's key", short("12 s"), "same organization shares its limits", short("15 s"), "At most 3 waiting requests", short("33 s"), "47",
			"Usual advice for 5-15 users: watch", "quotas per user", "with monitoring.",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%v: nothing says %q in\n%s", size, want, text)
			}
		}
	}
}

// What is in sight stays in sight when the size changes, and there is no empty end.
func TestAdviceResized(t *testing.T) {
	r := newRig(t, Options{})
	r.showAdvice(8, someAdvice())
	r.size(40, 10)
	r.press("G")
	r.shows("with monitoring.")
	if r.advice.top == 0 {
		t.Fatal("nothing was scrolled")
	}
	r.size(120, 36)
	r.shows("helps most", "with monitoring.")
	if r.advice.top != 0 {
		t.Errorf("top %d, though all is in sight", r.advice.top)
	}
	r.size(10, 3)
	r.size(50, 15)
	r.shows("helps most")
}

// What an endpoint stops telling, and what it has not yet.
func TestAdviceGone(t *testing.T) {
	r := newRig(t, Options{})
	r.showAdvice(8, someAdvice())
	r.size(80, 24)
	r.press("G")
	r.answerPoll(withAdvice(sampleOf(3, 8, time.Second), calmAdvice()))
	r.shows("Nobody waits long: nothing to do")
	r.answerPoll(withAdvice(sampleOf(4, 8, time.Second), nil))
	r.shows("no advice yet: it takes some traffic")
	r.answerPoll(sampleOf(5, 8, time.Second))
	r.shows("this endpoint gives no advice")
	r.press("down", "pgdown", "pgup", "up", "G", "esc", "A")
	r.hides("gives no advice")
}

// The view is live though the overview is frozen, and leaves it as it was.
func TestAdviceWhileFrozen(t *testing.T) {
	r := newRig(t, Options{})
	r.advised(8, someAdvice())
	r.press("p")
	before := r.text()
	r.press("A")
	r.hides("FROZEN")
	r.shows("29 s measured")
	later := someAdvice()
	later.MeasuredP95 = client.Some(27 * time.Second)
	r.answerPoll(withAdvice(sampleOf(3, 8, time.Second), later))
	r.shows("27 s measured")
	r.press("esc")
	if got := r.text(); got != before {
		t.Errorf("the frozen overview changed: got\n%s\nwant\n%s", got, before)
	}
}

// Advice that is not live is dimmed: nothing keeps its colour.
func TestAdviceStale(t *testing.T) {
	r := newRig(t, Options{})
	r.showAdvice(8, doubtfulAdvice())
	colours := func() (n int) {
		for _, line := range strings.Split(r.View().Content, "\n")[6:34] {
			n += strings.Count(line, "38;5;221") + strings.Count(line, "38;5;114")
		}
		return n
	}
	if colours() == 0 {
		t.Fatalf("live: no colour in\n%q", r.View().Content)
	}
	r.failPoll("connection refused", "")
	r.shows("no answer of the API has told", "UNREACHABLE")
	if n := colours(); n > 0 {
		t.Errorf("stale: %d colours left", n)
	}
}

// How old the advice is goes by the endpoint's clock, and on while it is away.
func TestAdviceAge(t *testing.T) {
	r := newRig(t, Options{})
	told := withAdvice(sampleOf(0, 8, time.Second), someAdvice())
	for seconds, want := range map[int]string{
		-5: "computed 30 s ago", 0: "computed 40 s ago", 30: "computed 70 s ago", 80: "computed 2 min ago", 120: "computed 3 min ago", -60: "computed just now", 7200: "computed 2 h ago",
	} {
		told.Timestamp = client.Some(noon().Add(time.Duration(seconds) * time.Second))
		r.answerPoll(told)
		r.press("A")
		r.shows(want)
		r.press("esc")
	}
	told.Timestamp = client.Some(noon())
	r.answerPoll(told)
	r.press("A")
	r.failPoll("connection refused", "")
	r.advance(5 * time.Minute)
	r.send(clockMsg{})
	r.shows("computed 6 min ago")
	told.Detail.Advice.At = client.Opt[time.Time]{}
	r.answerPoll(told)
	r.hides("ago")
}

// Where the endpoint warns, the computed remedy stands in place of the published one, on
// every screen.
func TestHint(t *testing.T) {
	for size, want := range map[[2]int]string{
		{200, 60}: "do   Raise the account to the Build tier: p95 wait ≈31 s → ≈4.1 s", {120, 36}: "do   Raise the account to the Build tier: p95 wait ≈31 s → ≈4.1 s", {80, 24}: "do   Raise the account to the Build tier: p95 wait ≈31 s → ≈4.1 s",
		{50, 15}: "do   Raise to the Build tier: ≈31 s → ≈4.1 s", {40, 10}: "do   Raise to the Build tier",
	} {
		r := newRig(t, Options{})
		r.advised(8, nil)
		r.size(size[0], size[1])
		r.shows("do   Consider upgrading")
		r.answerPoll(withAdvice(sampleOf(2, 8, 2400*time.Millisecond), someAdvice())) // the same, but for the advice
		r.shows(want)
		r.hides("Consider upgrading")
		if n := strings.Count(r.text(), "Build tier"); n != 1 {
			t.Errorf("%v: it is said %d times", size, n)
		}
		r.answerPoll(withAdvice(sampleOf(3, 8, 2400*time.Millisecond), doubtfulAdvice()))
		r.shows("do   Consider upgrading") // since the computation is in doubt
	}
}

// And only then.
func TestNoHint(t *testing.T) {
	told := func(change func(*client.Sample, *client.Advice)) client.Sample {
		a := someAdvice()
		s := withAdvice(sampleOf(3, 8, time.Second), a)
		change(&s, a)
		return s
	}
	for name, s := range map[string]client.Sample{
		"healthy":      withAdvice(sampleOf(3, 2, time.Second), someAdvice()),
		"nobody waits": told(func(s *client.Sample, _ *client.Advice) { s.Waiting, s.Status = client.Some(0), client.Some("warning") }),
		"nothing helps": told(func(_ *client.Sample, a *client.Advice) {
			a.P95 = client.Some(2 * time.Second)
		}),
		"hardly a wait": told(func(_ *client.Sample, a *client.Advice) {
			a.P95, a.Remedies[0].P95 = client.Some(900*time.Millisecond), client.Some(time.Duration(0))
		}),
		"long ago": told(func(_ *client.Sample, a *client.Advice) { a.At = client.Some(noon().Add(-2 * time.Hour)) }),
		"none":     withAdvice(sampleOf(3, 8, time.Second), nil),
	} {
		r := newRig(t, Options{})
		s.Message, s.Recommendation = client.Some("Brief"), client.Some("As well.")
		r.answerPoll(s)
		for _, size := range [][2]int{{120, 36}, {80, 24}, {50, 15}, {40, 10}} {
			r.size(size[0], size[1])
			r.hides("tier:")
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
	r := newRig(t, Options{})
	r.advised(8, someAdvice())
	r.shows("Build tier:")
	r.failPoll("connection refused", "")
	r.hides("Build tier:") // the reason stands there
	r.answerPoll(withAdvice(sampleOf(3, 8, time.Second), someAdvice()))
	r.shows("Build tier:")
}

// The best is marked: the first that helps, and no other.
func TestBestIsMarked(t *testing.T) {
	r := newRig(t, Options{})
	a := someAdvice()
	a.Remedies[0].P95 = client.Some(40 * time.Second)
	a.Remedies = append(a.Remedies, a.Remedies[1])
	r.showAdvice(8, a)
	r.shows("▸ Start as early", "  The Build tier  ", "Start as early as the API's limits allow (--pace adaptive) helps most")
	if n := strings.Count(r.text(), "▸"); n != 1 {
		t.Errorf("%d are marked in\n%s", n, r.text())
	}
}

// Of no traffic nothing is said but that there was none.
func TestAdviceOfNoTraffic(t *testing.T) {
	r := newRig(t, Options{})
	a := calmAdvice()
	a.Requests, a.Users, a.BindsNow = client.Some[int64](0), client.Some(0), client.Some("spacing")
	r.showAdvice(8, a)
	r.shows("There was no traffic to compute from", "for the spacing, a setting", "Usual advice")
	r.hides("computed:", "0 requests of", "in the hour")
}

// Where the computing fails, the view says so and why, and that there may be more
// than was computed from.
func TestAdviceThatFailed(t *testing.T) {
	failed := func(at time.Time, a *client.Advice) client.Sample {
		s := withAdvice(sampleOf(3, 8, time.Second), a)
		s.Detail.Troubles = []client.Trouble{
			{Part: queue.PartLog, Reason: client.Some("another")},
			{Part: queue.PartAdvice, Reason: client.Some("a map is nil"), At: client.Some(at), Count: client.Some[int64](3)},
		}
		return s
	}
	r := newRig(t, Options{})
	r.showAdvice(8, nil)
	r.answerPoll(failed(noon(), nil))
	r.shows("no advice: it could not be computed: a map is nil; it is tried again later")
	a := someAdvice()
	a.OutOf = client.Some[int64](6000)
	r.answerPoll(failed(a.At.Value.Add(time.Second), a))
	r.shows("no newer", "it could not be computed: a map is nil", "812 requests of 14 users in the last", ", the latest of 6,000")
	r.hides("another")
	a.OutOf = a.Requests
	r.answerPoll(failed(a.At.Value.Add(-time.Second), a))
	r.hides("no newer", "could not be computed", "the latest of")
}

// Where one user is the cause, the advice says so before it speaks of remedies for everybody.
func TestAdviceOfACrowd(t *testing.T) {
	r := newRig(t, Options{Line: &fakeLine{}})
	r.answerPoll(withAdvice(incident(60), someAdvice()))
	r.press("A")
	r.shows("Now the requests of alice@example.com are the cause: cancel or lower those.")
}
