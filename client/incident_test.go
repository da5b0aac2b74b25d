package client

import (
	"reflect"
	"testing"
	"time"

	"paceline/queue"
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

// Two floods, and an outage in which the line stays short, are three incidents, though the
// verdict was a warning all the time: each begins where it grew worse again.
func TestIncidentsThatFollowEachOther(t *testing.T) {
	var told []Slice
	slice := func(waiting int, level Level, longest time.Duration, class queue.ClassName) {
		s := sliceAt(len(told), longest)
		s.Waiting, s.Level, s.Oldest = Some(waiting), level, Some(longest)
		if class != "" {
			s.Failed, s.Failures = Some[int64](2), List[ClassCount]{{Class: class, Count: Some[int64](5)}}
		}
		told = append(told, s)
	}
	flood := func(most int) {
		for n := 10; n < most; n += 25 {
			slice(n, Warning, time.Second, "")
		}
		for n := most; n > most/4; n -= 5 { // it drains: who waits longest is the last
			level := Warning
			if n < most*3/4 {
				level = Critical
			}
			slice(n, level, time.Duration(most-n)*time.Second, "")
		}
	}
	flood(126)
	second := len(told) // where it begins: the least that waited
	flood(137)
	for range 7 {
		slice(3, Warning, time.Second, "")
	}
	slice(3, Warning, time.Second, "overloaded")
	outage := len(told)
	slice(3, Critical, 2*time.Second, "network")
	slice(3, Critical, 3*time.Second, "network")
	slice(4, Warning, time.Second, "network")
	h, _ := watched(told...)
	got := h.Incidents()
	if len(got) != 3 {
		t.Fatalf("%d incidents, want 3: %+v", len(got), got)
	}
	check(t, "most in the first", got[0].Waiting, 126)
	check(t, "which follow another one", [3]bool{got[0].Again, got[1].Again, got[2].Again}, [3]bool{false, true, true})
	check(t, "most in the second", got[1].Waiting, 137)
	check(t, "where the second begins", got[1].Since, told[second].At.Value)
	check(t, "where the first ends", got[0].Until, got[1].Since)
	check(t, "worst: who had waited longest", got[1].Peak, told[outage-9].At.Value)
	check(t, "longest", got[1].Longest, Some(told[outage-9].Longest.Value))
	check(t, "the third", got[2].Since, told[outage].At.Value)
	check(t, "cause", got[2].Cause, "network")
	check(t, "critical", got[2].Critical, 2*SliceLength)
	check(t, "what failed in it alone", got[2].Failed, int64(6))
	check(t, "it goes on", got[2].Open && !got[2].Eased, true)
	slice(0, Healthy, 0, "")
	h, _ = watched(told...)
	eased := h.Incidents()[2]
	check(t, "all is well for a moment", eased.Open && eased.Eased, true)
	before := h.IncidentsUntil(told[outage].At.Value)
	check(t, "known before the third", len(before), 2)
	check(t, "which goes on", before[1].Open, true)
}

// A line that comes and goes by a few is one incident, and so is what is critical again soon.
func TestOneIncidentThatComesAndGoes(t *testing.T) {
	var told []Slice
	for n := range 60 {
		level := Warning
		if n%5 == 0 {
			level = Critical
		}
		told = append(told, fullSlice(n, []int{14, 9, 6, 8}[n%4], level))
	}
	h, _ := watched(told...)
	check(t, "incidents", len(h.Incidents()), 1)
}

// What failed in the minute before led to it: then at the worst moment no more has failed in
// its minute than in all.
func TestWhatFailedBeforeAnIncident(t *testing.T) {
	var told []Slice
	for n := range 24 {
		level := Healthy
		if n >= 20 {
			level = Warning
		}
		told = append(told, fullSlice(n, 2, level)) // one fails in each
	}
	h, _ := watched(told...)
	i := h.Incidents()[0]
	m, _ := h.At(i.Peak)
	check(t, "failed", i.Failed, 16)
	check(t, "in the minute until the worst", m.Minute.Failed, Some[int64](12))
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
