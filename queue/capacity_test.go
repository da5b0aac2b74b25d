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
		if c := capacity(test.users); fmt.Sprint(c.Band, " ", c.Expected, " ", c.Feels) != test.want {
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
