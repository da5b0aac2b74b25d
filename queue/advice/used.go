package advice

import (
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// refilled is how long an empty bucket takes until it is full.
const refilled = time.Minute

// usedBefore returns what was missing from the lane's limits when the traffic begins. Each
// answer tells the most that it can have been: what was missing then, less what the lane has
// taken since, and with what has refilled. Where what the lane has taken explains the first
// answer, nothing was. It is nil if no answer tells it before all has refilled.
func (c *laneCalls) usedBefore() (missing *amounts) {
	own := amounts{}
	take := func(r call, kinds ...int) {
		if r.start >= 0 && !r.Failed {
			for _, k := range kinds {
				own[k] += r.takes()[k]
			}
		}
	}
	starts, ends := c.byStart, c.byEnd
	for _, r := range c.reports {
		if r.at > refilled || r.perMinute != c.reports[0].perMinute {
			break
		}
		for ; len(starts) > 0 && starts[0].start <= r.at; starts = starts[1:] {
			take(starts[0], ofRequests, ofInput)
		}
		for ; len(ends) > 0 && ends[0].end <= r.at; ends = ends[1:] { // while it is produced nobody knows how much
			take(ends[0], ofOutput)
		}
		if missing == nil {
			size := r.size
			missing = &size
		}
		for k := range missing {
			if first := &c.reports[0]; r.at == first.at && first.taken[k] <= own[k] {
				missing[k] = 0
			}
			missing[k] = min(missing[k], max(r.taken[k]-own[k]+r.perMinute[k]*r.at.Minutes(), 0))
		}
	}
	return missing
}

// uses returns by account what is missing at the beginning, as taken when the first request
// of the replay arrives: what refills until the traffic begins is missing, too, for who
// waits then had to wait until then. And it returns what is missing where limits changed: no
// page of the API says what a bucket holds then.
func (t *traffic) uses() map[string][]sim.Use {
	first := time.Duration(0)
	for i := range t.requests {
		first = min(first, t.requests[i].at)
	}
	uses := map[string][]sim.Use{}
	for account, history := range t.history {
		for _, l := range history {
			if l.at > 0 {
				uses[account] = append(uses[account], sim.Use{
					At: replay.WarmUp + l.at, Group: l.group, InAll: true,
					Requests: int(l.missing[ofRequests]), Input: int(l.missing[ofInput]), Output: int(l.missing[ofOutput]),
				})
			}
		}
	}
	for lane, used := range t.used {
		account, group := queue.CutLane(lane)
		limits, _ := t.limitsOver(account)
		l := limits.Of(group)
		more := func(missing float64, perMinute int) int {
			if missing == 0 {
				return 0
			}
			return int(missing) + int(float64(perMinute)*(-first).Minutes())
		}
		uses[account] = append(uses[account], sim.Use{
			At: replay.WarmUp + first, Group: group,
			Requests: more(used[ofRequests], l.RequestsPerMinute), Input: more(used[ofInput], l.InputTokensPerMinute), Output: more(used[ofOutput], l.OutputTokensPerMinute),
		})
	}
	return uses
}
