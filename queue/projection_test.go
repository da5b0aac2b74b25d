package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestETAKnowsTheSlots(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxInFlight = 0, 0, 2
	settings.MaxWait = 40 * time.Second
	s := newScript(t, settings, 10*time.Second)
	s.add("before", Request{User: "z"}) // so that it is known how long calls take
	s.run(20)
	tickets := map[string]*Ticket{}
	for i := range 9 {
		name := fmt.Sprint(i)
		tickets[name] = s.add(name, Request{User: name})
		s.step()
	}
	want := map[string]string{}
	for name, ticket := range tickets {
		if _, eta, ok := s.m.Position(s.now, ticket); ok {
			want[name] = fmt.Sprintf("%s@%g", name, s.now.Add(eta).Sub(t0).Seconds())
		}
	}
	if len(want) != 7 {
		t.Fatalf("%d have a place, want 7", len(want))
	}
	// Two at a time and 10 s each: the twelfth would start at 70. The door counts
	// with an upper bound.
	for i := 9; i < 12; i++ {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	if n := len(s.refused); n == 0 || s.refused[n-1] != "11" || n > 3 {
		t.Errorf("refused %v", s.refused)
	}
	s.run(100)
	for _, start := range s.starts[3:] {
		if name, _, _ := strings.Cut(start, "@"); want[name] != "" && want[name] != start {
			t.Errorf("promised %s, got %s", want[name], start)
		}
	}
}

func TestEmptyInIsThatOfTheSlowestLane(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"a1", "b1", "b2", "b3", "a2", "c1"} {
		s.add(name, Request{Lane: name[:1]})
	}
	s.step()
	for range 20 { // whatever the order in which the lanes are looked at
		if got := *s.m.Report(s.now).Detail.EmptyInMs; got != 3600 {
			t.Fatalf("got %d ms, want 3600", got)
		}
	}
}

// No start is expected after its upper bound, by which the door refuses and a pause sheds:
// also where calls that began together hold all slots but one, although the spacing alone
// would leave room. A line that needs no slot is told exactly.
func TestNoStartIsExpectedAfterItsBound(t *testing.T) {
	for name, c := range map[string]struct {
		running, waiting int
		took             time.Duration
		exact            bool
	}{
		"one slot is free":           {15, 5, 20 * time.Second, false},
		"a short line, one slot":     {15, 1, 20 * time.Second, true},
		"no slot is free":            {16, 30, 20 * time.Second, false},
		"half of the slots are free": {8, 40, 20 * time.Second, false},
		"calls are quick":            {1, 40, time.Second, true},
		"slots are short":            {12, 60, time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			settings := every(0)
			settings.MaxInFlight = 16
			s := newScript(t, settings, c.took)
			s.add("before", Request{}) // so that it is known how long calls take
			s.run(c.took.Seconds() + 1)
			s.crowd(c.running)
			s.step()
			if err := s.m.SetSettings(s.now, DefaultSettings()); err != nil {
				t.Fatal(err)
			}
			s.crowd(c.waiting)
			s.step()
			l := s.m.lanes[DefaultLane]
			entries := s.m.project(l).entries
			for i, e := range entries {
				if bound := s.m.eta(l, s.m.now, len(entries), l.meanWork(i+1)); e.at > bound || c.exact && e.at < bound {
					t.Fatalf("%d run: start %d of %d is expected after %v, and at the latest after %v", l.running, i+1, len(entries), e.at-s.m.now, bound-s.m.now)
				}
			}
		})
	}
}
