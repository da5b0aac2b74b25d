package advice

import (
	"fmt"
	"testing"
	"time"

	"paceline/queue"
)

// A sample is the latest stretch of time, with those who waited when it began.
func TestASampleIsAStretchOfTime(t *testing.T) {
	at := func(second int) time.Time { return now.Add(time.Duration(second) * time.Second) }
	past := func(arrived, waited int) queue.RequestRecord {
		return queue.RequestRecord{Arrived: at(arrived), Started: true, Waited: time.Duration(waited) * time.Second}
	}
	waiting := func(arrived int) queue.RequestRecord { return queue.RequestRecord{Arrived: at(arrived)} }
	refused := func(arrived int) queue.RequestRecord { return queue.RequestRecord{Arrived: at(arrived), Refused: true} }
	for _, c := range []struct {
		name string
		past []queue.RequestRecord
		most int
		from int
		want string // the arrivals
	}{
		{"nothing", nil, 3, -60, "[]"},
		{"all of it fits", []queue.RequestRecord{past(0, 9), past(1, 9)}, 2, -60, "[0 1]"},
		{"nobody waits", []queue.RequestRecord{past(0, 0), past(1, 0), past(2, 0), past(3, 0)}, 2, 2, "[2 3]"},
		{"one waits", []queue.RequestRecord{past(0, 9), past(1, 0), past(2, 0), past(3, 0)}, 3, 2, "[0 2 3]"},
		{"one waited until then", []queue.RequestRecord{past(0, 2), past(1, 0), past(2, 0), past(3, 0)}, 2, 2, "[2 3]"},
		{"one waits still", []queue.RequestRecord{waiting(0), past(1, 0), past(2, 0), past(3, 0)}, 2, 3, "[0 3]"},
		{"who was refused does not", []queue.RequestRecord{refused(0), past(1, 0), past(2, 0), past(3, 0)}, 2, 2, "[2 3]"},
		{"too many wait", []queue.RequestRecord{waiting(0), waiting(1), waiting(2), waiting(3)}, 2, 2, "[2 3]"},
		{"at one instant", []queue.RequestRecord{past(0, 0), past(0, 0), past(0, 0)}, 2, 0, "[0 0]"},
	} {
		got, from := sample(c.past, at(-60), c.most)
		arrivals := []int{}
		for _, p := range got {
			arrivals = append(arrivals, int(p.Arrived.Sub(now).Seconds()))
		}
		if fmt.Sprint(arrivals) != c.want || !from.Equal(at(c.from)) || len(got) > c.most {
			t.Errorf("%s: got %v since %v, want %s since %d s", c.name, arrivals, from.Sub(now), c.want, c.from)
		}
	}
}

// However many requests there were, and whatever is tried, no more are replayed than
// that: one look at the metrics kept a core busy for minutes.
func TestNoMoreIsReplayedThanThat(t *testing.T) {
	requests := append(crowd(40, 80, small), asked("flood", 4000, 100*time.Millisecond, small)...)
	for i := range requests {
		requests[i].Fingerprint = uint64(1 + i%5000)
		requests[i].Waited = 0
	}
	s := situation(queue.DefaultSettings(), requests...)
	s.Settings.MaxInFlight, s.Settings.MaxQueue = 2, 10_000
	between := 0
	c := computation{ctx: t.Context(), yield: func() { between++ }}
	a, err := c.advice(s)
	if err != nil {
		t.Fatal(err)
	}
	if tries := 1 + len(a.Remedies); tries < 6 || c.replayed > maxReplayed || c.replayed < a.Requests*tries/2 {
		t.Errorf("%d were replayed in %d tries of %d, want %d at most", c.replayed, tries, a.Requests, maxReplayed)
	}
	if a.Requests < 1000 || a.OutOf != len(requests) {
		t.Errorf("got %d out of %d, want as many as may be out of %d", a.Requests, a.OutOf, len(requests))
	}
	if between < 10_000 {
		t.Errorf("it gave way %d times, want often", between)
	}
	if a.OverMs >= 15*60_000 || a.OverMs < 1000 {
		t.Errorf("it is over %d ms", a.OverMs)
	}
}

// Who waited already when the sample began has waited since then.
func TestRequestsThatAlreadyWaited(t *testing.T) {
	var requests []queue.RequestRecord
	for i := range maxRequests { // one a second starts, after ten minutes
		requests = append(requests, queue.RequestRecord{
			Arrived: now.Add(-2 * time.Hour).Add(time.Duration(i) * time.Second), Lane: "org/sonnet-5", User: "a", Cost: small,
			Started: true, Waited: 10 * time.Minute, Ended: true, Took: time.Second,
		})
	}
	requests = append(requests, requests...)[maxRequests/2:]
	for i := range requests {
		requests[i].Arrived = now.Add(time.Duration(i-len(requests)) * time.Second)
	}
	s := situation(adaptiveSettings(), requests...)
	s.Learned["org/sonnet-5"] = queue.Limits{Requests: queue.Limit{PerMinute: 60}}
	s.Settings.MaxWait, s.Settings.MaxQueue = time.Hour, 10_000
	a := compute(t, s)
	if a.Requests >= len(requests) || a.P95Ms < 9*60_000 || a.P95Ms > 11*60_000 {
		t.Errorf("%d of %d requests, p95 %d ms, want about ten minutes", a.Requests, len(requests), a.P95Ms)
	}
}
