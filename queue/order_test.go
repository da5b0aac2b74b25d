package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhoIsPassedByHigherClassesForLongMovesUp(t *testing.T) {
	us := newUsers()
	o := order{tariff: &tariff{}}
	join := func(id uint64, name string, p Priority) *Ticket {
		ticket := &Ticket{}
		ticket.init(id, us.seen("", name, 0), p, 0)
		o.join(ticket, 0, false)
		return ticket
	}
	low, normal := join(1, "low", Low), join(2, "normal", Normal)
	for _, step := range []struct {
		class       uint8 // of a start
		at          time.Duration
		low, normal uint8 // classes after it
	}{
		{0, 9, 2, 1},
		{1, 11, 1, 1}, // low has waited for 11 while higher ones started, normal for 9
		{2, 30, 1, 1}, // a lower class is in nobody's way
		{0, 31, 1, 0},
		{0, 41, 0, 0},
	} {
		o.started(step.class, step.at, 10)
		if low.class != step.low || normal.class != step.normal {
			t.Errorf("at %d: low is in class %d, normal in %d, want %d and %d", step.at, low.class, normal.class, step.low, step.normal)
		}
	}
	if first := o.next(); first != normal {
		t.Errorf("%s is next, want the one that came into the class first", first.user.name)
	}
}

// A user with a long line waits for its own requests: those do not grow old, and so do
// not overtake others of their class.
func TestAFloodDoesNotAge(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for i := range 40 {
		s.add("flood", Request{User: "flood"})
		if i%4 == 0 {
			s.add("high", Request{User: "h", Priority: High})
		}
	}
	s.run(150) // at the highest spacing, 10 s: more than one aging
	s.starts = nil
	s.add("polite", Request{User: "polite"})
	s.run(180)
	if place := slices.IndexFunc(s.starts, func(start string) bool { return strings.HasPrefix(start, "polite") }); place < 0 || place > 1 {
		t.Errorf("the polite user is not among the next two: %v", s.starts)
	}
}

// Beside as many of a higher class, a user that has its turns does not move up.
func TestWhoHasTurnsDoesNotMoveUp(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxDelay, settings.MaxWait = 10*time.Second, 0, 10*time.Second, time.Hour
	s := newScript(t, settings, time.Second)
	var normal []*Ticket
	for i := range 30 {
		normal = append(normal, s.add(fmt.Sprint("n", i), Request{User: "u"}))
	}
	for i := range 15 {
		s.add(fmt.Sprint("h", i), Request{User: "h", Priority: High})
		s.run(float64(20 * (i + 1)))
	}
	for _, ticket := range normal {
		if ticket.class != 1 {
			t.Errorf("%s has moved to class %d", s.names[ticket], ticket.class)
		}
	}
}

func TestOrderGoesRoundAmongUsersAndGroups(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"a1", "a2", "a3", "b1", "b2", "c1"} {
		s.add(name, Request{User: name[:1]})
	}
	s.run(60)
	if got := order1(s.starts); got != "a1 b1 c1 a2 b2 a3" {
		t.Errorf("users: got %s", got)
	}

	s = newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"xa1", "xb1", "xa2", "ya1", "ya2"} {
		s.add(name, Request{Group: name[:1], User: name[1:2]})
	}
	s.run(60)
	if got := order1(s.starts); got != "xa1 ya1 xb1 ya2 xa2" {
		t.Errorf("groups: got %s", got)
	}
}

func TestPriorities(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("first", Request{User: "z"})
	s.step()
	s.add("low", Request{User: "a", Priority: Low})
	s.add("normal", Request{User: "b"})
	s.add("high", Request{User: "c", Priority: High})
	s.run(60)
	if got := order1(s.starts); got != "first high normal low" {
		t.Errorf("got %s", got)
	}
}

func TestAMinuteOfWaitingCountsOneClassHigher(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxDelay = 10*time.Second, 0, 10*time.Second
	s := newScript(t, settings, time.Second)
	s.add("first", Request{User: "z"})
	s.step()
	s.add("low", Request{User: "low", Priority: Low})
	for i := range 18 { // one normal arrives for each that starts
		s.run(float64(10*i) + 5)
		s.add(fmt.Sprintf("n%d", i), Request{User: fmt.Sprint(i)})
	}
	s.run(300)
	place := slices.IndexFunc(s.starts, func(start string) bool { return strings.HasPrefix(start, "low@") })
	// At 60 s it counts as normal, behind the one that waits then.
	if got := s.starts[place]; got != "low@70" {
		t.Errorf("got %s in %v", got, s.starts)
	}
}

func TestAnAgedRequestJoinsBehindItsUsersLine(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxDelay = 70*time.Second, 0, 70*time.Second
	settings.MaxWait = time.Hour
	s := newScript(t, settings, time.Second)
	s.add("first", Request{User: "z"})
	s.step()
	s.add("low", Request{User: "u", Priority: Low})
	s.run(30)
	s.add("normal", Request{User: "u"})
	s.run(300)
	s.wantStarts("first@0 normal@70 low@140")
}

// Where more have waited too long than one start moves up, the next ones move the others.
func TestManyWhoHaveWaitedTooLongMoveUpOverSomeStarts(t *testing.T) {
	us := newUsers()
	o := order{tariff: &tariff{}}
	for id := range maxPromoted + 1 {
		ticket := &Ticket{}
		ticket.init(uint64(id), us.seen("", fmt.Sprint(id), 0), Low, 0)
		o.join(ticket, 0, false)
	}
	for start, want := range []int{maxPromoted, maxPromoted + 1} {
		o.started(0, 10, 10)
		if got := o.classes[1].len; got != want {
			t.Errorf("after start %d %d have moved up, want %d", start, got, want)
		}
	}
}
