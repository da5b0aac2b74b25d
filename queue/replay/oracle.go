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

func (o *oracle) ask(s *simulation, m *Message) {
	bucket := s.bucket(m)
	i := slices.IndexFunc(o.groups, func(r *roundRobin) bool { return r.bucket == bucket })
	if i < 0 {
		i = len(o.groups)
		o.groups = append(o.groups, &roundRobin{bucket: bucket, waiting: map[int][]*Message{}})
	}
	o.groups[i].add(m)
}

func (o *oracle) afterEvents(s *simulation) {
	for _, r := range o.groups {
		for m := r.next(); m != nil; m = r.next() {
			wait := apiWait(s, m)
			if wait <= 0 {
				wait = o.waitForOutput(s, m)
			}
			if wait > 0 {
				o.wakeup.within(s, max(wait, time.Microsecond))
				break
			}
			r.remove()
			o.running[m] = true
			s.send(m, func(d sim.Decision) { o.ended(s, m, d) })
		}
	}
}

// apiWait is how long the API itself would delay the next attempt.
func apiWait(s *simulation, m *Message) time.Duration {
	next := *m
	next.attempts++
	call := m.Call
	call.ID = next.id()
	wait, _ := s.accounts[m.Account].Wait(s.clock(), call)
	return wait
}

// waitForOutput is how long until the bucket has room for the answer and for the
// rest of the answers that run.
func (o *oracle) waitForOutput(s *simulation, m *Message) time.Duration {
	if o.greedy {
		return 0
	}
	account, bucket := s.accounts[m.Account], s.bucket(m)
	for _, l := range account.Buckets(s.clock(), bucket.group) {
		if l.Kind != sim.LimitOutput {
			continue
		}
		missing := min(float64(m.Call.OutputTokens), l.Size)
		for other := range o.running {
			if s.bucket(other) == bucket {
				produced, _ := account.Produced(s.clock(), other.id())
				missing += float64(other.Call.OutputTokens - produced)
			}
		}
		return time.Duration((missing - l.Remaining) / float64(l.Limit) * float64(time.Minute))
	}
	return 0
}

func (o *oracle) ended(s *simulation, m *Message, d sim.Decision) {
	delete(o.running, m)
	switch {
	case m.over(d):
		s.answered(m)
	case !o.retries.again(m, d):
		s.failed(m)
	default:
		s.schedule(o.retries.wait(m, d), func() { o.ask(s, m) })
	}
}

// roundRobin holds the messages that wait for a bucket. Users take turns.
type roundRobin struct {
	bucket  bucket
	users   []int              // users with waiting messages, the next one first
	waiting map[int][]*Message // by user
}

// add appends a message to those of its user.
func (r *roundRobin) add(m *Message) {
	if len(r.waiting[m.User]) == 0 {
		r.users = append(r.users, m.User)
	}
	r.waiting[m.User] = append(r.waiting[m.User], m)
}

// next returns the next message; nil if none waits.
func (r *roundRobin) next() *Message {
	if len(r.users) == 0 {
		return nil
	}
	return r.waiting[r.users[0]][0]
}

// remove removes the next message. Its user goes to the end.
func (r *roundRobin) remove() {
	user := r.users[0]
	r.users, r.waiting[user] = r.users[1:], r.waiting[user][1:]
	if len(r.waiting[user]) > 0 {
		r.users = append(r.users, user)
	}
}
