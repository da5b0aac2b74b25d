package queue

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// checkPlaces checks that all that wait are found by their IDs and listed once, with a
// place, whatever the age of the plans.
func checkPlaces(t *rapid.T, m *Machine) {
	now, first, all := m.wallTime(m.now), map[string]*Ticket{}, map[string]int{}
	last := uint64(0)
	for waits := range m.arrivals.All {
		if waits.id <= last {
			t.Fatalf("%d waits behind %d", waits.id, last)
		}
		last = waits.id
		if all[waits.ID()]++; first[waits.ID()] == nil {
			first[waits.ID()] = waits
		}
	}
	for _, id := range []string{"twin", "7", "1", "2", "07", "-1", ""} {
		if m.ids.find(id, &m.arrivals) != first[id] {
			t.Fatalf("%q finds another one than the earliest", id)
		}
	}
	list := m.Waiting(now)
	for _, w := range list {
		if all[w.ID]--; all[w.ID] < 0 {
			t.Fatalf("%s is listed too often", w.ID)
		}
		if w.EtaLateMs != nil && (*w.EtaEarlyMs < 0 || *w.EtaEarlyMs > *w.EtaMs || *w.EtaLateMs < *w.EtaMs) {
			t.Fatalf("%s starts in %d ms, and from %d to %d", w.ID, *w.EtaMs, *w.EtaEarlyMs, *w.EtaLateMs)
		}
		if found, ok := m.Find(now, w.ID); !ok || found.Backoff != (found.Position == 0) || *found.EtaMs < 0 {
			t.Fatalf("%s is listed, and found as %+v, %v", w.ID, found, ok)
		}
		if w.Backoff != (w.Position == 0) || w.Position > m.lanes[w.Lane].inLine() || *w.EtaMs < 0 {
			t.Fatalf("%s has place %d in %d ms, in back-off %v", w.ID, w.Position, *w.EtaMs, w.Backoff)
		}
	}
	if len(list) != m.arrivals.Len {
		t.Fatalf("%d are listed as waiting, want %d", len(list), m.arrivals.Len)
	}
	limit, offset := len(list)/3, len(list)/4
	if page, total := m.WaitingPage(now, limit, offset); total != len(list) || !reflect.DeepEqual(page, list[offset:offset+limit]) {
		t.Fatalf("%d from %d on are %v, want %v", limit, offset, page, list[offset:offset+limit])
	}
}

// Where many wait, asking for places works them out once in a while,
// and what a request itself does shows at once.
func TestPlacesAreKeptWhereManyWait(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxQueue, settings.MaxWait = mostCount, 24*time.Hour
	const n = 5000
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		ctx, leave := context.WithCancel(t.Context())
		wait := func(ctx context.Context, id string) {
			go func() {
				_, _ = Do(ctx, q, Request{ID: id, User: id}, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, nil })
			}()
		}
		wait(ctx, "runs")
		synctest.Wait()
		for i := range n {
			wait(ctx, fmt.Sprint("r", i))
		}
		synctest.Wait()
		before := q.machine.projections
		for i := range 100 {
			if w, ok := q.Find(fmt.Sprint("r", 7*i+1)); !ok || w.Position < 1 || w.Position > n {
				t.Fatalf("got %+v, %v", w, ok)
			}
			if page, total := q.Waiting(3, i); total != n || len(page) != 3 || page[0].Position != i+1 {
				t.Fatalf("got %+v of %d", page, total)
			}
			time.Sleep(time.Millisecond)
		}
		if got := q.machine.projections - before; got > 1 {
			t.Errorf("worked out %d times in 100 ms, want once at most", got)
		}
		mine, goes := context.WithCancel(ctx)
		wait(mine, "mine")
		synctest.Wait()
		if w, ok := q.Find("mine"); !ok || w.Position != n+1 {
			t.Errorf("the one that has just come: got %+v, %v, want the last", w, ok)
		}
		goes()
		synctest.Wait()
		if w, ok := q.Find("mine"); ok {
			t.Errorf("the one that has just left: got %+v", w)
		}
		leave()
		synctest.Wait()
		for _, l := range q.machine.lanes {
			if len(l.plan.entries) > 0 {
				t.Error("a plan keeps those that have left")
			}
		}
	})
}
