package queue

import (
	"reflect"
	"testing"
	"time"
)

// restarted lets a machine go on where s ended, after some seconds.
func (s *script) restarted(after float64, h HistoryState) *script {
	s.t.Helper()
	next := newScript(s.t, s.m.Settings(), s.took)
	epoch := s.now.Add(time.Duration(after * float64(time.Second)))
	m, err := NewMachine(s.m.Settings(), epoch, 1)
	if err != nil {
		s.t.Fatal(err)
	}
	m.RestoreHistory(h)
	next.m, next.now = m, epoch
	return next
}

func (s *script) historyState() HistoryState {
	h, _ := s.m.HistoryState(s.now, HistoryMark{}, true)
	return h
}

// What happened before a restart is there after it, and the time between is a gap.
func TestTheHistoryGoesOnAfterARestart(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{User: "anna"})
	s.run(7.5)
	s.m.Reset(s.now, "ops")
	s = s.restarted(30, s.historyState())
	s.add("b", Request{User: "ben"})
	s.run(50)
	s.wantHistory(t0, 0, `
14:00:00+5 waiting 1 in 1 out 1 ok 1
14:00:35+5 waiting 1 in 1 out 1 ok 1
gap 14:00:07 to 14:00:37`)
	h := s.m.History(s.now, t0, time.Time{}, 0)
	if got := kinds(h.Troubles); got != "reset restarted" || h.Troubles[1].Millis != 30_000 || !h.Troubles[1].Time.Equal(at(37.5)) {
		t.Errorf("the troubles are %+v", h.Troubles)
	}
	if got := h.Slices[0].Longest; len(got) != 1 || got[0].User != "anna" {
		t.Errorf("before the restart waited %+v", got)
	}
	s = s.restarted(2, s.historyState())
	if got := len(s.m.History(s.now, t0, time.Time{}, 0).Gaps); got != 1 {
		t.Errorf("got %d gaps, want one: two seconds are none", got)
	}
}

// A restart says how many waited when the run before broke off, as far as that was kept; of one
// that was ended nothing is lost.
func TestARestartSaysHowManyWaited(t *testing.T) {
	for _, ended := range []bool{false, true} {
		s := newScript(t, DefaultSettings(), time.Minute)
		for i := range 9 {
			s.add(string(rune('a'+i)), Request{User: "anna"})
		}
		s.run(7.5)
		h, _ := s.m.HistoryState(s.now, HistoryMark{}, ended)
		s = s.restarted(10, h)
		troubles := s.m.History(s.now, t0, time.Time{}, 0).Troubles
		want := map[bool]Event{false: {Millis: 12_500, Waiting: 9}, true: {Millis: 10_000}}[ended]
		if got := troubles[len(troubles)-1]; got.Kind != KindRestarted || got.Millis != want.Millis || got.Waiting != want.Waiting {
			t.Errorf("ended %v: got %+v", ended, got)
		}
	}
}

// A slice that began before a restart goes on after it.
func TestASliceGoesOnAfterARestart(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{User: "anna"})
	s.run(1.5)
	s = s.restarted(1, s.historyState())
	s.add("b", Request{User: "ben"})
	s.run(20)
	s.wantHistory(t0, 0, `14:00:00+5 waiting 1 in 2 out 2 ok 2`)
	waited := ""
	for _, w := range s.m.History(s.now, t0, time.Time{}, 0).Slices[0].Longest {
		waited += w.User + " "
	}
	if waited != "ben anna " {
		t.Errorf("in it waited %q, want both users", waited)
	}
}

// All that a state has comes back, and of what is new a state has no more.
func TestHistoryState(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error { return &Error{Class: ClientError} }
	for i := range 2 {
		s.add("a", Request{User: "anna", Cost: Cost{Input: 100}})
		s.run(3000 + 30*float64(i))
	}
	all := s.historyState()
	if len(all.Slices) != 2 || all.Slices[0].LengthMs != 5000 || len(all.Troubles) != 2 || len(all.Runs) != 1 {
		t.Fatalf("got %d slices, %d troubles, %d runs", len(all.Slices), len(all.Troubles), len(all.Runs))
	}
	again := s.restarted(0, all).historyState()
	if !reflect.DeepEqual(again.Slices, all.Slices) || !reflect.DeepEqual(again.Troubles, all.Troubles) {
		t.Errorf("got %d slices and %d troubles, want the same as before", len(again.Slices), len(again.Troubles))
	}
	_, mark := s.m.HistoryState(s.now, HistoryMark{}, false)
	if more, next := s.m.HistoryState(s.now, mark, false); len(more.Slices)+len(more.Troubles) != 0 || len(more.Runs) != 1 || next != mark {
		t.Errorf("got %+v, though nothing is new", more)
	}
	s.add("b", Request{User: "ben"})
	s.run(4100)
	if more, _ := s.m.HistoryState(s.now, mark, false); len(more.Slices) != 1 || len(more.Troubles) != 1 || more.Troubles[0].User != ownedName("", "ben") {
		t.Errorf("got %+v, want what ben did", more)
	}
}

// Of runs before a restart what is new has none: they are kept already.
func TestWhatIsNewAfterARestart(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.run(10)
	s = s.restarted(60, s.historyState())
	all, mark := s.m.HistoryState(s.now, HistoryMark{}, false)
	more, _ := s.m.HistoryState(s.now, mark, false)
	if len(all.Runs) != 2 || len(more.Runs) != 1 || more.Runs[0] != all.Runs[1] {
		t.Errorf("got the runs %v, and then %v, want the last one", all.Runs, more.Runs)
	}
}

// What a clock that was wrong has left for a time to come is left out, and what makes no
// sense.
func TestAHistoryThatMakesNoSense(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{User: "anna"})
	s.run(7)
	h := s.historyState()
	slice := func(at time.Time, ms int64) Slice { return Slice{At: Time{at}, LengthMs: ms, Arrivals: 1000} }
	h.Slices = append(h.Slices, slice(at(3600), 5000), slice(at(60), 7000), slice(at(61), 5000), slice(t0.Add(-100*time.Hour), 5000), Slice{}, Slice{
		At: Time{at(10)}, LengthMs: 5000, Level: "strange", Waiting: -1, OldestMs: -1 << 62, Starts: -5,
		Waits: []WaitCount{{7, 7}, {10, -1}}, Failures: []ClassCount{{"strange", 1}, {"network", -1}},
		Longest: make([]LongestWait, 30), Lanes: []LaneSlice{{Limits: make([]LaneLimit, 30)}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}},
	})
	h.Runs = append(h.Runs, Run{Time{at(5000)}, Time{at(6000)}}, Run{Time{at(5)}, Time{at(3)}})
	h.Troubles = append(h.Troubles, Event{Time: Time{at(4000)}, Kind: KindFailed}, Event{Kind: KindFailed}, Event{Time: Time{at(8)}, Kind: KindAdded})
	s = s.restarted(300, h)
	s.wantHistory(t0, 0, `
14:00:00+5 waiting 1 in 1 out 1 ok 1
14:00:10+5
gap 14:00:07 to 14:05:07`)
	if got := kinds(s.m.History(s.now, t0, time.Time{}, 0).Troubles); got != "restarted" {
		t.Errorf("the troubles are %s", got)
	}
}

// Failures by the thousand do not push out who changed the settings.
func TestAFloodOfTroubles(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	if err := s.m.setSettings(s.now, DefaultSettings(), "ops"); err != nil {
		t.Fatal(err)
	}
	s.m.Close(s.now, time.Time{})
	for i := range 6000 {
		s.now = at(float64(i))
		s.m.emit(&Event{Kind: KindRefused, User: "anna", Error: "closed"})
		s.m.emit(&Event{Kind: KindAdded, User: "anna"})
		s.m.advance(s.now)
	}
	troubles := s.m.History(s.now, t0, time.Time{}, 0).Troubles
	if got := len(troubles); got != keptRequestTroubles+2 || troubles[0].Kind != KindSettings || troubles[0].By != "ops" {
		t.Errorf("got %d troubles, of which the first is %+v", got, troubles[0])
	}
	last := troubles[len(troubles)-1]
	if last.Kind != KindRefused || last.User != "anna" || last.Error != "closed" {
		t.Errorf("the last is %+v", last)
	}
	some := s.m.History(s.now, at(5000), at(5010), 0).Troubles
	if len(some) != 11 || some[0].Time.Before(at(4999)) {
		t.Errorf("in 10 s there were %d, from %v on", len(some), some[0].Time)
	}
}
