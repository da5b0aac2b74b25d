package replay

import (
	"math"
	"slices"
	"time"
)

// Felt is what the users of a load felt, and what the API saw of it.
type Felt struct {
	Answers  []Answer        // in the order of their ends
	Left     []time.Duration // how long those waited who left before it was their turn
	Failures int
	AtDoor   int    // of these, what a queue did not take in
	HungUp   int    // users who left while their answers ran
	Calls    []Call // that the API got, in their order
	Refused  int    // answers of 429
	Foreseen int    // of these, what our own traffic alone would have met, too
	// Held is how long messages waited in the queue for what, all together; empty
	// under other paces. The names are those of [queue.Machine.Blocked].
	Held map[string]time.Duration

	first, last time.Duration // the first question and the last answer
	lost        []loss        // what failed, and what users hung up on

	waiting []int // of each user, messages asked that have not started
	idle    int   // users of whom none waits
	turns   []int // of each user, starts since all of them wait
	shares  []int // of each user, starts in the longest time in which all of them waited
}

// Answer is a message that was answered.
type Answer struct {
	At   time.Duration // since the first question, when it ended
	Took time.Duration // from the question to the end of the answer
	Wait time.Duration // of that, what was not the API's own time
	User int
	Tag  string // the message's
}

// Asked is when it was asked, since the first question.
func (a Answer) Asked() time.Duration { return a.At - a.Took }

// Call is an attempt that the API got.
type Call struct {
	At     time.Duration // since the first question
	Status int           // as [sim.Decision].Status
	Tag    string        // the message's
}

// loss is a message without an answer.
type loss struct {
	tag            string
	atDoor, hungUp bool
}

func newFelt(users int) *Felt {
	return &Felt{
		Held:  map[string]time.Duration{},
		first: math.MaxInt64, waiting: make([]int, users), turns: make([]int, users), shares: make([]int, users), idle: users,
	}
}

func (f *Felt) asked(now time.Duration, m *Message) {
	f.first = min(f.first, now)
	if f.waiting[m.User]++; f.waiting[m.User] == 1 {
		f.idle--
	}
}

// started notes that the API has let a message in, or that it has failed. An
// attempt after the first changes nothing.
func (f *Felt) started(m *Message) {
	if m.begun {
		return
	}
	m.begun = true
	if f.idle == 0 {
		f.turns[m.User]++
	}
	if f.waiting[m.User]--; f.waiting[m.User] == 0 {
		if f.idle == 0 { // otherwise nobody had a turn
			if sum(f.turns) > sum(f.shares) {
				copy(f.shares, f.turns)
			}
			clear(f.turns)
		}
		f.idle++
	}
}

func (f *Felt) called(now time.Duration, m *Message, status int) {
	f.Calls = append(f.Calls, Call{now - f.first, status, m.Tag})
}

func (f *Felt) answered(now time.Duration, m *Message) {
	took := now - m.At
	f.Answers = append(f.Answers, Answer{At: now - f.first, Took: took, Wait: max(took-m.Call.Took, 0), User: m.User, Tag: m.Tag})
	f.last = now
}

func (f *Felt) leaves(now time.Duration, m *Message) {
	f.Left = append(f.Left, now-m.At)
	f.started(m)
}

func (f *Felt) failed(m *Message) {
	f.lose(loss{tag: m.Tag})
	f.started(m)
}

func (f *Felt) turnedAway(m *Message) {
	f.lose(loss{tag: m.Tag, atDoor: true})
	f.started(m)
}

func (f *Felt) hungUp(m *Message) { f.lose(loss{tag: m.Tag, hungUp: true}) }

func (f *Felt) lose(l loss) {
	f.lost = append(f.lost, l)
	if l.hungUp {
		f.HungUp++
		return
	}
	f.Failures++
	if l.atDoor {
		f.AtDoor++
	}
}

// Of returns what was felt of the messages with a tag alone, and what the API saw
// of them. Nothing is known of their fairness, and of who left, was held or was
// foreseen.
func (f *Felt) Of(tag string) *Felt {
	part := &Felt{first: f.first}
	for _, a := range f.Answers {
		if a.Tag == tag {
			part.Answers = append(part.Answers, a)
			part.last = f.first + a.At
		}
	}
	for _, l := range f.lost {
		if l.tag == tag {
			part.lose(l)
		}
	}
	for _, c := range f.Calls {
		if c.Tag == tag {
			part.Calls = append(part.Calls, c)
			if c.Status == 429 {
				part.Refused++
			}
		}
	}
	return part
}

// Busiest returns the most calls that the API got within one second of a time,
// both since the first question.
func (f *Felt) Busiest(from, to time.Duration) (most int) {
	oldest := 0 // of the second that ends with a call
	for i, c := range f.Calls {
		if c.At < from || c.At >= to {
			oldest = i + 1
			continue
		}
		for c.At-f.Calls[oldest].At >= time.Second {
			oldest++
		}
		most = max(most, i-oldest+1)
	}
	return most
}

// Throughput is answers a minute, from the first question to the last answer.
func (f *Felt) Throughput() float64 {
	if f.last <= f.first {
		return 0
	}
	return float64(len(f.Answers)) / (f.last - f.first).Minutes()
}

// Jain is Jain's index of the users' shares: one where each started as often as
// the others while all of them waited, 1/n where one of n had everything. False if
// they never waited all at once for so many starts as make five for each.
func (f *Felt) Jain() (float64, bool) {
	total, squares := sum(f.shares), 0
	for _, n := range f.shares {
		squares += n * n
	}
	if total == 0 || total < 5*len(f.shares) {
		return 0, false
	}
	return float64(total) * float64(total) / float64(len(f.shares)*squares), true
}

// MeanTook is the mean time from a question to the end of its answer; zero without
// answers.
func (f *Felt) MeanTook() time.Duration {
	return f.mean(func(a Answer) time.Duration { return a.Took })
}

// MeanWait is the mean of what of it was not the API's own time.
func (f *Felt) MeanWait() time.Duration {
	return f.mean(func(a Answer) time.Duration { return a.Wait })
}

// LongestTook is the longest time from a question to the end of its answer.
func (f *Felt) LongestTook() (longest time.Duration) {
	for _, a := range f.Answers {
		longest = max(longest, a.Took)
	}
	return longest
}

// Waits returns a [Quantile] for each share, of the waits of all that were answered
// or have left. Zeros of none.
func (f *Felt) Waits(shares ...float64) []time.Duration {
	waits := slices.Clone(f.Left)
	for _, a := range f.Answers {
		waits = append(waits, a.Wait)
	}
	quantiles := make([]time.Duration, len(shares))
	for i, share := range shares {
		quantiles[i] = Quantile(waits, share)
	}
	return quantiles
}

// Quantile is the least of all that so large a share of them, 0 to 1, is at most:
// that of 0.95 is what 95 in 100 waited at most. It sorts them. Zero of none.
func Quantile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	rank := int(math.Ceil(share * float64(len(all))))
	return all[min(max(rank-1, 0), len(all)-1)]
}

func (f *Felt) mean(of func(Answer) time.Duration) (total time.Duration) {
	for _, a := range f.Answers {
		total += of(a)
	}
	return total / time.Duration(max(len(f.Answers), 1))
}

func sum(all []int) (total int) {
	for _, n := range all {
		total += n
	}
	return total
}
