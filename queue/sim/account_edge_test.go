package sim

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// rough is an account to which everything happens.
func rough(seed uint64) AccountSettings {
	s := DefaultAccountSettings()
	s.Epoch, s.Seed = noon, seed
	s.Limits = GroupLimits{"": {30, 60_000, 6000, 0}, "fable": {60, 15_000, 30_000, 0}}
	s.Workspaces = map[string]GroupLimits{"lab": {"": {RequestsPerMinute: 20}}}
	s.Changes = []LimitChange{{10 * time.Minute, GroupLimits{"": {120, 90_000, 60_000, 0}}}}
	s.BurstWindow = 20 * time.Second
	s.Acceleration = Acceleration{1.2, 30, 2 * time.Minute, 0}
	s.Faults = Faults{0.01, 0.01, 0.01, 0.01, 0.02}
	s.Storms = []Storm{{At: 5 * time.Minute, Length: time.Minute, Share: 0.5}}
	s.Others = []OtherTraffic{{Model: "claude-opus-5-5", PerMinute: 20, InputTokens: 500, OutputTokens: 300}}
	s.SpentAt = 18 * time.Minute
	return s
}

// The same seed and the same calls give the same decisions; another seed others.
func TestAccountRepeats(t *testing.T) {
	run := func(seed uint64, look bool) (list []Decision) {
		a := newAccount(t, rough(seed))
		for i := range 1500 {
			now := noon.Add(time.Duration(i) * 800 * time.Millisecond)
			c := Call{ID: uint64(i), Model: []string{"claude-opus-5-5", "claude-fable-5"}[i%2], Workspace: []string{"", "lab"}[i/2%2], InputTokens: 700, OutputTokens: 350}
			list = append(list, a.Arrive(now, c))
			if look {
				a.Buckets(now.Add(300*time.Millisecond), "opus-5.5")
				a.Wait(now.Add(400*time.Millisecond), c)
				a.rateLimits(now.Add(500 * time.Millisecond))
			}
			if i%10 == 9 {
				a.Cancel(now.Add(700*time.Millisecond), uint64(i))
			}
		}
		return list
	}
	first := run(1, false)
	if again := run(1, true); !reflect.DeepEqual(first, again) {
		t.Error("the same run twice, looked at and not, gave different decisions")
	}
	if other := run(2, false); reflect.DeepEqual(first, other) {
		t.Error("another seed gave the same decisions")
	}
	met := map[string]int{}
	for _, d := range first {
		met[strings.Fields(d.words() + " -")[0]]++
		met[string(d.RefusedBy)]++
	}
	for _, kind := range []string{"0", "200", "429", "500", "504", "529", "burst", "input-tokens", "output-tokens", "acceleration", "spend"} {
		if met[kind] == 0 {
			t.Errorf("the run met no %s: %v", kind, met)
		}
	}
}

// What chance gives a call does not depend on what came before it.
func TestAccountDrawsByID(t *testing.T) {
	s := DefaultAccountSettings()
	s.Epoch = noon
	c := Call{ID: 7, Model: "claude-opus-5-5", InputTokens: 1000, OutputTokens: 100}
	fresh := newAccount(t, s).Arrive(noon, c)
	used := newAccount(t, s)
	for i := range 5 {
		used.Arrive(noon, Call{ID: uint64(100 + i), Model: "claude-opus-5-5"})
	}
	later := used.Arrive(noon.Add(time.Minute), c)
	if fresh.Took != later.Took || fresh.FirstToken != later.FirstToken {
		t.Errorf("got %v and %v, want the same times", fresh, later)
	}
	c.ID = 8
	if other := used.Arrive(noon.Add(2*time.Minute), c); other.Took == fresh.Took {
		t.Errorf("another ID took %v too", other.Took)
	}
}

func TestAccountEstimates(t *testing.T) {
	s := plainAccount(Limits{InputTokensPerMinute: 1_000_000})
	s.EstimateError = 0.2
	low, high := 0.0, 0.0
	for id := range uint64(200) {
		a := newAccount(t, s)
		a.Arrive(noon, Call{ID: id, InputTokens: 800_000, CacheCreationTokens: 1000, Took: 2 * time.Second, FirstToken: time.Second})
		off := (1_000_000-a.Buckets(noon, "")[0].Remaining)/801_000 - 1
		low, high = min(low, off), max(high, off)
		if id%2 == 1 {
			a.Cancel(noon.Add(time.Millisecond), id) // the bill comes then, too
		}
		at := noon.Add(time.Second)
		if got, want := a.Buckets(at, "")[0].Remaining, 199_000+1_000_000.0/60; math.Abs(got-want) > 0.01 {
			t.Fatalf("call %d, from its first token: got %v left, want %v", id, got, want)
		}
	}
	if low < -0.2 || low > -0.18 || high > 0.2 || high < 0.18 {
		t.Errorf("the estimates are off by %v to %v, want about -0.2 to 0.2", low, high)
	}
}

func TestAccountAcceleration(t *testing.T) {
	s := plainAccount(Limits{RequestsPerMinute: 1000})
	s.Acceleration = Acceleration{Factor: 1, Floor: 2, Window: time.Minute}
	a := newAccount(t, s)
	call := Call{Model: "claude-opus-5-5"}
	for i, want := range []string{"200", "200", "429 acceleration ramp_limit_exceeded in 1m0s", "429 acceleration ramp_limit_exceeded in 1m0s"} {
		call.ID = uint64(i)
		if i == 3 {
			call.Model = "claude-haiku-5-5" // it is the organization's
		}
		if got := a.Arrive(noon, call).words(); got != want {
			t.Errorf("call %d: got %s, want %s", i, got, want)
		}
	}
	if wait, ok := a.Wait(noon.Add(time.Second), call); wait != 59*time.Second || !ok {
		t.Errorf("got a wait of %v, %t, want 59s", wait, ok)
	}
}

// Where one bucket refuses for a while and another for ever, ever counts.
func TestAccountNever(t *testing.T) {
	s := plainAccount(Limits{1, 6000, 6000, 0})
	a := newAccount(t, s)
	call := Call{ID: 1, InputTokens: 6001}
	if got, want := a.Arrive(noon, call).words(), "429 input-tokens never in 1s"; got != want {
		t.Errorf("of a full bucket: got %s, want %s", got, want)
	}
	if _, ok := a.Wait(noon, call); ok {
		t.Error("got a wait, want never")
	}
	a.Arrive(noon, Call{ID: 2, InputTokens: 1000, OutputTokens: 12_000})
	if got, want := a.Arrive(noon, call).words(), "429 input-tokens never in 10s"; got != want {
		t.Errorf("beside requests and output: got %s, want %s", got, want)
	}
	call.InputTokens = 2000
	if got, want := a.Arrive(noon, call).words(), "429 output-tokens in 1m1s"; got != want {
		t.Errorf("all will do: got %s, want the longest, %s", got, want)
	}
	if wait, ok := a.Wait(noon, call); !ok || wait != 60*time.Second+10*time.Millisecond {
		t.Errorf("got a wait of %v, %t, want 60.01s", wait, ok)
	}
}

// An ID that comes again names the newer answer, and the older one ends in peace.
func TestAccountSameID(t *testing.T) {
	a := newAccount(t, plainAccount(Limits{OutputTokensPerMinute: 6000}))
	for i := range 2 {
		a.Arrive(noon.Add(time.Duration(i)*5*time.Second), Call{ID: 1, OutputTokens: 1000 * (i + 1), Took: 10 * time.Second})
	}
	if n, ok := a.Produced(noon.Add(12*time.Second), 1); n != 1400 || !ok {
		t.Errorf("got %d, %t produced, want 1400 of the newer", n, ok)
	}
	if n := a.Running(noon.Add(15 * time.Second)); n != 0 {
		t.Errorf("got %d that run in the end, want none", n)
	}
	// 3,000 in fifteen seconds in which 1,500 refill.
	if got, want := levels(a, noon.Add(15*time.Second), ""), "out 4500"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Others have no ID, so nobody can cancel them, and they go through storms alone.
func TestOthersHaveNoID(t *testing.T) {
	s := plainAccount(Limits{RequestsPerMinute: 60})
	s.Speeds = map[string]Speed{"": {FirstToken: time.Minute, FirstTokenP99: time.Minute}}
	s.Others = []OtherTraffic{{Model: "claude-opus-5-5", PerMinute: 600}}
	a := newAccount(t, s)
	now := noon.Add(30 * time.Second)
	if n := a.Running(now); n != 0 {
		t.Errorf("got %d that run, want none of ours", n)
	}
	if _, ok := a.Cancel(now, 0); ok {
		t.Error("one of the others was cancelled")
	}
}

func TestStormEnds(t *testing.T) {
	s := plainAccount(Limits{})
	s.Storms = []Storm{{At: time.Minute, Length: time.Minute, Share: 1}}
	a := newAccount(t, s)
	for i, want := range []int{200, 529, 529, 200} {
		at := []time.Duration{time.Minute - 1000, time.Minute, 2*time.Minute - 1000, 2 * time.Minute}[i]
		if d := a.Arrive(noon.Add(at), Call{ID: uint64(i)}); d.Status != want {
			t.Errorf("at %v: got %d, want %d", at, d.Status, want)
		}
	}
}

// A time before an earlier one counts as that one, and without an epoch the first
// call's is the first.
func TestAccountTime(t *testing.T) {
	s := plainAccount(Limits{RequestsPerMinute: 6})
	s.Epoch = time.Time{}
	a := newAccount(t, s)
	a.Arrive(noon, Call{ID: 1, Took: time.Hour, OutputTokens: 3600})
	a.Arrive(noon.Add(5*time.Second), Call{ID: 2, Took: time.Hour})
	if got, want := levels(a, noon.Add(-time.Hour), ""), "req 4.5"; got != want {
		t.Errorf("in the past: got %s, want %s", got, want)
	}
	if n, _ := a.Produced(noon.Add(-time.Hour), 1); n != 5 {
		t.Errorf("in the past: got %d produced, want 5", n)
	}
	if l := a.Buckets(noon.Add(-time.Hour), "")[0]; !l.FullAt.Equal(noon.Add(20 * time.Second)) {
		t.Errorf("got full at %v, want 20 s after noon", l.FullAt)
	}
}

// What a caller does with their maps afterwards changes nothing, and a change of
// the organization's limits leaves the workspaces alone.
func TestAccountKeepsItsSettings(t *testing.T) {
	s := plainAccount(Limits{RequestsPerMinute: 10})
	s.Workspaces = map[string]GroupLimits{"lab": {"": {RequestsPerMinute: 5}}}
	s.Changes = []LimitChange{{time.Hour, GroupLimits{"": {RequestsPerMinute: 77}}}}
	a := newAccount(t, s)
	s.Changes[0].Limits[""] = Limits{}
	s.Workspaces["lab"][""] = Limits{RequestsPerMinute: 1}
	a.Arrive(noon, Call{ID: 1, Workspace: "lab"})
	s.Limits[""] = Limits{RequestsPerMinute: 1}
	delete(s.Workspaces, "lab")
	if got, want := levels(a, noon, "opus-5.5"), "req 10, lab req 5"; got != want {
		t.Errorf("after the caller's change: got %s, want %s", got, want)
	}
	a.setLimits(a.advance(noon), GroupLimits{"": {RequestsPerMinute: 3}})
	if got, want := levels(a, noon, ""), "req 3, lab req 4"; got != want {
		t.Errorf("after setLimits: got %s, want %s", got, want)
	}
	if got, want := levels(a, noon, "haiku-5.5"), "req 3, lab req 5"; got != want {
		t.Errorf("a new group after setLimits: got %s, want %s", got, want)
	}
	if got, want := levels(a, noon.Add(2*time.Hour), "haiku-5.5"), "req 77, lab req 5"; got != want {
		t.Errorf("after the change that was planned: got %s, want %s", got, want)
	}
}

// A call's figures are brought into their ranges.
func TestCallIsCleaned(t *testing.T) {
	a := newAccount(t, plainAccount(Limits{1000, 60_000, 60_000, 0}))
	d := a.Arrive(noon, Call{ID: 1, InputTokens: -5, OutputTokens: math.MinInt, Took: time.Second, FirstToken: time.Minute})
	if got, want := levels(a, noon.Add(time.Hour), ""), "req 1000, in 60000, out 60000"; got != want || d.FirstToken != time.Second || d.OutputTokens != 0 {
		t.Errorf("got %s and %+v, want %s", got, d, want)
	}
	d = a.Arrive(noon, Call{ID: 2, OutputTokens: math.MaxInt, Took: math.MaxInt64})
	if d.OutputTokens != maxCallTokens || d.Took != slowestRest {
		t.Errorf("got %+v, want the most there is", d)
	}
	// The reserve is at least what the answer has.
	s := plainAccount(Limits{OutputTokensPerMinute: 6000})
	s.ReserveOutput = true
	b := newAccount(t, s)
	b.Arrive(noon, Call{ID: 1, OutputTokens: 4000, Took: time.Second})
	if got, want := levels(b, noon, ""), "out 2000"; got != want {
		t.Errorf("without max_tokens: got %s, want %s", got, want)
	}
}

func TestWaitUnderTheSpendCap(t *testing.T) {
	s := plainAccount(Limits{RequestsPerMinute: 1})
	s.SpentAt = 30 * time.Second
	a := newAccount(t, s)
	if wait, ok := a.Wait(noon, Call{}); wait != 0 || !ok {
		t.Errorf("before it: got %v, %t, want now", wait, ok)
	}
	a.Arrive(noon, Call{ID: 1})
	if _, ok := a.Wait(noon, Call{}); ok {
		t.Error("when it will have been reached: got a wait, want never")
	}
}
