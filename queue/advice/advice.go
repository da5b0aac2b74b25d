package advice

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/human"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// minWait is the computed 95th percentile of the waits from which on remedies are
// tried.
const minWait = 500 * time.Millisecond

// maxReplayed is the most requests that one computation replays, over all remedies.
const maxReplayed = 18_000

// maxRequests is the most requests of one replay, so that all get the same ones: the
// traffic as it was, without a queue, and with each remedy.
var maxRequests = maxReplayed / (2 + len(remedies))

// Compute replays the traffic of a situation, as it was and with each remedy: at
// most [maxReplayed] requests in all, so of a busy hour the latest part. It returns
// an error if the settings or the tier are invalid, and the cause of the end of ctx
// if that ends the computation.
func Compute(ctx context.Context, s Situation) (*queue.Advice, error) {
	c := computation{ctx: ctx}
	return c.advice(s)
}

// computation is one computation of advice.
type computation struct {
	ctx      context.Context
	yield    func() // see [replay.Load].AfterEvent
	replayed int    // requests so far
}

func (c *computation) advice(s Situation) (*queue.Advice, error) {
	assumed, err := sim.Tier(cmp.Or(s.Tier, lowestTier))
	if err != nil {
		return nil, err
	}
	t := newTraffic(s, assumed.Limits, maxRequests)
	advice := &queue.Advice{
		At: queue.Time{Time: s.Now}, OverMs: max(t.length, 0).Milliseconds(), Requests: len(t.requests), OutOf: len(s.Traffic), Users: t.users,
		BindsNow: bindsNow(s.Blocked),
		Remedies: []queue.Remedy{}, Published: publishedFor(s.Active),
	}
	if len(t.requests) == 0 {
		return advice, nil
	}
	advice.Account, advice.Assumed = t.limitsText(assumed)
	result, err := c.replay(t, t.paceAsItWas())
	if err != nil {
		return nil, err
	}
	now := outcomeOf(trial{}, result)
	advice.Binds = largest(result.Blocked)
	advice.P50Ms, advice.P95Ms, advice.Refused = now.p50.Milliseconds(), now.p95.Milliseconds(), now.refused
	if measured := t.measured(); measured.stayed {
		advice.MeasuredP95Ms = inMillis(measured.stayedP95)
		advice.UntilNowP95Ms = inMillis(t.computed(result).stayedP95)
	}
	if advice.CannotTell = t.doubt(s, result); advice.CannotTell != "" {
		return advice, nil
	}
	if advice.Spared, err = c.spared(t); err != nil {
		return nil, err
	}
	if !now.needsHelp() {
		return advice, nil
	}
	outcomes, err := c.tryAll(t, result)
	if err != nil {
		return nil, err
	}
	// Remedies that refuse more than now come last, whatever else they do.
	slices.SortStableFunc(outcomes, func(a, b outcome) int {
		turnsAway := func(o outcome) int { return max(o.refused-now.refused, 0) }
		return cmp.Or(cmp.Compare(turnsAway(a), turnsAway(b)), cmp.Compare(a.p95, b.p95), cmp.Compare(a.p50, b.p50), cmp.Compare(a.refused, b.refused))
	})
	for _, o := range outcomes {
		advice.Remedies = append(advice.Remedies, o.Remedy)
	}
	return advice, nil
}

// tryAll replays the traffic with each remedy that would change something. Base is
// the result without any.
func (c *computation) tryAll(t *traffic, base *replay.Result) (outcomes []outcome, _ error) {
	for _, r := range remedies {
		if r.kind == queue.RemedyInFlight && base.Blocked[queue.BlockedBySlots] == 0 {
			continue
		}
		trial, ok := r.try(*t)
		if !ok {
			continue
		}
		result, err := c.replay(&trial.traffic, trial.pace())
		if err != nil {
			return nil, err
		}
		o := outcomeOf(trial, result)
		o.Remedy = queue.Remedy{Kind: r.kind, What: trial.what, Note: trial.note, P50Ms: o.p50.Milliseconds(), P95Ms: o.p95.Milliseconds(), Refused: o.refused}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// outcome is the result of a replay with a remedy.
type outcome struct {
	p50, p95 time.Duration
	refused  int
	queue.Remedy
}

// needsHelp reports whether remedies are tried.
func (o outcome) needsHelp() bool { return o.p95 >= minWait || o.refused > 0 }

func outcomeOf(t trial, f *replay.Result) outcome {
	f.Answers = append(f.Answers, make([]replay.Answer, t.cached)...) // at once
	waits := f.WaitQuantiles(0.5, 0.95)
	return outcome{p50: waits[0], p95: waits[1], refused: f.Failures + t.refused}
}

// lowestTier is the lowest of the tiers in force.
const lowestTier = "start"

// limitsText describes the replayed limits: those of the account and the models
// with the most requests.
func (t *traffic) limitsText(assumed sim.PublishedTier) (words string, isAssumed bool) {
	account, group := t.busiest()
	words = formatLimits(t.limits[account].Of(group))
	if t.assumed[account] {
		return "the " + human.Capitalize(assumed.Name) + " tier: " + words, true
	}
	return words, false
}

// bindsNow returns what blocks most of the waiting requests; empty if nothing
// waits.
func bindsNow(held []queue.BlockedLane) string {
	waiting := map[string]int{}
	for _, h := range held {
		waiting[h.Reason] += h.Waiting
	}
	return largest(waiting)
}

// largest returns the key with the largest value above zero; of several the first
// by name.
func largest[N int | time.Duration](counts map[string]N) (key string) {
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if k != "" && counts[k] > counts[key] {
			key = k
		}
	}
	return key
}

// inMillis is a duration in milliseconds, for the wire.
func inMillis(d time.Duration) *int64 {
	ms := d.Milliseconds()
	return &ms
}
