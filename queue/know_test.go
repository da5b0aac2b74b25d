package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// perMinute are limits as the Rate Limits API tells them.
func perMinute(requests, input, output int) Limits {
	return Limits{Requests: Limit{PerMinute: requests}, Input: Limit{PerMinute: input}, Output: Limit{PerMinute: output}}
}

// limitWords are a lane's limits as the report has them.
func limitWords(l Lane) (words string) {
	for _, limit := range l.Limits {
		free := "-"
		if (limit.Free == nil) != (limit.FullInMs == nil) {
			return "half told"
		}
		if limit.Free != nil {
			free = fmt.Sprint(*limit.Free)
		}
		words += fmt.Sprintf("%s/%d ", free, limit.PerMinute)
	}
	return words
}

// Until the first answer the limits are shown, and not what is left of them; and
// the lane begins with one, as any other.
func TestKnownLimitsDoNotOpenAColdLane(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.Know(at(0), "", perMinute(50, 30_000, 0), at(0))
	if len(m.lanes) != 0 {
		t.Fatalf("%d lanes where nobody waits, want none", len(m.lanes))
	}
	starts, refused := drive(t, m, newAccount(50, 30_000, 0, Cost{Input: 10}, time.Second), atOnce(0, 20), 900*time.Millisecond)
	if lane := m.Report(at(0.9)).Detail.Lanes[0]; limitWords(lane) != "-/50 -/30000 " || lane.Pace != "spaced" || lane.WaitsFor != "" {
		t.Errorf("before the first answer: %q, pace %s, waits for %q", limitWords(lane), lane.Pace, lane.WaitsFor)
	}
	if refused != 0 || len(starts) != 1 {
		t.Errorf("%d started, %d answers of 429, want one and none", len(starts), refused)
	}

	m = newMachine(t, adaptiveSettings())
	m.Know(at(0), "", perMinute(50, 30_000, 0), at(0))
	starts, refused = drive(t, m, newAccount(50, 30_000, 0, Cost{Input: 10}, time.Second), atOnce(0, 20), 1100*time.Millisecond)
	if refused != 0 || len(starts) != 20 || starts[1] != time.Second {
		t.Errorf("got %d answers of 429, starts at %v, want the first answer to open the lane", refused, starts)
	}
	if lane := m.Report(at(1.1)).Detail.Lanes[0]; !strings.HasPrefix(limitWords(lane), "30/50 29") || lane.Pace != "adaptive" {
		t.Errorf("after it: %q, pace %s", limitWords(lane), lane.Pace)
	}
}

// Without an answer nothing starts that not even a full bucket would hold.
func TestNothingStartsThatTheLimitsCannotHold(t *testing.T) {
	for _, known := range []bool{false, true} {
		m := newMachine(t, adaptiveSettings())
		if known {
			m.Know(at(0), "", perMinute(50, 30_000, 0), at(0))
		}
		a := newAccount(50, 30_000, 0, Cost{Input: 14_000}, 50*time.Second)
		starts, refused := drive(t, m, a, atOnce(0, 3), 40*time.Second)
		if known == (refused > 0) {
			t.Errorf("limits known %v: %d answers of 429, starts at %v", known, refused, starts)
		}
		if !known {
			continue
		}
		if lane := m.Report(at(20)).Detail.Lanes[0]; lane.WaitsFor != "" && lane.WaitsFor != "input tokens" {
			t.Errorf("waits for %q", lane.WaitsFor)
		}
	}
	// One that is larger than the limit waits for no more than a full bucket.
	m := newMachine(t, adaptiveSettings())
	m.Know(at(0), "", perMinute(50, 30_000, 0), at(0))
	if starts, _ := drive(t, m, newAccount(50, 0, 0, Cost{Input: 90_000}, time.Second), atOnce(0, 1), 0); len(starts) != 1 {
		t.Error("it does not start")
	}
}

// The report names the limit that nothing starts by before an answer came.
func TestAColdLaneNamesTheLimit(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.Know(at(0), "", perMinute(50, 30_000, 8_000), at(0))
	for range 3 {
		if _, err := m.Add(at(0), Request{Cost: Cost{Input: 20_000}}); err != nil {
			t.Fatal(err)
		}
	}
	m.Start(at(0), m.Next(at(0)))
	if x := m.Next(at(9)); x != nil {
		t.Error("the second starts, which 20,000 and as much again do not leave room for")
	}
	lane := m.Report(at(9)).Detail.Lanes[0]
	if lane.WaitsFor != "input tokens" || lane.NextStartMs == nil || *lane.NextStartMs != 31_000 {
		t.Errorf("waits for %q, want the input tokens, and another 31 s", lane.WaitsFor)
	}
	if held := m.Held(at(9), nil); len(held) != 1 || held[0].For != "input tokens" {
		t.Errorf("held by %+v, want the input tokens", held)
	}
	if m.Next(at(40)) == nil {
		t.Error("the bucket would hold the second, and it does not start")
	}
}

// Known limits tell how long the line takes, so that nobody is refused for the
// spacing that the first answer ends.
func TestKnownLimitsTellWhenTheLineIsOver(t *testing.T) {
	s := adaptiveSettings()
	s.MaxWait = 5 * time.Minute
	for _, c := range []struct {
		requests int
		accepted int
		last     time.Duration // of 60
	}{{0, 0, 0}, {1000, 60, 14 * time.Second}, {60, 60, 70 * time.Second}} {
		m := newMachine(t, s)
		m.Know(at(0), "", perMinute(c.requests, 0, 0), at(0))
		accepted := 0
		for i := range 60 {
			if _, err := m.Add(at(0), Request{Cost: Cost{Output: 10}}); err == nil {
				accepted++
			}
			if i == 0 {
				m.Start(at(0), m.Next(at(0)))
			}
		}
		if c.requests == 0 {
			if accepted > 50 {
				t.Errorf("nothing known: %d accepted, want the door to close", accepted)
			}
			continue
		}
		if accepted != c.accepted {
			t.Errorf("%d a minute: %d accepted, want all", c.requests, accepted)
		}
		list := m.Waiting(at(0))
		for i := range list[1:] {
			if *list[i].EtaMs > *list[i+1].EtaMs || list[i].Position != i+1 {
				t.Errorf("%d a minute: number %d in %d ms, the one after it in %d", c.requests, i+1, *list[i].EtaMs, *list[i+1].EtaMs)
			}
		}
		last := *list[len(list)-1].EtaMs
		if got := time.Duration(last) * time.Millisecond; got > c.last || got < c.last-10*time.Second {
			t.Errorf("%d a minute: the last in %v, want about %v", c.requests, got, c.last)
		}
		if door := m.Report(at(0)).Detail.EmptyInMs; *door < last {
			t.Errorf("%d a minute: the door says %d ms, the list %d", c.requests, *door, last)
		}
	}
}

// Limits that are known make no slots.
func TestKnownLimitsMakeNoSlots(t *testing.T) {
	s := adaptiveSettings()
	s.MaxInFlight, s.AdaptiveInFlight, s.MinDelay, s.Step = 1, 1, 0, 0
	m := newMachine(t, s)
	m.Know(at(0), "", perMinute(6000, 0, 0), at(0))
	a := newAccount(6000, 0, 0, Cost{}, 5*time.Second)
	a.silent = true
	drive(t, m, a, atOnce(0, 1), 10*time.Second)
	for range 4 {
		if _, err := m.Add(at(10), Request{}); err != nil {
			t.Fatal(err)
		}
	}
	m.Start(at(10), m.Next(at(10)))
	if door := m.Report(at(10)).Detail.EmptyInMs; *door < 15_000 {
		t.Errorf("the line is empty in %d ms, want 15000 or more", *door)
	}
	for i, w := range m.Waiting(at(10)) {
		if want := int64(i+1) * 5000; *w.EtaMs < want || *w.EtaMs > want+10 {
			t.Errorf("number %d in %d ms, want in %d: when the one before it has ended", i+1, *w.EtaMs, want)
		}
	}
}

// Before a first start a request counts as one, and what a call turns out to have
// cost counts as soon as it is told.
func TestWhatIsGuessedBeforeAnAnswer(t *testing.T) {
	a := &adaptive{}
	a.know(0, perMinute(60, 30_000, 0), 0)
	if got := a.guess(10 * time.Second).last(30); got != 40*time.Second {
		t.Errorf("the last of 30 starts at %v, want 30 s after the answer at 10 s", got)
	}
	n := a.start(0, amount{1, 20_000, 0})
	if got := a.allowed(amount{1, 20_000, 0}); got <= 0 {
		t.Errorf("another one may start at %v", got)
	}
	a.spent(0, n, amount{1, 2_000, 0})
	if got := a.most[inputTokens].levelAt(0); got != 28_000 {
		t.Errorf("%v may be left of 30,000, of which 2,000 were used", got)
	}
}

// What is known of lanes is there for whoever asks, before anybody came and after
// answers told otherwise.
func TestWhatIsKnownCanBeAsked(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.Know(at(0), "a", perMinute(50, 30_000, 0), at(0))
	m.Know(at(0), "", perMinute(50, 30_000, 0), at(0))
	m.Know(at(0), "nothing", Limits{}, at(0))
	if got := m.Learned(at(0)); len(got) != 2 || got["a"] != perMinute(50, 30_000, 0) {
		t.Errorf("got %+v", got)
	}
	drive(t, m, newAccount(20, 0, 0, Cost{}, time.Second), atOnce(0, 3), 2*time.Second)
	if got := m.Learned(at(2)); got[DefaultLane] != perMinute(20, 30_000, 0) || got["a"] != perMinute(50, 30_000, 0) {
		t.Errorf("got %+v, want the answers' limit, and what no answer tells", got)
	}
}

// Answers have the last word, and a change of what is told counts where they
// agreed.
func TestAnswersHaveTheLastWord(t *testing.T) {
	for _, c := range []struct {
		name    string
		before  int // as Know told it first; zero: it did not
		answer  int // as an answer told it at 10 s
		now     int // as Know tells it at 20 s
		asked   time.Duration
		want    int
		comment string
	}{
		{"a higher tier", 50, 50, 1000, 19e9, 1000, "both said the same before"},
		{"a lower tier", 1000, 1000, 50, 19e9, 50, "the next answer will tell"},
		{"nothing new", 50, 50, 50, 19e9, 50, ""},
		{"a workspace with less", 50, 20, 50, 19e9, 20, "the organization's limit is not new"},
		{"a workspace with less, and a higher tier", 50, 20, 1000, 19e9, 20, "nobody says that the workspace has more"},
		{"a workspace with less, and a lower tier", 50, 20, 10, 19e9, 10, "less than the workspace's"},
		{"late", 50, 1000, 50, 19e9, 1000, "it lags, and answers know already"},
		{"asked before the answer", 50, 50, 1000, 9e9, 50, "the answer is fresher"},
		{"lower, asked before the answer", 1000, 1000, 50, 10e9, 1000, "the answer is fresher"},
		{"first told, higher", 0, 50, 1000, 19e9, 50, "it may be a workspace's"},
		{"first told, lower", 0, 50, 20, 19e9, 20, ""},
		{"not told any more", 50, 50, 0, 19e9, 50, ""},
		{"absurd", 50, 50, -5, 19e9, 50, ""},
		{"absurdly high", 50, 50, 1 << 41, 19e9, 50, ""},
	} {
		m := newMachine(t, adaptiveSettings())
		m.Know(at(0), "", perMinute(c.before, 0, 0), at(0))
		a := newAccount(float64(c.answer), 0, 0, Cost{}, time.Second)
		if starts, _ := drive(t, m, a, atOnce(9*time.Second, 10), 10*time.Second); len(starts) != 10 {
			t.Fatalf("%s: starts at %v", c.name, starts)
		}
		free := m.lane("").limits.buckets[requests].levelAt(20 * time.Second)
		m.Know(at(20), "", perMinute(c.now, 0, 0), t0.Add(c.asked))
		b := &m.lane("").limits.buckets[requests]
		if got := int(b.perMinute); got != c.want {
			t.Errorf("%s: %d a minute count, want %d: %s", c.name, got, c.want, c.comment)
		}
		if got := b.levelAt(20 * time.Second); got != min(free, b.perMinute) {
			t.Errorf("%s: it holds %.1f, want the %.1f from before", c.name, got, free)
		}
	}
}

// A higher tier is noticed while everybody waits for an answer.
func TestAHigherTierIsNoticedWithoutAnAnswer(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.Know(at(0), "", perMinute(60, 0, 0), at(0))
	a := newAccount(60, 0, 0, Cost{}, time.Second)
	drive(t, m, a, atOnce(0, 61), 60*time.Second)
	for range 121 {
		if _, err := m.Add(at(120), Request{}); err != nil {
			t.Fatal(err)
		}
	}
	for x := m.Next(at(120)); x != nil; x = m.Next(at(120)) {
		m.Start(at(120), x)
	}
	m.Know(at(120), "", perMinute(600, 0, 0), at(120))
	if got := m.Report(at(120)).Detail.Lanes[0]; *got.NextStartMs != (shuffled + 100*time.Millisecond).Milliseconds() {
		t.Errorf("the next start is in %d ms, want 100 after the burst has arrived", *got.NextStartMs)
	}
}

// A refused burst still counts under another limit.
func TestARefusedBurstOutlivesATier(t *testing.T) {
	a := learned(t, Limits{Requests: Limit{PerMinute: 50, Remaining: 50}})
	a.burst = 7.5
	a.know(time.Second, perMinute(20, 0, 0), time.Second)
	if b := a.buckets[requests]; b.perMinute != 20 || b.holds != 7 {
		t.Errorf("%v a minute, %v at once, want 20 and 7", b.perMinute, b.holds)
	}
}

// What was told of a lane outlives it, and counts for whoever joins it; what runs
// is taken from it.
func TestKnownLimitsOfALaneThatIsJoined(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.Know(at(0), "acme/opus", perMinute(0, 30_000, 0), at(0))
	for range 2 {
		if _, err := m.Add(at(1), Request{Lane: "key/opus", Cost: Cost{Input: 10_000}}); err != nil {
			t.Fatal(err)
		}
	}
	m.Start(at(1), m.Next(at(1)))
	m.JoinLanes(at(2), "key/opus", "acme/opus")
	if lane := m.Report(at(2)).Detail.Lanes[0]; lane.Name != "acme/opus" || limitWords(lane) != "-/30000 " {
		t.Errorf("got %s %q", lane.Name, limitWords(lane))
	}
	if got := m.lane("acme/opus").limits.most[inputTokens].levelAt(2 * time.Second); got != 17_500 {
		t.Errorf("%.0f may be left, want what one leaves that may be larger by a quarter than 10,000", got)
	}
	// A lane that knows nothing keeps what it had.
	m.Know(at(3), "a/opus", perMinute(10, 0, 0), at(3))
	if _, err := m.Add(at(3), Request{Lane: "a/opus"}); err != nil {
		t.Fatal(err)
	}
	m.JoinLanes(at(3), "a/opus", "b/opus")
	if lane := m.Report(at(3)).Detail.Lanes[1]; lane.Name != "b/opus" || limitWords(lane) != "-/10 " {
		t.Errorf("got %s %q, want what was told of the lane that joined", lane.Name, limitWords(lane))
	}
}

// Where answers tell nothing the spacing stays, whatever was told elsewhere.
func TestKnownLimitsWithoutHeaders(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.Know(at(0), "", perMinute(1, 0, 0), at(0))
	a := newAccount(0, 0, 0, Cost{}, 100*time.Millisecond)
	a.silent = true
	starts, _ := drive(t, m, a, []time.Duration{0, 10e9, 20e9, 30e9, 40e9, 50e9}, 10*time.Minute)
	if want := "[0s 1m0s 2m0s 3m0s 4m0s 4m1.7s]"; fmt.Sprint(starts) != want {
		t.Errorf("got %v, want %s: the limit until it is plain that no answer tells one", starts, want)
	}
}

// The counters' file keeps what answers told, and not what was told elsewhere.
func TestKnownLimitsAreNotKept(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.Know(at(0), "a", perMinute(50, 0, 0), at(0))
	if s := m.State(at(1)); len(s.Limits) != 0 {
		t.Errorf("kept %+v", s.Limits)
	}
	again := newMachine(t, adaptiveSettings())
	if err := again.Restore(State{Limits: []LimitState{{Lane: "a", Requests: 1000, Seen: Time{at(-60)}}}}); err != nil {
		t.Fatal(err)
	}
	again.Know(at(0), "a", perMinute(50, 0, 0), at(0))
	if got := again.lane("a").limits.buckets[requests].perMinute; got != 50 {
		t.Errorf("%v a minute count, want the 50 that are told now", got)
	}
}

// Whatever is told and whenever, everybody is served.
func TestWhateverIsKnownEverybodyIsServed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(t, adaptiveSettings())
		a := newAccount(60, 0, 0, Cost{Input: 100, Output: 10}, time.Second)
		a.early = rapid.Bool().Draw(rt, "early")
		a.silent = rapid.Bool().Draw(rt, "silent")
		began := 0
		for part := range 4 {
			number := rapid.OneOf(rapid.IntRange(-10, 100), rapid.IntRange(1, 1<<45))
			l := perMinute(number.Draw(rt, "requests"), number.Draw(rt, "input"), number.Draw(rt, "output"))
			from := time.Duration(part) * time.Hour
			m.Know(t0.Add(from), "", l, t0.Add(from-time.Duration(rapid.IntRange(0, 100).Draw(rt, "age"))*time.Minute))
			if !m.Idle() {
				rt.Fatalf("some wait an hour later: told %+v", l)
			}
			starts, _ := drive(t, m, a, atOnce(from, 10), from+59*time.Minute)
			began += len(starts)
			m.Report(t0.Add(from + 59*time.Minute))
		}
		if began != 40 {
			rt.Fatalf("%d were served, want 40", began)
		}
	})
}
