package advice

import (
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// usedBefore returns by lane what was missing from the limits at a time, when the traffic
// begins: what the first answer after it told, less what the lane has taken since, and
// with what has refilled. A lane whose answers tell nothing has full buckets.
func usedBefore(learned map[string]queue.Limits, traffic []queue.RequestRecord, begin time.Time) map[string]*queue.Taken {
	first := map[string]queue.RequestRecord{}
	for _, r := range traffic {
		if f, ok := first[r.Lane]; r.Started && r.Taken != (queue.Taken{}) && (!ok || startOf(r).Before(startOf(f))) {
			first[r.Lane] = r
		}
	}
	taken := map[string]queue.Taken{}
	for _, r := range traffic {
		f, ok := first[r.Lane]
		if at := startOf(r); ok && r.Started && !at.After(startOf(f)) && !at.Before(begin) {
			own := taken[r.Lane]
			own.Requests++
			own.Input += r.Cost.Input
			own.Output += r.Cost.Output
			taken[r.Lane] = own
		}
	}
	used := map[string]*queue.Taken{}
	for lane, f := range first {
		own, l, since := taken[lane], learned[lane], startOf(f).Sub(begin)
		missing := func(taken, own int, l queue.Limit) int {
			refilled := int(float64(l.PerMinute) * since.Minutes())
			return min(max(taken-own+refilled, 0), l.PerMinute)
		}
		used[lane] = &queue.Taken{
			Requests: missing(f.Taken.Requests, own.Requests, l.Requests),
			Cost:     queue.Cost{Input: missing(f.Taken.Input, own.Input, l.Input), Output: missing(f.Taken.Output, own.Output, l.Output)},
		}
	}
	return used
}

// uses returns by account what is missing at the beginning, as taken when the first request
// of the replay arrives: what refills until the traffic begins is missing, too, for who
// waits then had to wait until then.
func (t *traffic) uses() map[string][]sim.Use {
	first := time.Duration(0)
	for i := range t.requests {
		first = min(first, t.requests[i].at)
	}
	uses := map[string][]sim.Use{}
	for lane, used := range t.used {
		account, group := queue.CutLane(lane)
		l := t.limits[account].Of(group)
		more := func(missing, perMinute int) int {
			if missing == 0 {
				return 0
			}
			return missing + int(float64(perMinute)*(-first).Minutes())
		}
		uses[account] = append(uses[account], sim.Use{
			At: replay.WarmUp + first, Group: group,
			Requests: more(used.Requests, l.RequestsPerMinute), Input: more(used.Input, l.InputTokensPerMinute), Output: more(used.Output, l.OutputTokensPerMinute),
		})
	}
	return uses
}
