package advice

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"paceline/queue"
)

var now = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

// tier1 are limits as an answer tells them.
var tier1 = queue.Limits{Requests: queue.Limit{PerMinute: 50}, Input: queue.Limit{PerMinute: 30_000}, Output: queue.Limit{PerMinute: 8_000}}

// adaptiveSettings are those of a queue that follows the API's limits.
func adaptiveSettings() queue.Settings {
	s := queue.DefaultSettings()
	s.Adaptive = true
	return s
}

// situation is a quarter of an hour with such requests, told the limits of tier 1.
func situation(s queue.Settings, requests ...queue.RequestRecord) Situation {
	slices.SortStableFunc(requests, func(a, b queue.RequestRecord) int { return a.Arrived.Compare(b.Arrived) })
	return Situation{
		Now: now, Since: now.Add(-15 * time.Minute), Traffic: requests, Settings: s, Active: 10,
		Learned: map[string]queue.Limits{"org/sonnet-5": tier1},
	}
}

// asked is n requests of a user, every so often from the quarter's beginning on. Of
// their waits nothing was measured, so that nothing disagrees with the replay.
func asked(user string, n int, every time.Duration, cost queue.Cost) (all []queue.RequestRecord) {
	for i := range n {
		all = append(all, queue.RequestRecord{
			Arrived: now.Add(-15*time.Minute + time.Duration(i)*every), User: user, Lane: "org/sonnet-5", Cost: cost,
			Ended: true, Took: 1500 * time.Millisecond,
		})
	}
	return all
}

// crowd is so many users who ask at once, and again after some seconds.
func crowd(users, times int, cost queue.Cost) (all []queue.RequestRecord) {
	for u := range users {
		all = append(all, asked(fmt.Sprint("user ", u), times, 10*time.Second, cost)...)
	}
	return all
}

var small = queue.Cost{Input: 200, Output: 40}

func compute(t *testing.T, s Situation) *queue.Advice {
	t.Helper()
	a, err := Compute(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// of returns the remedy of a kind; nil if there is none.
func of(a *queue.Advice, kind string) *queue.Remedy {
	for i, r := range a.Remedies {
		if r.Kind == kind {
			return &a.Remedies[i]
		}
	}
	return nil
}

func kinds(a *queue.Advice) (all []string) {
	for _, r := range a.Remedies {
		all = append(all, r.Kind)
	}
	return all
}

func TestRequestsBind(t *testing.T) {
	a := compute(t, situation(adaptiveSettings(), crowd(40, 5, small)...))
	if a.Binds != "requests" || a.P95Ms < 30_000 || a.Requests != 200 || a.Users != 40 || a.Refused != 0 {
		t.Errorf("got %+v", a)
	}
	if a.Assumed || a.Account != "50 requests, 30,000 input tokens, 8,000 output tokens a minute" {
		t.Errorf("the account is %q, assumed %v", a.Account, a.Assumed)
	}
	if a.OverMs != 15*60_000 || !a.At.Equal(now) || a.MeasuredP95Ms != nil || a.CannotTell != "" || a.Spared != nil {
		t.Errorf("over %d ms at %v, measured %v ms, cannot tell %q, spared %+v", a.OverMs, a.At, a.MeasuredP95Ms, a.CannotTell, a.Spared)
	}
	tier, key := of(a, "tier"), of(a, "key")
	if tier == nil || tier.P95Ms != 0 || tier.What != "the Start tier: 1,000 requests, 2,000,000 input tokens, 400,000 output tokens a minute" {
		t.Errorf("a higher tier: %+v", tier)
	}
	if key == nil || key.P95Ms <= 0 || key.P95Ms > a.P95Ms/2 {
		t.Errorf("a second key: %+v, want less than half of %d ms", key, a.P95Ms)
	}
	if got, want := fmt.Sprint(kinds(a)), "[tier key haiku]"; got != want {
		t.Errorf("got %s, want %s: what helps most first, and nothing that would change nothing", got, want)
	}
}

func TestTokensBind(t *testing.T) {
	long := queue.Cost{Input: 5000, Output: 100}
	a := compute(t, situation(adaptiveSettings(), crowd(10, 3, long)...))
	if a.Binds != "input tokens" || of(a, "haiku") != nil {
		t.Errorf("%q binds, with %v", a.Binds, kinds(a))
	}
	wordy := queue.Cost{Input: 100, Output: 1200}
	if a := compute(t, situation(adaptiveSettings(), crowd(10, 3, wordy)...)); a.Binds != "output tokens" {
		t.Errorf("%q binds, want output tokens", a.Binds)
	}
}

// Where the spacing holds up everybody, no tier helps.
func TestTheSpacingBinds(t *testing.T) {
	s := situation(queue.DefaultSettings(), crowd(12, 2, small)...)
	a := compute(t, s)
	if a.Binds != queue.BlockedBySpacing || a.Assumed || a.Account != "50 requests, 30,000 input tokens, 8,000 output tokens a minute" {
		t.Errorf("%q binds, on %q, assumed %v", a.Binds, a.Account, a.Assumed)
	}
	if first := a.Remedies[0]; first.Kind != "adaptive" || first.P95Ms > 100 {
		t.Errorf("the first remedy is %+v", first)
	}
	if tier := of(a, "tier"); tier == nil || tier.P95Ms != a.P95Ms {
		t.Errorf("a higher tier: %+v, want the same %d ms", tier, a.P95Ms)
	}
}

// Of two figures for what may run each is named.
func TestAdaptiveSlotsBind(t *testing.T) {
	s := adaptiveSettings()
	s.AdaptiveInFlight = 3
	a := compute(t, situation(s, crowd(10, 2, small)...))
	more := of(a, "in-flight")
	if a.Binds != queue.BlockedBySlots || more == nil || more.What != "twice as many calls at once (the settings maxInFlight 32 and adaptiveInFlight 6)" {
		t.Errorf("%q binds; more at once: %+v", a.Binds, more)
	}
}

func TestSlotsBind(t *testing.T) {
	s := adaptiveSettings()
	s.MaxInFlight, s.AdaptiveInFlight = 2, 2
	a := compute(t, situation(s, crowd(10, 2, small)...))
	more := of(a, "in-flight")
	if a.Binds != queue.BlockedBySlots || more == nil || more.P95Ms >= a.P95Ms || more.What != "twice as many calls at once (--max-in-flight 4)" {
		t.Errorf("%q binds; more at once: %+v, before %d ms", a.Binds, more, a.P95Ms)
	}
}

func TestACache(t *testing.T) {
	requests := crowd(40, 2, small)
	for i := range requests {
		requests[i].Fingerprint = uint64(1 + i%60) // 20 are asked twice
	}
	a := compute(t, situation(adaptiveSettings(), requests...))
	c := of(a, "cache")
	if c == nil || c.P95Ms >= a.P95Ms || c.Note != "25.0% of the requests ask the same as an earlier one" || c.Refused != 0 {
		t.Errorf("a cache: %+v, before %d ms", c, a.P95Ms)
	}
}

// What a cache answers waits for nothing, and counts.
func TestWhatIsCachedDoesNotWait(t *testing.T) {
	requests := crowd(100, 1, small)
	for i := range requests {
		requests[i].Fingerprint = uint64(1 + max(i-59, 0)) // 60 ask the same
	}
	s := situation(adaptiveSettings(), requests...)
	s.Learned["org/sonnet-5"] = queue.Limits{Requests: queue.Limit{PerMinute: 2}}
	s.Settings.MaxWait = time.Hour
	if c := of(compute(t, s), "cache"); c == nil || c.P50Ms != 0 || c.P95Ms < 60_000 {
		t.Errorf("a cache: %+v, want that half of the requests wait for nothing", c)
	}
}

func TestHaiku(t *testing.T) {
	requests := append(crowd(30, 2, small), crowd(6, 2, queue.Cost{Input: 2000, Output: 500})...)
	a := compute(t, situation(adaptiveSettings(), requests...))
	h := of(a, "haiku")
	if h == nil || h.P95Ms >= a.P95Ms || h.Note != "83.3% have at most 1,000 tokens in and 300 out; Haiku has limits of its own" {
		t.Errorf("Haiku: %+v, before %d ms", h, a.P95Ms)
	}
	s := situation(adaptiveSettings(), requests...)
	s.Learned["org/haiku-4"] = queue.Limits{Requests: queue.Limit{PerMinute: 1}}
	if tight := of(compute(t, s), "haiku"); tight == nil || tight.P95Ms <= h.P95Ms {
		t.Errorf("with the limits that Haiku has: %+v, want more than %d ms", tight, h.P95Ms)
	}
}

func TestAUserLimit(t *testing.T) {
	requests := append(crowd(5, 2, small), asked("flood", 100, 100*time.Millisecond, small)...)
	a := compute(t, situation(adaptiveSettings(), requests...))
	limit := of(a, "user-limit")
	if limit == nil || limit.What != "at most 2 a minute for each user" || limit.Refused != 98 || limit.P95Ms > 100 {
		t.Fatalf("a limit: %+v", limit)
	}
	if last := a.Remedies[len(a.Remedies)-1]; last.Kind != "user-limit" {
		t.Errorf("the last is %+v, want the one that turns many away", last)
	}
}

func TestNobodyWaits(t *testing.T) {
	a := compute(t, situation(adaptiveSettings(), crowd(3, 2, small)...))
	if a.Binds != "" || a.P95Ms != 0 || a.Remedies == nil || len(a.Remedies) > 0 {
		t.Errorf("got %+v", a)
	}
	empty := compute(t, situation(adaptiveSettings()))
	if empty.Requests != 0 || empty.MeasuredP95Ms != nil || empty.Remedies == nil || empty.Published.Users != "5-15" {
		t.Errorf("without requests: %+v", empty)
	}
}

// Who cannot wait so long is refused, and a remedy lets him in.
func TestRefusalsAreReplayed(t *testing.T) {
	s := adaptiveSettings()
	s.MaxWait = 20 * time.Second
	a := compute(t, situation(s, crowd(100, 1, small)...))
	if a.Refused < 20 || of(a, "tier").Refused != 0 {
		t.Errorf("%d are refused, %d with a higher tier", a.Refused, of(a, "tier").Refused)
	}
}

// Where nobody waits for long because many are refused, there is something to do.
func TestAQueueThatRefusesEverything(t *testing.T) {
	s := adaptiveSettings()
	s.MaxWait = 100 * time.Millisecond
	if a := compute(t, situation(s, crowd(100, 1, small)...)); a.P95Ms != 0 || a.Refused < 40 || of(a, "tier") == nil {
		t.Errorf("got %+v", a)
	}
}

// What has not ended takes as long as what has.
func TestWhatHasNotEnded(t *testing.T) {
	s := adaptiveSettings()
	s.MaxInFlight, s.AdaptiveInFlight = 2, 2
	requests := crowd(10, 2, small)
	want := compute(t, situation(s, requests...)).P95Ms
	for i := 0; i < len(requests); i += 2 {
		requests[i].Ended, requests[i].Took = false, 0
	}
	if got := compute(t, situation(s, requests...)).P95Ms; got != want {
		t.Errorf("they wait %d ms, want %d", got, want)
	}
}

// Who left after a time leaves after it again, if he still waits then.
func TestAbandonedRequests(t *testing.T) {
	requests := crowd(60, 1, small)
	for i := range requests {
		requests[i].Ended, requests[i].Abandoned, requests[i].Took, requests[i].Waited = false, true, 0, 5*time.Second
	}
	a := compute(t, situation(adaptiveSettings(), requests...))
	if a.P95Ms != 5000 || a.MeasuredP95Ms != nil || a.Refused != 0 {
		t.Errorf("they wait %d ms, measured %v, and %d are refused; want 5000, none and none", a.P95Ms, a.MeasuredP95Ms, a.Refused)
	}
	// What is measured is what those waited who were answered, and not how long the others had patience.
	for i := range requests[:40] {
		r := &requests[i]
		r.Started, r.Ended, r.Abandoned, r.Took, r.Waited = true, true, false, time.Second, 0
	}
	a = compute(t, situation(adaptiveSettings(), requests...))
	if a.MeasuredP95Ms == nil || *a.MeasuredP95Ms != 0 || a.UntilNowP95Ms == nil || *a.UntilNowP95Ms >= 5000 {
		t.Errorf("of those who were answered: got %+v, want a measured wait of 0, and a computed one of less than 5 s", a)
	}
}

func TestWhatBindsNow(t *testing.T) {
	s := situation(adaptiveSettings())
	s.Blocked = []queue.BlockedLane{{Lane: "a", Reason: "requests", Waiting: 2}, {Lane: "b", Reason: queue.BlockedByPause, Waiting: 3}, {Lane: "c", Reason: "requests", Waiting: 2}}
	if a := compute(t, s); a.BindsNow != "requests" {
		t.Errorf("got %q", a.BindsNow)
	}
}

func TestPublishedAdvice(t *testing.T) {
	for users, want := range map[int]string{0: "1-5", 5: "1-5", 6: "5-15", 15: "5-15", 16: "15-50", 50: "15-50", 51: "over 50"} {
		if got := publishedFor(users).Users; got != want {
			t.Errorf("%d users: got %q, want %q", users, got, want)
		}
	}
}

func TestAHigherTier(t *testing.T) {
	for _, c := range []struct {
		has  [3]int
		want string
	}{
		{[3]int{50, 30_000, 8_000}, "start"},
		{[3]int{1000, 2_000_000, 400_000}, "scale"},
		{[3]int{1000, 3_000_000, 400_000}, "scale"},
		{[3]int{4000, 4_000_000, 800_000}, ""},
		{[3]int{50, 0, 0}, ""}, // of the others nothing was told: they may be higher
	} {
		l := accountLimits(map[string]queue.Limits{"a/sonnet-5": {
			Requests: queue.Limit{PerMinute: c.has[0]}, Input: queue.Limit{PerMinute: c.has[1]}, Output: queue.Limit{PerMinute: c.has[2]},
		}})["a"].Of("sonnet-5")
		if got, _ := nextTier(l, "sonnet-5"); got.Name != c.want {
			t.Errorf("%v: got %q, want %q", c.has, got.Name, c.want)
		}
	}
}

// An account that has told no limits has those of the tier that is assumed.
func TestAnAssumedTier(t *testing.T) {
	s := situation(adaptiveSettings(), crowd(40, 5, small)...)
	s.Learned, s.Tier = nil, "tier1"
	a := compute(t, s)
	if !a.Assumed || a.Binds != "requests" || a.Account != "the Tier1 tier: 50 requests, 30,000 input tokens, 8,000 output tokens a minute" {
		t.Errorf("%q binds, on %q, assumed %v", a.Binds, a.Account, a.Assumed)
	}
	s.Tier = "gold"
	if _, err := Compute(t.Context(), s); err == nil {
		t.Error("a tier that nobody knows is no error")
	}
}
