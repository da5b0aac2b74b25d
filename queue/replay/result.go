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

	waiting   []int  // by user, messages asked that have not started
	idleUsers int    // users with no message waiting
	present   period // in which all users wait
	longest   period // the one with the most starts
}

// period is a time in which all users wait.
type period struct {
	starts int
	costs  []float64 // of the starts, by user
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
		firstAsked: math.MaxInt64, waiting: make([]int, users), idleUsers: users,
		present: period{costs: make([]float64, users)}, longest: period{costs: make([]float64, users)},
	}
}

// asked notes that a user has asked a message.
func (r *Result) asked(now time.Duration, m *Message) {
	r.firstAsked = min(r.firstAsked, now)
	if r.waiting[m.User]++; r.waiting[m.User] == 1 {
		r.idleUsers--
	}
}

// started notes that the API has admitted a message, or that the message has
// failed. Only the first call for a message counts.
func (r *Result) started(m *Message) {
	if m.startCounted {
		return
	}
	m.startCounted = true
	if r.idleUsers == 0 {
		r.present.starts++
		r.present.costs[m.User] += m.cost
	}
	if r.waiting[m.User]--; r.waiting[m.User] == 0 {
		if r.idleUsers == 0 { // a period in which all users waited ends
			if r.present.starts > r.longest.starts {
				r.longest, r.present = r.present, r.longest
			}
			r.present.starts = 0
			clear(r.present.costs)
		}
		r.idleUsers++
	}
}

// called notes that the API has received an attempt.
func (r *Result) called(now time.Duration, m *Message, status int) {
	r.Calls = append(r.Calls, Call{now - r.firstAsked, status, m.Tag})
}

// answered notes that the answer to a message has ended.
func (r *Result) answered(now time.Duration, m *Message) {
	took := now - m.At
	r.Answers = append(r.Answers, Answer{At: now - r.firstAsked, Latency: took, Wait: max(took-m.Call.Took, 0), User: m.User, Tag: m.Tag})
	r.lastAnswered = now
}

// abandoned notes that a user has left before the API admitted the message.
func (r *Result) abandoned(now time.Duration, m *Message) {
	r.Left = append(r.Left, now-m.At)
	r.started(m)
}

// failed notes that a message has failed for good.
func (r *Result) failed(m *Message) {
	r.fail(failure{tag: m.Tag})
	r.started(m)
}

// refused notes that the queue has refused a message on arrival.
func (r *Result) refused(m *Message) {
	r.fail(failure{tag: m.Tag, refused: true})
	r.started(m)
}

// hungUp notes that a user has left while the answer ran.
func (r *Result) hungUp(m *Message) { r.fail(failure{tag: m.Tag, hungUp: true}) }

func (r *Result) fail(l failure) {
	r.failures = append(r.failures, l)
	if l.hungUp {
		r.HungUp++
		return
	}
	r.Failures++
	if l.refused {
		r.Refused++
	}
}

// Throughput is answers a minute, from the first message to the end of the last
// answer.
func (r *Result) Throughput() float64 {
	if r.lastAnswered <= r.firstAsked {
		return 0
	}
	return float64(len(r.Answers)) / (r.lastAnswered - r.firstAsked).Minutes()
}

// Fairness is Jain's index of what the users' starts cost while all of them waited: 1 if
// every user had as much of the account's limits, 1/n if one user of n had all. It is
// false if there were fewer than five starts a user in the longest such period.
func (r *Result) Fairness() (float64, bool) {
	users := len(r.longest.costs)
	if r.longest.starts == 0 || r.longest.starts < 5*users {
		return 0, false
	}
	total, squares := 0.0, 0.0
	for _, cost := range r.longest.costs {
		total += cost
		squares += cost * cost
	}
	return total * total / (float64(users) * squares), true
}

// MeanLatency is the mean time from a message to the end of its answer; zero
// without answers.
func (r *Result) MeanLatency() time.Duration {
	return r.mean(func(a Answer) time.Duration { return a.Latency })
}

// MeanWait is the mean [Answer].Wait; zero without answers.
func (r *Result) MeanWait() time.Duration {
	return r.mean(func(a Answer) time.Duration { return a.Wait })
}

// MaxLatency is the longest time from a message to the end of its answer.
func (r *Result) MaxLatency() (longest time.Duration) {
	for _, a := range r.Answers {
		longest = max(longest, a.Latency)
	}
	return longest
}

// WaitQuantiles returns the [Quantile] for each share of the waits of all messages
// that were answered or whose user left. They are zero if there are no such
// messages.
func (r *Result) WaitQuantiles(shares ...float64) []time.Duration {
	waits := slices.Clone(r.Left)
	for _, a := range r.Answers {
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
func (r *Result) mean(of func(Answer) time.Duration) (total time.Duration) {
	for _, a := range r.Answers {
		total += of(a)
	}
	return total / time.Duration(max(len(r.Answers), 1))
}
