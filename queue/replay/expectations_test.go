package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// expectation is what a load must achieve under a pace.
type expectation struct {
	load   string // its name
	pace   Pace
	checks []check
	seeds  uint64 // number of runs, each with another seed; zero: one
}

func (b *expectation) name() string { return b.load + " / " + b.pace.Name }

// check returns how a trial falls short, in words; empty if it does not.
type check func(*trial) string

// trial is the result of a load under a pace.
type trial struct {
	*Result
	t    *testing.T
	load Load
	pace Pace
}

// best is the oracle's result for the load.
func (r *trial) best() *Result { return runPace(r.t, &r.load, Oracle) }

// TestLoadsMeetTheirExpectations runs all loads but the usual ones, which
// compare_test.go has.
func TestLoadsMeetTheirExpectations(t *testing.T) {
	loads := map[string]Load{}
	for _, l := range Loads() {
		loads[l.Name] = l
	}
	for _, b := range expectations() {
		l, ok := loads[b.load]
		if !ok {
			t.Errorf("there is no load %q", b.load)
			continue
		}
		name, short := b.name(), b.failures(t, l)
		if len(short) > 0 {
			t.Errorf("%s: %s", name, strings.Join(short, "; "))
		}
	}
}

// failures returns all the ways in which a load falls short, in words.
func (b *expectation) failures(t *testing.T, l Load) (all []string) {
	for seed := range max(b.seeds, 1) {
		l.Seed, l.Account.Seed = seed, seed
		result, err := Run(t.Context(), &l, b.pace)
		if err != nil {
			t.Fatal(err)
		}
		r := &trial{result, t, l, b.pace}
		for _, c := range b.checks {
			if words := c(r); words != "" {
				if b.seeds > 1 {
					words = fmt.Sprintf("seed %d: %s", seed, words)
				}
				all = append(all, words)
			}
		}
	}
	return all
}

func expectations() []expectation {
	return slices.Concat(coldExpectations(), headerExpectations(), faultExpectations(), fairExpectations(), priorityExpectations(), wrongExpectations())
}

func TestEachLoadHasAnExpectation(t *testing.T) {
	for _, l := range slices.Concat(coldLoads(), headerLoads(), faultLoads(), fairLoads(), priorityLoads(), wrongLoads()) {
		if !slices.ContainsFunc(expectations(), func(b expectation) bool { return b.load == l.Name }) {
			t.Errorf("%s: no expectation", l.Name)
		}
	}
}

// paceOf returns the pace of the comparison with a name.
func paceOf(name string) Pace {
	all := Paces()
	return all[slices.IndexFunc(all, func(p Pace) bool { return p.Name == name })]
}

// adaptiveWithDefaults is our queue with the gateway's default limits, warm.
func adaptiveWithDefaults() Pace {
	s := queue.DefaultSettings()
	s.Adaptive = true
	return QueuePace("adaptive, default door", s, true)
}

// spacedWithDefaults is our queue with the default limits and the spacing.
func spacedWithDefaults() Pace {
	return QueuePace("spaced, default door", queue.DefaultSettings(), false)
}

// failedAtMost limits how many messages may fail, those included that the queue
// refuses.
func failedAtMost(most int) check {
	return func(r *trial) string {
		if r.Failures <= most {
			return ""
		}
		return fmt.Sprintf("%d failed, %d of them at the door; want %d at most", r.Failures, r.Refused, most)
	}
}

// refusedAtMost limits the answers of 429.
func refusedAtMost(most int) check {
	return func(r *trial) string {
		if r.RateLimited <= most {
			return ""
		}
		return fmt.Sprintf("%d answers of 429, want %d at most", r.RateLimited, most)
	}
}

// refusedPerThousand limits the answers of 429 for 1,000 answered messages, counted
// from a time after the first message on.
func refusedPerThousand(most float64, from time.Duration) check {
	return func(r *trial) string {
		refused, answered := 0, 0
		for _, c := range r.Calls {
			if c.At >= from && c.Status == 429 {
				refused++
			}
		}
		for _, a := range r.Answers {
			if a.At >= from {
				answered++
			}
		}
		if got := 1000 * float64(refused) / float64(max(answered, 1)); got > most {
			return fmt.Sprintf("%.0f answers of 429 for 1,000 messages, want %.0f at most", got, most)
		}
		return ""
	}
}

// throughputOf demands a share of the oracle's throughput, from a time after the
// first message on.
func throughputOf(share float64, from time.Duration) check {
	rate := func(r *Result) float64 {
		answered := 0
		for _, a := range r.Answers {
			if a.At >= from {
				answered++
			}
		}
		return float64(answered) / (r.lastAnswered - r.firstAsked - from).Minutes()
	}
	return func(r *trial) string {
		got, best := rate(r.Result), rate(r.best())
		if got >= share*best {
			return ""
		}
		return fmt.Sprintf("%.1f answers a minute, want %.2f of the oracle's %.1f at least", got, share, best)
	}
}

// doneWithin limits the time to the last answer to a multiple of the oracle's.
func doneWithin(times float64) check {
	return func(r *trial) string {
		best := r.best()
		got, want := r.lastAnswered-r.firstAsked, time.Duration(times*float64(best.lastAnswered-best.firstAsked))
		if got <= want {
			return ""
		}
		return fmt.Sprintf("done after %v, want %v at most", got.Round(time.Second), want.Round(time.Second))
	}
}

// meanWaitOf limits the mean wait to a multiple of the oracle's, plus more.
func meanWaitOf(times float64, more time.Duration) check {
	return func(r *trial) string {
		got, want := r.MeanWait(), time.Duration(times*float64(r.best().MeanWait()))+more
		if got <= want {
			return ""
		}
		return fmt.Sprintf("the mean wait is %v, want %v at most", got.Round(time.Millisecond), want.Round(time.Millisecond))
	}
}
