package replay

import (
	"paceline/queue/sim"
	"slices"
	"testing"
	"time"
)

// runPace runs a load through the pace of a name.
func runPace(tb testing.TB, l *Load, name string) *Result {
	tb.Helper()
	for _, p := range Paces() {
		if p.Name == name {
			r, err := Run(tb.Context(), l, p)
			if err != nil {
				tb.Fatal(err)
			}
			return r
		}
	}
	tb.Fatalf("there is no pace %q", name)
	return nil
}

// threshold is how near the queue must come to an oracle.
type threshold struct {
	throughput float64 // share of its
	wait       float64 // times its, and a tenth of a second
}

var thresholds = map[Bottleneck]threshold{
	BottleneckNone:     {0.98, 1.05},
	BottleneckRequests: {0.98, 1.05},
	BottleneckTokens:   {0.95, 1.15},
}

// longAnswers is the load in which the output binds.
const longAnswers = "20 users, 10 long answers each"

// foreseeable is how many answers of 429 a load may get that its own traffic alone
// would have met. It is none, but for one load: there nobody's answers are as long
// as their last ones, so now and then those that run bring more than was left for
// them, and only who knows their lengths beforehand could have waited.
var foreseeable = map[string]int{longAnswers: 3}

// The queue, which knows only what headers report, is nearly as good as an oracle
// that sees the buckets and what each request will cost.
func TestThePaceComesNearTheOracles(t *testing.T) {
	for _, l := range usualLoads() {
		ours, best := runPace(t, &l, Adaptive), runPace(t, &l, Oracle)
		if got, most := ours.Foreseeable, foreseeable[l.Name]; got > most || best.RateLimited > 0 {
			t.Errorf("%s: got %d answers of 429 that could be foreseen, want %d at most; the oracle got %d, want none", l.Name, got, most, best.RateLimited)
		}
		if ours.Failures > best.Failures {
			t.Errorf("%s: %d failed, want %d at most, as under the oracle", l.Name, ours.Failures, best.Failures)
		}
		if got, ok := ours.Fairness(); ok && got < 0.98 {
			t.Errorf("%s: Jain's index of the shares is %.3f, want 0.98 at least", l.Name, got)
		}
		b, ok := thresholds[l.Bottleneck]
		if !ok {
			continue
		}
		if got, want := ours.Throughput(), b.throughput*best.Throughput(); got < want {
			t.Errorf("%s: %.2f answers a minute, want %.2f at least", l.Name, got, want)
		}
		if got, want := ours.MeanWait(), time.Duration(b.wait*float64(best.MeanWait()))+100*time.Millisecond; got > want {
			t.Errorf("%s: the mean wait is %v, want %v at most", l.Name, got, want)
		}
	}
}

// Who runs into debt for output has a third more answers in the same quarter of an
// hour, as the last debt is paid after it, and others who come meanwhile wait for
// minutes. The queue starts only what the bucket holds.
func TestWhatDebtWouldGain(t *testing.T) {
	for _, l := range usualLoads() {
		if l.Name != longAnswers {
			continue
		}
		ours, greedy := runPace(t, &l, Adaptive), runPace(t, &l, GreedyOracle)
		if share, wait := ours.Throughput()/greedy.Throughput(), ours.MeanWait().Seconds()/greedy.MeanWait().Seconds(); share < 0.74 || wait > 1.35 {
			t.Errorf("%s: %.2f of the throughput and %.2f times the wait of a greedy oracle, want 0.74 at least and 1.35 at most", l.Name, share, wait)
		}
	}
}

// Where others draw from the same account unseen, the queue gets nine tenths of
// what an oracle does, in the mean of twenty draws of the others' traffic. In one of
// them alone it can be less: what others take shows only with the next answer, and
// while a refusal stops the lane they take more.
func TestThePaceBesideOthers(t *testing.T) {
	const draws = 20
	for _, l := range slices.Concat(usualLoads(), wrongLoads()) {
		if l.Bottleneck != BottleneckOthers {
			continue
		}
		average, least := 0.0, 1.0
		for seed := range uint64(draws) {
			l.Account.Seed = seed
			ours, best := runPace(t, &l, Adaptive), runPace(t, &l, Oracle)
			share := ours.Throughput() / best.Throughput()
			average, least = average+share/draws, min(least, share)
			if ours.Failures > 0 {
				t.Errorf("%s, seed %d: %d failed, want none", l.Name, seed, ours.Failures)
			}
		}
		if average < 0.9 || least < 0.8 {
			t.Errorf("%s: the throughput is %.3f of the oracle's, %.3f at least; want 0.9 and 0.8", l.Name, average, least)
		}
	}
}

// In a storm of 529 the queue loses no more messages than an oracle with the SDK's
// attempts, whatever chance does. For that it waits: the breaker lets one at a time
// find out whether the storm is over.
func TestThePaceInAStorm(t *testing.T) {
	for _, l := range usualLoads() {
		if l.Bottleneck != BottleneckFaults {
			continue
		}
		for seed := range uint64(10) {
			l.Account.Seed = seed
			ours, best := runPace(t, &l, Adaptive), runPace(t, &l, Oracle)
			if ours.Failures > best.Failures || ours.RateLimited > 0 || ours.Throughput() < 0.98*best.Throughput() || ours.MeanWait() > 3*time.Second {
				t.Errorf("%s, seed %d: %d failed, the oracle %d; %.2f answers a minute, the oracle %.2f; the mean wait is %v, want 3 s at most",
					l.Name, seed, ours.Failures, best.Failures, ours.Throughput(), best.Throughput(), ours.MeanWait())
			}
		}
	}
}

// An account whose traffic may rise only slowly lets nobody fail, and makes them
// wait little longer than an oracle would. No header tells of that limit, so each
// rise finds it by a refusal.
func TestThePaceWhereTrafficMayRiseSlowly(t *testing.T) {
	account := AccountWith(start)
	account.Acceleration = sim.Acceleration{Factor: 2, Floor: 50, Window: 5 * time.Minute}
	for _, perMinute := range []float64{60, 200, 600} {
		l := Load{Name: "a rise", Users: 50, Account: account, Messages: steady(50, 0, 20*time.Minute, perMinute)}
		ours, best := runPace(t, &l, Adaptive), runPace(t, &l, Oracle)
		refused := float64(ours.RateLimited) / float64(len(ours.Answers))
		if wait := ours.MeanWait(); ours.Failures > 0 || refused > 0.05 || wait > best.MeanWait()*135/100+500*time.Millisecond {
			t.Errorf("%v a minute: %d failed, %.1f%% were refused, the mean wait is %v, the oracle's %v", perMinute, ours.Failures, 100*refused, wait, best.MeanWait())
		}
	}
}

// On the published loads, users of a first tier wait for nothing but the API.
func TestNobodyWaitsOnThePublishedLoads(t *testing.T) {
	for _, l := range usualLoads()[:4] {
		if ours := runPace(t, &l, Adaptive); ours.MeanWait() > 100*time.Millisecond || ours.RateLimited+ours.Failures > 0 {
			t.Errorf("%s: the mean wait is %v, with %d answers of 429 and %d failures; want 0.1 s at most, and none", l.Name, ours.MeanWait(), ours.RateLimited, ours.Failures)
		}
	}
}

// Where nothing is learned yet, answers come one answer's time later in the mean, and
// of those that explore one round may be refused. The last may come two later: of
// nobody is known how long the answers are, and they count as longer than they are.
func TestAColdStartTakesOneAnswerMore(t *testing.T) {
	for _, l := range usualLoads() {
		cold, warm := runPace(t, &l, AdaptiveCold), runPace(t, &l, Adaptive)
		answer := warm.MeanLatency() - warm.MeanWait()
		usual := max(warm.MeanWait(), runPace(t, &l, Oracle).MeanWait()) // warm, the cheap go first
		if got, want := cold.MeanWait(), usual+answer; got > want && l.Bottleneck != BottleneckOthers {
			t.Errorf("%s: the mean wait is %v, want %v at most", l.Name, got, want)
		}
		if got, want := cold.lastAnswered, warm.lastAnswered+2*answer; got > want && l.Bottleneck != BottleneckTokens && l.Bottleneck != BottleneckOthers {
			t.Errorf("%s: the last answer comes at %v, want %v at the latest", l.Name, got, want)
		}
		if cold.Foreseeable > 16 || cold.Failures > warm.Failures {
			t.Errorf("%s: got %d answers of 429 that could be foreseen, and %d failures", l.Name, cold.Foreseeable, cold.Failures)
		}
	}
}

// A comparison is worth something only if it can be repeated.
func TestTheComparisonRepeats(t *testing.T) {
	l := Loads()[4]
	for _, p := range Paces() {
		a, b := runPace(t, &l, p.Name), runPace(t, &l, p.Name)
		if !slices.Equal(a.Answers, b.Answers) || a.RateLimited != b.RateLimited {
			t.Errorf("%s: got a mean of %v and then %v", p.Name, a.MeanLatency(), b.MeanLatency())
		}
	}
}
