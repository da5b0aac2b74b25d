package queue

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// What a queue tells piece by piece is what its machine tells at once.
func TestPiecesAreTheWhole(t *testing.T) {
	const lanes = pieceSize + 100
	inBubble(t, adaptiveSettings(), func(t *testing.T, q *Queue) {
		ctx, leave := context.WithCancel(t.Context())
		call := func(ctx context.Context) (int, error) {
			ReportLimits(ctx, Limits{Requests: Limit{PerMinute: 50, Remaining: 0}})
			<-ctx.Done()
			return 0, nil
		}
		for range 2 { // the first one runs, and the other one waits
			for i := range lanes {
				go func() { _, _ = Do(ctx, q, Request{Lane: fmt.Sprint("lane ", i)}, call) }()
			}
			synctest.Wait()
		}
		now := time.Now()
		requests, since := q.RecentRequests()
		if all, from := q.machine.RecentRequests(now); !reflect.DeepEqual(requests, all) || !since.Equal(from) || len(all) != 2*lanes {
			t.Errorf("%d requests since %v, want %d since %v", len(requests), since, len(all), from)
		}
		if got, want := q.KnownLimits(), q.machine.KnownLimits(now); !reflect.DeepEqual(got, want) || len(want) != lanes {
			t.Errorf("the limits of %d lanes are known, want %d", len(got), len(want))
		}
		byLane := func(a, b BlockedLane) int { return cmp.Compare(a.Lane, b.Lane) }
		got := slices.SortedFunc(slices.Values(q.Blocked()), byLane)
		if want := slices.SortedFunc(slices.Values(q.machine.Blocked(now, nil)), byLane); !slices.Equal(got, want) || len(want) != lanes {
			t.Errorf("%d lanes are blocked, want %d", len(got), lanes)
		}
		leave()
		synctest.Wait()
	})
}

// However many wait, no step under the lock goes through more than 1,000 requests: to find one
// by its number, to plan long lines or many short ones, and to let those fail that a pause
// leaves no time.
func TestNoStepGoesThroughMoreThanALongLine(t *testing.T) {
	short := waitingMachine(t, 0, 1)
	for i := range 5 * longLine {
		if _, err := short.Add(t0, Request{Lane: fmt.Sprint("lane ", i%6)}); err != nil { // 833 in each
			t.Fatal(err)
		}
	}
	for name, m := range map[string]*Machine{"one line": waitingMachine(t, 5*longLine, 100), "short lines": short} {
		m.keepPlans = manyWait
		var s steps
		if s.find(m, slices.Clone(m.heap), "17"); s.requests < longLine/2 || s.requests > longLine || m.planned() != 5*longLine {
			t.Errorf("%s: a step to find one of %d goes through %d", name, m.planned(), s.requests)
		}
		first := m.Next(t0)
		m.Start(t0, first)
		s = steps{}
		if s.refuseAndShed(m, first); s.requests < pieceSize/2 || s.requests > longLine {
			t.Errorf("%s: a step to shed goes through %d", name, s.requests)
		}
	}
}
