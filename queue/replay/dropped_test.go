package replay

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// Each message ends once, whatever the machine gives up by itself: a call that was
// recorded as long as MaxRun ended the process of the user who opened the advice view.
func TestEachMessageEndsOnce(t *testing.T) {
	hanging := AccountWith(tier1)
	hanging.Faults.Timeout = 1
	for _, c := range []struct {
		name    string
		account sim.AccountSettings
		took    time.Duration
		maxRun  time.Duration
		want    string
	}{
		{"an answer as long as maxRun", AccountWith(tier1), 2 * time.Second, 2 * time.Second, "2 answers, 0 failures"},
		{"longer", AccountWith(tier1), 9 * time.Second, 2 * time.Second, "2 answers, 0 failures"},
		{"shorter", AccountWith(tier1), time.Second, 2 * time.Second, "2 answers, 0 failures"},
		{"no answer, given up before the API does", hanging, time.Second, 5 * time.Second, "0 answers, 2 failures"},
		{"at the same instant", hanging, time.Second, 10 * 5 * time.Second, "0 answers, 2 failures"},
		{"after it", hanging, time.Second, time.Hour, "0 answers, 2 failures"},
	} {
		s := queue.DefaultSettings()
		s.MaxRun = c.maxRun
		l := Load{Name: c.name, Users: 1, Account: c.account, Messages: inTurn(1, 2, func(*rand.Rand) sim.Call {
			return sim.Call{Model: sonnet, InputTokens: 10, OutputTokens: 10, Took: c.took}
		})}
		r, err := Run(t.Context(), &l, QueuePace("short", s, false))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%d answers, %d failures", len(r.Answers), r.Failures); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// The machine gives a message up at the very instant at which something else of it
// is due: the first of the two counts.
func TestDroppedAtTheSameInstant(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(q *queued, s *simulation, t *queue.Ticket)
		want string
	}{
		{"nothing", func(*queued, *simulation, *queue.Ticket) {}, "0 answers, 0 left, 1 failures"},
		{"its user leaves", func(q *queued, s *simulation, t *queue.Ticket) { q.abandon(s, t) }, "0 answers, 1 left, 0 failures"},
		{"its answer ends", func(q *queued, s *simulation, t *queue.Ticket) { q.ended(s, t, sim.Decision{Status: 200}) }, "1 answers, 0 left, 0 failures"},
		{"it fails", func(q *queued, s *simulation, t *queue.Ticket) { q.ended(s, t, sim.Decision{Status: 529}) }, "0 answers, 0 left, 1 failures"},
	} {
		p, err := newQueued(queue.DefaultSettings(), 1)
		if err != nil {
			t.Fatal(err)
		}
		m := message(0, 0, short)
		l := Load{Account: AccountWith(tier1)}
		s, err := newSimulation(&l, p, []*Message{m})
		if err != nil {
			t.Fatal(err)
		}
		s.Result = newResult(1)
		s.ask(m)
		var ticket *queue.Ticket
		for k := range p.messages {
			ticket = k
		}
		_ = p.machine.Cancel(s.clock(), queue.RequestQuery{ID: ticket.ID()}, "somebody")
		c.then(p, s, ticket)
		for range 2 {
			p.afterEvents(s)
			p.abandon(s, ticket)
			p.ended(s, ticket, sim.Decision{Status: 200})
		}
		if got := fmt.Sprintf("%d answers, %d left, %d failures", len(s.Answers), len(s.Left), s.Failures); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if len(p.messages) > 0 {
			t.Errorf("%s: %d are still there", c.name, len(p.messages))
		}
	}
}
