package advice

import (
	"maps"
	"math"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// minTold is how many answers in a row tell other limits before they count as changed: a
// header that tells the scarcer of two limits goes back and forth.
const minTold = 3

// groupLimits are the limits of a model group from a time on.
type groupLimits struct {
	at    time.Duration // since the beginning of the traffic
	group string
	sim.Limits
	missing amounts // from full buckets, as the first answer told that tells these limits
}

// historyOf returns what the answers of a lane have told of its limits over time: the first as
// of the beginning. What no answer tells is as it was, or as in usual.
func historyOf(c *laneCalls, group string, usual sim.Limits) (all []groupLimits) {
	told := make([]amounts, len(c.reports)) // until then: not every answer tells every limit
	for i, r := range c.reports {
		if i > 0 {
			told[i] = told[i-1]
		}
		for k, limit := range r.perMinute {
			if limit > 0 {
				told[i][k] = limit
			}
		}
	}
	for i := 0; i < len(c.reports); {
		first, n := c.reports[i], 1
		for ; i+n < len(c.reports) && told[i+n] == told[i]; n++ {
		}
		limits := told[i]
		i += n
		if n < minTold {
			continue
		}
		next := groupLimits{group: group, Limits: usual}
		if len(all) > 0 {
			next.at, next.Limits, next.missing = max(first.at, 0), all[len(all)-1].Limits, first.taken
		}
		for k, limit := range []*int{ofRequests: &next.RequestsPerMinute, ofInput: &next.InputTokensPerMinute, ofOutput: &next.OutputTokensPerMinute} {
			if limits[k] > 0 {
				*limit = int(limits[k])
			}
		}
		if len(all) == 0 || all[len(all)-1].Limits != next.Limits {
			all = append(all, next)
		}
	}
	return all
}

// addHistory notes what the answers of a lane have told over time. Of an account that has
// told nothing there is none.
func (t *traffic) addHistory(lane string, c *laneCalls) {
	account, group := queue.CutLane(lane)
	if !t.assumed[account] {
		t.history[account] = append(t.history[account], historyOf(c, group, t.limits[account].Of(group))...)
	}
}

// limitsOver returns the limits of an account at the beginning, and how they changed.
func (t *traffic) limitsOver(account string) (sim.GroupLimits, []sim.LimitChange) {
	history := slices.SortedStableFunc(slices.Values(t.history[account]), func(a, b groupLimits) int { return int(a.at - b.at) })
	first := maps.Clone(t.limits[account])
	last, changes := first, []sim.LimitChange(nil)
	for _, l := range history {
		if l.at > 0 {
			last = maps.Clone(last)
			changes = append(changes, sim.LimitChange{At: replay.WarmUp + l.at, Limits: last})
		}
		last[l.group] = l.Limits
	}
	return first, changes
}

// addSizes notes what the buckets of a lane hold if that is less than a minute's limit.
func (t *traffic) addSizes(lane string, c *laneCalls) {
	account, group := queue.CutLane(lane)
	if len(c.reports) == 0 || t.assumed[account] {
		return
	}
	last, size := c.reports[len(c.reports)-1], sim.Limits{}
	for k, holds := range []*int{ofRequests: &size.RequestsPerMinute, ofInput: &size.InputTokensPerMinute, ofOutput: &size.OutputTokensPerMinute} {
		if last.size[k] < last.perMinute[k] {
			*holds = max(int(math.Round(last.size[k])), 1)
		}
	}
	if size == (sim.Limits{}) {
		return
	}
	if t.sizes[account] == nil {
		t.sizes[account] = sim.GroupLimits{}
	}
	t.sizes[account][group] = size
}
