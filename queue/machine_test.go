package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return t0.Add(time.Duration(seconds * float64(time.Second)))
}

// script drives a machine through virtual time: calls take a fixed time, and what
// happens at one instant happens in the order finishes, arrivals, starts.
type script struct {
	t       *testing.T
	m       *Machine
	took    time.Duration
	fails   time.Duration // how long a call takes that fails; zero: as long as others
	now     time.Time
	running []*Ticket
	ends    map[*Ticket]time.Time
	names   map[*Ticket]string
	result  func(name string, attempt int) error // nil: success
	learn   Limits                               // what each answer tells
	tries   map[*Ticket]int
	starts  []string // "name@seconds"
	dropped []string
	refused []string
	final   map[string]error
}

func newScript(t *testing.T, s Settings, took time.Duration) *script {
	t.Helper()
	m, err := NewMachine(s, t0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return &script{t: t, m: m, took: took, now: t0, ends: map[*Ticket]time.Time{}, names: map[*Ticket]string{}, tries: map[*Ticket]int{}, final: map[string]error{}}
}

// add lets a request arrive now.
func (s *script) add(name string, r Request) *Ticket {
	s.t.Helper()
	ticket, err := s.m.Add(s.now, r)
	if err != nil {
		s.refused = append(s.refused, name)
		s.final[name] = err
		return nil
	}
	s.names[ticket] = name
	return ticket
}

func (s *script) leave(ticket *Ticket) {
	s.m.Leave(s.now, ticket)
	s.running = slices.DeleteFunc(s.running, func(r *Ticket) bool { return r == ticket })
}

// run goes on to the given second, starting and finishing what is due.
func (s *script) run(until float64) {
	end := at(until)
	for {
		s.step()
		next := end
		if wake, ok := s.m.Wake(); ok && wake.After(s.now) && wake.Before(next) {
			next = wake
		}
		for _, r := range s.running {
			if s.ends[r].Before(next) {
				next = s.ends[r]
			}
		}
		if !next.After(s.now) {
			return
		}
		s.now = next
		if next.Equal(end) {
			s.finish()
			return
		}
	}
}

func (s *script) step() {
	s.finish()
	for t := s.m.Next(s.now); t != nil; t = s.m.Next(s.now) {
		s.m.Start(s.now, t)
		s.starts = append(s.starts, fmt.Sprintf("%s@%g", s.names[t], s.now.Sub(t0).Round(time.Millisecond).Seconds()))
		s.running = append(s.running, t)
		took := s.took
		if s.fails > 0 && s.result(s.names[t], s.tries[t]) != nil {
			took = s.fails
		}
		s.ends[t] = s.now.Add(took)
	}
	for _, d := range s.m.Dropped() {
		s.dropped = append(s.dropped, s.names[d.Ticket])
		s.final[s.names[d.Ticket]] = d.Err
		s.running = slices.DeleteFunc(s.running, func(r *Ticket) bool { return r == d.Ticket })
	}
}

func (s *script) finish() {
	for _, t := range slices.Clone(s.running) {
		if s.ends[t].After(s.now) {
			continue
		}
		s.running = slices.DeleteFunc(s.running, func(r *Ticket) bool { return r == t })
		s.tries[t]++
		var err error
		if s.result != nil {
			err = s.result(s.names[t], s.tries[t])
		}
		s.m.ReportLimits(s.now, t, s.learn)
		if again, err := s.m.Finish(s.now, t, err); !again {
			s.final[s.names[t]] = err
		}
	}
}

func (s *script) wantStarts(want string) {
	s.t.Helper()
	if got := strings.Join(s.starts, " "); got != want {
		s.t.Errorf("starts:\n got %s\nwant %s", got, want)
	}
}

// the published examples
func TestSpacingFromStartToStart(t *testing.T) {
	for _, test := range []struct {
		name     string
		arrivals []float64
		want     string
	}{
		{"three at 0", []float64{0, 0, 0}, "a@0 b@1.9 c@3.6"},
		{"one at 0 and one at 1.0", []float64{0, 1}, "a@0 b@1.7"},
		{"one at 0 and one at 1.6", []float64{0, 1.6}, "a@0 b@1.6"},
		{"one at 0 and one at 1.5: w is counted before it arrives", []float64{0, 1.5}, "a@0 b@1.5"},
		{"a late one does not change w", []float64{0, 0.5, 1.6}, "a@0 b@1.7 c@3.4"},
		{"after a rest the gate is open", []float64{0, 30, 30}, "a@0 b@30 c@31.7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScript(t, DefaultSettings(), time.Second)
			for i, when := range test.arrivals {
				s.run(when)
				s.add(string(rune('a'+i)), Request{User: "u"})
				s.step()
			}
			s.run(60)
			s.wantStarts(test.want)
		})
	}
}

func TestSpacingIsBounded(t *testing.T) {
	s := DefaultSettings()
	for _, test := range []struct {
		waiting int
		want    time.Duration
	}{{0, 1500 * time.Millisecond}, {1, 1700 * time.Millisecond}, {5, 2500 * time.Millisecond}, {42, 9900 * time.Millisecond}, {43, 10 * time.Second}, {1_000_000, 10 * time.Second}} {
		if got := s.Spacing(test.waiting); got != test.want {
			t.Errorf("%d waiting: got %v, want %v", test.waiting, got, test.want)
		}
	}
}

func TestSumSpacingIsTheSum(t *testing.T) {
	s := DefaultSettings()
	for _, step := range []time.Duration{0, 1, 200 * time.Millisecond, 333 * time.Millisecond, time.Minute} {
		s.Step = step
		for _, floor := range []time.Duration{0, time.Second, 1700 * time.Millisecond, 3456 * time.Millisecond, 10 * time.Second, 20 * time.Second} {
			for _, span := range [][2]int{{0, 0}, {0, 100}, {3, 7}, {50, 60}, {5, 4}, {42, 43}} {
				var want time.Duration
				for w := span[0]; w <= span[1]; w++ {
					want += max(s.Spacing(w), floor)
				}
				if got := s.sumSpacing(span[0], span[1], floor); got != want {
					t.Errorf("step %v, floor %v, w %v: got %v, want %v", step, floor, span, got, want)
				}
			}
		}
	}
}

func TestChangedSettingsApplyAtOnce(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"a", "b", "c", "d"} {
		s.add(name, Request{})
	}
	s.run(1.6) // w is 3, the gate would open at 2.1
	fast := DefaultSettings()
	fast.MinDelay, fast.Step = 100*time.Millisecond, 0
	if err := s.m.SetSettings(s.now, fast); err != nil {
		t.Fatal(err)
	}
	s.run(10)
	s.wantStarts("a@0 b@1.6 c@1.7 d@1.8")
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

func order1(starts []string) string {
	names := make([]string, len(starts))
	for i, s := range starts {
		names[i], _, _ = strings.Cut(s, "@")
	}
	return strings.Join(names, " ")
}

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

func TestPositionAndETAComeTrue(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	type promise struct {
		position int
		eta      time.Time
	}
	tickets := map[string]*Ticket{}
	for i := range 30 {
		name := fmt.Sprint(i)
		tickets[name] = s.add(name, Request{User: fmt.Sprint(i % 7), Priority: Priority(i % 3)})
	}
	s.step()
	s.run(0.5)
	promised := map[string]promise{}
	for name, ticket := range tickets {
		if position, eta, ok := s.m.Position(s.now, ticket); ok {
			promised[name] = promise{position, s.now.Add(eta)}
		}
	}
	if len(promised) != 29 {
		t.Fatalf("got %d positions, want 29", len(promised))
	}
	s.run(600)
	for i, start := range s.starts[1:] {
		name, when, _ := strings.Cut(start, "@")
		p := promised[name]
		if got := fmt.Sprintf("%g", p.eta.Sub(t0).Round(time.Millisecond).Seconds()); p.position != i+1 || got != when {
			t.Errorf("%s: promised place %d at %s, started as %d at %s", name, p.position, got, i+1, when)
		}
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
			settings.AdaptiveInFlight, settings.Thresholds.CriticalOldestWait = 1, time.Hour
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
			s.wantVerdict("critical", "Queue is stuck (2 waiting, nothing done for 1m0s)")
		})
	}
}

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

func TestTheListOfWhoWaits(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, name := range []string{"a1", "b1", "b2", "a2", "a3"} {
		s.add(name, Request{Lane: name[:1], User: name, Priority: Priority(len(s.names) % 3)})
		s.step()
	}
	s.run(1)
	for range 20 { // whatever the order in which the lanes are looked at
		var list []string
		for _, w := range s.m.Waiting(s.now) {
			list = append(list, fmt.Sprintf("%s %d in %s: %s, waited %d, starts in %d", w.User, w.Position, w.Lane, w.Priority, w.WaitedMs, *w.EtaMs))
		}
		want := "b2 1 in b: low, waited 1000, starts in 700\n" +
			"a3 1 in a: high, waited 1000, starts in 900\n" +
			"a2 2 in a: normal, waited 1000, starts in 2600"
		if got := strings.Join(list, "\n"); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
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
