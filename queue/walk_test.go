package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A walk comes once to each of those that wait all the time, whoever leaves and comes
// meanwhile.
func TestAWalkComesToAllThatStay(t *testing.T) {
	s := slowScript(t, time.Hour)
	s.add("runs", Request{User: "u"})
	s.step()
	var all []*Ticket
	for i := range 6 {
		all = append(all, s.add(fmt.Sprint(i), Request{ID: fmt.Sprint(i), User: "u"}))
	}
	var met []string
	meet := func(t *Ticket) { met = append(met, t.ID()) }
	w := s.m.beginWalk()
	other := s.m.beginWalk()
	w.some(2, meet)
	s.leave(all[0]) // which it has come to
	s.leave(all[2]) // where it stands
	s.leave(all[3]) // and the next
	s.leave(all[5])
	s.add("new", Request{ID: "new", User: "u"})
	for w.some(1, meet) {
	}
	if got, want := fmt.Sprint(met), "[0 1 4]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.m.endWalk(w)
	if len(s.m.walks) != 1 || s.m.walks[0] != other {
		t.Errorf("%d walks go on, want the other one", len(s.m.walks))
	}
	s.m.endWalk(other)
}

// All requests of a user leave, or get another priority, in whichever groups and lanes they
// are, and nobody else's; in pieces where there are many.
func TestAllOfAUserAreChanged(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxQueue, settings.MaxWait = mostCount, 24*time.Hour
	const n = 3*pieceSize + 7
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		ctx, leave := context.WithCancel(t.Context())
		var cancelled, others atomic.Int32
		wait := func(r Request) {
			go func() {
				_, err := Do(ctx, q, r, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, nil })
				switch {
				case errors.Is(err, ErrCancelled) && r.User == "alice":
					cancelled.Add(1)
				case ctx.Err() == nil:
					others.Add(1)
				}
			}()
		}
		for _, lane := range []string{"one", "two"} { // somebody runs in each
			wait(Request{User: "alice", Lane: lane})
			synctest.Wait()
		}
		for i := range n {
			wait(Request{User: "alice", Group: fmt.Sprint(i % 3), Lane: []string{"one", "two"}[i%2], Priority: Priority(i % 2)})
			wait(Request{User: "Alice", Lane: "one"})
		}
		synctest.Wait()
		if got := q.SetUserPriority("alice", High, "ops"); got != n {
			t.Errorf("%d get a priority, want %d", got, n)
		}
		page := q.Waiting(WaitingQuery{Limit: 3 * n, User: "alice"})
		if page.Matching != n || page.Total != 2*n || slices.ContainsFunc(page.Waiting, func(w WaitingRequest) bool { return w.Priority != "high" || w.User != "alice" }) {
			t.Errorf("%d of %d match, want %d of high priority", page.Matching, page.Total, n)
		}
		if got, want := priorityEvents(q.machine), fmt.Sprintf("🔀 [QUEUE] Requests of alice (%d) get high priority, by ops", (n+1)/2); !slices.Equal(got, []string{want}) {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, name := range []string{"nobody", "", "ALICE"} {
			if got := q.CancelUser(name, "ops"); got != 0 {
				t.Errorf("%d of %q are cancelled", got, name)
			}
		}
		got := q.CancelUser("alice", "ops")
		synctest.Wait()
		if got != n || cancelled.Load() != n || others.Load() != 0 {
			t.Errorf("%d are cancelled, %d are told so, and %d others, want %d", got, cancelled.Load(), others.Load(), n)
		}
		if r := q.Report(); r.Metrics.CurrentQueueLength != n || r.Detail.Running != 2 || r.Detail.Cancelled != n {
			t.Errorf("%d wait, %d run, %d were cancelled", r.Metrics.CurrentQueueLength, r.Detail.Running, r.Detail.Cancelled)
		}
		if len(q.machine.walks) != 0 {
			t.Errorf("%d walks go on", len(q.machine.walks))
		}
		leave()
		synctest.Wait()
	})
}

// However many wait, no step of a change of all of a user's goes through more than a piece of
// them.
func TestNoStepOfAChangeOfAllIsLong(t *testing.T) {
	m := waitingMachine(t, 5*longLine, 3)
	for name, change := range map[string]func(*Ticket){
		"lowered":   func(t *Ticket) { m.setPriority(t, Low) },
		"raised":    func(t *Ticket) { m.setPriority(t, High) },
		"cancelled": func(t *Ticket) { m.cancel(t, "ops") },
	} {
		w, met, most := m.beginWalk(), 0, 0
		for more := true; more; {
			before := met
			more = w.some(pieceSize, func(t *Ticket) { met++; change(t) })
			most = max(most, met-before)
		}
		m.endWalk(w)
		if met == 0 && m.arrivals.Len > 0 || most > pieceSize {
			t.Errorf("%s: %d, up to %d in a step", name, met, most)
		}
	}
}
