package queue

import (
	"errors"
	"maps"
	"testing"
	"time"
)

// Which key is whose is known after a restart, for all groups of models, so that a
// known account is not explored anew.
func TestWhoOwnsAKeyOutlastsTheQueue(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.JoinLanes(at(0), "key-1/opus-5", "acme/opus-5")
	state := m.State(at(1))
	if want := map[string]string{"key-1": "acme"}; !maps.Equal(state.Owners, want) {
		t.Fatalf("kept %v, want %v", state.Owners, want)
	}
	again, err := NewMachine(adaptiveSettings(), at(10), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Restore(state); err != nil {
		t.Fatal(err)
	}
	for _, lane := range []string{"key-1/opus-5", "key-1/sonnet-5", "key-2/opus-5"} {
		if _, err := again.Add(at(10), Request{Lane: lane}); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]bool{}
	for _, l := range again.Report(at(10)).Detail.Lanes {
		got[l.Name] = true
	}
	if want := map[string]bool{"acme/opus-5": true, "acme/sonnet-5": true, "key-2/opus-5": true}; !maps.Equal(got, want) {
		t.Errorf("the lanes are %v, want %v", got, want)
	}
}

// No answer makes one lane of two organizations: a key that has moved takes nobody
// with it.
func TestAKeyThatMovesTakesNobodyWithIt(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.JoinLanes(at(0), "key-1/opus-5", "acme/opus-5")
	if _, err := m.Add(at(1), Request{Lane: "acme/opus-5"}); err != nil {
		t.Fatal(err)
	}
	m.JoinLanes(at(2), "key-1/opus-5", "other/opus-5")
	if _, err := m.Add(at(3), Request{Lane: "key-1/opus-5"}); err != nil {
		t.Fatal(err)
	}
	waiting := map[string]int{}
	for _, w := range m.Waiting(at(3)) {
		waiting[w.Lane]++
	}
	if want := map[string]int{"acme/opus-5": 1, "other/opus-5": 1}; !maps.Equal(waiting, want) {
		t.Errorf("they wait in %v, want %v", waiting, want)
	}
}

func TestAbsurdOwners(t *testing.T) {
	for _, owners := range []map[string]string{{"": "acme"}, {"key": ""}, {"a": "b", "b": "a"}} {
		if err := newMachine(t, DefaultSettings()).Restore(State{Owners: owners}); !errors.Is(err, ErrState) {
			t.Errorf("%v: got %v, want ErrState", owners, err)
		}
	}
}

// A new lane of a known account begins with what its other lanes have.
func TestASecondModelBeginsWithWhatTheFirstHas(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	x, err := m.Add(t0, Request{Lane: "acme/opus-5"})
	if err != nil {
		t.Fatal(err)
	}
	m.Start(t0, m.Next(t0))
	m.ReportLimits(t0, x, Limits{Requests: Limit{PerMinute: 20, Remaining: 19}})
	for range 100 {
		if _, err := m.Add(t0, Request{Lane: "acme/sonnet-5"}); err != nil {
			t.Fatal(err)
		}
	}
	started := 0
	for step := range 30 {
		now := t0.Add(time.Duration(step) * 100 * time.Millisecond)
		for y := m.Next(now); y != nil; y = m.Next(now) {
			m.Start(now, y)
			started++
		}
	}
	if started != 20 {
		t.Errorf("%d started in three seconds, want what a full bucket of 20 holds", started)
	}
	for _, l := range m.Report(at(3)).Detail.Lanes {
		if l.Name == "acme/sonnet-5" && len(l.Limits) > 0 {
			t.Errorf("it says %+v, and no answer told that", l.Limits)
		}
	}
}

// waitingIn is how many wait in each lane.
func waitingIn(m *Machine, now time.Time) map[string]int {
	waiting := map[string]int{}
	for _, w := range m.Waiting(now) {
		waiting[w.Lane]++
	}
	return waiting
}

// A key that waits for two groups of models at its first answer joins its organization
// with both: the second answer finds those who stayed in the key's own lane.
func TestAKeyJoinsWithAllItsGroups(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	for _, lane := range []string{"key-1/opus-5", "key-1/sonnet-5"} {
		if _, err := m.Add(at(0), Request{Lane: lane}); err != nil {
			t.Fatal(err)
		}
	}
	m.JoinLanes(at(1), "key-1/opus-5", "acme/opus-5")
	m.JoinLanes(at(2), "key-1/sonnet-5", "acme/sonnet-5")
	if got, want := waitingIn(m, at(2)), map[string]int{"acme/opus-5": 1, "acme/sonnet-5": 1}; !maps.Equal(got, want) {
		t.Errorf("they wait in %v, want %v", got, want)
	}
}

// A key that moves with one group of models takes nobody with it by another one.
func TestAKeyThatMovesTakesNobodyWithItByAnotherGroup(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.JoinLanes(at(0), "key-1/opus-5", "acme/opus-5")
	if _, err := m.Add(at(1), Request{Lane: "acme/opus-5"}); err != nil {
		t.Fatal(err)
	}
	m.JoinLanes(at(2), "key-1/sonnet-5", "other/sonnet-5")
	m.JoinLanes(at(3), "key-1/opus-5", "other/opus-5")
	if _, err := m.Add(at(4), Request{Lane: "key-1/opus-5"}); err != nil {
		t.Fatal(err)
	}
	if got, want := waitingIn(m, at(4)), map[string]int{"acme/opus-5": 1, "other/opus-5": 1}; !maps.Equal(got, want) {
		t.Errorf("they wait in %v, want %v", got, want)
	}
}

// An owner that turns out to have one itself is kept so that the state can be read
// again.
func TestOwnersOfOwnersAreKept(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	m.JoinLanes(at(0), "a/opus-5", "b/opus-5")
	m.JoinLanes(at(0), "b/opus-5", "c/opus-5")
	m.JoinLanes(at(0), "c/opus-5", "a/opus-5") // which they are already
	state := m.State(at(0))
	if err := newMachine(t, adaptiveSettings()).Restore(state); err != nil {
		t.Error(err)
	}
	for _, lane := range []string{"a/sonnet-5", "b/sonnet-5", "c/sonnet-5"} {
		if _, err := m.Add(at(1), Request{Lane: lane}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := waitingIn(m, at(1)), map[string]int{"c/sonnet-5": 3}; !maps.Equal(got, want) {
		t.Errorf("they wait in %v, want %v", got, want)
	}
}

// What a key's own lane knew is the organization's from then on, and kept once.
func TestAJoinedLaneIsKeptOnce(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	x, err := m.Add(t0, Request{Lane: "key-1/opus-5"})
	if err != nil {
		t.Fatal(err)
	}
	m.Start(t0, m.Next(t0))
	m.ReportLimits(t0, x, Limits{Requests: Limit{PerMinute: 50, Remaining: 49}})
	m.JoinLanes(t0, "key-1/opus-5", "acme/opus-5")
	for _, l := range m.State(t0).Limits {
		if l.Lane != "acme/opus-5" {
			t.Errorf("the state has the limits of %s, too", l.Lane)
		}
	}
	if known := m.KnownLimits(t0); len(known) != 1 {
		t.Errorf("limits are known of %v, want the organization's lane alone", known)
	}
}

// A pause of the API outlasts the queue: nobody is taken in after a restart who would
// wait in vain, and a spend limit costs no further call.
func TestAPauseOutlastsTheQueue(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	for lane, e := range map[string]*Error{
		"acme/opus-5":  {Class: RateLimited, RetryAfter: 24 * time.Hour, Err: errors.New("429 a day")},
		"other/opus-5": {Class: SpendCap, RetryAfter: 24 * time.Hour, Err: errors.New("429 spend")},
		"third/opus-5": {Class: RateLimited, RetryAfter: 5 * time.Second, Err: errors.New("429 short")},
	} {
		x, err := m.Add(t0, Request{Lane: lane})
		if err != nil {
			t.Fatal(err)
		}
		m.Start(t0, x)
		_, _ = m.Finish(t0, x, e)
	}
	again, err := NewMachine(adaptiveSettings(), at(60), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Restore(m.State(at(1))); err != nil {
		t.Fatal(err)
	}
	for lane, want := range map[string]error{"acme/opus-5": ErrWaitTooLong, "other/opus-5": ErrSpendCap, "third/opus-5": nil} {
		if _, err := again.Add(at(61), Request{Lane: lane}); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", lane, err, want)
		}
	}
	paused := false
	for _, f := range again.Report(at(61)).Detail.Findings {
		paused = paused || f.Level == "critical" && f.Message == "Paused by the API until Tue 24 Nov 14:00:00 (in 23 h 58 min)"
	}
	if !paused {
		t.Errorf("the findings are %+v", again.Report(at(61)).Detail.Findings)
	}
}

// A fast mode has limits of its own, which are far lower: its lane begins with nothing of the
// usual ones.
func TestAFastModeBeginsWithNothingOfTheUsualLimits(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	x, err := m.Add(t0, Request{Lane: "acme/opus-5"})
	if err != nil {
		t.Fatal(err)
	}
	m.Start(t0, m.Next(t0))
	m.ReportLimits(t0, x, Limits{Requests: Limit{PerMinute: 20, Remaining: 19}})
	for range 100 {
		if _, err := m.Add(t0, Request{Lane: "acme/opus-5-fast"}); err != nil {
			t.Fatal(err)
		}
	}
	started := 0
	for step := range 30 {
		now := t0.Add(time.Duration(step) * 100 * time.Millisecond)
		for y := m.Next(now); y != nil; y = m.Next(now) {
			m.Start(now, y)
			started++
		}
	}
	if started <= 20 {
		t.Errorf("%d started in three seconds, want more than the 20 of the usual speed", started)
	}
}
