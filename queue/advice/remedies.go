package advice

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/human"
	"paceline/queue/internal/window"
	"paceline/queue/sim"
)

// trial is a traffic with a remedy.
type trial struct {
	traffic
	what, note string
	cached     int // requests answered without the API
	refused    int // requests refused by the remedy
}

// remedy is one way to help. Try returns false if it would change nothing.
type remedy struct {
	kind string
	try  func(traffic) (trial, bool)
}

var remedies = []remedy{
	{queue.RemedyAdaptive, adaptive},
	{queue.RemedyTier, higherTier},
	{queue.RemedyKey, secondKey},
	{queue.RemedyCache, cache},
	{queue.RemedyHaiku, haiku},
	{queue.RemedyUserLimit, userLimit},
	{queue.RemedyInFlight, inFlight},
}

// adaptive lets the API's limits decide the pace.
func adaptive(t traffic) (trial, bool) {
	if t.settings.Adaptive {
		return trial{}, false
	}
	t.settings.Adaptive = true
	return trial{traffic: t, what: "start as early as the API's limits allow (--pace adaptive)", note: "as soon as its answers have told them"}, true
}

// higherTier gives each account with lower limits the next of the current tiers.
func higherTier(t traffic) (trial, bool) {
	account, group := t.busiest()
	has := t.limits[account].Of(group)
	next, ok := nextTier(has, group)
	if !ok {
		next = sim.PublishedTier{Limits: sim.GroupLimits{"": {
			RequestsPerMinute: 2 * has.RequestsPerMinute, InputTokensPerMinute: 2 * has.InputTokensPerMinute, OutputTokensPerMinute: 2 * has.OutputTokensPerMinute,
		}}}
	}
	t.limits, t.history, t.sizes = maps.Clone(t.limits), maps.Clone(t.history), maps.Clone(t.sizes)
	for account, limits := range t.limits {
		if exceeds(next.Limits.Of(group), limits.Of(group)) {
			t.limits[account] = next.Limits
			delete(t.history, account)
			delete(t.sizes, account)
		}
	}
	what := "twice the limits (of a custom tier): " + formatLimits(next.Limits.Of(group))
	if ok {
		what = fmt.Sprintf("the %s tier: %s", human.Capitalize(next.Name), formatLimits(next.Limits.Of(group)))
	}
	return trial{traffic: t, what: what}, true
}

// nextTier returns the lowest of the tiers in force that exceeds these limits.
func nextTier(has sim.Limits, group string) (sim.PublishedTier, bool) {
	for _, tier := range sim.Tiers() {
		if tier.Current && exceeds(tier.Limits.Of(group), has) {
			return tier, true
		}
	}
	return sim.PublishedTier{}, false
}

// exceeds reports whether a is above b in one limit at least, and below it in none.
func exceeds(a, b sim.Limits) bool {
	more := false
	for _, pair := range [][2]int{
		{a.RequestsPerMinute, b.RequestsPerMinute}, {a.InputTokensPerMinute, b.InputTokensPerMinute}, {a.OutputTokensPerMinute, b.OutputTokensPerMinute},
	} {
		switch mine, others := pair[0], pair[1]; {
		case others == 0 && mine > 0, mine > 0 && mine < others: // zero is no limit
			return false
		case mine != others:
			more = true
		}
	}
	return more
}

// secondKey gives each account a second one with the same limits, for every other
// user.
func secondKey(t traffic) (trial, bool) {
	t.requests, t.limits, t.history, t.sizes = slices.Clone(t.requests), maps.Clone(t.limits), maps.Clone(t.history), maps.Clone(t.sizes)
	for i := range t.requests {
		if r := &t.requests[i]; r.user%2 == 1 {
			second := r.account + "\x00second" // no lane is called so
			t.limits[second], t.history[second], t.sizes[second] = t.limits[r.account], t.history[r.account], t.sizes[r.account]
			r.account = second
		}
	}
	return trial{traffic: t, what: "a second organization's key", note: "a second key of the same organization shares its limits"}, true
}

// cache answers a request that repeats an earlier one without the API.
func cache(t traffic) (trial, bool) {
	seen := map[uint64]bool{}
	told := 0
	var rest []request
	for _, r := range t.requests {
		if r.Fingerprint != 0 {
			told++
			if seen[r.Fingerprint] {
				continue
			}
			seen[r.Fingerprint] = true
		}
		rest = append(rest, r)
	}
	cached := len(t.requests) - len(rest)
	if cached == 0 {
		return trial{}, false
	}
	share := float64(cached) / float64(told)
	t.requests = rest
	return trial{
		traffic: t, what: "a cache for answers", cached: cached,
		note: human.Share(share) + " of the requests ask the same as an earlier one",
	}, true
}

// The most tokens of a small request.
const smallInput, smallOutput = 1000, 300

// haiku sends small requests to the Haiku models, which have limits of their own.
func haiku(t traffic) (trial, bool) {
	t.requests, t.limits = slices.Clone(t.requests), maps.Clone(t.limits)
	moved := 0
	for i := range t.requests {
		r := &t.requests[i]
		if strings.HasPrefix(r.group, "haiku") || r.Cost.Input > smallInput || r.Cost.Output > smallOutput {
			continue
		}
		limits := t.limits[r.account]
		group := groupOfFamily(limits, "haiku")
		if group == "" {
			group, limits = "haiku", maps.Clone(limits)
			limits[group] = limits.Of(r.group) // the tiers give it as much or more
			t.limits[r.account] = limits
		}
		r.group = group
		moved++
	}
	if moved == 0 {
		return trial{}, false
	}
	return trial{
		traffic: t, what: "Haiku for small requests",
		note: fmt.Sprintf("%s have at most %s tokens in and %d out; Haiku has limits of its own", human.Share(float64(moved)/float64(len(t.requests))), human.Count(smallInput), smallOutput),
	}, true
}

// groupOfFamily returns the model group of a family that has limits; empty if there
// is none.
func groupOfFamily(limits sim.GroupLimits, family string) string {
	for _, group := range slices.Sorted(maps.Keys(limits)) {
		if strings.HasPrefix(group, family) {
			return group
		}
	}
	return ""
}

// userLimit limits each user to the median of the users' busiest minutes. Requests
// beyond that are refused.
func userLimit(t traffic) (trial, bool) {
	most := t.medianPeak()
	if most == 0 {
		return trial{}, false
	}
	var rest []request
	sent := make([]window.Log, t.users)
	for _, r := range t.requests {
		if mine := &sent[r.user]; mine.CountSince(r.at, time.Minute) < most {
			*mine = append(*mine, r.at)
			rest = append(rest, r)
		}
	}
	refused := len(t.requests) - len(rest)
	if refused == 0 {
		return trial{}, false
	}
	t.requests = rest
	return trial{
		traffic: t, what: fmt.Sprintf("at most %d a minute for each user", most), refused: refused,
		note: "the limit is what half of the users stay within",
	}, true
}

// medianPeak is the median over the users of the most requests that each sent
// within a minute; zero with fewer than three users.
func (t *traffic) medianPeak() int {
	if t.users < 3 {
		return 0
	}
	peaks := make([]int, t.users)
	sent := make([]window.Log, t.users)
	for _, r := range t.requests {
		mine := &sent[r.user]
		peaks[r.user] = max(peaks[r.user], mine.CountSince(r.at, time.Minute)+1)
		*mine = append(*mine, r.at)
	}
	slices.Sort(peaks)
	return peaks[(len(peaks)-1)/2]
}

// inFlight lets twice as many calls run at the same time.
func inFlight(t traffic) (trial, bool) {
	t.settings.MaxInFlight *= 2
	t.settings.AdaptiveInFlight *= 2
	how := fmt.Sprintf("--max-in-flight %d", t.settings.MaxInFlight)
	if t.settings.Adaptive && t.settings.AdaptiveInFlight != t.settings.MaxInFlight { // the flag sets both to one figure
		how = fmt.Sprintf("the settings maxInFlight %d and adaptiveInFlight %d", t.settings.MaxInFlight, t.settings.AdaptiveInFlight)
	}
	if t.settings.Validate() != nil { // they are as many as may be
		return trial{}, false
	}
	return trial{traffic: t, what: "twice as many calls at once (" + how + ")"}, true
}
