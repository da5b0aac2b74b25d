package advice

import (
	"testing"
	"time"

	"paceline/queue"
)

// answered is n requests of a lane with limits of 120 requests and 80,000 output tokens,
// one every so often until now, each with an answer that told what was taken.
func answered(n int, every time.Duration, taken queue.Taken) Situation {
	s := situation(queue.DefaultSettings())
	s.Since = now.Add(-time.Duration(n) * every)
	s.Learned = map[string]queue.Limits{"org/sonnet-5": {Requests: queue.Limit{PerMinute: 120}, Output: queue.Limit{PerMinute: 80_000}}}
	for i := range n {
		s.Traffic = append(s.Traffic, queue.RequestRecord{
			Arrived: s.Since.Add(time.Duration(i) * every), User: "a", Lane: "org/sonnet-5", Cost: queue.Cost{Input: 200, Output: 400},
			Started: true, Ended: true, Took: time.Second, Taken: taken,
		})
	}
	return s
}

// What is missing from the limits beyond the queue's own calls, others have taken.
func TestTakenByOthers(t *testing.T) {
	requests := func(n int) queue.Taken { return queue.Taken{Requests: n} }
	longBefore := answered(100, time.Second, requests(0))
	longBefore.Traffic[0].Cost.Output = 400_000 // in debt for five minutes
	for i := range longBefore.Traffic {
		longBefore.Traffic[i].Taken.Output = 80_000
	}
	running := answered(100, 6*time.Second, requests(0))
	for i := range running.Traffic {
		r := &running.Traffic[i]
		r.Ended, r.Taken = false, requests(min(i+1, 120))
	}
	seldom := answered(100, 6*time.Second, requests(5))
	for i := 0; i < 100; i += 25 {
		seldom.Traffic[i].Taken = requests(110)
	}
	for _, c := range []struct {
		name string
		s    Situation
		want string
	}{
		{"others", answered(100, 6*time.Second, requests(110)), "only 10 of 120 a minute were left"},
		{"for a minute", answered(10, 6*time.Second, requests(110)), "only 10 of 120 a minute were left"},
		{"their output", answered(100, 6*time.Second, queue.Taken{Requests: 20, Cost: queue.Cost{Output: 71_000}}), "only 9,000 of 80,000 output tokens a minute were left"},
		{"a few others", answered(100, 6*time.Second, requests(30)), ""},
		{"nobody", answered(100, 6*time.Second, requests(1)), ""},
		{"our own", answered(100, time.Second/2, requests(119)), ""},
		{"a limit that is not known", answered(100, 6*time.Second, queue.Taken{Cost: queue.Cost{Input: 90_000}}), ""},
		{"nothing told", answered(100, 6*time.Second, queue.Taken{}), ""},
		{"what was used before the beginning", answered(40, time.Second/2, requests(110)), ""},
		{"our own debt", longBefore, ""},
		{"what runs", running, ""},
		{"now and then", seldom, ""},
		{"no traffic", situation(queue.DefaultSettings()), ""},
	} {
		if got := takenByOthers(c.s); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Where others use the account nothing is promised, and nothing is said to be spared; but
// where nobody waits nothing needs to be promised.
func TestNothingIsPromisedBesideOthers(t *testing.T) {
	s := answered(100, 6*time.Second, queue.Taken{Requests: 110})
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
		s.Traffic[i].Taken = queue.Taken{Requests: 1}
	}
	if a := compute(t, s); a.CannotTell != "" || of(a, "adaptive") == nil || a.Spared == nil {
		t.Errorf("alone: cannot tell, because %q; spared %+v, remedies %v", a.CannotTell, a.Spared, kinds(a))
	}
}

// What the first answer told is what was missing at the beginning: that more is missing soon
// after shows others at once.
func TestOthersShowSoon(t *testing.T) {
	s := answered(8, 3*time.Second, queue.Taken{Requests: 112})
	if got, want := takenByOthers(s), "only 8 of 120 a minute were left"; got != want {
		t.Errorf("after 24 s: got %q, want %q", got, want)
	}
}
