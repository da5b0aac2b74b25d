package sim_test

import (
	"slices"
	"time"

	"paceline/queue/sim"

	"paceline/queue"
)

// oracle sees the account's buckets and what each request will truly cost, and
// starts each as soon as the buckets hold all of it. The users take turns, as in
// the queue, and what fails for no fault of its own it sends again, as the SDKs do.
//
// Output counts when it is produced, so the API lets in more than the bucket holds
// and is in debt afterwards, for minutes in which nobody is let in. One that is
// greedy does that.
type oracle struct {
	greedy  bool
	groups  []*turns
	running map[*ask]bool
	retries retries
	alarm   alarm
}

func newOracle(greedy bool) *oracle {
	return &oracle{greedy: greedy, running: map[*ask]bool{}, retries: newRetries()}
}

func (p *oracle) ask(_ *world, a *ask) {
	group := queue.ModelGroup(a.call.Model)
	i := slices.IndexFunc(p.groups, func(t *turns) bool { return t.group == group })
	if i < 0 {
		i = len(p.groups)
		p.groups = append(p.groups, &turns{group: group, lines: map[int][]*ask{}})
	}
	p.groups[i].add(a)
}

func (p *oracle) after(w *world) {
	for _, t := range p.groups {
		for a := t.first(); a != nil; a = t.first() {
			wait := p.wait(w, a)
			if wait <= 0 {
				wait = p.waitForOutput(w, a, t.group)
			}
			if wait > 0 {
				p.alarm.in(w, max(wait, time.Microsecond))
				break
			}
			t.take()
			p.running[a] = true
			w.send(a, func(d sim.Decision) { p.ended(w, a, d) })
		}
	}
}

// wait is what the API itself makes the next attempt wait.
func (p *oracle) wait(w *world, a *ask) time.Duration {
	next := *a
	next.attempts++
	call := a.call
	call.ID = next.id()
	wait, _ := w.account.Wait(w.clock(), call)
	return wait
}

// waitForOutput is how long until the bucket holds the answer as well, and what is
// yet to be produced of those that run.
func (p *oracle) waitForOutput(w *world, a *ask, group string) time.Duration {
	if p.greedy {
		return 0
	}
	for _, l := range w.account.Buckets(w.clock(), group) {
		if l.Of != sim.LimitOutput {
			continue
		}
		missing := float64(a.call.OutputTokens)
		for other := range p.running {
			if queue.ModelGroup(other.call.Model) == group {
				produced, _ := w.account.Produced(w.clock(), other.id())
				missing += float64(other.call.OutputTokens - produced)
			}
		}
		return time.Duration((min(missing, l.Size) - l.Remaining) / float64(l.Limit) * float64(time.Minute))
	}
	return 0
}

func (p *oracle) ended(w *world, a *ask, d sim.Decision) {
	delete(p.running, a)
	switch {
	case d.Admitted():
		w.answered(a)
	case a.attempts > 2:
		w.failed(a)
	default:
		w.in(p.retries.wait(a, d), func() { p.ask(w, a) })
	}
}

// turns is the line of a model group, in which the users take turns.
type turns struct {
	group string
	ring  []int
	lines map[int][]*ask
}

func (t *turns) add(a *ask) {
	if len(t.lines[a.user]) == 0 {
		t.ring = append(t.ring, a.user)
	}
	t.lines[a.user] = append(t.lines[a.user], a)
}

// first returns who is next; nil if nobody is.
func (t *turns) first() *ask {
	if len(t.ring) == 0 {
		return nil
	}
	return t.lines[t.ring[0]][0]
}

// take takes out who is next. Its user goes to the end.
func (t *turns) take() {
	user := t.ring[0]
	t.ring, t.lines[user] = t.ring[1:], t.lines[user][1:]
	if len(t.lines[user]) > 0 {
		t.ring = append(t.ring, user)
	}
}
