package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// What a drain promises comes true: "all start in 5 min" was said to those of whom most were
// told to come back after one.
func TestADrainPromisesWhatItDoes(t *testing.T) {
	for name, c := range map[string]struct {
		settings Settings
		lasts    time.Duration
		all      bool
	}{
		"spaced, some":   {DefaultSettings(), time.Minute, false},
		"spaced, all":    {DefaultSettings(), 5 * time.Minute, true},
		"one in 2 s":     {every(2 * time.Second), time.Minute, false},
		"nobody in time": {every(30 * time.Second), 20 * time.Second, false},
	} {
		s := newScript(t, c.settings, 2*time.Second)
		s.varied = true
		for i := range 2 {
			s.add(fmt.Sprint("before", i), Request{})
		}
		s.run(35)
		s.crowd(40)
		s.run(36)
		s.m.Close(s.now, s.now.Add(c.lasts))
		r := s.m.Report(s.now)
		d, done, waiting := r.Detail, r.Metrics.Successful+int64(r.Detail.Running), r.Metrics.CurrentQueueLength
		if d.Drain == nil || d.Drain.EndsInMs != c.lasts.Milliseconds() || d.Drain.Served == nil {
			t.Fatalf("%s: got %+v", name, d.Drain)
		}
		if (d.EmptyInMs != nil) != c.all || strings.Contains(s.findings(), ", last in") != c.all {
			t.Errorf("%s: all start in %v ms, says the report, and the verdict\n%s", name, d.EmptyInMs, s.findings())
		}
		if *d.UserWaits.ExpectedP95Ms > (c.lasts + time.Second).Milliseconds() {
			t.Errorf("%s: users wait for %d ms", name, *d.UserWaits.ExpectedP95Ms)
		}
		for _, w := range s.m.Waiting(s.now) {
			if w.EtaMs != nil && *w.EtaMs > c.lasts.Milliseconds() {
				t.Errorf("%s: %s is told %d ms", name, w.ID, *w.EtaMs)
			}
		}
		s.run(36 + c.lasts.Seconds())
		s.m.Abort(s.now)
		s.step()
		m := s.m.Report(s.now).Metrics
		if served := int(m.Successful - done); served < *d.Drain.Served-1 || served > *d.Drain.Served+1 || c.all != (served == waiting) {
			t.Errorf("%s: %d of %d who wait are served, says the drain, and %d were", name, *d.Drain.Served, waiting, served)
		}
		if left := s.m.Report(s.now).Detail.Cancelled; m.TotalRequests != m.Successful+left || len(s.dropped) != int(left) {
			t.Errorf("%s: of %d requests %d succeeded, and %d of %d were cancelled", name, m.TotalRequests, m.Successful, left, len(s.dropped))
		}
		for _, told := range s.dropped {
			if !errors.Is(s.final[told], ErrClosed) {
				t.Errorf("%s: %s is told %v", name, told, s.final[told])
			}
		}
		for _, e := range s.m.Report(s.now).Detail.Events {
			if e.Kind == KindCancelled && e.By != shutdownName {
				t.Errorf("%s: cancelled by %q", name, fmt.Sprint(e.By))
			}
		}
	}
}

// In an outage nobody knows how many a drain serves.
func TestADrainInAnOutagePromisesNothing(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.serve(6, final(NetworkError))
	s.crowd(10)
	s.m.Close(s.now, s.now.Add(time.Minute))
	if d := s.m.Report(s.now).Detail; d.Drain == nil || d.Drain.Served != nil || d.EmptyInMs != nil {
		t.Errorf("got %+v, and all start in %v ms", d.Drain, d.EmptyInMs)
	}
}

// Those who stand aside have the same limits and the same pace as all others: "9 are served"
// was said where 2 were.
func TestADrainCountsThoseAsideByTheirPace(t *testing.T) {
	for name, settings := range map[string]Settings{"adaptive": adaptiveSettings(), "spaced": DefaultSettings()} {
		for _, back := range []time.Duration{3 * time.Second, 6 * time.Second, 14 * time.Second, 40 * time.Second} {
			first := every(0) // all start at once
			first.Adaptive = settings.Adaptive
			s := newScript(t, first, 200*time.Millisecond)
			s.learn = Limits{Requests: Limit{PerMinute: 10, Remaining: 9}}
			s.add("before", Request{})
			s.run(2)
			s.learn.Requests.Remaining = 0
			s.result = func(string, int) error {
				return &Error{Class: ServerError, Retry: RetryYes, RetryAfter: back}
			}
			s.crowd(9)
			s.run(4)
			s.result, s.learn = nil, Limits{}
			if err := s.m.SetSettings(s.now, settings); err != nil {
				t.Fatal(err)
			}
			s.m.Close(s.now, s.now.Add(15*time.Second))
			r := s.m.Report(s.now)
			told, done, empty := r.Detail.Drain.Served, r.Metrics.Successful+int64(r.Detail.Running), r.Detail.EmptyInMs
			if told == nil {
				t.Fatalf("%s, back after %v: nobody knows how many are served", name, back)
			}
			s.run(19)
			served := int(s.m.Report(s.now).Metrics.Successful - done)
			if *told < served || *told > served+1 {
				t.Errorf("%s, back after %v: %d are served, says the drain, and %d were", name, back, *told, served)
			}
			if empty != nil {
				t.Errorf("%s, back after %v: all start in %d ms, says the report", name, back, *empty)
			}
		}
	}
}

// Of several shutdowns the earliest end holds: one with a deadline was ignored after one
// without, and "all start in 3 min" was said to those whom it sent away after 10 s.
func TestTheEarliestEndOfADrainHolds(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.crowd(40)
	s.m.Close(s.now, time.Time{})
	if d := s.m.Report(s.now).Detail; d.Drain != nil || !d.Draining || d.EmptyInMs == nil {
		t.Errorf("without an end: got %+v", d.Drain)
	}
	for _, c := range []struct{ ends, want time.Duration }{
		{time.Minute, time.Minute}, {10 * time.Second, 10 * time.Second}, {time.Hour, 10 * time.Second}, {0, 10 * time.Second},
	} {
		var ends time.Time
		if c.ends > 0 {
			ends = s.now.Add(c.ends)
		}
		s.m.Close(s.now, ends)
		if d := s.m.Report(s.now).Detail; d.Drain == nil || d.Drain.EndsInMs != c.want.Milliseconds() || d.EmptyInMs != nil {
			t.Errorf("an end after %v: got %+v, want one after %v", c.ends, d.Drain, c.want)
		}
	}
	s.m.Abort(s.now)
	var drains []string
	for _, e := range s.m.Report(s.now).Detail.Events {
		if e.Kind == KindDraining {
			drains = append(drains, (time.Duration(e.Millis) * time.Millisecond).String())
		}
	}
	if got := strings.Join(drains, " "); got != "0s 1m0s 10s" {
		t.Errorf("the events tell of drains of %s", got)
	}
}
