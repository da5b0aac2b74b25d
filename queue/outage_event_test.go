package queue

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// eventsOf returns the events of some kinds, of those that are kept.
func (s *script) eventsOf(kinds ...Kind) (found []Event) {
	for _, e := range s.m.lastEvents() {
		for _, k := range kinds {
			if e.Kind == k {
				found = append(found, e)
			}
		}
	}
	return found
}

// An outage has one event of its beginning and one of its end, with its cause, its lane, and
// how long it was.
func TestAnOutageHasTwoEvents(t *testing.T) {
	for _, class := range []Class{NetworkError, Overloaded, ServerError, Timeout} {
		for _, adaptive := range []bool{false, true} {
			var all []Event
			outageOf(t, class, adaptive, func(s *script, second int) {
				for _, e := range s.eventsOf(KindOutage, KindRecovered) {
					if len(all) == 0 || all[len(all)-1] != e && e.Time.After(all[len(all)-1].Time.Time) {
						all = append(all, e)
					}
				}
			})
			what := fmt.Sprintf("%v, adaptive %v", class, adaptive)
			if len(all) != 2 || all[0].Kind != KindOutage || all[1].Kind != KindRecovered {
				t.Errorf("%s: got %+v", what, all)
				continue
			}
			began, ended := all[0], all[1]
			if at := secondsOf(&began.Time); began.Class != class.Name() || began.Lane != DefaultLane || began.Error == "" || at < 4 || at > 25 {
				t.Errorf("%s: it began with %+v", what, began)
			}
			if at, lasted := secondsOf(&ended.Time), float64(ended.Millis)/1000; ended.Class != class.Name() || ended.Lane != DefaultLane || at < 49 || at > 62 || lasted < 25 || lasted > 55 {
				t.Errorf("%s: it ended after %v s with %+v", what, lasted, ended)
			}
		}
	}
}

// Its end is told though nothing comes any more.
func TestTheEndOfAnOutageIsToldThoughNothingComes(t *testing.T) {
	settings := boundless()
	settings.Attempts, settings.Thresholds.CriticalUserWait = 100, 24*time.Hour
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(_ string, attempt int) error {
		if attempt <= 15 {
			return &Error{Class: ServerError, Retry: RetryYes, Err: errors.New("500")}
		}
		return nil
	}
	s.add("only", Request{})
	for len(s.final) == 0 {
		s.run(s.now.Sub(t0).Seconds() + 0.1)
	}
	if got := s.eventsOf(KindOutage, KindRecovered); len(got) != 1 {
		t.Errorf("at once: got %+v", got)
	}
	s.wantVerdict("healthy", "Queue is processing normally")
	s.m.events.traffic = false // the line of metrics was written just now
	s.run(s.now.Sub(t0).Seconds() + 30)
	if got := s.eventsOf(KindRecovered); len(got) != 1 {
		t.Errorf("later: got %+v", got)
	}
}

// One that is over in a moment has none.
func TestAMomentIsNoOutage(t *testing.T) {
	settings := boundless()
	settings.Adaptive, settings.AdaptiveInFlight = true, 10
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(string, int) error {
		if s.now.Before(at(1)) {
			return &Error{Class: Overloaded, Retry: RetryYes, Err: errors.New("529")}
		}
		return nil
	}
	s.crowd(6)
	s.run(0.9)
	if !s.m.lanes[DefaultLane].overload.Open() {
		t.Error("the breaker is closed")
	}
	s.run(60)
	if got := s.eventsOf(KindOutage, KindRecovered); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

// Where some fail and others succeed, there is none, however many fail.
func TestFailuresAmongSuccessesAreNoOutage(t *testing.T) {
	for seed := range uint64(10) {
		for _, class := range []Class{ServerError, NetworkError, Timeout} {
			random := rand.New(rand.NewPCG(seed, 1))
			s := newScript(t, boundless(), time.Second)
			s.result = func(string, int) error {
				if random.IntN(2) == 0 {
					return &Error{Class: class, Retry: RetryNo}
				}
				return nil
			}
			for i := range 100 {
				s.add(fmt.Sprint(i), Request{})
				s.run(float64(i) * 4)
			}
			if got := s.eventsOf(KindOutage); len(got) > 2 { // five connections in a row that fail look like one
				t.Errorf("%v, seed %d: got %+v", class, seed, got)
			}
		}
	}
}

// A 429 for which nobody else waits has an event of the request that does.
func TestARefusalThatPausesNobodyHasAnEvent(t *testing.T) {
	settings := boundless()
	settings.Adaptive, settings.AdaptiveInFlight = true, 20
	s := newScript(t, settings, time.Second)
	s.learn = Limits{Requests: Limit{PerMinute: 1000, Remaining: 999}, Output: Limit{PerMinute: 10_000, Remaining: 9000}}
	s.result = func(name string, attempt int) error {
		if s.learn.Output.Remaining = 9000; name == "large" && attempt == 1 {
			s.learn.Output.Remaining = 100
			return &Error{Class: RateLimited, RetryAfter: 7 * time.Second, Err: errors.New("too many output tokens")}
		}
		return nil
	}
	s.add("small", Request{Cost: Cost{Input: 10, Output: 10}})
	s.run(3)
	s.add("large", Request{User: "anna", Cost: Cost{Input: 10, Output: 8000}})
	for i := range 3 {
		s.add(fmt.Sprint(i), Request{Cost: Cost{Input: 10, Output: 10}})
	}
	s.run(4.5)
	paused, retried := s.eventsOf(KindPaused), s.eventsOf(KindRetry)
	if len(paused) != 0 || len(retried) != 1 {
		t.Fatalf("got %+v and %+v", paused, retried)
	}
	if e := retried[0]; e.User != "anna" || e.Class != RateLimited.Name() || e.Millis != 7000 || e.Lane != DefaultLane || e.Error == "" || e.Waiting != 1 {
		t.Errorf("got %+v", e)
	}
}
