package client

import (
	"reflect"
	"testing"
	"time"
)

func TestIncidents(t *testing.T) {
	var told []Slice
	at := func(n, waiting int, level Level) { told = append(told, fullSlice(n, waiting, level)) }
	at(0, 1, Healthy)
	at(1, 3, Warning)
	at(2, 9, Critical)
	at(3, 12, Critical)
	at(4, 30, Warning)
	at(8, 2, Warning) // twenty seconds of calm are no end
	for n := 9; n < 40; n++ {
		at(n, 0, Healthy)
	}
	at(40, 6, Warning)
	h, _ := watched(told...)
	got := h.Incidents()
	if len(got) != 2 {
		t.Fatalf("%d incidents, want 2: %+v", len(got), got)
	}
	first, second := got[0], got[1]
	check(t, "since", first.Since, told[1].At.Value)
	check(t, "until", first.Until, told[5].At.Value.Add(sliceLength))
	check(t, "level", first.Level, Critical)
	check(t, "peak: the worst, and of these the longest line", first.Peak, told[3].At.Value)
	check(t, "waiting", first.Waiting, 30)
	check(t, "longest", first.Longest, Some(8*time.Second))
	check(t, "limited", first.Limited, int64(5))
	check(t, "cause", first.Cause, "network")
	check(t, "over", first.Open, false)
	check(t, "goes on", second.Open, true)
	if want := []string{"alice", "bob"}; !reflect.DeepEqual(first.Users, want) {
		t.Errorf("users: got %v, want %v", first.Users, want)
	}
}

// The day's minutes tell of what was before the last hour, and the hour is not counted twice.
func TestIncidentsOfADay(t *testing.T) {
	h, now := watched(fullSlice(0, 1, Warning), fullSlice(1, 5, Warning))
	since := now.Add(-5 * time.Hour).Truncate(time.Minute)
	old, recent := fullSlice(4, 8, Critical), fullSlice(5, 9, Warning)
	old.At, recent.At = Some(since), Some(now.Truncate(time.Minute))
	old.Length, recent.Length = Some(time.Minute), Some(time.Minute)
	old.Failed, old.Failures = Some[int64](0), nil
	h.AddPast(Past{Since: Some(since), Until: Some(now), Step: Some(time.Minute), Slices: List[Slice]{old, recent}})
	got := h.Incidents()
	if len(got) != 2 {
		t.Fatalf("%d incidents, want 2: %+v", len(got), got)
	}
	check(t, "of the day", got[0].Waiting, 8)
	check(t, "cause", got[0].Cause, "output tokens")
	check(t, "of the hour", got[1].Waiting, 5)
}
