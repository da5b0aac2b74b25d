package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhoIsDueMovesUpWhateverTheOthersDo(t *testing.T) {
	us := newUsers()
	o := order{tariff: &tariff{}}
	join := func(id uint64, name string, p Priority, at time.Duration) *Ticket {
		ticket := &Ticket{}
		ticket.init(id, us.get("", name, at), p, at)
		o.join(ticket, at, false)
		return ticket
	}
	low := join(1, "low", Low, 5)
	normal := join(2, "normal", Normal, 10)
	for _, step := range []struct {
		now, due    time.Duration
		low, normal uint8 // classes after it
	}{
		{14, 15, 2, 1},
		{15, 20, 1, 1},
		{20, 25, 1, 0},
		{25, never, 0, 0},
	} {
		o.promote(step.now, 10)
		if low.class != step.low || normal.class != step.normal || o.ageDue(10) != step.due {
			t.Errorf("at %d: low is in class %d, normal in %d, next is due at %d; want %d, %d and %d",
				step.now, low.class, normal.class, o.ageDue(10), step.low, step.normal, step.due)
		}
	}
	if first := o.next(); first != normal {
		t.Errorf("%s is next, want the one that came into the class first", first.user.name)
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
