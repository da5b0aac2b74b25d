package gateway

import (
	"fmt"
	"testing"
	"time"
)

func TestNewLanesAreBounded(t *testing.T) {
	var n newLanes
	at := func(d time.Duration) time.Time { return time.Unix(0, 0).Add(d) }
	for i := range maxNewLanes {
		if !n.admit("a", fmt.Sprint(i), at(time.Duration(i)*time.Second)) {
			t.Fatalf("lane %d of a: refused", i)
		}
	}
	for _, step := range []struct {
		source, lane string
		at           time.Duration
		want         bool
	}{
		{"a", "more", time.Minute, false},                  // there are too many
		{"b", "more", time.Minute, true},                   // but not of another source
		{"a", "0", 2 * time.Minute, true},                  // one of those that count
		{"a", "more", newLaneTime, false},                  // they count until nothing has asked for them
		{"a", "more", newLaneTime + time.Second, true},     // 1 was asked for at 1 s
		{"a", "1", newLaneTime + time.Second, false},       // it does not count any more, and more does
		{"a", "2", newLaneTime + 2*time.Second, true},      // it counts still
		{"a", "0", newLaneTime + 90*time.Second, true},     // 0 was asked for at 2 min
		{"a", "fresh", newLaneTime + 90*time.Second, true}, // and all others do not count any more
	} {
		if got := n.admit(step.source, step.lane, at(step.at)); got != step.want {
			t.Errorf("%s asks for %s at %v: got %v, want %v", step.source, step.lane, step.at, got, step.want)
		}
	}
}

// Many sources cost no memory without end.
func TestNewLanesOfManySources(t *testing.T) {
	var n newLanes
	for i := range 10 * maxSources {
		if !n.admit(fmt.Sprint(i), "lane", time.Unix(0, 0)) {
			t.Fatalf("source %d: refused", i)
		}
		if len(n.bySource) > maxSources {
			t.Fatalf("%d sources are kept, want at most %d", len(n.bySource), maxSources)
		}
	}
}
