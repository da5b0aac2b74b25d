package queue

import (
	"fmt"
	"testing"
	"time"
)

func TestCapacityBands(t *testing.T) {
	for _, test := range []struct {
		users int
		want  string
	}{{0, "Excellent 0-3 s Instant"}, {2, "Excellent 0-3 s Instant"}, {3, "Good 3-8 s Good"}, {6, "Warning 8-15 s Acceptable"}, {11, "Poor 15-30 s Slow"}, {20, "Poor 15-30 s Slow"}, {21, "Upgrade needed 30 s and more Very slow"}} {
		if c := BandForUsers(test.users); fmt.Sprint(c.Name, " ", c.Expected, " ", c.Feels) != test.want {
			t.Errorf("%d users: got %+v", test.users, c)
		}
	}
}

func TestBandsOfWaits(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		0: "Excellent", 3*time.Second - 1: "Excellent", 3 * time.Second: "Good", 8 * time.Second: "Warning",
		15 * time.Second: "Poor", 30 * time.Second: "Upgrade needed", time.Hour: "Upgrade needed",
	} {
		if got := BandForWait(wait).Name; got != want {
			t.Errorf("%v: got %s, want %s", wait, got, want)
		}
	}
}

// The measured band is that of the last minute, though the published one goes by users, and
// the quantiles by five minutes.
func TestTheMeasuredBandIsOfTheLastMinute(t *testing.T) {
	s := newScript(t, every(10*time.Second), 100*time.Millisecond)
	if c := s.m.Report(s.now).Detail.Capacity; c.Measured != nil {
		t.Errorf("before anything has started: got %+v", *c.Measured)
	}
	s.crowd(3) // start after 0, 10 and 20 s
	s.run(21)
	check := func(band, feels string, p95 time.Duration, starts int64) {
		t.Helper()
		got := s.m.Report(s.now).Detail.Capacity.Measured
		if got == nil {
			t.Fatalf("after %v: there is none", s.now.Sub(t0))
		}
		if off := time.Duration(got.P95Ms)*time.Millisecond - p95; got.Band != band || got.Feels != feels || off.Abs() > p95/30 || got.Starts != starts {
			t.Errorf("after %v: got %+v, want %s, %s, %v, %d", s.now.Sub(t0), *got, band, feels, p95, starts)
		}
	}
	check("Poor", "Slow", 20*time.Second, 3)
	s.run(62)
	check("Poor", "Slow", 20*time.Second, 2)
	s.run(82)
	if c := s.m.Report(s.now).Detail.Capacity; c.Measured != nil || c.ActiveUsers != 3 || c.Band != "Good" {
		t.Errorf("after %v: got %+v, %+v", s.now.Sub(t0), c, c.Measured)
	}
	s.add("quick", Request{User: "0"})
	s.run(83)
	check("Excellent", "Instant", 0, 1)
}
