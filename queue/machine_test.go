package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestOneHungCallCostsOneSlotUntilMaxRun(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxInFlight, settings.MaxRun = 2, time.Minute
	s := newScript(t, settings, 1*time.Second)
	hung := s.add("hung", Request{User: "h"})
	s.step()
	s.ends[hung] = at(1e6)
	for _, name := range []string{"a", "b", "c"} {
		s.add(name, Request{User: name})
	}
	s.run(59)
	s.wantStarts("hung@0 a@2.1 b@4 c@5.7")
	if got := s.m.Report(s.now).Detail.Running; got != 1 {
		t.Errorf("running: got %d, want 1", got)
	}
	s.run(61)
	if !errors.Is(s.final["hung"], ErrSilent) {
		t.Errorf("hung: got %v, want ErrSilent", s.final["hung"])
	}
	r := s.m.Report(s.now)
	if r.Detail.Running != 0 || r.Metrics.Failed != 1 {
		t.Errorf("got %d running and %d failed, want 0 and 1", r.Detail.Running, r.Metrics.Failed)
	}
	if again, _ := s.m.Finish(s.now, hung, nil); again || s.m.Report(s.now).Metrics.Successful != 3 {
		t.Error("a late result was counted")
	}
}

func TestProgressRenewsMaxRun(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxRun = 10 * time.Second
	s := newScript(t, settings, time.Hour)
	ticket := s.add("slow", Request{})
	for i := range 5 {
		s.run(float64(i) * 8)
		s.m.Progress(s.now, ticket)
	}
	s.run(41)
	if len(s.dropped) != 0 {
		t.Fatal("was cut although it made progress")
	}
	s.run(43)
	if len(s.dropped) != 1 {
		t.Fatal("was not cut after 10 s of silence")
	}
}

func TestInFlightLimit(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxInFlight = 0, 0, 2
	s := newScript(t, settings, 5*time.Second)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		s.add(name, Request{User: name})
	}
	s.run(60)
	s.wantStarts("a@0 b@0 c@5 d@5 e@10")
}

func TestLeaving(t *testing.T) {
	s := newScript(t, DefaultSettings(), 10*time.Second)
	a := s.add("a", Request{User: "a"})
	b := s.add("b", Request{User: "b"})
	s.add("c", Request{User: "c"})
	s.step()
	s.leave(b) // waiting
	s.leave(a) // running: its slot is free at once
	if got := s.m.Report(s.now).Detail; got.Running != 0 || got.Cancelled != 2 {
		t.Errorf("got %d running, %d cancelled, want 0 and 2", got.Running, got.Cancelled)
	}
	s.run(60)
	s.wantStarts("a@0 c@1.7")
	s.leave(a) // twice is once
	if got := s.m.Report(s.now).Detail.Cancelled; got != 2 {
		t.Errorf("got %d cancelled, want 2", got)
	}
}

func TestLanesDoNotWaitForEachOther(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"a1", "a2", "b1", "b2"} {
		s.add(name, Request{Lane: name[:1]})
	}
	s.run(60)
	s.wantStarts("a1@0 b1@0 a2@1.7 b2@1.7")
	if n := len(s.m.lanes); n != 0 {
		t.Errorf("%d idle lanes are kept", n)
	}
}

func TestTheMostSilentCallIsCutFirst(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxRun = 10250 * time.Millisecond
	s := newScript(t, settings, time.Hour)
	a := s.add("a", Request{User: "a"})
	s.add("b", Request{User: "b"})
	s.run(5) // a runs from 0, b from 1.7
	s.m.Progress(s.now, a)
	s.run(11.949)
	if len(s.dropped) != 0 {
		t.Fatalf("dropped %v too early", s.dropped)
	}
	if wake, _ := s.m.Wake(); !wake.Equal(at(11.95)) {
		t.Errorf("wants to be woken at %v, want 11.95 s", wake.Sub(t0))
	}
	s.run(12)
	if fmt.Sprint(s.dropped) != "[b]" {
		t.Errorf("dropped %v, want b", s.dropped)
	}
	s.run(15.3)
	if fmt.Sprint(s.dropped) != "[b a]" {
		t.Errorf("dropped %v, want b and a", s.dropped)
	}
}

// Whichever call's MaxRun ends first loses its slot first: however often the calls made
// progress, in whatever order they did, and whichever of them have ended.
func TestCallsAreCutInTheOrderInWhichTheyFellSilent(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxRun = time.Second, 0, 10*time.Second
	s := newScript(t, settings, time.Hour)
	tickets := map[string]*Ticket{}
	for _, name := range []string{"a", "b", "c", "d", "e"} { // they start at 0, 1, 2, 3, 4
		tickets[name] = s.add(name, Request{User: name, Lane: "key"})
	}
	progress := func(second float64, names ...string) {
		t.Helper()
		s.run(second)
		for _, name := range names {
			s.m.Progress(s.now, tickets[name])
		}
	}
	progress(5, "d")
	progress(6, "a", "c")
	s.leave(tickets["a"])                // of the middle
	s.m.JoinLanes(s.now, "key", "other") // the calls go on in another lane
	progress(7, "e")
	progress(8, "d")
	tickets["f"] = s.add("f", Request{User: "f", Lane: "other"}) // starts at 8
	progress(9, "f", "e")

	// The last signs of life: b 1, c 6, d 8, f and then e 9.
	for _, step := range []struct {
		second float64
		want   string
	}{
		{10.9, "[]"}, {11, "[b]"},
		{15.9, "[b]"}, {16, "[b c]"},
		{17.9, "[b c]"}, {18, "[b c d]"},
		{18.9, "[b c d]"}, {19, "[b c d f e]"},
	} {
		s.run(step.second)
		s.step()
		if got := fmt.Sprint(s.dropped); got != step.want {
			t.Errorf("cut at %v s: got %s, want %s", step.second, got, step.want)
		}
	}
}

// Of calls that never made progress, the one that started first is cut first.
func TestCallsWithoutProgressAreCutInTheOrderOfTheirStarts(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxRun = time.Second, 0, 10*time.Second
	s := newScript(t, settings, time.Hour)
	for _, name := range []string{"a", "b", "c"} { // they start at 0, 1, 2
		s.add(name, Request{User: name})
	}
	for _, step := range []struct {
		second float64
		want   string
	}{{9.9, "[]"}, {10, "[a]"}, {11, "[a b]"}, {12, "[a b c]"}} {
		s.run(step.second)
		s.step()
		if got := fmt.Sprint(s.dropped); got != step.want {
			t.Errorf("cut at %v s: got %s, want %s", step.second, got, step.want)
		}
	}
}
