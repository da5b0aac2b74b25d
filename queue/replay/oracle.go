package replay

import (
	"slices"
	"time"

	"paceline/queue/sim"
)

// oracle knows the account's buckets and what each request will cost, and starts a
// request as soon as the buckets hold all of it. Users take turns, as in the queue,
// and failed requests are retried as the SDKs do.
//
// The API counts output as it is produced, so that it admits more than the bucket
// holds and is in debt afterwards, for minutes in which it admits nothing. A greedy
// oracle lets that happen; the other one waits for room for the output.
type oracle struct {
	greedy  bool
	groups  []*roundRobin // one for each bucket, in the order of first use
	running map[*Message]bool
	retries retries
	wakeup  wakeup
}

func newOracle(greedy bool) *oracle {
	return &oracle{greedy: greedy, running: map[*Message]bool{}, retries: newRetries()}
}

func (p *oracle) ask(w *simulation, m *Message) {
	bucket := w.bucket(m)
	i := slices.IndexFunc(p.groups, func(t *roundRobin) bool { return t.bucket == bucket })
	if i < 0 {
		i = len(p.groups)
		p.groups = append(p.groups, &roundRobin{bucket: bucket, waiting: map[int][]*Message{}})
	}
	p.groups[i].add(m)
}

func (p *oracle) afterEvents(w *simulation) {
	for _, t := range p.groups {
		for m := t.next(); m != nil; m = t.next() {
			wait := p.wait(w, m)
			if wait <= 0 {
				wait = p.waitForOutput(w, m)
			}
			if wait > 0 {
				p.wakeup.within(w, max(wait, time.Microsecond))
				break
			}
			t.remove()
			p.running[m] = true
			w.send(m, func(d sim.Decision) { p.ended(w, m, d) })
		}
	}
}

// wait is how long the API itself would delay the next attempt.
func (p *oracle) wait(w *simulation, m *Message) time.Duration {
	next := *m
	next.attempts++
	call := m.Call
	call.ID = next.id()
	wait, _ := w.accounts[m.Account].Wait(w.clock(), call)
	return wait
}

// waitForOutput is how long until the bucket has room for the answer and for the
// rest of the answers that run.
func (p *oracle) waitForOutput(w *simulation, m *Message) time.Duration {
	if p.greedy {
		return 0
	}
	account, bucket := w.accounts[m.Account], w.bucket(m)
	for _, l := range account.Buckets(w.clock(), bucket.group) {
		if l.Kind != sim.LimitOutput {
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

func (p *oracle) ended(w *simulation, m *Message, d sim.Decision) {
	delete(p.running, m)
	switch {
	case m.over(d):
		w.answered(m)
	case !p.retries.again(m, d):
		w.failed(m)
	default:
		w.schedule(p.retries.wait(m, d), func() { p.ask(w, m) })
	}
}

// roundRobin holds the messages that wait for a bucket. Users take turns.
type roundRobin struct {
	bucket  bucket
	users   []int              // users with waiting messages, the next one first
	waiting map[int][]*Message // by user
}

// add appends a message to those of its user.
func (t *roundRobin) add(m *Message) {
	if len(t.waiting[m.User]) == 0 {
		t.users = append(t.users, m.User)
	}
	t.waiting[m.User] = append(t.waiting[m.User], m)
}

// next returns the next message; nil if none waits.
func (t *roundRobin) next() *Message {
	if len(t.users) == 0 {
		return nil
	}
	return t.waiting[t.users[0]][0]
}

// remove removes the next message. Its user goes to the end.
func (t *roundRobin) remove() {
	user := t.users[0]
	t.users, t.waiting[user] = t.users[1:], t.waiting[user][1:]
	if len(t.waiting[user]) > 0 {
		t.users = append(t.users, user)
	}
}
