package queue

import (
	"fmt"
	"testing"
	"time"

	"paceline/queue/internal/limiter"

	"pgregory.net/rapid"
)

// perMinute are limits as the Rate Limits API lists them.
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

// Until the first answer the limits are shown, and not what is left of them; the lane
// explores inside them.
func TestKnownLimitsAreACeiling(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.SetLimits(at(0), "", perMinute(50, 30_000, 0), at(0))
	if len(m.lanes) != 0 {
		t.Fatalf("%d lanes where nobody waits, want none", len(m.lanes))
	}
	starts, refused := drive(t, m, newAccount(50, 30_000, 0, Cost{Input: 10}, 2*time.Second), atOnce(0, 80), 1900*time.Millisecond)
	if lane := m.Report(at(1.9)).Detail.Lanes[0]; limitWords(lane) != "-/50 -/30000 " || lane.Pace != "adaptive" || lane.WaitsFor != "requests" {
		t.Errorf("before the first answer: %q, pace %s, waits for %q", limitWords(lane), lane.Pace, lane.WaitsFor)
	}
	if refused != 0 || len(starts) != 51 || starts[3] != 0 || starts[4] != 200*time.Millisecond || starts[12] != 400*time.Millisecond {
		t.Errorf("%d started, %d answers of 429, want a full bucket, what refills, and none: %v", len(starts), refused, starts)
	}
}

// Nothing starts that not even a full bucket would hold; one that is larger than the
// limit waits for no more than that.
func TestNothingStartsThatTheLimitsCannotHold(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.SetLimits(at(0), "", perMinute(50, 30_000, 0), at(0))
	starts, refused := drive(t, m, newAccount(50, 30_000, 0, Cost{Input: 14_000}, 50*time.Second), atOnce(0, 3), 40*time.Second)
	if refused > 0 || len(starts) == 0 {
		t.Errorf("%d answers of 429, starts at %v", refused, starts)
	}
	m = newMachine(t, adaptiveSettings())
	m.SetLimits(at(0), "", perMinute(50, 30_000, 0), at(0))
	if starts, _ := drive(t, m, newAccount(50, 0, 0, Cost{Input: 90_000}, time.Second), atOnce(0, 1), 0); len(starts) != 1 {
		t.Error("it does not start")
	}
}

// The report names the limit that nothing starts by before an answer came.
func TestAColdLaneNamesTheLimit(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.SetLimits(at(0), "", perMinute(50, 30_000, 8_000), at(0))
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
	if held := m.Blocked(at(9), nil); len(held) != 1 || held[0].Reason != "input tokens" {
		t.Errorf("held by %+v, want the input tokens", held)
	}
	if m.Next(at(40)) == nil {
		t.Error("the bucket would hold the second, and it does not start")
	}
}

// Limits that are known make no slots.
func TestKnownLimitsMakeNoSlots(t *testing.T) {
	s := adaptiveSettings()
	s.MaxInFlight, s.AdaptiveInFlight, s.MinDelay, s.Step = 1, 1, 0, 0
	m := newMachine(t, s)
	m.SetLimits(at(0), "", perMinute(6000, 0, 0), at(0))
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

// What is known of lanes is there for whoever asks, before anybody came and after
// answers told otherwise.
func TestWhatIsKnownCanBeAsked(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.SetLimits(at(0), "a", perMinute(50, 30_000, 0), at(0))
	m.SetLimits(at(0), "", perMinute(50, 30_000, 0), at(0))
	m.SetLimits(at(0), "nothing", Limits{}, at(0))
	if got := m.KnownLimits(at(0)); len(got) != 2 || got["a"] != perMinute(50, 30_000, 0) {
		t.Errorf("got %+v", got)
	}
	drive(t, m, newAccount(20, 0, 0, Cost{}, time.Second), atOnce(0, 3), 2*time.Second)
	if got := m.KnownLimits(at(2)); got[DefaultLane] != perMinute(20, 30_000, 0) || got["a"] != perMinute(50, 30_000, 0) {
		t.Errorf("got %+v, want the answers' limit, and what no answer tells", got)
	}
}

// Answers have the last word, and a change of what is told counts where they
// agreed.
func TestAnswersHaveTheLastWord(t *testing.T) {
	for _, c := range []struct {
		name    string
		before  int // the first SetLimits; zero: none
		answer  int // reported by an answer at 10 s
		now     int // SetLimits at 20 s
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
		m.SetLimits(at(0), "", perMinute(c.before, 0, 0), at(0))
		a := newAccount(float64(c.answer), 0, 0, Cost{}, time.Second)
		if starts, _ := drive(t, m, a, atOnce(9*time.Second, 10), 10*time.Second); len(starts) != 10 {
			t.Fatalf("%s: starts at %v", c.name, starts)
		}
		free := m.lane("").limits.Remaining(20 * time.Second)[0].Free
		m.SetLimits(at(20), "", perMinute(c.now, 0, 0), t0.Add(c.asked))
		left := m.lane("").limits.Remaining(20 * time.Second)[0]
		if got := left.PerMinute; got != c.want {
			t.Errorf("%s: %d a minute count, want %d: %s", c.name, got, c.want, c.comment)
		}
		if got := left.Free; got != min(free, left.PerMinute) {
			t.Errorf("%s: it holds %d, want the %d from before", c.name, got, free)
		}
	}
}

// A higher tier is noticed while everybody waits for an answer.
func TestAHigherTierIsNoticedWithoutAnAnswer(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.SetLimits(at(0), "", perMinute(60, 0, 0), at(0))
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
	m.SetLimits(at(120), "", perMinute(600, 0, 0), at(120))
	if got := m.Report(at(120)).Detail.Lanes[0]; *got.NextStartMs != (reordered + 100*time.Millisecond).Milliseconds() {
		t.Errorf("the next start is in %d ms, want 100 after the burst has arrived", *got.NextStartMs)
	}
}

// What was told of a lane outlives it, and counts for whoever joins it; what runs
// is taken from it.
func TestKnownLimitsOfALaneThatIsJoined(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.SetLimits(at(0), "acme/opus", perMinute(0, 30_000, 0), at(0))
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
	if at, by := m.lane("acme/opus").limits.Next(limiter.Cost(16_000, 0)); at <= 2*time.Second || by != "input tokens" {
		t.Errorf("one of 16,000, and a quarter that may be missing, may start at %v: 12,500 of 30,000 are in use", at)
	}
	// A lane that knows nothing keeps what it had.
	m.SetLimits(at(3), "a/opus", perMinute(10, 0, 0), at(3))
	if _, err := m.Add(at(3), Request{Lane: "a/opus"}); err != nil {
		t.Fatal(err)
	}
	m.JoinLanes(at(3), "a/opus", "b/opus")
	if lane := m.Report(at(3)).Detail.Lanes[1]; lane.Name != "b/opus" || limitWords(lane) != "-/10 " {
		t.Errorf("got %s %q, want what was told of the lane that joined", lane.Name, limitWords(lane))
	}
}

// The counters' file keeps the limits that answers report, not those of SetLimits.
func TestKnownLimitsAreNotKept(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.SetLimits(at(0), "a", perMinute(50, 0, 0), at(0))
	if s := m.State(at(1)); len(s.Limits) != 0 {
		t.Errorf("kept %+v", s.Limits)
	}
	again := newMachine(t, adaptiveSettings())
	if err := again.Restore(State{Limits: []LimitState{{Lane: "a", Requests: 1000, Seen: Time{at(-60)}}}}); err != nil {
		t.Fatal(err)
	}
	again.SetLimits(at(0), "a", perMinute(50, 0, 0), at(0))
	if got := again.lane("a").limits.PerMinute()[limiter.Requests]; got != 50 {
		t.Errorf("%v a minute count, want the 50 that are told now", got)
	}
}

// Whatever limits are set, and whenever, each request is served.
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
			m.SetLimits(t0.Add(from), "", l, t0.Add(from-time.Duration(rapid.IntRange(0, 100).Draw(rt, "age"))*time.Minute))
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
