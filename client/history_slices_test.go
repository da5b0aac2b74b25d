package client

import (
	"slices"
	"testing"
	"time"
)

// sliceAt is 5 s, n slices after the beginning, with starts that waited so long.
func sliceAt(n int, waits ...time.Duration) Slice {
	s := Slice{
		At: Some(t0().Truncate(SliceLength).Add(time.Duration(n) * SliceLength)), Length: Some(SliceLength),
		Waiting: Some(n % 3), Oldest: Some(time.Duration(n) * time.Second), Starts: Some(int64(len(waits))),
	}
	for _, w := range waits {
		s.Longest = maxOf(s.Longest, Some(w))
		s.Waits = mergeWaits(s.Waits, List[WaitCount]{{AtMost: Some(w), Count: Some[int64](1)}})
	}
	if len(waits) > 0 {
		s.Median = s.Waits[(len(s.Waits)-1)/2].AtMost
	}
	return s
}

// watched is a history that has polled an endpoint with these slices, the last of which is the
// present one.
func watched(list ...Slice) (*History, time.Time) {
	h := NewHistory(time.Second)
	at := list[len(list)-1].At.Value.Add(4 * time.Second)
	h.Add(Sample{At: at, Timestamp: Some(at), Metrics: Metrics{Waiting: Some(0)}, Detail: &Detail{Slices: list}})
	return h, at
}

func TestWaitColumns(t *testing.T) {
	const s = time.Second
	h, now := watched(sliceAt(1, 2*s, 3*s), sliceAt(2), sliceAt(3, 9*s), sliceAt(4, 1*s, 1*s, 20*s))
	one := h.Waits(now, 20*s, 4)
	check(t, "columns", len(one), 4)
	for i, want := range []struct {
		longest, median Opt[time.Duration]
		starts          int64
	}{
		{Some(3 * s), Some(2 * s), 2},
		{Some(2 * s), Opt[time.Duration]{}, 0}, // nothing started: the oldest that waited
		{Some(9 * s), Some(9 * s), 1},
		{Some(20 * s), Some(1 * s), 3},
	} {
		check(t, "longest", one[i].Longest, want.longest)
		check(t, "median", one[i].Median, want.median)
		check(t, "starts", one[i].Starts, want.starts)
	}
	all := h.Waits(now.Add(-now.Sub(now.Truncate(40*s))+39*s), 40*s, 1)[0]
	check(t, "all: starts", all.Starts, int64(6))
	check(t, "all: longest", all.Longest, Some(20*s))
	check(t, "all: median", all.Median, Some(2*s))
}

// What happened before the first poll is filled in: an idle server is not a gap.
func TestPastOfWaits(t *testing.T) {
	const s = time.Second
	h, now := watched(sliceAt(10, 2*s))
	since := sliceAt(0).At.Value
	h.AddPast(Past{
		Since: Some(since), Until: Some(now), Step: Some(SliceLength),
		Slices: List[Slice]{sliceAt(2, 7*s), sliceAt(10, 99*s)},
		Gaps:   List[Gap]{{Since: Some(since.Add(25 * s)), Until: Some(since.Add(35 * s))}},
	})
	columns := h.Waits(now, 55*s, 11)
	for i, want := range []Opt[time.Duration]{
		0: Some(time.Duration(0)), 1: Some(time.Duration(0)), 2: Some(7 * s), 3: Some(time.Duration(0)),
		5: {}, 6: {}, 7: Some(time.Duration(0)), 10: Some(2 * s), // the poll is newer than the past
	} {
		if i == 4 || i == 8 || i == 9 {
			continue
		}
		if got := columns[i].Longest; got != want {
			t.Errorf("column %d: got %v, want %v", i, got, want)
		}
	}
}

// Slices are kept for an hour and a minute, and no longer.
func TestSlicesAreBounded(t *testing.T) {
	h := sliceHistory{length: SliceLength, retention: time.Hour}
	for n := range 3000 {
		h.take([]Slice{sliceAt(n), sliceAt(n + 1)})
	}
	if n := len(h.all); n < 700 || n > 734 {
		t.Errorf("%d slices are kept", n)
	}
}

// The plots follow the endpoint's clock, however wrong it is.
func TestWaitsByTheClockOfTheEndpoint(t *testing.T) {
	h := NewHistory(time.Second)
	theirs := sliceAt(0, 3*time.Second)
	ours := t0().Add(5 * time.Hour)
	h.Add(Sample{At: ours, Timestamp: Some(theirs.At.Value.Add(time.Second)), Detail: &Detail{Slices: List[Slice]{theirs}}})
	columns := h.Waits(ours, time.Minute, 12)
	check(t, "now", columns[len(columns)-1].Longest, Some(3*time.Second))
}

// What polls have told is not taken away: by an answer that is older, or by a server that has
// lost a slice since.
func TestAnOlderAnswerTakesNothingAway(t *testing.T) {
	const s = time.Second
	early := sliceAt(10, 2*s)
	h, now := watched(early)
	late := sliceAt(10, 2*s, 3*s, 4*s)
	h.Add(Sample{At: now.Add(5 * s), Timestamp: Some(now.Add(5 * s)), Detail: &Detail{Slices: List[Slice]{late, sliceAt(11)}}})
	h.AddPast(Past{Since: Some(sliceAt(0).At.Value), Until: Some(now), Step: Some(SliceLength), Slices: List[Slice]{sliceAt(4, s), early}})
	columns := h.Waits(now.Add(5*s), 60*s, 12)
	check(t, "starts of the past", columns[4].Starts, int64(1))
	check(t, "starts that a poll has told since", columns[10].Starts, int64(3))
	h.AddPast(Past{Since: Some(sliceAt(0).At.Value), Until: Some(sliceAt(20).At.Value), Step: Some(SliceLength)})
	check(t, "starts that are lost", h.Waits(now.Add(5*s), 60*s, 12)[10].Starts, int64(3))
}

// A day that is asked for once more goes on where it ended the last time.
func TestADayIsAskedForAgain(t *testing.T) {
	minute := func(at time.Time, waiting int) Slice {
		s := fullSlice(1, waiting, Warning)
		s.At, s.Length = Some(at), Some(time.Minute)
		return s
	}
	h, now := watched(sliceAt(0))
	begin := now.Truncate(time.Minute).Add(-5 * time.Hour)
	h.AddPast(Past{
		Since: Some(begin), Until: Some(begin.Add(70 * time.Second)), Step: Some(time.Minute),
		Slices: List[Slice]{minute(begin, 1), minute(begin.Add(time.Minute), 2)}, // which is not over
	})
	h.AddPast(Past{
		Since: Some(begin), Until: Some(begin.Add(10 * time.Minute)), Step: Some(time.Minute),
		Slices: List[Slice]{minute(begin, 1), minute(begin.Add(time.Minute), 7), minute(begin.Add(8*time.Minute), 9)},
	})
	for n, want := range map[int]int{0: 1, 1: 7, 3: 0, 8: 9} {
		m, ok := h.At(begin.Add(time.Duration(n)*time.Minute + 30*time.Second))
		check(t, "known", ok, true)
		check(t, "waiting", m.Sample.Waiting, Some(want))
	}
}

// After a clock was set back what it had told of the time to come is dropped: else it would
// make everything that is told from then on too old to be kept.
func TestAClockThatIsSetBack(t *testing.T) {
	h, now := watched(sliceAt(3000, time.Second), sliceAt(3001, time.Second))
	minute := sliceAt(3000).At.Value.Truncate(time.Minute)
	h.AddPast(Past{Since: Some(minute), Until: Some(minute.Add(time.Minute)), Step: Some(time.Minute)})
	back := sliceAt(1, 4*time.Second)
	at := now.Add(time.Second)
	h.Add(Sample{At: at, Timestamp: back.At, Metrics: Metrics{Waiting: Some(0)}, Detail: &Detail{Slices: List[Slice]{sliceAt(0), back}}})
	columns := h.Waits(at, time.Minute, 12)
	check(t, "longest", columns[11].Longest, Some(4*time.Second))
	check(t, "slices", len(h.slices.all), 2)
	check(t, "minutes", len(h.minuteSlices.all), 0)
}

// A lane's limit over time is what the endpoint kept of it, and what each poll told: the least
// free in a column.
func TestFreeOfALimit(t *testing.T) {
	lanes := func(free int64) []Lane {
		return []Lane{{Name: "sonnet", Limits: List[Limit]{{Kind: "requests", Free: Some(Balance(free))}, {Kind: "input tokens"}}}}
	}
	kept := sliceAt(1)
	kept.Lanes = List[LaneSlice]{{Name: "sonnet", Limits: lanes(40)[0].Limits}}
	h, now := watched(kept, sliceAt(2))
	for n, free := range []int64{30, 10, 20} {
		at := sliceAt(3 + n).At.Value.Add(time.Second)
		h.Add(Sample{At: at, Timestamp: Some(at), Detail: &Detail{Slices: []Slice{sliceAt(2 + n), sliceAt(3 + n)}, Lanes: lanes(free)}})
		now = at
	}
	var got []Column
	for _, c := range h.Free("sonnet", "requests", now, 25*time.Second, 5) {
		got = append(got, Column{Value: c.Value, Known: c.Known})
	}
	if want := []Column{{Value: 40, Known: true}, {}, {Value: 30, Known: true}, {Value: 10, Known: true}, {Value: 20, Known: true}}; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for name, c := range map[string][]Column{"another lane": h.Free("opus", "requests", now, 25*time.Second, 5), "not told": h.Free("sonnet", "input tokens", now, 25*time.Second, 5)} {
		if c[4].Known {
			t.Errorf("%s: got %+v", name, c)
		}
	}
	least := h.Free("sonnet", "requests", now, 50*time.Second, 1)
	check(t, "least", least[0].Value, 10.)
}
