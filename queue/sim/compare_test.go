package sim_test

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/sim"

	"golang.org/x/time/rate"
)

// The paces are compared in virtual time: the same users ask the same account the
// same things, and only who says when a request starts is another.

// began is when all of it begins.
var began = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// ask is one message of a user.
type ask struct {
	user, number int
	call         sim.Call
	next         *ask // the user's next message, asked when this one is answered
	asked        time.Duration
	attempts     int
}

// load is the messages of all users, the first ones.
type load struct {
	name  string
	first []*ask
	at    []time.Duration
}

// usersAtOnce has users who begin together, and each asks again when answered.
func usersAtOnce(name string, users, messages int, call func(user, number int) sim.Call) load {
	l := load{name: name}
	for u := range users {
		var chain *ask
		for n := messages - 1; n >= 0; n-- {
			chain = &ask{user: u, number: n, call: call(u, n), next: chain}
		}
		l.first, l.at = append(l.first, chain), append(l.at, 0)
	}
	return l
}

// short is a message whose answer takes 1.5 s.
func short(int, int) sim.Call {
	return sim.Call{Model: "claude-sonnet-5-5", InputTokens: 200, OutputTokens: 40, MaxTokens: 1024, FirstToken: 500 * time.Millisecond, Took: 1500 * time.Millisecond}
}

// long is one whose tokens bind: prompts and answers of different lengths.
func long(user, number int) sim.Call {
	rng := rand.New(rand.NewPCG(uint64(user), uint64(number)))
	output := 100 + rng.IntN(500)
	return sim.Call{
		Model: "claude-sonnet-5-5", InputTokens: 500 + rng.IntN(3000), OutputTokens: output, MaxTokens: 2048,
		FirstToken: 800 * time.Millisecond, Took: 800*time.Millisecond + time.Duration(output)*12*time.Millisecond,
	}
}

// happening is something that happens at a time.
type happening struct {
	at    time.Duration
	order int
	do    func()
}

type calendar []happening

func (c calendar) Len() int { return len(c) }
func (c calendar) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(c[i].at, c[j].at), cmp.Compare(c[i].order, c[j].order)) < 0
}
func (c calendar) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *calendar) Push(x any)   { *c = append(*c, x.(happening)) }
func (c *calendar) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// world runs one load through one pace.
type world struct {
	account *sim.Account
	pace    pace
	now     time.Duration
	days    calendar
	order   int
	calls   uint64
	result  result
}

// pace says when a request starts. It calls world.send, and once world.answered or
// world.failed.
type pace interface {
	ask(w *world, a *ask)
	after(w *world) // something has happened
}

// result is what the users of a load felt.
type result struct {
	took     []time.Duration // from the question to the end of its answer
	own      time.Duration   // of it, the API's own time
	perUser  map[int]time.Duration
	failed   int
	refused  int // answers of 429
	why      map[sim.Limit]int
	last     time.Duration
	answered int
}

func (w *world) in(d time.Duration, do func()) {
	w.order++
	heap.Push(&w.days, happening{w.now + max(d, 0), w.order, do})
}

func (w *world) clock() time.Time { return began.Add(w.now) }

// run lets it all happen.
func (w *world) run(l load) result {
	w.result.perUser = map[int]time.Duration{}
	for i, a := range l.first {
		w.in(l.at[i]-w.now, func() { w.question(a) })
	}
	for w.days.Len() > 0 {
		h := heap.Pop(&w.days).(happening)
		w.now = h.at
		h.do()
		w.pace.after(w)
	}
	return w.result
}

func (w *world) question(a *ask) {
	a.asked = w.now
	w.pace.ask(w, a)
}

// send calls the API; done is told when the call has ended.
func (w *world) send(a *ask, done func(sim.Decision)) sim.Decision {
	w.calls++
	a.attempts++
	call := a.call
	call.ID = w.calls
	d := w.account.Arrive(w.clock(), call)
	if d.Status == 429 {
		w.result.refused++
		if w.result.why == nil {
			w.result.why = map[sim.Limit]int{}
		}
		w.result.why[d.Refused]++
	}
	w.in(d.Took, func() { done(d) })
	return d
}

func (w *world) answered(a *ask) {
	took := w.now - a.asked
	w.result.took = append(w.result.took, took)
	w.result.own += a.call.Took
	w.result.perUser[a.user] += took
	w.result.last = w.now
	w.result.answered++
	if a.next != nil {
		w.question(a.next)
	}
}

func (w *world) failed(*ask) { w.result.failed++ }

// atOnce is no queue.
type atOnce struct{}

func (atOnce) ask(w *world, a *ask) {
	w.send(a, func(d sim.Decision) {
		if d.Status == 200 {
			w.answered(a)
		} else {
			w.failed(a)
		}
	})
}
func (atOnce) after(*world) {}

// retries are those of the official SDKs alone: twice, after what the API says, or
// half a second and more.
type retries struct{ rng *rand.Rand }

func (s retries) ask(w *world, a *ask) {
	w.send(a, func(d sim.Decision) {
		switch {
		case d.Status == 200:
			w.answered(a)
		case a.attempts > 2:
			w.failed(a)
		default:
			wait := d.RetryAfter
			if wait == 0 || wait > time.Minute {
				wait = time.Duration((1 - s.rng.Float64()/4) * float64(min(500*time.Millisecond<<(a.attempts-1), 8*time.Second)))
			}
			w.in(wait, func() { s.ask(w, a) })
		}
	})
}
func (retries) after(*world) {}

// published is the rule as it began: one at a time, and the spacing after its end.
type published struct {
	line []*ask
	busy bool
}

func (p *published) ask(w *world, a *ask) {
	p.line = append(p.line, a)
	p.next(w)
}

func (p *published) next(w *world) {
	if p.busy || len(p.line) == 0 {
		return
	}
	a := p.line[0]
	p.line, p.busy = p.line[1:], true
	w.send(a, func(d sim.Decision) {
		if d.Status == 200 {
			w.answered(a)
		} else {
			w.failed(a)
		}
		spacing := min(1500*time.Millisecond+200*time.Millisecond*time.Duration(len(p.line)), 10*time.Second)
		w.in(spacing, func() {
			p.busy = false
			p.next(w)
		})
	})
}
func (*published) after(*world) {}

// told is a token bucket that was told the limit of requests.
type told struct{ limiter *rate.Limiter }

func (p told) ask(w *world, a *ask) {
	w.in(p.limiter.ReserveN(w.clock(), 1).DelayFrom(w.clock()), func() { atOnce{}.ask(w, a) })
}
func (told) after(*world) {}

// oracle sees the account's buckets and what each request will truly cost.
type oracle struct{ line []*ask }

func (p *oracle) ask(_ *world, a *ask) { p.line = append(p.line, a) }

func (p *oracle) after(w *world) {
	for len(p.line) > 0 {
		call := p.line[0].call
		call.ID = w.calls + 1
		wait, ok := w.account.Wait(w.clock(), call)
		if ok && wait > 0 {
			w.in(max(wait, time.Microsecond), func() {})
			return
		}
		a := p.line[0]
		p.line = p.line[1:]
		atOnce{}.ask(w, a)
	}
}

// ours is the queue.
type ours struct {
	machine *queue.Machine
	asks    map[*queue.Ticket]*ask
	wakes   map[time.Duration]bool
}

func newOurs(adaptive bool) *ours {
	s := queue.DefaultSettings()
	s.MaxWait, s.MaxQueue = 24*time.Hour, 100_000
	if adaptive {
		s.Adaptive, s.MaxInFlight = true, 1000
	}
	m, err := queue.NewMachine(s, began, 1)
	if err != nil {
		panic(err)
	}
	return &ours{m, map[*queue.Ticket]*ask{}, map[time.Duration]bool{}}
}

func (p *ours) ask(w *world, a *ask) {
	estimate := queue.Cost{Input: a.call.InputTokens * 11 / 10, Output: 300}
	t, err := p.machine.Add(w.clock(), queue.Request{User: fmt.Sprint(a.user), Cost: estimate})
	if err != nil {
		w.failed(a)
		return
	}
	p.asks[t] = a
}

func (p *ours) after(w *world) {
	for t := p.machine.Next(w.clock()); t != nil; t = p.machine.Next(w.clock()) {
		p.machine.Start(w.clock(), t)
		a := p.asks[t]
		d := w.send(a, func(d sim.Decision) { p.ended(w, t, a, d) })
		if d.Status == 200 { // the headers of a stream come with its first event
			told := limitsOf(d.Headers, w.clock())
			w.in(a.call.FirstToken, func() { p.machine.Learn(w.clock(), t, told) })
		}
	}
	_ = p.machine.Dropped()
	if wake, ok := p.machine.Wake(); ok {
		at := max(wake.Sub(began), w.now)
		if !p.wakes[at] && (len(p.asks) > 0) {
			p.wakes[at] = true
			w.in(at-w.now, func() { delete(p.wakes, at) })
		}
	}
}

func (p *ours) ended(w *world, t *queue.Ticket, a *ask, d sim.Decision) {
	if d.Status == 200 {
		p.machine.Spent(w.clock(), t, queue.Cost{Input: a.call.InputTokens, Output: a.call.OutputTokens})
		_, _ = p.machine.Finish(w.clock(), t, nil)
		delete(p.asks, t)
		w.answered(a)
		return
	}
	p.machine.Learn(w.clock(), t, limitsOf(d.Headers, w.clock().Add(-d.Took)))
	class := map[int]queue.Class{429: queue.RateLimited, 529: queue.Overloaded, 0: queue.NetworkError}[d.Status]
	again, _ := p.machine.Finish(w.clock(), t, &queue.Error{Class: class, RetryAfter: d.RetryAfter})
	if !again {
		delete(p.asks, t)
		w.failed(a)
	}
}

// limitsOf reads headers of a moment.
func limitsOf(h sim.Headers, at time.Time) queue.Limits {
	one := func(t sim.Told) queue.Limit {
		l := queue.Limit{PerMinute: t.Limit, Remaining: t.Remaining}
		if !t.Reset.IsZero() {
			l.FullIn = max(t.Reset.Sub(at), 0)
		}
		return l
	}
	return queue.Limits{Requests: one(h.Requests), Input: one(h.InputTokens), Output: one(h.OutputTokens)}
}

// jain is Jain's index of the users' mean times: 1 is fair.
func (r result) jain() float64 {
	var sum, squares float64
	for _, t := range r.perUser {
		sum += t.Seconds()
		squares += t.Seconds() * t.Seconds()
	}
	if squares == 0 {
		return math.NaN()
	}
	return sum * sum / (float64(len(r.perUser)) * squares)
}

func (r result) mean() time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	var sum time.Duration
	for _, t := range r.took {
		sum += t
	}
	return sum / time.Duration(len(r.took))
}

func (r result) most() time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return slices.Max(r.took)
}

// newWorld has an account of the first tier as it was until 2026: 50 a minute.
func newWorld(p pace, limits sim.Limits) *world {
	s := sim.DefaultAccountSettings()
	s.Epoch, s.Limits = began, sim.GroupLimits{"": limits}
	a, err := sim.NewAccount(s)
	if err != nil {
		panic(err)
	}
	return &world{account: a, pace: p}
}

func tier1() sim.Limits {
	return sim.Limits{RequestsPerMinute: 50, InputTokensPerMinute: 30_000, OutputTokensPerMinute: 8_000}
}

// warm is one message an hour before, from which the limits are learned.
func warm(w *world) {
	first := short(0, 0)
	w.result.perUser = map[int]time.Duration{}
	w.in(-w.now, func() { w.question(&ask{call: first}) })
	for w.days.Len() > 0 {
		h := heap.Pop(&w.days).(happening)
		w.now = h.at
		h.do()
		w.pace.after(w)
	}
	w.now = time.Hour
	w.result = result{}
}

func TestPaceCompared(t *testing.T) {
	requestsOnly := sim.Limits{RequestsPerMinute: 50}
	for _, l := range []struct {
		limits sim.Limits
		make   func() load
	}{
		{requestsOnly, func() load { return usersAtOnce("light", 2, 2, short) }},
		{requestsOnly, func() load { return usersAtOnce("moderate", 5, 3, short) }},
		{requestsOnly, func() load { return usersAtOnce("heavy", 10, 2, short) }},
		{requestsOnly, func() load { return usersAtOnce("40x2", 40, 2, short) }},
		{tier1(), func() load { return usersAtOnce("tokens", 20, 10, long) }},
	} {
		for _, c := range []struct {
			name string
			pace pace
			warm bool
		}{
			{"no queue", atOnce{}, false},
			{"SDK retries", retries{rand.New(rand.NewPCG(1, 1))}, false},
			{"published", &published{}, false},
			{"spaced", newOurs(false), false},
			{"told", told{rate.NewLimiter(50.0/60, 50)}, false},
			{"adaptive, cold", newOurs(true), false},
			{"adaptive", newOurs(true), true},
			{"oracle", &oracle{}, false},
		} {
			w := newWorld(c.pace, l.limits)
			if c.warm {
				warm(w)
			}
			from := w.now
			lo := l.make()
			for i := range lo.at {
				lo.at[i] += from
			}
			r := w.run(lo)
			t.Logf("%-9s %-15s mean %6.1f last %6.1f  own %4.1f  answered %3d failed %3d 429s %3d  done after %6.1f  jain %.3f %v",
				lo.name, c.name, r.mean().Seconds(), r.most().Seconds(), r.own.Seconds()/float64(max(r.answered, 1)), r.answered, r.failed, r.refused, (r.last - from).Seconds(), r.jain(), r.why)
		}
	}
}
