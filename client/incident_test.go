package client

import (
	"fmt"
	"slices"
	"strings"
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
	for n := 5; n < 7; n++ { // less than a minute of calm is no end
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
	check(t, "peak: failures are the cause, and of as many in each, the longest wait", first.Peak, told[7].At.Value)
	check(t, "waiting", first.Waiting, 30)
	check(t, "longest", first.Longest, Some(7*time.Second))
	check(t, "cause", first.Cause, "network")
	check(t, "over", first.Open, false)
	check(t, "goes on", second.Open, true)
	if want := []IncidentUser{{"alice", 7 * time.Second}, {"bob", time.Second}}; !slices.Equal(first.Users, want) {
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

// toldSlice is a slice of which the endpoint tells for how long all was not well, and why: from
// a second of it on; it only stands still where that is the slice's length.
func toldSlice(n int, level Level, from time.Duration, cause string) Slice {
	s := sliceAt(n)
	s.Level, s.Critical, s.Causes = level, Some(time.Duration(0)), List[SliceCause]{}
	if level == Healthy || from == SliceLength {
		return s
	}
	s.BadFrom, s.BadUntil = Some(s.At.Value.Add(from)), Some(s.At.Value.Add(SliceLength))
	s.Causes = List[SliceCause]{{cause, Some(SliceLength - from)}}
	if level == Critical {
		s.Critical = Some(SliceLength - from)
	}
	return s
}

// incidentLines are the incidents of a row of slices, a letter each: w a warning for want of
// output tokens, c the same and critical, r a warning for 429s, p critical for a pause, n for failures
// of the network, b for its breaker, o a verdict that stands longer than its reason, a dot where all
// was well.
func incidentLines(row string) (lines []string) {
	var told []Slice
	for n, letter := range row {
		switch letter {
		case 'w':
			told = append(told, toldSlice(n, Warning, 0, "output tokens"))
		case 'c':
			told = append(told, toldSlice(n, Critical, 0, "output tokens"))
		case 'p':
			told = append(told, toldSlice(n, Critical, 0, "pause"))
		case 'n':
			told = append(told, toldSlice(n, Critical, 0, "network"))
		case 'b':
			told = append(told, toldSlice(n, Critical, 0, queue.BlockedByNetwork))
		case 'r':
			told = append(told, toldSlice(n, Warning, 0, queue.RateLimited.String()))
		case 'o':
			told = append(told, toldSlice(n, Warning, SliceLength, ""))
		default:
			told = append(told, toldSlice(n, Healthy, 0, ""))
		}
	}
	h, _ := watched(told...)
	for _, i := range h.Incidents() {
		begin := told[0].At.Value
		line := fmt.Sprintf("%d-%d %s %s", int(i.Since.Sub(begin)/SliceLength), int(i.Until.Sub(begin)/SliceLength), i.Level, i.Cause)
		if i.Open {
			line += " on"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestWhatAnIncidentIs(t *testing.T) {
	calm := func(n int) string { return strings.Repeat(".", n) }
	for name, of := range map[string]struct {
		row  string
		want []string
	}{
		"one that eases and grows worse again":        {"wccwwwwwwwwccww", []string{"0-15 critical output tokens on"}},
		"another cause without health between":        {"wwwwwwnn" + calm(3), []string{"0-8 critical output tokens"}},
		"the cause that held for most of it":          {"wwnnnnn" + calm(3), []string{"0-7 critical network"}},
		"less than a minute of health":                {"ww" + calm(11) + "ww" + calm(3), []string{"0-15 warning output tokens"}},
		"a minute of health":                          {"ww" + calm(12) + "ww" + calm(3), []string{"0-2 warning output tokens", "14-16 warning output tokens"}},
		"failures of the network, and its breaker":    {"nn..bbb" + calm(3), []string{"0-7 critical connection"}},
		"429s, and the limit that they are of":        {"ww..rrr" + calm(3), []string{"0-7 warning rate limited"}},
		"a cause of another kind, and health between": {"ww.pp..nn" + calm(3), []string{"0-2 warning output tokens", "3-5 critical pause", "7-9 critical network"}},
		"a verdict that stands longer":                {"wwoooooooooooo" + calm(3), []string{"0-2 warning output tokens"}},
		"which stood all the time between":            {"wwoooooooooooooowwoo.", []string{"0-18 warning output tokens"}},
	} {
		if got := incidentLines(of.row); !slices.Equal(got, of.want) {
			t.Errorf("%s: %s: got %q, want %q", name, of.row, got, of.want)
		}
	}
}

// An incident begins and ends when the verdict was no longer well, and not with the slice; where
// only that is known, the verdict's own time says when one that goes on began.
func TestAnIncidentBeginsWithItsVerdict(t *testing.T) {
	first := toldSlice(1, Warning, 3*time.Second, "requests")
	h, _ := watched(toldSlice(0, Healthy, 0, ""), first, toldSlice(2, Warning, 0, "requests"))
	check(t, "since", h.Incidents()[0].Since, first.At.Value.Add(3*time.Second))
	old := fullSlice(1, 6, Warning)
	h, now := watched(fullSlice(0, 0, Healthy), old)
	since := old.At.Value.Add(2 * time.Second)
	h.Add(Sample{At: now, Timestamp: Some(now), Detail: &Detail{Since: Some(since), Slices: List[Slice]{old}}})
	check(t, "since, of an older server", h.Incidents()[0].Since, since)
}

// The worst moment is that of the longest wait, whatever the level was, and its figures are
// those of all of it.
func TestTheWorstOfAnIncident(t *testing.T) {
	var told []Slice
	for n, waited := range []int{10, 40, 20} {
		s := toldSlice(n, []Level{Critical, Warning, Warning}[n], 0, "requests")
		s.Oldest, s.Waiting, s.Refused = Some(time.Duration(waited)*time.Second), Some([]int{5, 7, 9}[n]), Some[int64](2)
		s.LongestWaits = List[LongestWait]{{User: "alice", Waited: s.Oldest}, {User: "bob", Waited: Some(time.Second)}}
		told = append(told, s)
	}
	h, _ := watched(told...)
	i := h.Incidents()[0]
	check(t, "peak", i.Peak, told[1].At.Value)
	check(t, "longest", i.Longest, Some(40*time.Second))
	check(t, "most", i.Waiting, 9)
	check(t, "when", i.MostAt, told[2].At.Value)
	check(t, "refused", i.Refused, 6)
	if want := []IncidentUser{{"alice", 40 * time.Second}, {"bob", time.Second}}; !slices.Equal(i.Users, want) {
		t.Errorf("users: got %v, want %v", i.Users, want)
	}
}

// Where failures are the cause, the worst moment is that in which most failed.
func TestTheWorstOfAnOutage(t *testing.T) {
	var told []Slice
	for n, failed := range []int64{1, 7, 2} {
		s := toldSlice(n, Critical, 0, "network")
		s.Oldest, s.Failed = Some(time.Duration(10*n)*time.Second), Some(failed)
		told = append(told, s)
	}
	h, _ := watched(told...)
	i := h.Incidents()[0]
	check(t, "peak", i.Peak, told[1].At.Value)
	check(t, "longest wait", i.LongestAt, told[2].At.Value)
}

// What failed before the end of an incident is not the next one's.
func TestWhatFailedCountsInOneIncident(t *testing.T) {
	var told []Slice
	for n := range 6 {
		s := toldSlice(n, Healthy, 0, "")
		switch n {
		case 1, 2:
			s = toldSlice(n, Warning, 0, "requests")
		case 4, 5:
			s = toldSlice(n, Critical, 0, "network")
		}
		s.Failed = Some[int64](1)
		told = append(told, s)
	}
	h, _ := watched(told...)
	got := h.Incidents()
	check(t, "incidents", len(got), 2)
	check(t, "of the first", got[0].Failed, 3)
	check(t, "of the second", got[1].Failed, 3)
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
	if len(i.Users) != 2 || i.Users[0].Name != "alice" {
		t.Errorf("users: got %v", i.Users)
	}
	m, ok := h.At(before[0].Peak)
	check(t, "known", ok, true)
	check(t, "arrivals", m.Minute.Arrivals, Some[int64](6))
	check(t, "users", len(m.Sample.Detail.Users), 2)
}
