package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// startOf returns the seconds at which a request started; below zero if it did not.
func startOf(starts []string, name string) float64 {
	for _, start := range starts {
		if n, when, _ := strings.Cut(start, "@"); n == name {
			var seconds float64
			_, _ = fmt.Sscan(when, &seconds)
			return seconds
		}
	}
	return -1
}

// Who leaves and comes back starts when it would have, had it waited.
func TestWhoComesBackHasItsPlace(t *testing.T) {
	run := func(leaveAt, backAt float64) (starts []string) {
		s := newScript(t, DefaultSettings(), time.Second)
		var mine *Ticket
		for i := range 6 {
			for _, user := range []string{"a", "b"} {
				ticket := s.add(fmt.Sprint(user, i), Request{User: user, Fingerprint: uint64(100 + i)})
				if user == "b" && i == 2 {
					mine = ticket
				}
			}
			s.step()
		}
		me := s.add("me", Request{User: "me", Fingerprint: 7})
		if backAt > 0 {
			s.run(leaveAt)
			s.leave(mine)
			s.leave(me)
			s.run(backAt)
			s.add("b2", Request{User: "b", Fingerprint: 102})
			s.add("me", Request{User: "me", Fingerprint: 7})
		}
		s.run(300)
		return s.starts
	}
	patient := order1(run(0, 0))
	if got := order1(run(3, 3)); got != patient {
		t.Errorf("came back at once: got %s\nwant %s", got, patient)
	}
	// Its turn has come meanwhile: it is the next.
	late := run(3, 40)
	for _, name := range []string{"b2", "me"} {
		if when := startOf(late, name); when < 40 || when > 55 {
			t.Errorf("%s, back at 40, started at %v: %v", name, when, late)
		}
	}
}

// One who leaves with many requests and comes back with one at a time has no more turns than
// one who stays.
func TestWhoComesBackForEachTurnHasNoMore(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxWait = time.Second, 0, 24*time.Hour
	s := newScript(t, settings, 100*time.Millisecond)
	ask := func(i int) *Ticket {
		return s.add(fmt.Sprint("mine", i), Request{User: "me", Fingerprint: uint64(i + 1)})
	}
	var mine []*Ticket
	for i := range 40 {
		mine = append(mine, ask(i))
		for user := range 5 {
			s.add("other", Request{User: fmt.Sprint("other", user)})
		}
	}
	for _, ticket := range mine {
		s.leave(ticket)
	}
	had := 0
	for waiting := (*Ticket)(nil); len(s.starts) < 42; s.run(s.now.Sub(t0).Seconds() + 1) {
		if waiting == nil || !waiting.waiting() {
			waiting = ask(had)
			had++
		}
	}
	if had > 8 {
		t.Errorf("it had %d of 42 turns that six share", had-1)
	}
}

// A request that waits behind a higher class and is sent again goes on to age.
func TestWhoComesBackGoesOnAging(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxWait = time.Second, 0, 24*time.Hour
	s := newScript(t, settings, 100*time.Millisecond)
	ask := func() *Ticket { return s.add("mine", Request{User: "me", Fingerprint: 1}) }
	var mine *Ticket
	for second := range 120 {
		s.add("high", Request{User: "high", Priority: High})
		s.add("high", Request{User: "high", Priority: High})
		switch {
		case second == 0:
			mine = ask()
		case second%25 == 0 && mine.waiting():
			s.leave(mine)
			mine = ask()
		}
		s.run(float64(second) + 1)
	}
	if when := startOf(s.starts, "mine"); when < 0 || when > 65 {
		t.Errorf("it started at %v, want after a minute", when)
	}
}

// Of two requests alike, one that has failed and one that left, the one that left comes back.
func TestWhoLeftComesBackBeforeOneThatHasFailed(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 1
	s := newScript(t, settings, time.Second)
	s.result = func(name string, _ int) error {
		if name == "fails" {
			return &Error{Class: Overloaded}
		}
		return nil
	}
	s.add("fails", Request{User: "u", Fingerprint: 1})
	s.step()
	left := s.add("left", Request{User: "u", Fingerprint: 1, IdempotencyKey: "k"})
	s.run(1.2)
	s.leave(left)
	if back := s.add("back", Request{User: "u", Fingerprint: 1}); back.arrived != left.arrived {
		t.Error("it has not its place")
	}
	left = s.add("left", Request{User: "u", Fingerprint: 3, IdempotencyKey: "k"})
	s.now = s.now.Add(10 * time.Millisecond)
	s.leave(left)
	if back := s.add("back", Request{User: "u", Fingerprint: 1, IdempotencyKey: "k"}); back.arrived != left.arrived {
		t.Error("it has not the place of its key")
	}
}

// Whoever may come back is not the first user to be forgotten.
func TestInventedUsersDoNotTakeThePlaceOfOneThatMayComeBack(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("running", Request{User: "u"})
	s.step()
	left := s.add("left", Request{User: "mine", Fingerprint: 1})
	s.leave(left)
	for i := range 2 * maxUsers {
		s.m.users.seen("", fmt.Sprint("invented-", i), s.m.now)
	}
	if back := s.add("back", Request{User: "mine", Fingerprint: 1}); back.arrived != left.arrived || back.user != left.user {
		t.Error("its place is forgotten")
	}
}

// Who comes back pays what its turn cost before: the lane learns meanwhile that requests
// cost less, and else it would come to stand behind its equals.
func TestWhoComesBackPaysThePriceOfBefore(t *testing.T) {
	s := adaptiveScript(t, 6000, 60_000)
	ask := func(user string) *Ticket {
		return s.add(user, Request{User: user, Cost: Cost{Input: 1000}, Fingerprint: 7})
	}
	var mine *Ticket
	for _, user := range []string{"a", "mine", "b", "c"} {
		if ticket := ask(user); user == "mine" {
			mine = ticket
		}
	}
	l := s.m.lanes[DefaultLane]
	less := Cost{Input: 500}.amount()
	for range meanStarts {
		l.tariff.started(&less)
	}
	s.leave(mine)
	ask("mine")
	s.run(300)
	if got, want := order1(s.starts), "a mine b c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A subagent that comes back is behind the main thread of its session, which came while it
// was away.
func TestASubagentComesBackBehindItsMainThread(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("running", Request{User: "u"})
	s.step()
	ask := func(name string, fingerprint uint64) *Ticket {
		return s.add(name, Request{User: "u", Subagent: name != "main", Fingerprint: fingerprint})
	}
	mine := ask("mine", 1)
	s.leave(mine)
	ask("main", 2)
	ask("other", 3)
	ask("mine", 1)
	s.starts = nil
	s.run(60)
	if got, want := order1(s.starts), "main mine other"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOnlyTheSameRequestThatWaitedHasItsPlace(t *testing.T) {
	const later = 20 * time.Second
	for _, c := range []struct {
		name  string
		left  Request
		leave func(*script, *Ticket)
		after time.Duration
		back  Request
		kept  bool
	}{
		{"the same", Request{User: "u", Fingerprint: 1}, nil, later, Request{User: "u", Fingerprint: 1}, true},
		{"by its key", Request{User: "u", IdempotencyKey: "k", Fingerprint: 1}, nil, later, Request{User: "u", IdempotencyKey: "k"}, true},
		{"by its fingerprint, with another key", Request{User: "u", IdempotencyKey: "k", Fingerprint: 1}, nil, later, Request{User: "u", IdempotencyKey: "j", Fingerprint: 1}, true},
		{"another request", Request{User: "u", Fingerprint: 1}, nil, later, Request{User: "u", Fingerprint: 2}, false},
		{"another user", Request{User: "u", Fingerprint: 1}, nil, later, Request{User: "v", Fingerprint: 1}, false},
		{"another token", Request{User: "u", Group: "g", Fingerprint: 1}, nil, later, Request{User: "u", Group: "h", Fingerprint: 1}, false},
		{"nothing is known of it", Request{User: "u"}, nil, later, Request{User: "u"}, false},
		{"after two minutes", Request{User: "u", Fingerprint: 1}, nil, 2*time.Minute + time.Second, Request{User: "u", Fingerprint: 1}, false},
		{"cancelled", Request{User: "u", ID: "id", Fingerprint: 1}, func(s *script, _ *Ticket) { cancelOne(s.m, s.now, "id", "ops") }, later, Request{User: "u", Fingerprint: 1}, false},
	} {
		settings := DefaultSettings()
		settings.MinDelay, settings.Step, settings.MaxDelay = time.Minute, 0, time.Minute
		settings.MaxWait = time.Hour
		s := newScript(t, settings, time.Second)
		s.add("first", Request{User: "z"})
		s.step()
		ticket := s.add("left", c.left)
		if c.leave == nil {
			c.leave = (*script).leave
		}
		c.leave(s, ticket)
		for i := range 6 {
			s.add(fmt.Sprint("other", i), Request{User: fmt.Sprint("other", i)})
		}
		s.run(c.after.Seconds())
		back := s.add("back", c.back)
		if kept := back.arrived == ticket.arrived && back.id == ticket.id; kept != c.kept {
			t.Errorf("%s: it has its place: %v, want %v", c.name, kept, c.kept)
		}
		if again := s.add("again", c.back); again.arrived == ticket.arrived && back.arrived == ticket.arrived {
			t.Errorf("%s: the place was used twice", c.name)
		}
	}
}

func TestACallThatRanLeavesNoMemory(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Minute)
	ran := s.add("ran", Request{User: "u", Fingerprint: 1})
	s.run(5)
	s.leave(ran)
	if back := s.add("back", Request{User: "u", Fingerprint: 1}); back.arrived == ran.arrived {
		t.Error("it has the place of a call that ran")
	}
}

// A request that comes back needs no new admission, but where a pause holds up all, where
// the queue is full, and by its caller's own patience.
func TestWhoComesBackIsNotTurnedAway(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 20 * time.Second
	s := newScript(t, settings, time.Second)
	var tickets []*Ticket
	for i := range 30 {
		if ticket := s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i), Fingerprint: 1}); ticket != nil {
			tickets = append(tickets, ticket)
		}
		s.step()
	}
	last := tickets[len(tickets)-1]
	refused := len(s.refused)
	if refused == 0 {
		t.Fatal("the door is open")
	}
	s.leave(last)
	s.add("another", Request{User: "another"}) // takes the room
	if s.add("back", Request{User: last.user.name, Fingerprint: 1}) == nil {
		t.Error("it was turned away")
	}
	if s.add("new", Request{User: "new"}) != nil {
		t.Error("the door is open")
	}
	leaver := func() *Ticket { return s.m.arrivals.Last.Item }
	comeBack := func(r Request) *Ticket {
		l := leaver()
		r.User, r.Fingerprint = l.user.name, l.fingerprint
		s.leave(l)
		return s.add("back", r)
	}
	if comeBack(Request{MaxWait: 5 * time.Second}) != nil {
		t.Error("one that waits for 5 s at most was let in")
	}
	settings.MaxQueue = s.m.arrivals.Len - 1
	if err := s.m.SetSettings(s.now, settings); err != nil {
		t.Fatal(err)
	}
	if comeBack(Request{}) != nil {
		t.Error("one was let into a full line")
	}
	settings.MaxQueue = 1000
	if err := s.m.SetSettings(s.now, settings); err != nil {
		t.Fatal(err)
	}
	l := s.m.lanes[DefaultLane]
	s.m.pauseLane(l, s.m.now+time.Hour, &Error{Class: RateLimited})
	if comeBack(Request{}) != nil {
		t.Error("one was let in although the pause is longer than it may wait")
	}
}

func TestTheMemoryIsBounded(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxQueue, settings.MaxWait = 100_000, 24*time.Hour
	s := newScript(t, settings, time.Second)
	for i := range maxOfOneUser + 100 {
		s.leave(s.add("", Request{User: "one", Fingerprint: uint64(i + 1)}))
	}
	one := s.m.users.find("", "one")
	if one.absences != maxOfOneUser {
		t.Errorf("%d of one user are remembered, want %d", one.absences, maxOfOneUser)
	}
	for i := range maxAbsences + 100 {
		s.leave(s.add("", Request{User: fmt.Sprint("u", i), Fingerprint: 1, IdempotencyKey: "k"}))
	}
	m := &s.m.absences
	if m.left.Len != maxAbsences || one.absences != 0 || len(m.byName) != 2*maxAbsences {
		t.Errorf("%d are remembered by %d names, %d of the first user; want %d, twice as many, and none", m.left.Len, len(m.byName), one.absences, maxAbsences)
	}
	m.expire(s.m.now + leftFor)
	if m.left.Len != 0 || len(m.byName) != 0 {
		t.Errorf("%d are remembered for ever, by %d names", m.left.Len, len(m.byName))
	}
}

// A client that retries what has had all its attempts does not multiply them.
func TestARetryOfWhatHasFailedHasOneAttempt(t *testing.T) {
	for _, c := range []struct {
		name  string
		pause time.Duration // before the client's retry
		calls int
	}{
		{"at once", time.Second, 3 + 1 + 1},
		{"after more than a minute", 70 * time.Second, 3 + 3 + 3},
	} {
		s := newScript(t, DefaultSettings(), time.Second)
		s.result = func(string, int) error { return &Error{Class: Overloaded} }
		for retry := range 3 {
			name := fmt.Sprint("try", retry)
			s.add(name, Request{User: "u", Fingerprint: 1})
			for s.final[name] == nil {
				s.run(s.now.Sub(t0).Seconds() + 1)
			}
			s.run(s.now.Sub(t0).Seconds() + c.pause.Seconds())
		}
		if len(s.starts) != c.calls {
			t.Errorf("%s: %d calls, want %d", c.name, len(s.starts), c.calls)
		}
	}
}

func TestWhoLeavesInBackoffComesBackToIt(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error { return &Error{Class: Overloaded, RetryAfter: 30 * time.Second} }
	ticket := s.add("a", Request{User: "u", Fingerprint: 1})
	s.run(5)
	s.leave(ticket)
	s.run(10)
	s.add("a", Request{User: "u", Fingerprint: 1})
	s.run(100)
	if !slices.Equal(s.starts, []string{"a@0", "a@31", "a@62"}) {
		t.Errorf("got %v", s.starts)
	}
}
