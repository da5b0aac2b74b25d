package advice

import (
	"slices"
	"time"

	"paceline/queue"
)

// sample returns at most most requests, the latest, and since when it has all of
// them: every request that arrived since then, and those that already waited. It is
// a continuous part and not every second or third request, which would come half as
// often and wait less. If more than most wait, the earliest are left out.
func sample(past []queue.RequestRecord, since time.Time, most int) ([]queue.RequestRecord, time.Time) {
	if len(past) <= most {
		return past, since
	}
	begin, waiting := len(past)-most, waitingAt(past)
	for i := begin; i < len(past); i++ {
		if len(past)-i+waiting[i] > most {
			continue
		}
		from := past[i].Arrived
		var all []queue.RequestRecord
		for _, p := range past[:i] {
			if waitedAt(p, from) {
				all = append(all, p)
			}
		}
		return append(all, past[i:]...), from
	}
	return past[begin:], past[begin].Arrived
}

// waitingAt returns for each request how many of those before it wait when it
// arrives.
func waitingAt(past []queue.RequestRecord) []int {
	change := make([]int, len(past)+1)
	for i, p := range past {
		end, _ := slices.BinarySearchFunc(past[i:], p, func(later, p queue.RequestRecord) int {
			if waitedAt(p, later.Arrived) {
				return -1
			}
			return 1
		})
		if end > 1 { // at least one arrives while it waits
			change[i+1]++
			change[i+end]--
		}
	}
	for i := range change[1:] {
		change[i+1] += change[i]
	}
	return change[:len(past)]
}

// waitedAt reports whether a request waited at a time, its arrival or later.
func waitedAt(p queue.RequestRecord, at time.Time) bool {
	return !p.Refused && (!p.Started && !p.Abandoned || p.Arrived.Add(p.Waited).After(at))
}
