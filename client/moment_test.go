package client

import (
	"slices"
	"testing"
	"time"

	"paceline/queue"
)

// fullSlice is a slice in which so many waited, as the history tells it.
func fullSlice(n, waiting int, level Level) Slice {
	s := sliceAt(n, time.Duration(n)*time.Second)
	s.Waiting, s.Level = Some(waiting), level
	s.Arrivals, s.Successful, s.Failed = Some[int64](2), Some[int64](3), Some[int64](1)
	s.RateLimited = Some[int64](1)
	s.Failures = List[ClassCount]{{Class: "network", Count: Some[int64](1)}}
	if level > Healthy {
		s.Message = "Queue is backing up"
	}
	s.LongestWaits = List[LongestWait]{
		{User: "alice", Lane: "sonnet", Waited: Some(time.Duration(n) * time.Second), Started: Some(false), Waiting: Some(waiting - 1)},
		{User: "bob", Lane: "haiku", Waited: Some(time.Second), Started: Some(true)},
	}
	s.Lanes = List[LaneSlice]{
		{Name: "haiku", Waiting: Some(1)},
		{Name: "sonnet", Waiting: Some(waiting), Limits: List[Limit]{
			{Kind: "requests", PerMinute: Some[int64](50), Free: Some[Balance](40)},
			{Kind: "output tokens", PerMinute: Some[int64](8000), Free: Some[Balance](12)},
		}},
	}
	return s
}

func TestAtAMoment(t *testing.T) {
	var told []Slice
	for n := range 30 {
		told = append(told, fullSlice(n, n, Warning))
	}
	h, now := watched(told...)
	at := told[20].At.Value.Add(2 * time.Second)
	m, ok := h.At(at)
	if !ok {
		t.Fatal("nothing is known")
	}
	d := m.Sample.Detail
	check(t, "waiting", m.Sample.Waiting, Some(20))
	check(t, "oldest", d.OldestWait, Some(20*time.Second))
	check(t, "level", m.Verdict.Level, Warning)
	check(t, "who", d.Oldest.User, "alice")
	check(t, "binds", d.Binds.Kind, "output tokens")
	check(t, "arrivals of the minute", m.Minute.Arrivals, Some[int64](24))
	check(t, "starts of the minute", m.Minute.Starts, Some[int64](12))
	check(t, "p95 of the minute", d.Measured.P95, Some(20*time.Second))
	check(t, "longest of the minute", m.Minute.Longest, Some(20*time.Second))
	check(t, "success", m.Derived.RecentRate, Some(0.75))
	check(t, "failures", d.Failures[0].Count, Some(12))
	check(t, "users", len(d.Users), 2)
	check(t, "a user that waited", d.Users[0].Oldest, Some(20*time.Second))
	check(t, "a user that started", d.Users[1].Oldest, Opt[time.Duration]{})
	if _, ok := h.At(now.Add(-time.Hour)); ok {
		t.Error("what is before the first slice is known")
	}
	if _, ok := h.At(now.Add(time.Minute)); ok {
		t.Error("what is to come is known")
	}
}

// What held up most of a slice is what the one who waited longest waits for at that moment, though
// another limit has less left at its end; failures are the cause.
func TestTheCauseOfAMoment(t *testing.T) {
	told := toldSlice(1, Warning, 0, "requests")
	full := fullSlice(1, 3, Warning)
	told.Waiting, told.Lanes, told.LongestWaits = full.Waiting, full.Lanes, full.LongestWaits
	away := toldSlice(2, Critical, 0, "network")
	away.Waiting, away.LongestWaits = full.Waiting, full.LongestWaits
	h, _ := watched(sliceAt(0), told, away, sliceAt(3))
	m, _ := h.At(told.At.Value)
	check(t, "waits for", *m.Sample.Detail.Binds, Binding{Lane: "sonnet", Kind: "requests"})
	m, _ = h.At(away.At.Value)
	check(t, "cause", m.Sample.Detail.Cause, Some(queue.NetworkError.Name()))
}

// A slice of several is bad until the last of them was, for all of their causes.
func TestSlicesAreBadTogether(t *testing.T) {
	sum := toldSlice(0, Healthy, 0, "")
	for _, s := range []Slice{toldSlice(1, Warning, 2*time.Second, "requests"), toldSlice(2, Critical, 0, "network"), toldSlice(3, Healthy, 0, "")} {
		sum.add(s)
	}
	check(t, "from", sum.BadFrom, Some(sliceAt(1).At.Value.Add(2*time.Second)))
	check(t, "until", sum.BadUntil, Some(sliceAt(3).At.Value))
	check(t, "critical", sum.Critical, Some(SliceLength))
	if want := (List[SliceCause]{{"requests", Some(3 * time.Second)}, {"network", Some(SliceLength)}}); !slices.Equal(sum.Causes, want) {
		t.Errorf("causes: got %v, want %v", sum.Causes, want)
	}
}

// Before the last hour the slices are of a minute.
func TestAtAMomentHoursAgo(t *testing.T) {
	h, now := watched(fullSlice(0, 1, Healthy))
	minute := now.Add(-3 * time.Hour).Truncate(time.Minute)
	s := fullSlice(7, 7, Critical)
	s.At, s.Length = Some(minute), Some(time.Minute)
	h.AddPast(Past{Since: Some(minute), Until: Some(minute.Add(2 * time.Minute)), Step: Some(time.Minute), Slices: List[Slice]{s}})
	m, ok := h.At(minute.Add(40 * time.Second))
	if !ok {
		t.Fatal("nothing is known")
	}
	check(t, "waiting", m.Sample.Waiting, Some(7))
	check(t, "arrivals", m.Minute.Arrivals, Some[int64](2))
	columns := h.Waits(minute.Add(90*time.Second), 5*time.Minute, 60)
	check(t, "columns of a minute", len(columns), 5)
	check(t, "level", columns[3].Level, Critical)
	check(t, "which", h.ColumnAt(minute.Add(time.Second), minute.Add(90*time.Second), 5*time.Minute, 60), 3)
}

// Where of the last hour no short slice is known, a minute is.
func TestAtAMomentWithoutShortSlices(t *testing.T) {
	h, now := watched(fullSlice(0, 1, Healthy))
	minute := now.Add(-40 * time.Minute).Truncate(time.Minute)
	s := fullSlice(7, 7, Critical)
	s.At, s.Length = Some(minute), Some(time.Minute)
	h.AddPast(Past{Since: Some(minute), Until: Some(minute.Add(time.Minute)), Step: Some(time.Minute), Slices: List[Slice]{s}})
	m, ok := h.At(minute.Add(10 * time.Second))
	check(t, "known", ok, true)
	check(t, "waiting", m.Sample.Waiting, Some(7))
	if _, ok := h.At(minute.Add(time.Minute)); ok {
		t.Error("what follows is known")
	}
}

// Of an endpoint that keeps no history, what was polled is known.
func TestAtAMomentOfCountersOnly(t *testing.T) {
	h := NewHistory(time.Second)
	for n := range 10 {
		h.Add(Sample{At: t0().Add(time.Duration(n) * time.Second), Metrics: Metrics{Waiting: Some(n)}})
	}
	m, ok := h.At(t0().Add(4 * time.Second))
	check(t, "known", ok, true)
	check(t, "waiting", m.Sample.Waiting, Some(4))
	if m.Sample.Detail != nil {
		t.Error("what was not told is known")
	}
	if _, ok := h.At(t0().Add(-time.Hour)); ok {
		t.Error("what was not polled is known")
	}
}

// What a poll tells of a slice does not take away who waited in it.
func TestAPollKeepsWhoWaited(t *testing.T) {
	h, now := watched(fullSlice(3, 4, Warning))
	thin := fullSlice(3, 5, Warning)
	thin.LongestWaits, thin.Lanes = List[LongestWait]{}, List[LaneSlice]{}
	h.Add(Sample{At: now.Add(time.Second), Timestamp: Some(now.Add(time.Second)), Detail: &Detail{Slices: List[Slice]{thin}}})
	m, _ := h.At(now)
	check(t, "waiting", m.Sample.Waiting, Some(5))
	check(t, "users", len(m.Sample.Detail.Users), 2)
}

// Times are told by the endpoint's clock: where that is off, it is said.
func TestAClockThatIsOff(t *testing.T) {
	for off, want := range map[time.Duration]string{
		5 * time.Hour:     "the server's clock is 5 h ahead",
		-90 * time.Minute: "the server's clock is 90 min behind",
		20 * time.Second:  "",
	} {
		h := NewHistory(time.Second)
		h.Add(Sample{At: t0(), Timestamp: Some(t0().Add(off)), Detail: &Detail{}})
		check(t, "note", h.Derived().Note, want)
	}
}
