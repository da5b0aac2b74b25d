package advice

import (
	"testing"
	"time"

	"paceline/queue"
)

// told is what an answer tells of limits of 120 requests and 80,000 output tokens of which
// so many are missing.
func told(requests, output int) queue.Limits {
	return queue.Limits{Requests: queue.Limit{PerMinute: 120, Remaining: 120 - requests}, Output: queue.Limit{PerMinute: 80_000, Remaining: 80_000 - output}}
}

// answered is n requests of a lane, one every so often until now, each with an answer that
// told this at once.
func answered(n int, every time.Duration, l queue.Limits) Situation {
	s := situation(queue.DefaultSettings())
	s.Since = now.Add(-time.Duration(n) * every)
	s.Learned = map[string]queue.Limits{"org/sonnet-5": {Requests: queue.Limit{PerMinute: 120}, Output: queue.Limit{PerMinute: 80_000}}}
	for i := range n {
		at := s.Since.Add(time.Duration(i) * every)
		s.Traffic = append(s.Traffic, queue.RequestRecord{
			Arrived: at, User: "a", Lane: "org/sonnet-5", Cost: queue.Cost{Input: 200, Output: 400},
			Started: true, Ended: true, Took: time.Second, Told: l, ToldAt: at,
		})
	}
	return s
}

// What is missing from the limits beyond the queue's own calls, others have taken.
func TestTakenByOthers(t *testing.T) {
	longBefore := answered(100, time.Second, told(0, 80_000))
	longBefore.Traffic[0].Cost.Output = 400_000 // in debt for five minutes
	running := answered(100, 6*time.Second, told(0, 0))
	for i := range running.Traffic {
		r := &running.Traffic[i]
		r.Ended, r.Told = false, told(min(i+1, 120), 0)
	}
	seldom := answered(100, 6*time.Second, told(5, 0))
	for i := 0; i < 100; i += 25 {
		seldom.Traffic[i].Told = told(110, 0)
	}
	for _, c := range []struct {
		name string
		s    Situation
		want string
	}{
		{"others", answered(100, 6*time.Second, told(110, 0)), "only 10 of 120 a minute were left"},
		{"for a minute", answered(10, 6*time.Second, told(110, 0)), "only 10 of 120 a minute were left"},
		{"their output", answered(100, 6*time.Second, told(20, 71_000)), "only 9,000 of 80,000 output tokens a minute were left"},
		{"a few others", answered(100, 6*time.Second, told(30, 0)), ""},
		{"nobody", answered(100, 6*time.Second, told(1, 0)), ""},
		{"our own", answered(100, time.Second/2, told(119, 0)), ""},
		{"nothing told", answered(100, 6*time.Second, queue.Limits{}), ""},
		{"what was used before the beginning", answered(40, time.Second/2, told(110, 0)), ""},
		{"our own debt", longBefore, ""},
		{"what runs", running, ""},
		{"now and then", seldom, ""},
		{"no traffic", situation(queue.DefaultSettings()), ""},
	} {
		if got, _ := takenByOthers(c.s); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A burst of calls that are told at their ends: each answer tells what all of them have taken,
// of which only one had started when the first did.
func TestOurOwnBurstIsNotOthers(t *testing.T) {
	for _, atEnd := range []bool{false, true} {
		s := answered(100, time.Millisecond, queue.Limits{})
		for i := range s.Traffic {
			r := &s.Traffic[i]
			r.Took = 10 * time.Second
			r.Told, r.ToldAt = told(i+1, 0), r.Arrived.Add(time.Second)
			if atEnd {
				r.Told, r.ToldAt = told(100-20, 0), r.Arrived.Add(r.Took)
			}
		}
		if got, _ := takenByOthers(s); got != "" {
			t.Errorf("at the end %v: got %q", atEnd, got)
		}
	}
}

// Where others use the account nothing is promised, and nothing is said to be spared; but
// where nobody waits nothing needs to be promised.
func TestNothingIsPromisedBesideOthers(t *testing.T) {
	s := answered(100, 6*time.Second, told(110, 0))
	if a := compute(t, s); a.CannotTell != "" || a.Spared != nil {
		t.Errorf("nobody waits: cannot tell, because %q; spared %+v", a.CannotTell, a.Spared)
	}
	for i := range s.Traffic { // all came at once, and were spaced
		s.Traffic[i].Delayed = s.Traffic[i].Arrived.Sub(s.Since)
		s.Traffic[i].Waited, s.Traffic[i].Arrived = s.Traffic[i].Delayed, s.Since
	}
	s.Settings.MinDelay, s.Settings.MaxDelay, s.Settings.Step, s.Settings.MaxWait = 6*time.Second, 6*time.Second, 0, time.Hour
	if a, want := compute(t, s), "others use the account: only 10 of 120 a minute were left"; a.CannotTell != want || a.Spared != nil || len(a.Remedies) > 0 {
		t.Errorf("cannot tell, because %q, want %q; spared %+v, remedies %v", a.CannotTell, want, a.Spared, kinds(a))
	}
	for i := range s.Traffic {
		s.Traffic[i].Told = told(1, 0)
	}
	if a := compute(t, s); a.CannotTell != "" || of(a, "adaptive") == nil || a.Spared == nil {
		t.Errorf("alone: cannot tell, because %q; spared %+v, remedies %v", a.CannotTell, a.Spared, kinds(a))
	}
}

// What the first answer told is what was missing at the beginning: that more is missing soon
// after shows others at once.
func TestOthersShowSoon(t *testing.T) {
	s := answered(8, 3*time.Second, told(112, 0))
	if got, _ := takenByOthers(s); got != "only 8 of 120 a minute were left" {
		t.Errorf("after 24 s: got %q", got)
	}
}
