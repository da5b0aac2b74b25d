package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A client may send its request again before it is seen to leave.
func TestWhoIsBackBeforeItLeavesHasItsPlace(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("running", Request{User: "u"})
	s.step()
	old := s.add("old", Request{User: "u", Fingerprint: 1})
	for i := range 3 {
		s.add(fmt.Sprint("other", i), Request{User: "u", Fingerprint: uint64(10 + i)})
	}
	again := s.add("again", Request{User: "u", Fingerprint: 1})
	s.leave(old)
	if again.arrived != old.arrived {
		t.Error("it has not waited as long as the old one")
	}
	s.starts = nil
	s.run(60)
	if got, want := order1(s.starts), "again other0 other1 other2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := s.m.absences.left.Len; n != 0 {
		t.Errorf("%d absences are remembered", n)
	}
}

// Who is back before it was seen to leave holds a place already: its own double is no reason
// to turn it away.
func TestWhoIsBackBeforeItLeavesIsNotTurnedAway(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 20 * time.Second
	s := newScript(t, settings, time.Second)
	var last *Ticket
	for i := range 30 {
		if ticket := s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i), Fingerprint: 1}); ticket != nil {
			last = ticket
		}
		s.step()
	}
	if len(s.refused) == 0 {
		t.Fatal("the door is open")
	}
	if s.add("back", Request{User: last.user.name, Fingerprint: 1}) == nil {
		t.Error("it was turned away")
	}
}

// A flood of one request does not pass the door: no more are let in for the sake of others
// than there are others.
func TestAFloodOfOneRequestDoesNotPassTheDoor(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 20 * time.Second
	s := newScript(t, settings, time.Second)
	var mine int
	for i := range 30 {
		if s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i % 3), Fingerprint: uint64(i/3 + 1)}) != nil && i%3 == 0 {
			mine++
		}
	}
	if len(s.refused) == 0 {
		t.Fatal("the door is open")
	}
	let := 0
	for range 100 {
		if s.add("again", Request{User: "0", Fingerprint: 1}) != nil {
			let++
		}
	}
	if let > mine {
		t.Errorf("%d were let in, %d others of its user wait", let, mine)
	}
}

// A turn that comes after a client has sent its request again, and before it is seen to leave,
// is that of the newer request.
func TestATurnIsOfTheNewerOfTwoRequestsAlike(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Minute)
	s.add("running", Request{User: "other"})
	s.step()
	old := s.add("old", Request{User: "me", Fingerprint: 1})
	s.run(1)
	s.add("again", Request{User: "me", Fingerprint: 1})
	for i := range 3 {
		s.add(fmt.Sprint("other", i), Request{User: fmt.Sprint("other", i)})
	}
	s.run(3)
	s.leave(old)
	s.run(60)
	if got, want := order1(s.starts), "running again other0 other1 other2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := len(s.m.absences.byName); n != 0 {
		t.Errorf("%d are remembered", n)
	}
}

// If the newer one leaves, and not the older one, that has its place again.
func TestWhoWasPutBackHasItsPlaceAgainWhenTheOtherLeaves(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("running", Request{User: "u"})
	s.step()
	s.add("old", Request{User: "u", Fingerprint: 1})
	again := s.add("again", Request{User: "u", Fingerprint: 1})
	for i := range 3 {
		s.add(fmt.Sprint("other", i), Request{User: "u"})
	}
	s.leave(again)
	s.run(60)
	if got, want := order1(s.starts), "running old other0 other1 other2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Who sends one request again and again, and has several wait at a time, does not put the
// earlier ones back for ever.
func TestARequestIsPutBackOnce(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step = time.Second, 0
	s := newScript(t, settings, 100*time.Millisecond)
	const atOnce = 10
	last := 0
	ask := func() { s.add(fmt.Sprint(last), Request{User: "u", Fingerprint: 1}); last++ }
	for range atOnce {
		ask()
	}
	for second := range 60 {
		s.run(float64(second) + 1)
		ask()
	}
	for i := range last - 3*atOnce {
		arrived := max(i-atOnce+1, 0)
		if when := startOf(s.starts, fmt.Sprint(i)); when < 0 || when > float64(arrived+2*atOnce) {
			t.Errorf("number %d, which came at %d, started at %v", i, arrived, when)
		}
	}
}

// A request in back-off that is sent again waits for as long as it would have, and both
// together have not twice the attempts.
func TestARequestInBackoffIsSentAgain(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error { return &Error{Class: Overloaded, RetryAfter: 30 * time.Second} }
	old := s.add("old", Request{User: "u", Fingerprint: 1})
	s.run(10)
	s.add("again", Request{User: "u", Fingerprint: 1})
	s.run(12)
	s.leave(old)
	s.run(200)
	s.wantStarts("old@0 again@31 again@62")
}

// A request that a pause holds up goes first after it also if it is sent again meanwhile.
func TestARequestAtTheHeadIsSentAgain(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(name string, attempt int) error {
		if name == "old" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	s.add("old", Request{User: "u", Fingerprint: 1})
	for i := range 3 {
		s.add(fmt.Sprint("other", i), Request{User: fmt.Sprint(i)})
	}
	s.run(10)
	s.add("again", Request{User: "u", Fingerprint: 1})
	s.run(60)
	if got, want := order1(s.starts), "old again other0 other1 other2 old"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := s.m.metrics.retries; n != 1 {
		t.Errorf("%d retries, want 1", n)
	}
}

// Another priority, or a subagent, asks for another place: nobody is put back for it.
func TestOnlyTheSameTakesAPlace(t *testing.T) {
	for _, c := range []struct {
		name  string
		again Request
		taken bool
	}{
		{"the same", Request{User: "u", Fingerprint: 1}, true},
		{"another user", Request{User: "v", Fingerprint: 1}, false},
		{"another request", Request{User: "u", Fingerprint: 2}, false},
		{"a lower priority", Request{User: "u", Fingerprint: 1, Priority: Low}, false},
		{"a higher priority", Request{User: "u", Fingerprint: 1, Priority: High}, false},
		{"a subagent", Request{User: "u", Fingerprint: 1, Subagent: true}, false},
		{"its key", Request{User: "u", Fingerprint: 3, IdempotencyKey: "k"}, true},
		{"another key", Request{User: "u", Fingerprint: 3, IdempotencyKey: "l"}, false},
	} {
		s := newScript(t, DefaultSettings(), time.Second)
		s.add("running", Request{User: "w"})
		s.step()
		old := s.add("old", Request{User: "u", Fingerprint: 1, IdempotencyKey: "k"})
		expected := old.expected
		s.run(0.5)
		again := s.add("again", c.again)
		if got := old.putBack; got != c.taken {
			t.Errorf("%s: it is put back: %v, want %v", c.name, got, c.taken)
		}
		if c.taken && (again.arrived != 0 || again.expected != expected || old.arrived != 500*time.Millisecond) {
			t.Errorf("%s: the newer one counts from %v, and the older one from %v", c.name, again.arrived, old.arrived)
		}
	}
}

// Who sends a small request and then a large one by the same key pays for the large one.
func TestAnotherBodyHasItsOwnPrice(t *testing.T) {
	s := adaptiveScript(t, 6000, 600_000)
	s.add("small", Request{User: "u", Cost: Cost{Input: 10}, IdempotencyKey: "k"})
	large := s.add("large", Request{User: "u", Cost: Cost{Input: 10_000}, IdempotencyKey: "k"})
	honest := s.add("honest", Request{User: "v", Cost: Cost{Input: 10_000}})
	s.run(60)
	if large.charge < honest.charge/2 {
		t.Errorf("it has paid %v, another one %v", large.charge, honest.charge)
	}
}

// Whoever sends the same several times has its turns when it would have had them, had it sent
// something else each time.
func TestTheSamePromptTwiceGainsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.MaxWait = 24 * time.Hour
		settings.Aging = rapid.SampledFrom([]time.Duration{5 * time.Second, time.Minute}).Draw(t, "aging")
		requests := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Request {
			return Request{
				User: fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "user")), Group: fmt.Sprint(rapid.IntRange(0, 1).Draw(t, "group")),
				Priority: Priority(rapid.IntRange(0, 2).Draw(t, "priority")), Fingerprint: rapid.Uint64Range(1, 3).Draw(t, "fingerprint"),
			}
		}), 1, 40).Draw(t, "requests")
		gaps := rapid.SliceOfN(rapid.IntRange(0, 3000), len(requests), len(requests)).Draw(t, "gaps")
		turns := func(known bool) string {
			m, err := NewMachine(settings, t0, 1)
			if err != nil {
				t.Fatal(err)
			}
			var all strings.Builder
			now := t0
			start := func() {
				for next := m.Next(now); next != nil; next = m.Next(now) {
					m.Start(now, next)
					_, _ = m.Finish(now, next, nil)
					fmt.Fprintf(&all, "%s/%s@%v ", next.user.group, next.user.name, now.Sub(t0))
				}
			}
			runTo := func(until time.Time) {
				for wake, ok := m.Wake(); ok && !wake.After(until); wake, ok = m.Wake() {
					now = wake
					start()
				}
				now = until
			}
			for i, r := range requests {
				if !known {
					r.Fingerprint = 0
				}
				if _, err := m.Add(now, r); err != nil {
					t.Fatal(err)
				}
				start()
				runTo(now.Add(time.Duration(gaps[i]) * time.Millisecond))
			}
			runTo(now.Add(time.Hour))
			return all.String()
		}
		if got, want := turns(true), turns(false); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// Two equal requests that both wait have arrived twice; of one that was sent again, one has
// left, and one has arrived.
func TestEqualRequestsArriveEachAndComebacksDoNot(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Minute)
	s.add("first", Request{User: "first"})
	s.step()
	old := s.add("a", Request{User: "me", Fingerprint: 1})
	s.add("b", Request{User: "me", Fingerprint: 1})
	if got := s.m.Report(s.now).Detail.ArrivalsPerMinute; got != 3 {
		t.Errorf("both wait: %d have arrived, want 3", got)
	}
	s.leave(old)
	if got := s.m.Report(s.now).Detail.ArrivalsPerMinute; got != 2 {
		t.Errorf("the old one has left: %d have arrived, want 2", got)
	}
}

// Who leaves gives its place to none that asks for another priority, and is remembered.
func TestWhoLeavesGivesItsPlaceToItsLikeOnly(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("running", Request{User: "u"})
	s.step()
	s.add("low", Request{User: "u", Fingerprint: 1, Priority: Low})
	first := s.add("first", Request{User: "u", Fingerprint: 1})
	s.add("second", Request{User: "u", Fingerprint: 1})
	if !first.putBack {
		t.Error("the second one waits behind the first, for the low one's sake")
	}
	high := s.add("high", Request{User: "u", Fingerprint: 1, Priority: High})
	s.leave(high)
	if first.class != classOf(Normal) || s.m.absences.left.Len != 1 {
		t.Errorf("class %d, and %d are remembered, want that the high one is", first.class, s.m.absences.left.Len)
	}
}

// A place at the lane's head costs what the body costs that has it now.
func TestAPlaceAtTheHeadIsPaidByItsBody(t *testing.T) {
	settings := DefaultSettings()
	settings.Adaptive = true
	s := newScript(t, settings, time.Second)
	s.learn = Limits{Requests: Limit{PerMinute: 60}, Input: Limit{PerMinute: 10_000, Remaining: 9000}}
	s.result = func(name string, attempt int) error {
		if name == "small" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	s.add("z", Request{User: "z", Cost: Cost{Input: 10}})
	s.run(2)
	small := s.add("small", Request{User: "u", IdempotencyKey: "k", Cost: Cost{Input: 10}})
	s.run(8)
	if small.state != atHead {
		t.Fatalf("it is in state %d", small.state)
	}
	large := s.add("large", Request{User: "u", IdempotencyKey: "k", Cost: Cost{Input: 5000}})
	if want := large.lane.tariff.cost(&large.cost); large.charge < want/2 {
		t.Errorf("it has paid %v, want %v", large.charge, want)
	}
	if small.firstAt != 0 {
		t.Errorf("the one that is put back is first since %v", small.firstAt)
	}
}

// The double of one that failed as a try of a breaker waits as that did.
func TestTheDoubleOfAFailedTryStandsAside(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: Overloaded} }
	for i := range 30 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i), Fingerprint: uint64(i + 1)})
	}
	s.run(1)
	l := s.m.lanes[DefaultLane]
	failed := l.firstFailedTry()
	if failed == nil {
		t.Fatal("no try has failed")
	}
	double := s.add("double", Request{User: failed.user.name, Fingerprint: failed.fingerprint})
	if double.state != aside || double.reason != forOthers || failed.state != aside || failed.reason != forOthers {
		t.Errorf("the double is in state %d, for %v, the other one in %d, for %v", double.state, double.reason, failed.state, failed.reason)
	}
	s.result = nil
	s.run(600)
	if s.m.arrivals.Len > 0 {
		t.Errorf("%d still wait", s.m.arrivals.Len)
	}
}

// A place that goes to a request of another lane counts there from its arrival on.
func TestAPlaceOfAnotherLaneIsItsWork(t *testing.T) {
	s := newScript(t, adaptiveSettings(), time.Second)
	s.add("x", Request{User: "x", Lane: "A"})
	a := s.add("a", Request{User: "u", Lane: "A", Fingerprint: 1})
	s.now = s.now.Add(time.Second)
	l := s.m.lanes["A"]
	l.emptyTimes.made = append(l.emptyTimes.made, emptyTime{expectation: expectation{at: 500 * time.Millisecond, wait: time.Minute}})
	s.add("b", Request{User: "u", Lane: "B", Fingerprint: 1})
	s.leave(a)
	if n := l.emptyTimes.made[0].come.requests; n != 0 {
		t.Errorf("%d have come since, want none", n)
	}
}

// Requests with equal bodies that wait side by side were said to have been sent again: one is only
// when the one before it has left.
func TestEqualRequestsSideBySideHaveNotComeBack(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	var all []*Ticket
	for i := range 42 {
		all = append(all, s.add(fmt.Sprint(i), Request{ID: fmt.Sprint(i), User: "alice", Fingerprint: 7}))
	}
	back := func() (n int) {
		for _, w := range s.m.WaitingPage(s.now, WaitingQuery{Limit: 100}).Waiting {
			if w.CameBack {
				n++
			}
		}
		return n
	}
	if n := back(); n != 0 {
		t.Errorf("%d have come back, and nobody has left", n)
	}
	put := slices.IndexFunc(all, func(t *Ticket) bool { return t.waiting() && t.putBack })
	s.leave(all[put])
	if n := back(); n != 1 {
		t.Errorf("%d have come back, after one has left that was sent again", n)
	}
}
