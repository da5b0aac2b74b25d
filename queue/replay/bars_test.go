package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// notYet are the bars that the queue does not meet yet, by load and pace. Whoever
// makes it meet one deletes the line.
var notYet = []string{
	"100 users, 3 messages each, 600 a minute / adaptive, cold, default door",
	"80 answers of 35 s, not streamed / adaptive, cold, default door",
	"61 users turn to a second model / adaptive, default door",
	"61 users turn to a second model / adaptive, restarted",
	"40 users, 2 messages of 360 tokens each / adaptive, cold, default door",
	"100 users whose traffic may only double / adaptive, cold, default door",
	"600 messages, and no headers / adaptive, cold",
	"600 messages, headers on 3 answers in 10 / adaptive, cold",
	"600 messages, headers only on refusals / adaptive, cold",
	"resets to the nearest second, by tokens / adaptive",
	"resets rounded down, by tokens / adaptive",
	"a clock 30 s behind, by tokens / adaptive",
	"a workspace untold, by requests / adaptive",
	"a workspace untold, by tokens / adaptive",
	"a workspace told in tokens, by requests / adaptive",
	"a workspace told in tokens, by tokens / adaptive",
	"8 a second, and 529 for 2 s / adaptive, default door",
	"20 a second, and 529 for 30 s / adaptive, default door",
	"20 a second, and no connection for 30 s / adaptive, default door",
	"140 beside 8 answers of 400 / adaptive, default door",
	"140 beside 8 answers of 404 / adaptive, default door",
	"140 beside 8 answers of 413 / adaptive, default door",
	"140 beside 8 who leave before the first byte / adaptive, default door",
	"140 beside 8 calls without an answer / adaptive, default door",
	"24 users, and a 429 about one request / adaptive, default door",
	"24 users, and a prompt that never fits / adaptive, default door",
	"24 users, and a 429 about one request / spaced, default door",
	"24 users, and a prompt that never fits / spaced, default door",
}

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
	var names []string
	for _, b := range loadBars() {
		l, ok := loads[b.load]
		if !ok {
			t.Errorf("there is no load %q", b.load)
			continue
		}
		name, short := b.name(), b.short(t, l)
		names = append(names, name)
		switch later := slices.Contains(notYet, name); {
		case len(short) > 0 && later:
			t.Logf("not yet: %s: %s", name, strings.Join(short, "; "))
		case len(short) > 0:
			t.Errorf("%s: %s", name, strings.Join(short, "; "))
		case later:
			t.Errorf("%s: the bar is met: delete its line in notYet", name)
		}
	}
	for _, name := range notYet {
		if !slices.Contains(names, name) {
			t.Errorf("notYet has %q, which is no bar", name)
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
