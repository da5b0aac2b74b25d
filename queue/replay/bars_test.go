package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// loadBar is what a load must come to under a pace.
type loadBar struct {
	load   string // its name
	pace   Pace
	checks []check
	seeds  uint64 // so many runs, each with other chances; zero: one
}

func (b *loadBar) name() string { return b.load + " / " + b.pace.Name }

// check returns what falls short of a bar, in words; empty if nothing does.
type check func(*trial) string

// trial is a load that has gone through a pace.
type trial struct {
	*Felt
	t    *testing.T
	load Load
	pace Pace
}

// best is what an oracle makes of the load.
func (r *trial) best() *Felt { return playOf(r.t, &r.load, Oracle) }

// TestBars goes through the bars of all loads but the usual ones.
func TestBars(t *testing.T) {
	loads := map[string]Load{}
	for _, l := range Loads() {
		loads[l.Name] = l
	}
	for _, b := range loadBars() {
		l, ok := loads[b.load]
		if !ok {
			t.Errorf("there is no load %q", b.load)
			continue
		}
		name, short := b.name(), b.short(t, l)
		if len(short) > 0 {
			t.Errorf("%s: %s", name, strings.Join(short, "; "))
		}
	}
}

// short returns what falls short of a bar, in words.
func (b *loadBar) short(t *testing.T, l Load) (all []string) {
	for seed := range max(b.seeds, 1) {
		l.Seed, l.Account.Seed = seed, seed
		f, err := Play(t.Context(), &l, b.pace)
		if err != nil {
			t.Fatal(err)
		}
		r := &trial{f, t, l, b.pace}
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

func loadBars() []loadBar { return slices.Concat(coldBars(), headerBars(), faultBars()) }

func TestEachLoadHasABar(t *testing.T) {
	for _, l := range slices.Concat(coldLoads(), headerLoads(), faultLoads()) {
		if !slices.ContainsFunc(loadBars(), func(b loadBar) bool { return b.load == l.Name }) {
			t.Errorf("%s: no bar", l.Name)
		}
	}
}

// paceOf returns the pace of the comparison with a name.
func paceOf(name string) Pace {
	all := Paces()
	return all[slices.IndexFunc(all, func(p Pace) bool { return p.Name == name })]
}

// usualDoor is our queue as the gateway has it by default, which knows its account.
func usualDoor() Pace {
	s := queue.DefaultSettings()
	s.Adaptive = true
	return Queue("adaptive, default door", s, true)
}

// spacedDoor is the same with the spacing.
func spacedDoor() Pace { return Queue("spaced, default door", queue.DefaultSettings(), false) }

// failedAtMost says how many messages may fail, those included that a queue does not
// take in.
func failedAtMost(most int) check {
	return func(r *trial) string {
		if r.Failures <= most {
			return ""
		}
		return fmt.Sprintf("%d failed, %d of them at the door; want %d at most", r.Failures, r.AtDoor, most)
	}
}

// refusedAtMost says how many answers may be 429.
func refusedAtMost(most int) check {
	return func(r *trial) string {
		if r.Refused <= most {
			return ""
		}
		return fmt.Sprintf("%d answers of 429, want %d at most", r.Refused, most)
	}
}

// refusedPerThousand says how many answers may be 429 for 1,000 messages that are
// answered, of what happens from a time after the first question on.
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

// throughputOf says how near the throughput must come to the oracle's, from a time
// after the first question on.
func throughputOf(share float64, from time.Duration) check {
	rate := func(f *Felt) float64 {
		answered := 0
		for _, a := range f.Answers {
			if a.At >= from {
				answered++
			}
		}
		return float64(answered) / (f.last - f.first - from).Minutes()
	}
	return func(r *trial) string {
		got, best := rate(r.Felt), rate(r.best())
		if got >= share*best {
			return ""
		}
		return fmt.Sprintf("%.1f answers a minute, want %.2f of the oracle's %.1f at least", got, share, best)
	}
}

// doneWithin says how much longer all may take than under the oracle.
func doneWithin(times float64) check {
	return func(r *trial) string {
		best := r.best()
		got, want := r.last-r.first, time.Duration(times*float64(best.last-best.first))
		if got <= want {
			return ""
		}
		return fmt.Sprintf("done after %v, want %v at most", got.Round(time.Second), want.Round(time.Second))
	}
}

// meanWaitOf says how much longer the mean wait may be than the oracle's.
func meanWaitOf(times float64, more time.Duration) check {
	return func(r *trial) string {
		got, want := r.MeanWait(), time.Duration(times*float64(r.best().MeanWait()))+more
		if got <= want {
			return ""
		}
		return fmt.Sprintf("the mean wait is %v, want %v at most", got.Round(time.Millisecond), want.Round(time.Millisecond))
	}
}
