package advice

import (
	"fmt"
	"testing"
	"time"

	"paceline/queue"
)

// What was missing at the beginning is what the first answers told, less what the lane itself
// had taken; of an answer that tells late it is not known, and all has refilled.
func TestUsedBefore(t *testing.T) {
	started := func(lane string, second, taken int) queue.RequestRecord { // of 60 requests and 6,000 tokens a minute
		r := queue.RequestRecord{Arrived: now.Add(time.Duration(second) * time.Second), User: "u", Lane: lane, Started: true, Cost: queue.Cost{Input: 10}}
		if taken > 0 {
			r.Told = queue.Limits{Requests: queue.Limit{PerMinute: 60, Remaining: 60 - taken}, Input: queue.Limit{PerMinute: 6000, Remaining: 6000 - 100*taken}}
			r.ToldAt = r.Arrived.Add(time.Second)
		}
		return r
	}
	failed := started("a", 2, 0)
	failed.Failed = true
	lanes := callsByLane([]queue.RequestRecord{
		started("a", -1, 0), started("a", 0, 0), started("b", 0, 5), started("c", 1, 0), started("a", 2, 20), failed, started("b", 3, 40), started("a", 4, 30),
		started("d", 61, 5), started("e", 40, 1),
	}, now)
	for lane, want := range map[string]*amounts{
		"a": {20 - 2 + 2, 2000 - 20 + 200},
		"b": {5 - 1, 500 - 10},
		"c": nil, "d": nil,
		"e": {0, 100 - 10 + 4000}, // its own request explains what is missing of the requests
	} {
		lanes[lane].read(asOfStart)
		got := lanes[lane].usedBefore()
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("lane %s: got %v, want %v", lane, got, want)
		}
	}
}

// A stream tells of its start, if any other answer tells of its end.
func TestAsOfStartOrEnd(t *testing.T) {
	const start, end = 2 * time.Second, 5 * time.Second
	for _, c := range []struct{ toldAt, want time.Duration }{
		{start + time.Second, start},
		{end - 10*time.Millisecond, end - 10*time.Millisecond},
		{end, end},
	} {
		if got := asOfStartOrEnd.of(call{&queue.RequestRecord{Ended: true, Told: told(1, 0)}, start, end, c.toldAt}); got != c.want {
			t.Errorf("told at %v: got %v, want %v", c.toldAt, got, c.want)
		}
	}
	if got := asOfStartOrEnd.of(call{&queue.RequestRecord{Told: told(1, 0)}, start, start, start + time.Second}); got != start {
		t.Errorf("it runs: got %v, want %v", got, start)
	}
}

// The time is up to the requests, however many lanes they are in.
func BenchmarkReadOthers(b *testing.B) {
	for _, lanes := range []int{1, 8192} {
		s := Situation{Since: now}
		for i := range 8192 {
			at := now.Add(time.Duration(i) * time.Millisecond)
			s.Traffic = append(s.Traffic, queue.RequestRecord{
				Arrived: at, User: "u", Lane: fmt.Sprint("lane ", i%lanes), Started: true, Ended: true,
				Told: queue.Limits{Requests: queue.Limit{PerMinute: 60, Remaining: 59}}, ToldAt: at,
			})
		}
		b.Run(fmt.Sprint(lanes, " lanes"), func(b *testing.B) {
			for b.Loop() {
				takenByOthers(s)
			}
		})
	}
}
