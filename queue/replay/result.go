package replay

import (
	"math"
	"slices"
	"time"
)

// Result is what the users of a load experienced, and the calls that the API
// received.
type Result struct {
	Answers     []Answer        // in the order of their ends
	Left        []time.Duration // how long each user waited that left before their turn
	Failures    int
	Refused     int    // of these, messages that the queue refused on arrival
	HungUp      int    // users that left while their answers ran
	Calls       []Call // that the API received, in order
	RateLimited int    // answers of 429
	Foreseeable int    // of these, those that our traffic alone would have met as well
	// Blocked is the total time that messages waited in the queue, by what blocked
	// them. It is empty under paces without a queue. The keys are those of
	// [queue.Machine.Blocked].
	Blocked map[string]time.Duration

	firstAsked, lastAnswered time.Duration // when the first message was asked, and when the last answer ended
	failures                 []failure     // messages without an answer

	waiting   []int // by user, messages asked that have not started
	idleUsers int   // users with no message waiting
	starts    []int // by user, starts in the present period in which all users wait
	shares    []int // by user, starts in the period with the most starts
}

// Answer is a message that was answered.
type Answer struct {
	At      time.Duration // when the answer ended, since the first message
	Latency time.Duration // from the message to the end of its answer
	Wait    time.Duration // the part of Latency that is not the API's own time
	User    int
	Tag     string // the message's
}

// Call is an attempt that the API received.
type Call struct {
	At     time.Duration // since the first message
	Status int           // as [sim.Decision].Status
	Tag    string        // the message's
}

// failure is a message without an answer.
type failure struct {
	tag             string
	refused, hungUp bool
}

// newResult returns an empty result for users 0 to users-1.
func newResult(users int) *Result {
	return &Result{
		Blocked:    map[string]time.Duration{},
		firstAsked: math.MaxInt64, waiting: make([]int, users), starts: make([]int, users), shares: make([]int, users), idleUsers: users,
	}
}

// asked notes that a user has asked a message.
func (f *Result) asked(now time.Duration, m *Message) {
	f.firstAsked = min(f.firstAsked, now)
	if f.waiting[m.User]++; f.waiting[m.User] == 1 {
		f.idleUsers--
	}
}

// started notes that the API has admitted a message, or that the message has
// failed. Only the first call for a message counts.
func (f *Result) started(m *Message) {
	if m.settled {
		return
	}
	m.settled = true
	if f.idleUsers == 0 {
		f.starts[m.User]++
	}
	if f.waiting[m.User]--; f.waiting[m.User] == 0 {
		if f.idleUsers == 0 { // a period in which all users waited ends
			if sum(f.starts) > sum(f.shares) {
				copy(f.shares, f.starts)
			}
			clear(f.starts)
		}
		f.idleUsers++
	}
}

// called notes that the API has received an attempt.
func (f *Result) called(now time.Duration, m *Message, status int) {
	f.Calls = append(f.Calls, Call{now - f.firstAsked, status, m.Tag})
}

// answered notes that the answer to a message has ended.
func (f *Result) answered(now time.Duration, m *Message) {
	took := now - m.At
	f.Answers = append(f.Answers, Answer{At: now - f.firstAsked, Latency: took, Wait: max(took-m.Call.Took, 0), User: m.User, Tag: m.Tag})
	f.lastAnswered = now
}

// abandoned notes that a user has left before the API admitted the message.
func (f *Result) abandoned(now time.Duration, m *Message) {
	f.Left = append(f.Left, now-m.At)
	f.started(m)
}

// failed notes that a message has failed for good.
func (f *Result) failed(m *Message) {
	f.fail(failure{tag: m.Tag})
	f.started(m)
}

// refused notes that the queue has refused a message on arrival.
func (f *Result) refused(m *Message) {
	f.fail(failure{tag: m.Tag, refused: true})
	f.started(m)
}

// hungUp notes that a user has left while the answer ran.
func (f *Result) hungUp(m *Message) { f.fail(failure{tag: m.Tag, hungUp: true}) }

func (f *Result) fail(l failure) {
	f.failures = append(f.failures, l)
	if l.hungUp {
		f.HungUp++
		return
	}
	f.Failures++
	if l.refused {
		f.Refused++
	}
}

// Throughput is answers a minute, from the first message to the end of the last
// answer.
func (f *Result) Throughput() float64 {
	if f.lastAnswered <= f.firstAsked {
		return 0
	}
	return float64(len(f.Answers)) / (f.lastAnswered - f.firstAsked).Minutes()
}

// Fairness is Jain's index of the users' starts while all of them waited: 1 if
// every user started equally often, 1/n if one user of n had all starts. It is
// false if there were fewer than five starts a user in the longest such period.
func (f *Result) Fairness() (float64, bool) {
	total, squares := sum(f.shares), 0
	for _, n := range f.shares {
		squares += n * n
	}
	if total == 0 || total < 5*len(f.shares) {
		return 0, false
	}
	return float64(total) * float64(total) / float64(len(f.shares)*squares), true
}

// MeanLatency is the mean time from a message to the end of its answer; zero
// without answers.
func (f *Result) MeanLatency() time.Duration {
	return f.mean(func(a Answer) time.Duration { return a.Latency })
}

// MeanWait is the mean [Answer].Wait; zero without answers.
func (f *Result) MeanWait() time.Duration {
	return f.mean(func(a Answer) time.Duration { return a.Wait })
}

// MaxLatency is the longest time from a message to the end of its answer.
func (f *Result) MaxLatency() (longest time.Duration) {
	for _, a := range f.Answers {
		longest = max(longest, a.Latency)
	}
	return longest
}

// WaitQuantiles returns the [Quantile] for each share of the waits of all messages
// that were answered or whose user left. They are zero if there are no such
// messages.
func (f *Result) WaitQuantiles(shares ...float64) []time.Duration {
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

// Quantile returns the smallest value that at least a share (0 to 1) of all values
// do not exceed: with 0.95, 95 of 100 values are at most that. It sorts all. It
// returns zero for an empty slice.
func Quantile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	rank := int(math.Ceil(share * float64(len(all))))
	return all[min(max(rank-1, 0), len(all)-1)]
}

// mean is the mean of a figure of the answers.
func (f *Result) mean(of func(Answer) time.Duration) (total time.Duration) {
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
