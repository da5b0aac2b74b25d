package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLanesJoinByArrival(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("x1", Request{Lane: "key-x", User: "x"})
	s.add("y1", Request{Lane: "key-y", User: "y"})
	s.step()
	for _, name := range []string{"x2", "y2", "x3", "y3"} {
		s.add(name, Request{Lane: "key-" + name[:1], User: "u" + name})
	}
	s.m.JoinLanes(s.now, "key-x", "org")
	s.m.JoinLanes(s.now, "key-y", "org")
	s.add("x4", Request{Lane: "key-x", User: "x"})
	s.run(60)
	// y's waiters join when x's stand there already.
	if got := order1(s.starts); got != "x1 y1 x2 x3 y2 y3 x4" {
		t.Errorf("got %s", got)
	}
	for i := 3; i < len(s.starts); i++ {
		if s.starts[i] == s.starts[i-1] {
			t.Error("two started at once")
		}
	}
	s.m.JoinLanes(s.now, "org", "org")
	s.m.JoinLanes(s.now, "key-x", "key-y")
	if n := len(s.m.lanes); n != 0 {
		t.Errorf("%d idle lanes are kept", n)
	}
	if r := s.m.Report(s.now); r.Metrics.Successful != 7 || r.Detail.Running != 0 {
		t.Errorf("got %d done, %d running", r.Metrics.Successful, r.Detail.Running)
	}
}

// Where the requests of a user have waited in two lanes, its subagents let the others pass
// again, whoever came first.
func TestSubagentsLetTheOthersPassWhenLanesJoin(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, lane := range []string{"org", "key"} {
		s.add("first in "+lane, Request{Lane: lane, User: "other"})
	}
	s.step()
	add := func(name, lane string) {
		s.add(name, Request{Lane: lane, User: "u", Subagent: !strings.Contains(name, "main")})
	}
	add("a-1", "key")
	add("b-1", "org")
	add("a-main", "org")
	add("b-main", "key")
	add("a-2", "org")
	add("a-3", "key")
	add("b-2", "key")
	s.m.JoinLanes(s.now, "key", "org")
	add("b-3", "org")
	add("b-main again", "org")
	s.starts = nil
	s.run(60)
	if got, want := order1(s.starts), "a-main b-main b-main again a-1 b-1 a-2 a-3 b-2 b-3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Who joins a lane that is paused for longer than it may wait fails at once, as if it had
// waited there when the pause began.
func TestAPauseThatComesByAJoinShedsToo(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 100 * time.Second
	s := newScript(t, settings, time.Second)
	s.result = func(string, int) error { return &Error{Class: RateLimited, RetryAfter: time.Hour} }
	s.add("x1", Request{Lane: "key", User: "x"})
	s.run(1.2)
	for i := range 9 {
		s.add(fmt.Sprint("y", i), Request{Lane: "org", User: "y"})
	}
	s.m.JoinLanes(s.now, "key", "org")
	s.step()
	if len(s.dropped) < 8 {
		t.Errorf("%d were dropped: %v", len(s.dropped), s.dropped)
	}
}

// A user has one request at the head of a lane, also after a join.
func TestAJoinLeavesOneOfEachUserAtTheHead(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = time.Hour
	s := newScript(t, settings, time.Second)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	for _, lane := range []string{"key", "org"} {
		s.add("in "+lane, Request{Lane: lane, User: "u"})
	}
	s.run(1.2)
	s.m.JoinLanes(s.now, "key", "org")
	l := s.m.lanes["org"]
	if l.head.Len != 1 || l.order.len != 1 {
		t.Errorf("%d at the head and %d in line, want one each", l.head.Len, l.order.len)
	}
	s.run(100)
	if len(s.starts) != 4 {
		t.Errorf("got the starts %v", s.starts)
	}
}

func TestAJoinedLaneKeepsPauseAndPace(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("other", Request{Lane: "org", User: "o"})
	s.run(20)
	s.add("x1", Request{Lane: "key", User: "x"})
	s.add("x2", Request{Lane: "key", User: "x"})
	s.step()
	s.m.JoinLanes(s.now, "key", "org")
	s.run(30)
	s.wantStarts("other@0 x1@20 x2@21.7")

	s = newScript(t, DefaultSettings(), time.Second)
	s.result = func(name string, attempt int) error {
		if name == "x1" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 30 * time.Second}
		}
		return nil
	}
	s.add("x1", Request{Lane: "key", User: "x"})
	s.run(2)
	s.m.JoinLanes(s.now, "key", "org")
	s.add("y1", Request{Lane: "org", User: "y"})
	s.run(60)
	s.wantStarts("x1@0 x1@31 y1@32.7")
}

// A lane that joins another one in the middle of an overload brings its breaker along:
// also where the other one has met a failure of its own.
func TestAJoinedLaneKeepsItsOverload(t *testing.T) {
	for _, c := range []struct {
		name string
		met  bool // the other lane has met an overload, too
	}{{"the other one is new", false}, {"the other one has met one overload", true}} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
			s.result = func(name string, _ int) error {
				if name == "o" {
					return &Error{Class: Overloaded, Retry: RetryNo}
				}
				return &Error{Class: Overloaded}
			}
			if c.met {
				s.add("o", Request{Lane: "org", User: "o"})
				s.run(1)
				delete(s.final, "o")
			}
			for i := range 20 {
				s.add(fmt.Sprint(i), Request{Lane: "key", User: fmt.Sprint(i)})
			}
			s.run(5)
			if !s.m.lanes["key"].overload.Open() {
				t.Fatal("the breaker of the key's lane is closed")
			}
			failures := s.m.lanes["key"].overload.Failures()
			s.m.JoinLanes(s.now, "key", "org")
			if got := s.m.lanes["org"].overload.Failures(); !s.m.lanes["org"].overload.Open() || got < failures {
				t.Errorf("open %v with %d failures, want it open with the %d of the key's lane", s.m.lanes["org"].overload.Open(), got, failures)
			}
			before := len(s.starts)
			s.run(15)
			if tries := len(s.starts) - before; tries < 4 || tries > 20 { // one after each pause of half a second to two
				t.Errorf("%d starts in the next 10 s, want some tries one at a time", tries)
			}
			for name, err := range s.final {
				t.Errorf("%s failed in the overload: %v", name, err)
			}
		})
	}
}

// A breaker that is half open has no failures in a row, and is kept all the same: in
// the lane that joins, and in the lane that it joins.
func TestLanesThatJoinKeepABreakerThatIsHalfOpen(t *testing.T) {
	for _, c := range []struct{ broken, other string }{{"key", "org"}, {"org", "key"}} {
		t.Run(c.broken, func(t *testing.T) {
			s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
			overloaded := true
			s.result = func(name string, _ int) error {
				if overloaded || name == "other" {
					return &Error{Class: Overloaded}
				}
				return nil
			}
			for i := range 20 {
				s.add(fmt.Sprint(i), Request{Lane: c.broken, User: fmt.Sprint(i)})
			}
			s.run(5)
			overloaded = false
			s.add("other", Request{Lane: c.other, User: "other"}) // fails, and is in back-off when the lanes join
			broken := &s.m.lanes[c.broken].overload
			for second := 5.0; broken.Failures() > 0 && second < 10; second += 0.05 {
				s.run(second)
			}
			if !broken.Open() || broken.Failures() > 0 || s.m.lanes[c.other].overload.Failures() == 0 {
				t.Fatal("the one breaker is not half open, or the other one has not met a failure")
			}
			s.m.JoinLanes(s.now, "key", "org")
			if !s.m.lanes["org"].overload.Open() {
				t.Error("the breaker is closed")
			}
		})
	}
}

// The clock of the verdict "stuck" is that of the lane that last gave a sign of life.
func TestAJoinedLaneKeepsItsLastSignOfLife(t *testing.T) {
	for _, c := range []struct {
		name  string
		alive string // the lane whose call makes progress at 50 s
	}{{"the lane that joins", "key"}, {"the lane that it joins", "org"}} {
		t.Run(c.name, func(t *testing.T) {
			settings := adaptiveSettings()
			settings.AdaptiveInFlight, settings.Thresholds.CriticalUserWait = 1, time.Hour
			s := newScript(t, settings, time.Hour)
			calls := map[string]*Ticket{}
			for _, lane := range []string{"org", "key"} {
				calls[lane] = s.add(lane, Request{Lane: lane, User: lane})
				s.add(lane+" waits", Request{Lane: lane, User: lane})
			}
			s.run(50)
			s.m.Progress(s.now, calls[c.alive])
			s.run(55)
			s.m.JoinLanes(s.now, "key", "org")
			s.run(109)
			s.wantVerdict("healthy", "Queue is processing normally")
			s.run(111)
			s.wantVerdict("critical", "Queue is stuck (2 waiting, nothing done for 60 s)")
		})
	}
}
