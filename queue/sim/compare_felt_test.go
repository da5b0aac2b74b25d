package sim_test

import (
	"math"
	"slices"
	"time"
)

// felt is what the users of a load felt, and what the API saw of it.
type felt struct {
	waits    []time.Duration // from a question to the end of its answer, less the API's own time
	took     []time.Duration // from a question to the end of its answer
	failures int
	refused  int // answers of 429
	foreseen int // of these, what our own traffic alone would have met, too

	first, last time.Duration // the first question and the last answer

	waiting []int // of each user, messages asked that have not started
	idle    int   // users of whom none waits
	turns   []int // of each user, starts since all of them wait
	shares  []int // of each user, starts in the longest time in which all of them waited
}

func newFelt(users int) felt {
	return felt{first: math.MaxInt64, waiting: make([]int, users), turns: make([]int, users), shares: make([]int, users), idle: users}
}

func (f *felt) asked(now time.Duration, a *ask) {
	f.first = min(f.first, now)
	if f.waiting[a.user]++; f.waiting[a.user] == 1 {
		f.idle--
	}
}

// started notes that the API has let a message in, or that it has failed. An
// attempt after the first changes nothing.
func (f *felt) started(a *ask) {
	if a.begun {
		return
	}
	a.begun = true
	if f.idle == 0 {
		f.turns[a.user]++
	}
	if f.waiting[a.user]--; f.waiting[a.user] == 0 {
		f.idle++
		if sum(f.turns) > sum(f.shares) {
			copy(f.shares, f.turns)
		}
		clear(f.turns)
	}
}

func (f *felt) answered(now time.Duration, a *ask) {
	f.took = append(f.took, now-a.at)
	f.waits = append(f.waits, now-a.at-a.call.Took)
	f.last = now
}

func (f *felt) failed(a *ask) {
	f.failures++
	f.started(a)
}

// throughput is answers a minute, from the first question to the last answer.
func (f *felt) throughput() float64 {
	if f.last <= f.first {
		return 0
	}
	return float64(len(f.took)) / (f.last - f.first).Minutes()
}

// jain is Jain's index of the users' shares: one where each started as often as
// the others while all of them waited, 1/n where one of n had everything. False if
// they never waited all at once for so many starts as make five for each.
func (f *felt) jain() (float64, bool) {
	total, squares := sum(f.shares), 0
	for _, n := range f.shares {
		squares += n * n
	}
	if total < 5*len(f.shares) {
		return 0, false
	}
	return float64(total) * float64(total) / float64(len(f.shares)*squares), true
}

func sum[T int | time.Duration](all []T) (total T) {
	for _, n := range all {
		total += n
	}
	return total
}

func mean(all []time.Duration) time.Duration {
	return sum(all) / time.Duration(max(len(all), 1))
}

func most(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return slices.Max(all)
}
