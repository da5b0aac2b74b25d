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
	for n := 5; n < 7; n++ { // ten seconds of calm are no end
		at(n, 0, Healthy)
	}
	at(7, 2, Warning)
	for n := 8; n < 40; n++ {
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
	check(t, "until", first.Until, told[7].At.Value.Add(SliceLength))
	check(t, "level", first.Level, Critical)
	check(t, "peak: the worst, and of these the longest line", first.Peak, told[3].At.Value)
	check(t, "waiting", first.Waiting, 30)
	check(t, "longest", first.Longest, Some(7*time.Second))
	check(t, "cause", first.Cause, "network")
	check(t, "over", first.Open, false)
	check(t, "goes on", second.Open, true)
	if want := []string{"alice", "bob"}; !reflect.DeepEqual(first.Users, want) {
		t.Errorf("users: got %v, want %v", first.Users, want)
	}
}

// What nobody knows is not part of an incident, however short it is.
func TestAnIncidentEndsWhereNothingIsKnown(t *testing.T) {
	h, _ := watched(fullSlice(0, 6, Warning), fullSlice(1, 6, Warning), fullSlice(8, 6, Warning))
	got := h.Incidents()
	if len(got) != 2 || got[0].Open || !got[1].Open {
		t.Fatalf("got %+v, want two, of which one goes on", got)
	}
	check(t, "until", got[0].Until, fullSlice(2, 0, Healthy).At.Value)
	check(t, "users, each once", len(got[0].Users), 2)
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

// Where of the last hour only some of the short slices are known, the minutes tell of the
// others.
func TestIncidentsBetweenShortSlices(t *testing.T) {
	h, now := watched(sliceAt(720), sliceAt(721))
	block := sliceAt(60)
	h.AddPast(Past{Since: block.At, Until: Some(block.At.Value.Add(SliceLength)), Step: Some(SliceLength), Slices: List[Slice]{block}})
	minute := fullSlice(7, 7, Critical)
	minute.At, minute.Length = Some(sliceAt(360).At.Value.Truncate(time.Minute)), Some(time.Minute)
	h.AddPast(Past{Since: minute.At, Until: Some(now), Step: Some(time.Minute), Slices: List[Slice]{minute}})
	got := h.Incidents()
	if len(got) != 1 {
		t.Fatalf("%d incidents, want 1: %+v", len(got), got)
	}
	check(t, "since", got[0].Since, minute.At.Value)
}

// What is known only of polls is an incident of the day after an hour, too.
func TestIncidentsOfPollsAreKeptForADay(t *testing.T) {
	h, now := watched(fullSlice(0, 1, Warning), fullSlice(1, 9, Critical), fullSlice(2, 3, Warning))
	before := h.Incidents()
	for n := range 3 * 720 {
		at := now.Add(time.Duration(n) * SliceLength)
		h.Add(Sample{At: at, Timestamp: Some(at), Metrics: Metrics{Waiting: Some(0)}, Detail: &Detail{Slices: List[Slice]{sliceAt(n + 3), sliceAt(n + 4)}}})
	}
	got := h.Incidents()
	if len(before) != 1 || len(got) != 1 {
		t.Fatalf("%d incidents, and later %d, want 1: %+v", len(before), len(got), got)
	}
	i := got[0]
	check(t, "since", i.Since, before[0].Since.Truncate(time.Minute))
	check(t, "level", i.Level, Critical)
	check(t, "waiting", i.Waiting, 9)
	check(t, "failed", i.Failed, before[0].Failed)
	check(t, "cause", i.Cause, "network")
	if !reflect.DeepEqual(i.Users, []string{"alice", "bob"}) {
		t.Errorf("users: got %v", i.Users)
	}
	m, ok := h.At(before[0].Peak)
	check(t, "known", ok, true)
	check(t, "arrivals", m.Minute.Arrivals, Some[int64](6))
	check(t, "users", len(m.Sample.Detail.Users), 2)
}
