package queue

import (
	"testing"
	"time"
)

// What happened elsewhere stands before what has happened here, also where some of that is
// over already, and there is no restart between them.
func TestAQueueThatRunsAdoptsAHistory(t *testing.T) {
	elsewhere := newScript(t, DefaultSettings(), time.Second)
	elsewhere.result = func(user string, _ int) error {
		if user == "b" {
			return &Error{Class: ClientError}
		}
		return nil
	}
	elsewhere.add("a", Request{User: "anna"})
	elsewhere.run(21)
	elsewhere.add("b", Request{User: "ben"})
	elsewhere.run(29)
	past := elsewhere.historyState()

	s := elsewhere.restarted(3, HistoryState{})
	s.add("c", Request{User: "carol"})
	s.m.Reset(s.now, "ops")
	s.run(39)
	s.add("d", Request{User: "dan"})
	s.run(41)
	s.m.AdoptHistory(s.now, past)
	if got := s.m.Report(s.now).Metrics; got.TotalRequests != 2 || got.Successful != 2 || got.Failed != 0 {
		t.Errorf("the counters are %+v, want those of the queue alone", got)
	}
	s.run(50)
	s.wantHistory(t0, 0, `
14:00:00+5 waiting 1 in 1 out 1 ok 1
14:00:20+5 waiting 1 in 1 out 1 failed 1 client 1
14:00:30+5 waiting 1 in 1 out 1 ok 1
14:00:35+5 waiting 1 in 1 out 1
14:00:40+5 ok 1`)
	if got := kinds(s.m.History(s.now, t0, time.Time{}, 0).Troubles); got != "failed reset" {
		t.Errorf("the troubles are %s, want the failure and the reset", got)
	}
}

// A slice that was not over when the queue began is left out: it would count twice.
func TestAnAdoptedHistoryEndsBeforeTheQueueBegan(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{User: "anna"})
	s.run(7)
	next := s.restarted(1, HistoryState{})
	next.m.AdoptHistory(next.now, HistoryState{Slices: []Slice{
		{At: Time{t0}, LengthMs: 5000, Arrivals: 3},
		{At: Time{at(5)}, LengthMs: 5000, Arrivals: 5},
	}})
	if got := next.m.History(next.now, t0, time.Time{}, 0).Slices; len(got) != 1 || got[0].Arrivals != 3 {
		t.Errorf("got %+v, want the first only", got)
	}
}
