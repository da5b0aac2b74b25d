package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestTheLastHoursTraffic(t *testing.T) {
	s := DefaultSettings()
	s.MaxQueue = 1
	m := newMachine(t, s)
	first := mustAdd(t, m, 0, Request{User: "a", Group: "g", Lane: "key/opus", Priority: High, Cost: Cost{Input: 10, Output: 5}, Fingerprint: 7})
	m.Start(t0.Add(0), m.Next(t0.Add(0)))
	mustAdd(t, m, time.Second, Request{User: "b", Lane: "key/opus"})
	if _, err := m.Add(t0.Add(time.Second), Request{User: "c", Lane: "key/opus", Cost: Cost{Input: 3}}); !errors.As(err, new(*RefusedError)) {
		t.Fatalf("got %v, want a refusal", err)
	}
	m.ReportUsage(t0.Add(2*time.Second), first, Cost{Input: 12, Output: 40})
	told := Limits{Requests: Limit{PerMinute: 50, Remaining: 10}, Input: Limit{PerMinute: 30_000, Remaining: 30_000}, Output: Limit{PerMinute: 8000}}
	m.ReportLimits(t0.Add(2*time.Second), first, told)
	m.ReportLimits(t0.Add(2*time.Second), first, Limits{}) // it tells nothing
	_, _ = m.Finish(t0.Add(3*time.Second), first, nil)
	m.JoinLanes(t0.Add(3*time.Second), "key/opus", "org/opus")

	got, since := m.RecentRequests(t0.Add(3 * time.Second))
	want := []RequestRecord{
		{
			Arrived: t0.Add(0), User: "a", Group: "g", Lane: "org/opus", Priority: High, Estimate: Cost{10, 5}, Cost: Cost{12, 40}, Fingerprint: 7,
			Started: true, Ended: true, Took: 3 * time.Second, Told: told, ToldAt: t0.Add(2 * time.Second),
		},
		{Arrived: t0.Add(time.Second), User: "b", Lane: "org/opus"},
		{Arrived: t0.Add(time.Second), User: "c", Lane: "org/opus", Estimate: Cost{Input: 3}, Cost: Cost{Input: 3}, Refused: true},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || !since.Equal(t0.Add(0)) {
		t.Errorf("got\n%v since %v, want\n%v since %v", got, since, want, t0.Add(0))
	}
	if got, since := m.RecentRequests(t0.Add(time.Hour + time.Second)); len(got) != 2 || !since.Equal(t0.Add(time.Second)) {
		t.Errorf("an hour later: got %d requests since %v, want the 2 of the last hour", len(got), since)
	}
}

// Who leaves before its turn has waited until then.
func TestTrafficOfWhoLeaves(t *testing.T) {
	m := newMachine(t, DefaultSettings())
	mustAdd(t, m, 0, Request{})
	m.Start(t0, m.Next(t0))
	m.Leave(t0.Add(3*time.Second), mustAdd(t, m, time.Second, Request{}))
	got, _ := m.RecentRequests(t0.Add(4 * time.Second))
	if p := got[1]; !p.Abandoned || p.Started || p.Ended || p.Waited != 2*time.Second {
		t.Errorf("got %+v, want that it left after 2 s", p)
	}
}

// The wait is that of the first start, and the duration that of the last call.
func TestTrafficOfARetry(t *testing.T) {
	m := newMachine(t, DefaultSettings())
	k := mustAdd(t, m, 0, Request{})
	m.Start(t0.Add(0), m.Next(t0.Add(0)))
	m.ReportLimits(t0.Add(time.Second), k, Limits{Requests: Limit{PerMinute: 50}})
	if again, _ := m.Finish(t0.Add(time.Second), k, &Error{Class: RateLimited, RetryAfter: 10 * time.Second}); !again {
		t.Fatal("it is not tried again")
	}
	m.Start(t0.Add(11*time.Second), m.Next(t0.Add(11*time.Second)))
	got, _ := m.RecentRequests(t0.Add(12 * time.Second))
	if p := got[0]; p.Ended || p.Waited != 0 || p.Told != (Limits{}) || !p.ToldAt.IsZero() {
		t.Errorf("it runs again: got %+v", p)
	}
	_, _ = m.Finish(t0.Add(14*time.Second), k, nil)
	if got, _ := m.RecentRequests(t0.Add(14 * time.Second)); !got[0].Ended || got[0].Took != 3*time.Second {
		t.Errorf("got %+v, want that the last call took 3 s", got[0])
	}
	if p := got[0]; p.Delayed != 11*time.Second || p.Errors != 1 || p.LastError != RateLimited || p.Failed {
		t.Errorf("got %+v, want one refusal and a delay of 11 s", p)
	}
}

// Of what has failed for good it is known how.
func TestTrafficThatFails(t *testing.T) {
	s := DefaultSettings()
	s.MinDelay, s.Attempts = 0, 1
	m := newMachine(t, s)
	k := mustAdd(t, m, 0, Request{})
	m.Start(t0, m.Next(t0))
	_, _ = m.Finish(t0.Add(time.Second), k, &Error{Class: Overloaded})
	if got, _ := m.RecentRequests(t0.Add(time.Second)); !got[0].Failed || got[0].Errors != 1 || got[0].LastError != Overloaded {
		t.Errorf("got %+v", got[0])
	}
}

// Of more than are kept, the latest are there, and since when.
func TestTrafficIsBounded(t *testing.T) {
	s := DefaultSettings()
	s.MaxQueue, s.MinDelay, s.Step = 1, 0, 0
	m := newMachine(t, s)
	var late *Ticket
	for i := range maxRecent + 10 {
		now := time.Duration(i) * time.Millisecond
		k := mustAdd(t, m, now, Request{User: fmt.Sprint(i)})
		m.Start(t0.Add(now), m.Next(t0.Add(now)))
		if i == 0 {
			late = k // its place is taken when it ends
			continue
		}
		_, _ = m.Finish(t0.Add(now), k, nil)
	}
	end := t0.Add(maxRecent * time.Millisecond * 2)
	m.ReportUsage(end, late, Cost{Output: 99})
	_, _ = m.Finish(end, late, nil)
	got, since := m.RecentRequests(end)
	if len(got) != maxRecent || got[0].User != "10" || !since.Equal(t0.Add(10*time.Millisecond)) {
		t.Errorf("got %d requests from %s's on, since %v", len(got), got[0].User, since)
	}
	for i, p := range got {
		if p.User != fmt.Sprint(i+10) || p.Cost.Output != 0 || p.Took != 0 {
			t.Fatalf("request %d is %+v", i, p)
		}
	}
}

func TestHeld(t *testing.T) {
	s := DefaultSettings()
	s.MaxInFlight = 1
	m := newMachine(t, s)
	check := func(now time.Duration, want ...BlockedLane) {
		t.Helper()
		if got := m.Blocked(t0.Add(now), nil); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("at %v: got %v, want %v", now, got, want)
		}
	}
	one := mustAdd(t, m, 0, Request{Lane: "l"})
	check(0) // it may start now
	m.Start(t0.Add(0), m.Next(t0.Add(0)))
	mustAdd(t, m, 0, Request{Lane: "l"})
	mustAdd(t, m, 0, Request{Lane: "l"})
	check(time.Second, BlockedLane{"l", BlockedBySlots, 2})
	_, _ = m.Finish(t0.Add(time.Second), one, nil)
	check(time.Second, BlockedLane{"l", BlockedBySpacing, 2})
	two := m.Next(t0.Add(4 * time.Second))
	m.Start(t0.Add(4*time.Second), two)
	_, _ = m.Finish(t0.Add(5*time.Second), two, &Error{Class: RateLimited, RetryAfter: time.Minute})
	check(6*time.Second, BlockedLane{"l", BlockedByPause, 2})
}

func TestHeldByALimit(t *testing.T) {
	s := DefaultSettings()
	s.Adaptive = true
	m := newMachine(t, s)
	mustAdd(t, m, 0, Request{Cost: Cost{Input: 900}})
	k := m.Next(t0.Add(0))
	m.Start(t0.Add(0), k)
	m.ReportLimits(t0.Add(time.Second), k, Limits{Requests: Limit{PerMinute: 100, Remaining: 99}, Input: Limit{PerMinute: 1000, Remaining: 100}})
	mustAdd(t, m, time.Second, Request{Cost: Cost{Input: 900}})
	if got, want := fmt.Sprint(m.Blocked(t0.Add(time.Second), nil)), fmt.Sprint([]BlockedLane{{DefaultLane, "input tokens", 1}}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// mustAdd adds a request that arrives so long after the beginning.
func mustAdd(t *testing.T, m *Machine, after time.Duration, r Request) *Ticket {
	t.Helper()
	k, err := m.Add(t0.Add(after), r)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
