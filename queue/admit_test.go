package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestBounds(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxQueue = 3
	s := newScript(t, settings, time.Second)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		s.add(name, Request{})
		s.step()
	}
	if !errors.Is(s.final["e"], ErrQueueFull) {
		t.Errorf("got %v, want ErrQueueFull", s.final["e"])
	}

	// With the published rule the door closes at about 48 waiting.
	s = newScript(t, DefaultSettings(), time.Second)
	for i := range 60 {
		s.add(fmt.Sprint(i), Request{})
		s.step()
	}
	waiting := s.m.Report(s.now).Metrics.CurrentQueueLength
	if waiting < 47 || waiting > 49 {
		t.Errorf("the door closed with %d waiting, want about 48", waiting)
	}
	refused, ok := errors.AsType[*RefusedError](s.final["59"])
	if !ok || !errors.Is(refused, ErrWaitTooLong) || refused.ETA < settings.MaxWait {
		t.Errorf("got %v", s.final["59"])
	}
	// Somebody who does not wait yet is let in: the turns go round.
	if s.add("new", Request{User: "somebody else"}); s.final["new"] != nil {
		t.Errorf("a new user was refused: %v", s.final["new"])
	}
	// All that were accepted start within MaxWait, and the spacing that the new
	// one takes.
	s.run(309)
	if r := s.m.Report(s.now); r.Metrics.CurrentQueueLength > 0 {
		t.Errorf("%d still wait", r.Metrics.CurrentQueueLength)
	}
}

func TestACallersOwnPatienceCountsAtTheDoor(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{})
	s.step()
	for range 10 {
		s.add("x", Request{})
	}
	s.add("short", Request{MaxWait: 5 * time.Second})
	s.add("long", Request{MaxWait: time.Hour})
	s.add("own", Request{MaxWait: time.Minute})
	if err := s.final["short"]; !errors.Is(err, ErrWaitTooLong) {
		t.Errorf("with 5 s of patience: got %v, want ErrWaitTooLong", err)
	}
	if s.final["long"] != nil || s.final["own"] != nil {
		t.Errorf("with patience: got %v and %v, want both taken in", s.final["long"], s.final["own"])
	}
	settings := DefaultSettings()
	settings.MaxWait = time.Second
	if err := s.m.SetSettings(s.now, settings); err != nil {
		t.Fatal(err)
	}
	s.add("later", Request{MaxWait: time.Hour})
	if err := s.final["later"]; !errors.Is(err, ErrWaitTooLong) {
		t.Errorf("with more patience than the queue's: got %v, want ErrWaitTooLong", err)
	}
}

// Who asks for little is not refused because somebody who asks for much fills the line,
// and who fills it is.
func TestTheDoorKnowsWhatTurnsCost(t *testing.T) {
	s := adaptiveScript(t, 6000, 60_000)
	settings := s.m.Settings()
	settings.MaxWait = 5 * time.Minute
	if err := s.m.SetSettings(s.now, settings); err != nil {
		t.Fatal(err)
	}
	accepted := map[string]int{}
	for i := range 80 {
		user := fmt.Sprint("big", i/40) // one fills the line, and another one as far as turns go
		if s.add(user, Request{User: user, Cost: Cost{Input: 30_000}}) != nil {
			accepted[user]++
		}
		s.step()
	}
	if a, b := accepted["big0"], accepted["big1"]; a < 8 || a > 14 || b < 3 || b > 7 { // five minutes hold ten of them
		t.Errorf("%v of 40 large ones each were accepted", accepted)
	}
	if s.add("small", Request{User: "small", Cost: Cost{Input: 500}}) == nil {
		t.Errorf("the small one was refused: %v", s.final["small"])
	}
}

// While nobody knows when who waits will start, who is refused for want of room is promised
// nothing.
// A group of more weight has more turns before mine: the door counts them.
func TestTheDoorKnowsTheWeights(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxWait = time.Second, 0, 15*time.Second
	s := newScript(t, settings, 100*time.Millisecond)
	for i := range 100 {
		s.add(fmt.Sprint("heavy", i), Request{Group: "heavy", GroupWeight: 20, MaxWait: time.Hour})
		if i == 0 {
			s.step()
			settings.MaxWait = time.Hour
			_ = s.m.SetSettings(s.now, settings)
		}
	}
	s.run(5)
	s.add("patient", Request{Group: "light"})
	if err := s.add("impatient", Request{Group: "other", MaxWait: 10 * time.Second}); err != nil {
		t.Error("it is let in, and will start after about 20 s")
	}
	s.run(60)
	if when := startOf(s.starts, "patient"); when < 15 || when > 26 {
		t.Errorf("the light one started at %v, want its turn of 21", when)
	}
}

func TestNobodyIsPromisedAStartInAnOutage(t *testing.T) {
	settings := adaptiveSettings()
	settings.MaxQueue = 20
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: NetworkError, Retry: RetryYes} }
	for i := range 90 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
		s.run(float64(i) / 4)
	}
	if len(s.refused) < 20 {
		t.Fatalf("%d were refused", len(s.refused))
	}
	for _, name := range s.refused[10:] {
		var e *RefusedError
		if !errors.As(s.final[name], &e) || !errors.Is(e, ErrQueueFull) {
			t.Fatalf("%s: got %v", name, s.final[name])
		}
		if !e.Guess || e.ETA < 3*time.Second || e.Position < 20 || !strings.Contains(e.Error(), "nobody knows how long") {
			t.Errorf("%s: got %v (after %v)", name, e, e.ETA)
		}
	}
}
