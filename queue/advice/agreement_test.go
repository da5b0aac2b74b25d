package advice

import (
	"testing"
	"time"

	"paceline/queue"
)

// A replay agrees with what was measured in the waits and in what was lost.
func TestAgreement(t *testing.T) {
	sec := func(p95, mean float64, lost int) experience {
		return experience{known: true, waited: true, p95: time.Duration(p95 * float64(time.Second)), mean: time.Duration(mean * float64(time.Second)), lost: lost}
	}
	for _, c := range []struct {
		name               string
		measured, computed experience
		requests           int
		want               bool
	}{
		{"the same", sec(9, 3, 0), sec(9, 3, 0), 100, true},
		{"nearly", sec(9, 3, 2), sec(6.1, 2.1, 0), 100, true},
		{"less than two seconds apart", sec(1.9, 0.5, 0), sec(0, 0, 0), 100, true},
		{"another p95", sec(9, 3, 0), sec(5, 3, 0), 100, false},
		{"another mean", sec(9, 7, 0), sec(9, 3, 0), 100, false},
		{"more lost", sec(9, 3, 6), sec(9, 3, 0), 100, false},
		{"less lost", sec(9, 3, 0), sec(9, 3, 6), 100, false},
		{"few of many lost", sec(9, 3, 50), sec(9, 3, 0), 1000, true},
		{"a few of few lost", sec(9, 3, 3), sec(9, 3, 0), 10, true},
		{"all refused, and others would wait", experience{known: true, lost: 10}, sec(9, 3, 10), 100, true},
		{"nothing measured", experience{}, sec(9, 3, 6), 10, true},
	} {
		if got := c.measured.agrees(c.computed, c.requests); got != c.want {
			t.Errorf("%s: they agree: %v", c.name, got)
		}
	}
}

// While no answer has come nothing is promised of limits that nobody knows, though all
// who wait have just come; where nobody will have to wait nothing needs to be promised.
func TestNothingIsPromisedOfAssumedLimits(t *testing.T) {
	arrived := func(n int) (all []queue.RequestRecord) {
		for range n {
			all = append(all, queue.RequestRecord{Arrived: now.Add(-10 * time.Millisecond), User: "a", Lane: "org/sonnet-5", Cost: small})
		}
		return all
	}
	s := situation(queue.DefaultSettings(), arrived(12)...)
	if a := compute(t, s); a.CannotTell != "" || of(a, "adaptive") == nil {
		t.Errorf("told limits: cannot tell, because %q, with %v", a.CannotTell, kinds(a))
	}
	s.Learned = nil
	if a := compute(t, s); a.CannotTell != "no answer of the API has told the account's limits" || len(a.Remedies) > 0 || !a.Assumed {
		t.Errorf("cannot tell, because %q, with %v", a.CannotTell, kinds(a))
	}
	s.Traffic = arrived(1)
	if a := compute(t, s); a.CannotTell != "" || len(a.Remedies) > 0 || a.Spared != nil {
		t.Errorf("nobody waits: cannot tell, because %q, with %v, spared %+v", a.CannotTell, kinds(a), a.Spared)
	}
}

// Who still waits counts: those who have started did not wait, and by the limits nobody
// would.
func TestWhoStillWaitsIsMeasured(t *testing.T) {
	var all []queue.RequestRecord
	for i := range 30 {
		r := queue.RequestRecord{Arrived: now.Add(time.Duration(i-90) * time.Second), User: "a", Lane: "org/sonnet-5", Cost: small}
		if i < 20 {
			r.Started, r.Ended, r.Took = true, true, time.Second
		}
		all = append(all, r)
	}
	a := compute(t, situation(adaptiveSettings(), all...))
	if want := "the p95 wait was 1 min 09 s, and by the account's limits it would be 0 s: others may use the account, or it has a limit that no answer tells"; a.CannotTell != want {
		t.Errorf("cannot tell, because %q, want %q", a.CannotTell, want)
	}
}

// Where all were refused nobody has waited, which is no wait of 0 s: nothing is said of waits.
func TestWhereAllWereRefusedNoWaitIsMeasured(t *testing.T) {
	patient := adaptiveSettings()
	patient.MaxWait = time.Hour
	for _, c := range []struct {
		name       string
		cost       queue.Cost
		cannotTell string
	}{
		{"the account has room", small, "30 requests were lost, and by the account's limits it would be 0"},
		{"they would wait for minutes", queue.Cost{Input: 10_000, Output: 100}, "30 requests were lost, and by the account's limits it would be 0"},
		{"none fits the limits", queue.Cost{Input: 50_000, Output: 100}, ""},
	} {
		all := asked("a", 30, 5*time.Second, c.cost)
		for i := range all {
			all[i].Refused, all[i].Ended = true, false
		}
		a := compute(t, situation(patient, all...))
		if a.MeasuredP95Ms != nil || a.UntilNowP95Ms != nil || a.Spared != nil || a.CannotTell != c.cannotTell {
			t.Errorf("%s: %v measured, %v computed, spared %v, cannot tell, because %q; want nothing of waits, and %q",
				c.name, a.MeasuredP95Ms, a.UntilNowP95Ms, a.Spared, a.CannotTell, c.cannotTell)
		}
	}
}

// Advice is needed most while a line grows, and of who still waits it is known how long at
// least: the replay is compared with that, until now, and tells of all until they have
// started. Nothing is promised where it does not agree.
func TestALineThatGrows(t *testing.T) {
	s := queue.DefaultSettings()
	s.MinDelay, s.MaxDelay, s.Step, s.MaxWait = 6*time.Second, 6*time.Second, 0, time.Hour
	line := func(every time.Duration, started int) Situation { // one start every so often, the last just now
		var all []queue.RequestRecord
		for i := range 40 {
			r := queue.RequestRecord{Arrived: now.Add(-time.Duration(started) * every), User: "a", Lane: "org/sonnet-5", Cost: small}
			if i < started {
				r.Started, r.Ended, r.Took, r.Waited = true, true, time.Second, time.Duration(i)*every
				r.Delayed = r.Waited
			}
			all = append(all, r)
		}
		return situation(s, all...)
	}
	for _, started := range []int{5, 20, 38, 40} {
		a := compute(t, line(6*time.Second, started))
		adaptive := of(a, "adaptive")
		if a.CannotTell != "" || adaptive == nil || adaptive.P95Ms > 5_000 {
			t.Fatalf("%d have started: cannot tell, because %q; adaptive %+v", started, a.CannotTell, adaptive)
		}
		untilNow := time.Duration(min(started, 37)) * 6 * time.Second
		if measured, computed := millis(a.MeasuredP95Ms), millis(a.UntilNowP95Ms); measured != untilNow || queue.FarApart(measured, computed) || a.P95Ms != 222_000 {
			t.Errorf("%d have started: %v were measured, %v computed until now, %d ms until all have started; want %v, about the same, and 222000", started, measured, computed, a.P95Ms, untilNow)
		}
	}
	want := "the p95 wait was 6 min 40 s, and by the account's limits it would be 3 min 42 s: others may use the account, or it has a limit that no answer tells"
	if a := compute(t, line(20*time.Second, 20)); a.CannotTell != want || len(a.Remedies) > 0 {
		t.Errorf("the line is slower than the settings: cannot tell, because %q, remedies %v", a.CannotTell, kinds(a))
	}
}

// The account's buckets hold at the beginning what the first answer told of them: a queue
// that starts beside an account in use waits sooner than with full ones.
func TestTheReplayBeginsWithWhatWasLeft(t *testing.T) {
	s := adaptiveSettings()
	s.MaxWait = time.Hour
	from := now.Add(-time.Minute)
	records := func(left int) (all []queue.RequestRecord) { // two a second, of 60 a minute
		for i := range 100 {
			r := queue.RequestRecord{Arrived: from.Add(time.Duration(i) * time.Second / 2), User: "a", Lane: "org/sonnet-5", Cost: small}
			if start := from.Add(time.Duration(max(i-left+1, 0)) * time.Second); start.Before(now) {
				r.Started, r.Ended, r.Took = true, true, time.Second
				r.Waited = max(start.Sub(r.Arrived), 0)
				if start.Sub(r.Arrived) < 0 {
					start = r.Arrived
				}
				r.Delayed = r.Waited
				taken := min(max(60-left+1+i-int(start.Sub(from).Seconds()), 1), 60)
				r.Told, r.ToldAt = queue.Limits{Requests: queue.Limit{PerMinute: 60, Remaining: 60 - taken}}, start
			}
			all = append(all, r)
		}
		return all
	}
	for _, left := range []int{60, 10} {
		situation := situation(s, records(left)...)
		situation.Since = from
		situation.Learned = map[string]queue.Limits{"org/sonnet-5": {Requests: queue.Limit{PerMinute: 60}}}
		a := compute(t, situation)
		if a.CannotTell != "" {
			t.Errorf("%d of 60 were left: cannot tell, because %q: %v measured, %v computed", left, a.CannotTell, millis(a.MeasuredP95Ms), millis(a.UntilNowP95Ms))
		}
		if left == 10 && of(a, "tier") == nil {
			t.Errorf("%d of 60 were left: remedies %v", left, kinds(a))
		}
	}
}

// A storm meets many requests, or some within a short time; an accident meets one here
// and there.
func TestStorm(t *testing.T) {
	for _, c := range []struct {
		name  string
		n     int // requests, one a second
		fails int // one in so many
		from  int // of the failures,
		to    int
		class queue.Class
		want  int
	}{
		{"none", 100, 1, 0, 0, queue.Overloaded, 0},
		{"two of few", 20, 1, 5, 7, queue.Overloaded, 0},
		{"three of few", 20, 1, 5, 8, queue.Overloaded, 3},
		{"an accident now and then", 1000, 90, 0, 1000, queue.Overloaded, 0},
		{"often", 1000, 45, 0, 1000, queue.ServerError, 23},
		{"together", 1000, 3, 500, 515, queue.NetworkError, 5},
		{"rate limits", 1000, 2, 0, 1000, queue.RateLimited, 0},
		{"mistakes of callers", 1000, 2, 0, 1000, queue.ClientError, 0},
		{"keys of callers", 1000, 2, 0, 1000, queue.KeyRefused, 0},
	} {
		tr := &traffic{}
		for i := range c.n {
			r := request{at: time.Duration(i) * time.Second}
			if i >= c.from && i < c.to && i%c.fails == 0 {
				r.Errors, r.LastError = 1, c.class
			}
			tr.requests = append(tr.requests, r)
		}
		class, hits := tr.storm()
		if hits != c.want || hits > 0 && class != c.class {
			t.Errorf("%s: got %d of %v, want %d", c.name, hits, class, c.want)
		}
	}
}
