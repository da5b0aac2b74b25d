package queue

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// lineTest is a line, and all that were ever in it by their numbers.
type lineTest struct {
	line
	tickets []*Ticket
}

// ticket returns a new ticket of a session, which is empty for none.
func (l *lineTest) ticket(session string, subagent bool) *Ticket {
	t := &Ticket{}
	t.init(uint64(len(l.tickets)+1), nil, Normal, 0)
	if session != "" {
		t.client = &client{session: session, subagent: subagent}
		t.client.place.Item = t
	}
	l.tickets = append(l.tickets, t)
	return t
}

// String returns the numbers of those in line, and of the subagents of each session.
func (l *lineTest) String() string {
	var all []uint64
	for t := range l.requests.All {
		all = append(all, t.id)
	}
	subagents := map[string][]uint64{}
	for name, s := range l.sessions {
		for t := range s.subagents.All {
			subagents[name] = append(subagents[name], t.id)
		}
	}
	return fmt.Sprint(all, subagents)
}

// Who comes back is where it would be if all sessions of the line were put in order anew,
// and the subagents of a session are listed as they stand.
func TestWhoComesBackStandsInOrderOfItsSession(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var quick, whole lineTest
		both := func(change func(l *lineTest)) { change(&quick); change(&whole) }
		var waiting, gone []int
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				session, subagent := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "session"), rapid.Bool().Draw(t, "subagent")
				front := rapid.IntRange(0, 9).Draw(t, "front") == 0
				waiting = append(waiting, len(quick.tickets))
				both(func(l *lineTest) { l.join(l.ticket(session, subagent), front) })
			},
			"leave": func(t *rapid.T) {
				if len(waiting) > 0 {
					at := rapid.IntRange(0, len(waiting)-1).Draw(t, "which")
					i := waiting[at]
					waiting, gone = append(waiting[:at], waiting[at+1:]...), append(gone, i)
					both(func(l *lineTest) { l.remove(l.tickets[i]) })
				}
			},
			"return": func(t *rapid.T) {
				if len(gone) > 0 {
					at := rapid.IntRange(0, len(gone)-1).Draw(t, "which")
					i := gone[at]
					gone, waiting = append(gone[:at], gone[at+1:]...), append(waiting, i)
					whole.unordered = true
					both(func(l *lineTest) { l.insert(l.tickets[i]) })
				}
			},
			"": func(t *rapid.T) {
				if got, want := quick.String(), whole.String(); got != want {
					t.Fatalf("got %s, want %s", got, want)
				}
			},
		})
	})
}

// Who comes back finds the others of its session in a few steps, however long the line of
// its user is.
func TestWhoComesBackFindsItsSessionInFewSteps(t *testing.T) {
	const sessions, each = 40, 200
	var l lineTest
	for i := range sessions * each {
		l.join(l.ticket(fmt.Sprint(i%sessions), i >= sessions), false)
	}
	for i, ticket := range l.tickets {
		l.remove(ticket)
		l.steps = 0
		if l.insert(ticket); l.steps > 2*sessions {
			t.Fatalf("number %d of %d: %d steps, want %d at most", i, len(l.tickets), l.steps, 2*sessions)
		}
	}
}
