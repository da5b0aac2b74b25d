package advice

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// worthIt is the wait of 95 in 100 requests, computed, from which on there are
// remedies.
const worthIt = 500 * time.Millisecond

// MaxReplayed is how many requests one computation lets through the queue again, in
// all that it tries together.
const MaxReplayed = 16_000

// mostRequests are those of one try, so that all remedies are tried with the same
// ones.
var mostRequests = MaxReplayed / (1 + len(remedies))

// Compute lets the traffic of a situation through the queue again, as it was and
// with each remedy: [MaxReplayed] requests at most in all, so of a busy hour the
// latest stretch. An error says what is wrong with the settings or the tier, or is
// the cause of the end of ctx, which ends the computation soon.
func Compute(ctx context.Context, s Situation) (*queue.Advice, error) {
	c := computation{ctx: ctx}
	return c.advice(s)
}

// computation computes one advice.
type computation struct {
	ctx      context.Context
	between  func() // see [replay.Load]
	replayed int    // requests, by now
}

func (c *computation) advice(s Situation) (*queue.Advice, error) {
	assumed, err := sim.Tier(cmp.Or(s.Tier, lowestTier))
	if err != nil {
		return nil, err
	}
	t := newTraffic(s, assumed.Limits, mostRequests)
	advice := &queue.Advice{
		At: queue.Time{Time: s.Now}, OverMs: max(t.length, 0).Milliseconds(), Requests: len(t.requests), OutOf: len(s.Traffic), Users: t.users,
		BindsNow: bindsNow(s.Blocked), MeasuredP95Ms: measured(t.requests),
		Remedies: []queue.Remedy{}, Published: Published(s.Active),
	}
	if len(t.requests) == 0 {
		return advice, nil
	}
	advice.Account, advice.Assumed = t.account(assumed)
	felt, err := c.play(t)
	if err != nil {
		return nil, err
	}
	now := outcomeOf(trial{}, felt)
	advice.Binds = most(felt.Blocked)
	advice.P50Ms, advice.P95Ms, advice.Refused = now.p50.Milliseconds(), now.p95.Milliseconds(), now.refused
	if now.p95 < worthIt && now.refused == 0 {
		return advice, nil
	}
	outcomes, err := c.tryAll(t, felt)
	if err != nil {
		return nil, err
	}
	// What turns away more than now comes last, whatever it does for the others.
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
// how it is without.
func (c *computation) tryAll(t *traffic, base *replay.Result) (outcomes []outcome, _ error) {
	for _, r := range remedies {
		if r.kind == inFlightKind && base.Blocked[queue.BlockedBySlots] == 0 {
			continue
		}
		trial, ok := r.try(*t)
		if !ok {
			continue
		}
		felt, err := c.play(&trial.traffic)
		if err != nil {
			return nil, err
		}
		o := outcomeOf(trial, felt)
		o.Remedy = queue.Remedy{Kind: r.kind, What: trial.what, Note: trial.note, P50Ms: o.p50.Milliseconds(), P95Ms: o.p95.Milliseconds(), Refused: o.refused}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// outcome is what a replay shows.
type outcome struct {
	p50, p95 time.Duration
	refused  int
	queue.Remedy
}

func outcomeOf(t trial, f *replay.Result) outcome {
	f.Answers = append(f.Answers, make([]replay.Answer, t.cached)...) // at once
	waits := f.WaitQuantiles(0.5, 0.95)
	return outcome{p50: waits[0], p95: waits[1], refused: f.Failures + t.refused}
}

// lowestTier is the lowest of the tiers in force.
const lowestTier = "start"

// account says whose limits are replayed: those of the account and the models that
// most requests are for.
func (t *traffic) account(assumed sim.PublishedTier) (words string, isAssumed bool) {
	account, group := t.busiest()
	words = wordsOf(t.limits[account].Of(group))
	if t.assumed[account] {
		return "the " + title(assumed.Name) + " tier: " + words, true
	}
	return words, false
}

// bindsNow is what most of those wait for who wait now; empty while nobody waits.
func bindsNow(held []queue.BlockedLane) string {
	waiting := map[string]int{}
	for _, h := range held {
		waiting[h.Reason] += h.Waiting
	}
	return most(waiting)
}

// most returns the key with the highest value above zero; of several the first by
// name.
func most[N int | time.Duration](counts map[string]N) (key string) {
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if k != "" && counts[k] > counts[key] {
			key = k
		}
	}
	return key
}

// measured is what 95 in 100 of those that have started or left waited at most; nil
// if none has.
func measured(requests []request) *int64 {
	var waits []time.Duration
	for _, r := range requests {
		if r.Started || r.Abandoned {
			waits = append(waits, r.Waited)
		}
	}
	if len(waits) == 0 {
		return nil
	}
	ms := replay.Quantile(waits, 0.95).Milliseconds()
	return &ms
}
