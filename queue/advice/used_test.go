package advice

import (
	"fmt"
	"testing"
	"time"

	"paceline/queue"
)

// Each lane is missing what its first answer told, less what the lane itself had taken.
func TestUsedBefore(t *testing.T) {
	limits := queue.Limits{Requests: queue.Limit{PerMinute: 60}, Input: queue.Limit{PerMinute: 6000}}
	started := func(lane string, second int, taken int) queue.RequestRecord {
		r := queue.RequestRecord{Arrived: now.Add(time.Duration(second) * time.Second), User: "u", Lane: lane, Started: true, Cost: queue.Cost{Input: 10}}
		if taken > 0 {
			r.Taken = queue.Taken{Requests: taken, Cost: queue.Cost{Input: 100 * taken}}
		}
		return r
	}
	got := usedBefore(map[string]queue.Limits{"a": limits, "b": limits, "c": limits}, []queue.RequestRecord{
		started("a", -1, 0), started("a", 0, 0), started("b", 0, 5), started("c", 1, 0), started("a", 2, 20), started("b", 3, 40), started("a", 4, 30),
	}, now)
	want := map[string]queue.Taken{
		"a": {Requests: 20 - 2 + 2, Cost: queue.Cost{Input: 2000 - 20 + 200}},
		"b": {Requests: 5 - 1, Cost: queue.Cost{Input: 500 - 10}},
	}
	if len(got) != len(want) {
		t.Errorf("got %d lanes, want %d", len(got), len(want))
	}
	for lane, w := range want {
		if g := got[lane]; g == nil || *g != w {
			t.Errorf("lane %s: got %+v, want %+v", lane, g, w)
		}
	}
}

// The time is up to the requests, however many lanes they are in.
func BenchmarkUsedBefore(b *testing.B) {
	for _, lanes := range []int{1, 8192} {
		learned := map[string]queue.Limits{}
		var traffic []queue.RequestRecord
		for i := range 8192 {
			lane := fmt.Sprint("lane ", i%lanes)
			learned[lane] = queue.Limits{Requests: queue.Limit{PerMinute: 60}}
			traffic = append(traffic, queue.RequestRecord{
				Arrived: now.Add(time.Duration(i) * time.Millisecond), User: "u", Lane: lane, Started: true, Ended: true, Taken: queue.Taken{Requests: 1},
			})
		}
		b.Run(fmt.Sprint(lanes, " lanes"), func(b *testing.B) {
			for b.Loop() {
				usedBefore(learned, traffic, now)
			}
		})
	}
}
