package client

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// A day of polls and outages, the last hour at two polls a second, with as many
// events as a server tells.
func TestHistoryMemory(t *testing.T) {
	detail := &Detail{Resets: Some[int64](0)}
	for i := range maxEvents {
		detail.Events = append(detail.Events, Event{At: at(float64(i)), Kind: queue.KindFailed, Text: strings.Repeat("x", 200) + fmt.Sprint(i)})
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	h := NewHistory(500 * time.Millisecond)
	add := func(seconds float64) {
		s := counted(seconds, int64(seconds), int64(seconds), 0)
		s.Detail = &Detail{Events: slices.Clone(detail.Events)}
		h.Add(s)
		h.Events()
	}
	for minute := range 24 * 60 {
		add(float64(60 * minute))
		h.Fail(at(float64(60*minute+30)), &Failure{Words: strings.Repeat("y", maxText)})
	}
	const end = 25 * 3600
	for i := range 2 * 3600 {
		add(float64(end-3600) + float64(i)/2)
	}
	used := heap() - before
	runtime.KeepAlive(h)
	const most = 2 << 20
	if used > most {
		t.Errorf("a day of history takes %d bytes, want at most %d", used, most)
	}
	t.Logf("a day of history takes %d kB", used>>10)
	check(t, "fine points", len(h.fine.points) <= 1500, true)
	check(t, "fine reaches back", at(end).UnixNano()-h.fine.points[0].at >= int64(10*time.Minute), true)
	check(t, "coarse reaches back", at(end).UnixNano()-h.coarse.points[0].at >= int64(time.Hour), true)
	check(t, "minutes", len(h.minutes.points), 1440)
}

func TestHistoryLast(t *testing.T) {
	h := NewHistory(time.Second)
	_, ok := h.Last()
	check(t, "before the first", ok, false)
	h.Fail(at(0), &Failure{Words: "connection refused"})
	_, ok = h.Last()
	check(t, "after a failure", ok, false)
	h.Add(waits(1, 3))
	h.Fail(at(2), &Failure{Words: "connection refused"})
	s, ok := h.Last()
	check(t, "known", ok, true)
	check(t, "waiting", s.Waiting, Some(3))
}

// A sample says when it does not go on from the one before, and only then.
func TestHistoryTellsOfBreaks(t *testing.T) {
	h := NewHistory(time.Second)
	for i, c := range []struct {
		total int
		want  queue.Kind
	}{{10, ""}, {11, ""}, {2, KindUncertain}, {3, ""}} {
		s := decoded(t, fmt.Sprintf(`{"timestamp":%q,"metrics":{"totalRequests":%d}}`, at(float64(i)).Format(time.RFC3339), c.total))
		s.At = at(float64(i))
		h.Add(s)
		check(t, fmt.Sprintf("after %d", c.total), h.Derived().Discontinuity, c.want)
	}
}

// told shows events as a transcript.
func told(h *History) (lines []string) {
	for _, e := range h.Events() {
		lines = append(lines, fmt.Sprintf("%s %s: %s", e.At.Format(time.TimeOnly), e.Kind, e.Text))
	}
	return lines
}

func wantEvents(t *testing.T, what string, h *History, want ...string) {
	t.Helper()
	if got := told(h); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestStaleAfter(t *testing.T) {
	for interval, want := range map[time.Duration]time.Duration{
		0: 3 * time.Second, 500 * time.Millisecond: 3 * time.Second, time.Second: 3 * time.Second, 10 * time.Second: 30 * time.Second,
	} {
		check(t, interval.String(), StaleAfter(interval), want)
	}
}
