package replay

import (
	"slices"
	"time"

	"paceline/queue/sim"
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
	groups  []*turns // one for each bucket, in the order of their first messages
	running map[*Message]bool
	retries retries
	alarm   alarm
}

func newOracle(greedy bool) *oracle {
	return &oracle{greedy: greedy, running: map[*Message]bool{}, retries: newRetries()}
}

func (p *oracle) ask(w *world, m *Message) {
	bucket := w.bucket(m)
	i := slices.IndexFunc(p.groups, func(t *turns) bool { return t.bucket == bucket })
	if i < 0 {
		i = len(p.groups)
		p.groups = append(p.groups, &turns{bucket: bucket, lines: map[int][]*Message{}})
	}
	p.groups[i].add(m)
}

func (p *oracle) after(w *world) {
	for _, t := range p.groups {
		for m := t.first(); m != nil; m = t.first() {
			wait := p.wait(w, m)
			if wait <= 0 {
				wait = p.waitForOutput(w, m)
			}
			if wait > 0 {
				p.alarm.in(w, max(wait, time.Microsecond))
				break
			}
			t.take()
			p.running[m] = true
			w.send(m, func(d sim.Decision) { p.ended(w, m, d) })
		}
	}
}

// wait is what the API itself makes the next attempt wait.
func (p *oracle) wait(w *world, m *Message) time.Duration {
	next := *m
	next.attempts++
	call := m.Call
	call.ID = next.id()
	wait, _ := w.accounts[m.Account].Wait(w.clock(), call)
	return wait
}

// waitForOutput is how long until the bucket holds the answer as well, and what is
// yet to be produced of those that run.
func (p *oracle) waitForOutput(w *world, m *Message) time.Duration {
	if p.greedy {
		return 0
	}
	account, bucket := w.accounts[m.Account], w.bucket(m)
	for _, l := range account.Buckets(w.clock(), bucket.group) {
		if l.Of != sim.LimitOutput {
			continue
		}
		missing := min(float64(m.Call.OutputTokens), l.Size)
		for other := range p.running {
			if w.bucket(other) == bucket {
				produced, _ := account.Produced(w.clock(), other.id())
				missing += float64(other.Call.OutputTokens - produced)
			}
		}
		return time.Duration((missing - l.Remaining) / float64(l.Limit) * float64(time.Minute))
	}
	return 0
}

func (p *oracle) ended(w *world, m *Message, d sim.Decision) {
	delete(p.running, m)
	switch {
	case m.over(d):
		w.answered(m)
	case !p.retries.again(m, d):
		w.failed(m)
	default:
		w.in(p.retries.wait(m, d), func() { p.ask(w, m) })
	}
}

// turns is the line before a bucket, in which the users take turns.
type turns struct {
	bucket bucket
	ring   []int              // the users who wait, the next one first
	lines  map[int][]*Message // of each user
}

func (t *turns) add(m *Message) {
	if len(t.lines[m.User]) == 0 {
		t.ring = append(t.ring, m.User)
	}
	t.lines[m.User] = append(t.lines[m.User], m)
}

// first returns who is next; nil if nobody is.
func (t *turns) first() *Message {
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
