package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// slowScript is a script on the spaced pace with a start a second, in which nobody is refused.
func slowScript(t *testing.T, aging time.Duration) *script {
	t.Helper()
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxWait, settings.Aging = time.Second, 0, 24*time.Hour, aging
	return newScript(t, settings, time.Millisecond)
}

// priorityEvents are the lines of the changes of priority.
func priorityEvents(m *Machine) (lines []string) {
	for _, e := range m.lastEvents() {
		if e.Kind == KindPriority {
			lines = append(lines, e.Line())
		}
	}
	return lines
}

func TestAPriorityIsChanged(t *testing.T) {
	for _, c := range []struct {
		name, id string
		to       Priority
		want     string
	}{
		{"nothing changes", "a1", Normal, "first b1 a1 b2 a2 a3"},
		{"raised", "a2", High, "first a2 b1 a1 b2 a3"},
		{"lowered", "a1", Low, "first b1 a2 b2 a3 a1"},
		{"in its user's line by arrival", "a3", High, "first a3 b1 a1 b2 a2"},
		{"nobody of that ID", "x", High, "first b1 a1 b2 a2 a3"},
		{"one that runs", "first", Low, "first b1 a1 b2 a2 a3"},
	} {
		s := slowScript(t, time.Hour)
		s.add("first", Request{ID: "first", User: "b"})
		s.step()
		for _, id := range []string{"b1", "a1", "a2", "b2", "a3"} {
			s.add(id, Request{ID: id, User: id[:1]})
		}
		waits := c.id != "x" && c.id != "first"
		if got := setOne(s.m, s.now, c.id, c.to, "ops\n"); got != waits {
			t.Errorf("%s: got %v, want %v", c.name, got, waits)
		}
		w, ok := findOne(s.m, s.now, c.id)
		if ok != waits || ok && w.Priority != c.to.String() {
			t.Errorf("%s: it is found as %+v, %v", c.name, w, ok)
		}
		var want []string
		if waits && c.to != Normal {
			want = []string{fmt.Sprintf(`🔀 [QUEUE] Request of a gets %s priority in place of normal, by ops\n`, c.to)}
		}
		if got := priorityEvents(s.m); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
		listed := names(s.m.Waiting(s.now))
		s.run(20)
		if got := order1(s.starts); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if got := "first " + listed; got != c.want {
			t.Errorf("%s: listed were %s, want %s", c.name, got, c.want)
		}
	}
}

func names(list []WaitingRequest) string {
	var ids []string
	for _, w := range list {
		ids = append(ids, w.ID)
	}
	return strings.Join(ids, " ")
}

// In its new class a request stands where it would if it had come with that priority.
func TestOneThatIsMovedJoinsByItsArrival(t *testing.T) {
	s := slowScript(t, time.Hour)
	s.add("first", Request{User: "b"})
	s.step()
	for _, r := range []Request{
		{ID: "1", Priority: Low}, {ID: "2"}, {ID: "3", Priority: Low}, {ID: "4"}, {ID: "5", Priority: Low},
	} {
		r.User = "a"
		s.add(r.ID, r)
	}
	setOne(s.m, s.now, "4", Low, "")
	setOne(s.m, s.now, "2", Low, "")
	s.run(20)
	if got, want := order1(s.starts), "first 1 2 3 4 5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// One that is lowered is not raised again at once for how long its user's others have waited
// in that class, but after a time of its own.
func TestTheAgeOfOneThatIsLoweredBeginsAgain(t *testing.T) {
	s := slowScript(t, 20*time.Second)
	s.add("first", Request{User: "b"})
	s.step()
	s.add("lowered", Request{ID: "lowered", User: "a"})
	s.add("low", Request{User: "a", Priority: Low})
	for i := range 60 {
		s.add(fmt.Sprint("b", i), Request{User: "b", Priority: High})
	}
	s.run(19) // the low one would be raised in a second
	setOne(s.m, s.now, "lowered", Low, "")
	s.run(30)
	if w, _ := findOne(s.m, s.now, "lowered"); w.Class != "" || w.Priority != "low" {
		t.Errorf("after 11 s it counts as %q, has priority %s", w.Class, w.Priority)
	}
	s.run(41)
	if w, _ := findOne(s.m, s.now, "lowered"); w.Class != "normal" || w.Priority != "low" {
		t.Errorf("after 22 s it counts as %q, has priority %s, want normal for its age", w.Class, w.Priority)
	}
	// What was raised for its age goes back to where somebody puts it.
	setOne(s.m, s.now, "lowered", Low, "ops")
	if w, _ := findOne(s.m, s.now, "lowered"); w.Class != "" {
		t.Errorf("it counts as %q, and was put back", w.Class)
	}
	want := "🔀 [QUEUE] Request of a gets low priority in place of normal, by ops"
	if got := priorityEvents(s.m); got[len(got)-1] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A request that stands aside is changed as well, and comes back to its new class.
func TestThePriorityOfOneThatStandsAside(t *testing.T) {
	for _, c := range []struct {
		name string
		err  *Error
		to   Priority
		want string
	}{
		{"a back-off, raised", &Error{Class: Overloaded, RetryAfter: 5 * time.Second}, High, "x o0 o1 o2 o3 o4 x o5"},
		{"a back-off, lowered", &Error{Class: Overloaded, RetryAfter: 3 * time.Second}, Low, "x o0 o1 o2 o3 o4 o5 x"},
	} {
		s := slowScript(t, time.Hour)
		s.result = func(name string, attempt int) error {
			if name == "x" && attempt == 1 {
				return c.err
			}
			return nil
		}
		s.add("x", Request{ID: "x", User: "x"})
		s.run(0.5)
		for i := range 6 {
			s.add(fmt.Sprint("o", i), Request{User: "o"})
		}
		if w, ok := findOne(s.m, s.now, "x"); !ok || !w.Backoff {
			t.Fatalf("%s: got %+v, want it aside", c.name, w)
		}
		if !setOne(s.m, s.now, "x", c.to, "ops") {
			t.Errorf("%s: it is not changed", c.name)
		}
		s.run(60)
		if got := order1(s.starts); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// One at the head of its lane, which the API has refused, stays there if it is raised. If it
// is lowered it makes way for the others, and has paid nothing.
func TestThePriorityOfOneAtTheHead(t *testing.T) {
	for _, c := range []struct {
		to   Priority
		want string
	}{
		{High, "x x o0 o1 y"},
		{Low, "x o0 o1 y x"},
	} {
		s := slowScript(t, time.Hour)
		s.result = func(name string, attempt int) error {
			if name == "x" && attempt == 1 {
				return &Error{Class: RateLimited, RetryAfter: 10 * time.Second}
			}
			return nil
		}
		s.add("x", Request{ID: "x", User: "x"})
		s.run(0.5)
		x := s.m.lanes[DefaultLane].head.First
		if x == nil {
			t.Fatal("it does not stand at the head")
		}
		s.add("y", Request{User: "y", Priority: Low})
		for i := range 2 {
			s.add(fmt.Sprint("o", i), Request{User: "o"})
		}
		setOne(s.m, s.now, "x", c.to, "ops")
		if paid := x.Item.charge != 0; paid != (c.to == High) {
			t.Errorf("%s: it has paid: %v", c.to, paid)
		}
		s.run(60)
		if got := order1(s.starts); got != c.want {
			t.Errorf("%s: got %s, want %s", c.to, got, c.want)
		}
	}
}

// A priority that somebody has set stays with a request whose client sends it again, whether
// the old connection has closed or not.
func TestAPriorityStaysWithOneThatComesBack(t *testing.T) {
	for _, closed := range []bool{false, true} {
		for _, to := range []Priority{High, Low} {
			s := slowScript(t, time.Hour)
			s.add("first", Request{User: "b"})
			s.step()
			x := s.add("x", Request{ID: "x", User: "x", Fingerprint: 1})
			setOne(s.m, s.now, "x", to, "ops")
			if closed {
				s.leave(x)
			}
			s.run(0.5)
			s.add("again", Request{ID: "again", User: "x", Fingerprint: 1})
			w, ok := findOne(s.m, s.now, "again")
			if !ok || w.Priority != to.String() || w.Class != "" || w.CameBack != closed || w.WaitedMs != 500 || !w.Since.Equal(t0) {
				t.Errorf("closed %v: got %+v, want %s, with its age", closed, w, to)
			}
			if old, ok := findOne(s.m, s.now, "x"); ok && (closed || old.Priority != "normal" || old.CameBack) {
				t.Errorf("closed %v: the old one is %+v, want it as the new one would have been", closed, old)
			}
		}
	}
}

// What was expected of one that is lowered does not come true, and is expected anew.
func TestOneThatIsLoweredIsExpectedLater(t *testing.T) {
	s := slowScript(t, time.Hour)
	s.add("first", Request{User: "b"})
	s.step()
	x := s.add("x", Request{ID: "x", User: "x"})
	before := x.expected
	for i := range 30 {
		s.add(fmt.Sprint("o", i), Request{User: "o"})
	}
	setOne(s.m, s.now, "x", Low, "")
	s.run(1.5)
	s.m.Report(s.now)
	if after := x.expected; before > 3*time.Second || after < 29*time.Second || after > 32*time.Second {
		t.Errorf("it was expected after %v, and is after %v, want behind the 30 others", before, after)
	}
}

// searched is how many steps have gone into the search for places in the lines of a lane.
func searched(l *lane) (n int) {
	for i := range l.order.classes {
		for s := range l.order.classes[i].users.All {
			n += s.line.threads.steps + s.line.subagents.steps
		}
	}
	return n
}

// To move one costs a few steps, wherever it stands in a long line of its user's, and so does
// each where all are moved, in whichever order.
func TestToMoveCostsAFewSteps(t *testing.T) {
	const n = 2000
	for name, move := range map[string]func(m *Machine, all []*Ticket){
		"one, to and fro": func(m *Machine, all []*Ticket) {
			for range 10 {
				m.setPriority(all[n/2], High)
				m.setPriority(all[n/2], Normal)
			}
		},
		"all, in order": func(m *Machine, all []*Ticket) {
			for _, t := range all {
				m.setPriority(t, Low)
			}
		},
		"all, backwards": func(m *Machine, all []*Ticket) {
			for i := range all {
				m.setPriority(all[n-1-i], Low)
			}
		},
		"every other one, and then the rest": func(m *Machine, all []*Ticket) {
			for i := range all {
				m.setPriority(all[2*i%(n-1)], Low)
			}
		},
		"in no order": func(m *Machine, all []*Ticket) {
			for i := range all {
				m.setPriority(all[i*617%n], Low)
			}
		},
	} {
		m := waitingMachine(t, n, 1)
		all := waitingTickets(m)
		before := m.changes
		move(m, all)
		moves := int(m.changes - before)
		if got := searched(m.lanes[DefaultLane]); got > 2*moves || moves < 20 {
			t.Errorf("%s: %d steps for %d moves", name, got, moves)
		}
	}
}

// One that is lowered while it waits for the end of an outage, or for its limit, does not come
// back to the head of its lane; once it has started, it does.
func TestOneThatIsLoweredComesBackToItsLine(t *testing.T) {
	s := slowScript(t, time.Hour)
	s.add("first", Request{User: "b"})
	s.step()
	x := s.add("x", Request{ID: "x", User: "x"})
	l := x.lane
	standAside := func() {
		l.removeWaiting(x)
		l.standAside(x, forOthers, never)
	}
	standAside()
	setOne(s.m, s.now, "x", Low, "")
	if x.state != inLine || x.class != classOf(Low) || l.head.Len != 0 {
		t.Errorf("lowered: it is in state %d, class %d", x.state, x.class)
	}
	standAside()
	setOne(s.m, s.now, "x", High, "")
	if x.state != atHead || x.class != classOf(High) {
		t.Errorf("raised: it is in state %d, class %d, want at the head", x.state, x.class)
	}
	setOne(s.m, s.now, "x", Low, "")
	if x.state != inLine {
		t.Errorf("lowered at the head: it is in state %d", x.state)
	}
	s.result = func(name string, attempt int) error {
		if name == "x" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 10 * time.Second}
		}
		return nil
	}
	s.run(2)
	if x.state != atHead {
		t.Errorf("refused after a start: it is in state %d, want at the head", x.state)
	}
}

// Where plans are kept because many wait, a change shows at once all the same, also in a plan
// that was being made.
func TestAChangeOfPriorityShowsAtOnce(t *testing.T) {
	m := waitingMachine(t, 2*longLine, 2)
	m.keepPlans = manyWait
	l := m.lanes[DefaultLane]
	plan := func(between func()) (kept bool) {
		p := m.beginPlan(t0, l)
		if p == nil {
			return true
		}
		p.copyAll()
		between()
		return m.endPlan(t0, p, p.play())
	}
	if !plan(func() {}) || !plan(func() { t.Error("it is made again, and is fresh") }) {
		t.Fatal("no plan is kept")
	}
	last := m.arrivals.Last.Item
	if w, _ := findOne(m, t0, last.ID()); w.Position < longLine {
		t.Fatalf("got %+v, want one of the last", w)
	}
	setOne(m, t0, last.ID(), High, "")
	if before := m.projections; !m.serves(l) || m.Waiting(t0) == nil || m.projections != before {
		t.Error("the plan does not serve until the next one is there")
	}
	if plan(func() { setOne(m, t0, m.arrivals.Last.Prev.Item.ID(), High, "") }) {
		t.Error("a plan is kept that was made of another order")
	}
	if !plan(func() {}) {
		t.Error("the next one is not kept")
	}
	if w, _ := findOne(m, t0, last.ID()); w.Position > 2 {
		t.Errorf("it has place %d, want one of the first two", w.Position)
	}
}

// One that is raised before another one that waits for its limit starts at once if it fits.
func TestOneThatIsRaisedStartsIfItFits(t *testing.T) {
	s := adaptiveScript(t, 6000, 60_000)
	s.m.ReportLimits(s.now, s.add("runs", Request{User: "first"}), told(6000, 60_000))
	s.step()
	s.m.ReportUsage(s.now, s.running[0], Cost{Input: 59_000})
	s.add("large", Request{User: "a", Cost: Cost{Input: 50_000}})
	for i := range 20 { // more than may pass it
		s.add(fmt.Sprint("o", i), Request{User: fmt.Sprint("o", i), Cost: Cost{Input: 20_000}})
	}
	s.add("small", Request{ID: "small", User: "z", Priority: Low, Cost: Cost{Input: 10}})
	s.step()
	s.starts = nil
	setOne(s.m, s.now, "small", High, "")
	s.step()
	if got := order1(s.starts); got != "small" {
		t.Errorf("%q started", got)
	}
}

// What was promised to one that is moved says nothing about how true promises are.
func TestOneThatIsMovedIsPromisedNothing(t *testing.T) {
	s := slowScript(t, time.Hour)
	s.add("first", Request{User: "b"})
	s.step()
	x := s.add("x", Request{ID: "x", User: "x"})
	s.m.Waiting(s.now)
	if !x.promised {
		t.Fatal("nothing was promised")
	}
	setOne(s.m, s.now, "x", High, "")
	kept := 0
	for _, p := range x.lane.promises {
		kept += len(p.made)
	}
	if x.promised || kept != 0 {
		t.Errorf("promised: %v, %d promises are kept", x.promised, kept)
	}
}
