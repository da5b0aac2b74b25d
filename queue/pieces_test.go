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
