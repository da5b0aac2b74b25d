package queue

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"
)

// wantLongWaits says that people wait too long, or have in the last minute, and that it is
// nobody's doing alone.
func (s *script) wantLongWaits(when string) {
	s.t.Helper()
	if f := s.row(RowWaits); f == nil || f.Level != "critical" && !f.Over || f.User != "" || strings.Contains(f.Message, "for one user") {
		s.t.Errorf("%s: got %+v in\n%s", when, f, s.findings())
	}
}

// Thirteen equals have waited for up to 33 s: who comes after the last of them has started
// was named as the cause of that.
func TestPastWaitsAreNotOfWhoCameLater(t *testing.T) {
	for late := range 13 {
		s := newScript(t, DefaultSettings(), 500*time.Millisecond)
		s.crowd(13)
		s.run(45)
		s.crowdOf("late", late)
		s.run(60)
		s.wantLongWaits(fmt.Sprint(late, " come late"))
	}
}

// The spacing is each lane's own: a flood in one was named as the cause of waits in another.
func TestWaitsAreNotOfAFloodInAnotherLane(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	for i := range 14 {
		s.add(fmt.Sprint("b", i), Request{User: fmt.Sprint("b", i), Lane: "b"})
	}
	for i := range 30 {
		s.add(fmt.Sprint("flood", i), Request{User: "flood", Lane: "a"})
	}
	for _, at := range []float64{1, 20, 42} {
		s.run(at)
		s.wantLongWaits(fmt.Sprintf("at %v s", at))
		if at == 1 { // one there is no flood
			s.add("flood in b", Request{User: "flood", Lane: "b"})
			s.wantLongWaits("when one of the flood's has come")
		}
	}
	s.run(80)
	if f := s.row(RowWaits); f.Message != "Very long wait times for one user, flood (16 waiting, last in 51 s, users wait about 2 min 11 s)" {
		t.Errorf("when the flood alone waits: got %+v", f)
	}
}

// When a flood is over, what the others have waited because of it is still because of it.
func TestAFloodIsNamedUntilTheWaitsForItAreForgotten(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	var flood []*Ticket
	for i := range 30 {
		flood = append(flood, s.add(fmt.Sprint("flood", i), Request{User: "flood"}))
	}
	named := 0
	for second := range 200 {
		switch second {
		case 0, 45:
			s.crowd(4)
		case 90: // its client gives up
			for _, f := range flood {
				s.leave(f)
			}
			if s.m.arrivals.Len > 0 {
				t.Fatalf("%d others wait", s.m.arrivals.Len)
			}
		}
		s.run(float64(second) + 0.5)
		got := s.findings()
		if strings.Contains(strings.ReplaceAll(got, "critical: Very long wait times because of one user, flood", ""), "critical") || strings.Contains(got, "Nobody else") {
			t.Fatalf("at %d s:\n%s", second, got)
		}
		if second >= 90 && strings.Contains(got, "Very long wait times for one user, flood, in the last minute (0 waiting") {
			named++
		}
	}
	if named < 40 {
		t.Errorf("it was named for %d s after its end", named)
	}
	s.wantVerdict("healthy", "Queue is processing normally")
}

// Whoever waits in an outage, it is the outage that they wait for: "they alone are the cause"
// was said of the requests of one.
func TestOneUserIsNotTheCauseOfAnOutage(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: Overloaded, Retry: RetryYes} }
	for i := range 30 {
		s.add(fmt.Sprint(i), Request{User: "anna"})
	}
	s.run(35)
	got := s.findings()
	for _, want := range []string{
		"warning: Very long wait times for one user, anna; cause: overload (529) (",
		"warning: Queue is backing up; cause: overload (529) (",
	} {
		if !strings.Contains(got, want) || strings.Contains(got, "alone are the cause") {
			t.Errorf("got\n%s\nwant %s", got, want)
		}
	}
}

// Among equals who has just come has not waited yet, and was named: "Nobody else waits so
// long".
func TestANewcomerAmongEqualsIsNotAlone(t *testing.T) {
	for n := 10; n < 16; n++ {
		s := newScript(t, DefaultSettings(), 500*time.Millisecond)
		s.crowd(n)
		for second := 1; second < 90; second++ {
			if second > 20 && second%3 == 0 {
				s.add(fmt.Sprint("new", second), Request{User: fmt.Sprint("new", second)})
			}
			s.run(float64(second))
			if got := s.findings(); strings.Contains(got, "one user") {
				t.Errorf("of %d, at %d s:\n%s", n, second, got)
				break
			}
		}
	}
}

// The last of 19 equals was said to be alone for another request that it has in a lane of its
// own, and that starts long before.
func TestTheRequestThatWaitsLongestNeedNotBeTheLatest(t *testing.T) {
	s := newScript(t, every(1700*time.Millisecond), 100*time.Millisecond)
	s.add("own", Request{User: "a18", Lane: "own"})
	for i := range 19 {
		s.add(fmt.Sprint("a", i), Request{User: fmt.Sprint("a", i)})
		s.step()
	}
	s.add("own again", Request{User: "a18", Lane: "own"})
	s.wantLongWaits("at once")
}

// Where one has waited longest is of that wait, not of a longer one that is forgotten.
func TestWhereOneWaitedIsOfTheWaitThatCounts(t *testing.T) {
	s := newScript(t, every(3600*time.Millisecond), 100*time.Millisecond)
	s.add("anna", Request{User: "before"})
	s.add("anna low", Request{User: "anna", Priority: Low})
	s.crowdOf("before", 11)
	s.run(50)
	for i := range 9 {
		s.add(fmt.Sprint("equal", i), Request{User: fmt.Sprint("equal", i)})
	}
	s.add("anna again", Request{User: "anna"}) // the last of them
	s.run(104)
	s.wantLongWaits("when the wait with a low priority is forgotten")
}

// A lane goes when it is as good as a new one, and what is remembered of waits does not keep
// it; one of its name is the same.
func TestAWaitIsOfALaneByName(t *testing.T) {
	s := newScript(t, every(10*time.Second), 100*time.Millisecond)
	user := func(name string) *user { return s.m.users.find("", name) }
	alone := func(name string) bool {
		j := judge{Machine: s.m}
		j.verdict.waits = s.m.waits(s.m.lineEnds(), leftOut{})
		return j.standsAlone(user(name))
	}
	s.add("first", Request{User: "first", Lane: "a"})
	s.add("anna", Request{User: "anna", Lane: "a", Priority: Low})
	s.run(15)
	before := weak.Make(s.m.lanes["a"])
	clear(s.names)
	clear(s.ends)
	clear(s.tries)
	s.run(31)
	if s.m.lanes["a"] != nil {
		t.Fatal("the lane is still there")
	}
	if runtime.GC(); before.Value() != nil {
		t.Error("something holds the lane that is gone")
	}
	if !alone("anna") {
		t.Error("nobody else has a low priority")
	}
	s.add("second", Request{User: "second", Lane: "a"})
	s.add("ben", Request{User: "ben", Lane: "a", Priority: Low})
	if alone("anna") {
		t.Error("ben waits in the same lane")
	}
	s.run(45)
	if alone("anna") || alone("ben") {
		t.Error("both have waited in the same lane")
	}
	s.add("third", Request{User: "third", Lane: "b"})
	s.add("dora", Request{User: "dora", Lane: "b", Priority: Low})
	if s.run(56); !alone("dora") {
		t.Error("nobody else has a low priority in that lane")
	}
	s.m.JoinLanes(s.now, "a", "b")
	if alone("dora") {
		t.Error("by now it is their lane, too")
	}
	s.m.Reset(s.now, "")
	if alone("dora") {
		t.Error("a reset forgets all waits")
	}
}

// Without a user's requests those of them that stand aside are gone, too.
func TestWithoutAUserNoneOfItsRequestsStandAside(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error { return &Error{Class: Overloaded, RetryAfter: 30 * time.Second} }
	s.add("a", Request{User: "u"})
	s.run(1.5)
	if w := s.m.waits(s.m.lineEnds(), leftOut{user: s.m.users.find("", "u"), delays: true}); w.waiting != 0 || w.last > time.Second {
		t.Errorf("%d wait, and the last starts in %v", w.waiting, w.last)
	}
}
