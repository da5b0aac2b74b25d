package sim_test

import (
	"testing"
	"time"
)

// play runs a load through a pace.
func play(tb testing.TB, l *load, c contender) felt {
	w := newWorld(tb, c.make(tb, l), l)
	if c.warm {
		w.run(l.rehearsal(), l.users)
	}
	w.now = opening
	return w.run(l.asks(), l.users)
}

// playOf runs a load through the pace of a name.
func playOf(tb testing.TB, l *load, name string) felt {
	for _, c := range contenders() {
		if c.name == name {
			return play(tb, l, c)
		}
	}
	tb.Fatalf("there is no pace %q", name)
	return felt{}
}

// bar is how near the queue must come to an oracle.
type bar struct {
	throughput float64 // share of its
	wait       float64 // times its, and a tenth of a second
}

var bars = map[what]bar{
	nothing:  {0.98, 1.05},
	requests: {0.98, 1.05},
	tokens:   {0.95, 1.15},
}

// foreseeable is how many answers of 429 a load may get that its own traffic alone
// would have met. It is none, but for one load: there nobody's answers are as long
// as their last ones, so now and then those that run bring more than was left for
// them, and only who knows their lengths beforehand could have waited.
var foreseeable = map[string]int{longAnswers: 3}

// The queue, told nothing but what headers tell, is nearly as good as an oracle
// that sees the buckets and what each request will cost.
func TestThePaceComesNearTheOracles(t *testing.T) {
	for _, l := range loads() {
		ours, best := playOf(t, &l, adaptive), playOf(t, &l, theOracle)
		if got, most := ours.foreseen, foreseeable[l.name]; got > most || best.refused > 0 {
			t.Errorf("%s: got %d answers of 429 that could be foreseen, want %d at most; the oracle got %d, want none", l.name, got, most, best.refused)
		}
		if ours.failures > best.failures {
			t.Errorf("%s: %d failed, want %d at most, as under the oracle", l.name, ours.failures, best.failures)
		}
		if got, ok := ours.jain(); ok && got < 0.98 {
			t.Errorf("%s: Jain's index of the shares is %.3f, want 0.98 at least", l.name, got)
		}
		b, ok := bars[l.binds]
		if !ok {
			continue
		}
		if got, want := ours.throughput(), b.throughput*best.throughput(); got < want {
			t.Errorf("%s: %.2f answers a minute, want %.2f at least", l.name, got, want)
		}
		if got, want := mean(ours.waits), time.Duration(b.wait*float64(mean(best.waits)))+100*time.Millisecond; got > want {
			t.Errorf("%s: the mean wait is %v, want %v at most", l.name, got, want)
		}
	}
}

// Who runs into debt for output has a third more answers in the same quarter of an
// hour, as the last debt is paid after it, and others who come meanwhile wait for
// minutes. The queue starts only what the bucket holds.
func TestWhatDebtWouldGain(t *testing.T) {
	for _, l := range loads() {
		if l.name != longAnswers {
			continue
		}
		ours, greedy := playOf(t, &l, adaptive), playOf(t, &l, greedyOracle)
		if share, wait := ours.throughput()/greedy.throughput(), mean(ours.waits).Seconds()/mean(greedy.waits).Seconds(); share < 0.74 || wait > 1.35 {
			t.Errorf("%s: %.2f of the throughput and %.2f times the wait of a greedy oracle, want 0.74 at least and 1.35 at most", l.name, share, wait)
		}
	}
}

// Where others draw from the same account unseen, the queue gets nine tenths of
// what an oracle does, in the mean of twenty draws of the others' traffic. In one of
// them alone it can be less: what others take shows only with the next answer, and
// while a refusal stops the lane they take more.
func TestThePaceBesideOthers(t *testing.T) {
	const draws = 20
	for _, l := range loads() {
		if l.binds != others {
			continue
		}
		average, least := 0.0, 1.0
		for seed := range uint64(draws) {
			l.account.Seed = seed
			ours, best := playOf(t, &l, adaptive), playOf(t, &l, theOracle)
			share := ours.throughput() / best.throughput()
			average, least = average+share/draws, min(least, share)
			if ours.failures > 0 {
				t.Errorf("%s, seed %d: %d failed, want none", l.name, seed, ours.failures)
			}
		}
		if average < 0.9 || least < 0.8 {
			t.Errorf("%s: the throughput is %.3f of the oracle's, %.3f at least; want 0.9 and 0.8", l.name, average, least)
		}
	}
}

// In a storm of 529 the queue loses no more messages than an oracle with the SDK's
// attempts, whatever chance does. For that it waits: the breaker lets one at a time
// find out whether the storm is over.
func TestThePaceInAStorm(t *testing.T) {
	for _, l := range loads() {
		if l.binds != faults {
			continue
		}
		for seed := range uint64(10) {
			l.account.Seed = seed
			ours, best := playOf(t, &l, adaptive), playOf(t, &l, theOracle)
			if ours.failures > best.failures || ours.refused > 0 || ours.throughput() < 0.98*best.throughput() || mean(ours.waits) > 3*time.Second {
				t.Errorf("%s, seed %d: %d failed, the oracle %d; %.2f answers a minute, the oracle %.2f; the mean wait is %v, want 3 s at most",
					l.name, seed, ours.failures, best.failures, ours.throughput(), best.throughput(), mean(ours.waits))
			}
		}
	}
}

// On the published loads, users of a first tier wait for nothing but the API.
func TestNobodyWaitsOnThePublishedLoads(t *testing.T) {
	for _, l := range loads()[:4] {
		if ours := playOf(t, &l, adaptive); mean(ours.waits) > 100*time.Millisecond || ours.refused+ours.failures > 0 {
			t.Errorf("%s: the mean wait is %v, with %d answers of 429 and %d failures; want 0.1 s at most, and none", l.name, mean(ours.waits), ours.refused, ours.failures)
		}
	}
}

// Where nothing is learned yet, answers come one answer's time later in the mean:
// first one is alone. The last may come two later: of nobody is known how long the
// answers are, and they count as longer than they are.
func TestAColdStartTakesOneAnswerMore(t *testing.T) {
	for _, l := range loads() {
		cold, warm := playOf(t, &l, adaptiveCold), playOf(t, &l, adaptive)
		answer := mean(warm.took) - mean(warm.waits)
		if got, want := mean(cold.waits), mean(warm.waits)+answer; got > want {
			t.Errorf("%s: the mean wait is %v, want %v at most", l.name, got, want)
		}
		if got, want := cold.last, warm.last+2*answer; got > want && l.binds != tokens && l.binds != others {
			t.Errorf("%s: the last answer comes at %v, want %v at the latest", l.name, got, want)
		}
		if cold.foreseen > foreseeable[l.name] || cold.failures > warm.failures {
			t.Errorf("%s: got %d answers of 429 that could be foreseen, and %d failures", l.name, cold.foreseen, cold.failures)
		}
	}
}

// A comparison is worth something only if it can be repeated.
func TestTheComparisonRepeats(t *testing.T) {
	l := loads()[4]
	for _, c := range contenders() {
		a, b := play(t, &l, c), play(t, &l, c)
		if mean(a.took) != mean(b.took) || a.last != b.last || a.refused != b.refused {
			t.Errorf("%s: got a mean of %v and then %v", c.name, mean(a.took), mean(b.took))
		}
	}
}
