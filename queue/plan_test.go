package queue

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// checkPlaces checks that all that wait are found by their IDs and listed once, with a
// place, whatever the age of the plans.
func checkPlaces(t *rapid.T, m *Machine) {
	now, all := m.wallTime(m.now), map[string]int{}
	last := uint64(0)
	for waits := range m.arrivals.All {
		if waits.id <= last {
			t.Fatalf("%d waits behind %d", waits.id, last)
		}
		last = waits.id
		all[waits.ID()]++
	}
	for _, id := range []string{"twin", "7", "1", "2", "07", "-1", ""} {
		for _, query := range queries(id, "0", "1") {
			got, err := m.ids.find(&query, &m.arrivals)
			if want, why := meant(m, query); got != want || !errors.Is(err, why) {
				t.Fatalf("%s finds %v, %v, want %v, %v", words(query), got, err, want, why)
			}
		}
	}
	list := m.Waiting(now)
	for _, w := range list {
		if all[w.ID]--; all[w.ID] < 0 {
			t.Fatalf("%s is listed too often", w.ID)
		}
		if (w.EtaMs == nil) != (w.EtaLateMs == nil) {
			t.Fatalf("%s is told %v ms, and %v at the latest", w.ID, w.EtaMs, w.EtaLateMs)
		}
		if w.EtaMs != nil && (*w.EtaEarlyMs < 0 || *w.EtaEarlyMs > *w.EtaMs || *w.EtaLateMs < *w.EtaMs) {
			t.Fatalf("%s starts in %d ms, and from %d to %d", w.ID, *w.EtaMs, *w.EtaEarlyMs, *w.EtaLateMs)
		}
		if found, err := m.Find(now, RequestQuery{ID: w.ID, User: w.User, Group: &w.Group}); err != nil || found.Backoff != (found.Position == 0) || (found.EtaMs == nil) != (found.EtaLateMs == nil) {
			t.Fatalf("%s is listed, and found as %+v, %v", w.ID, found, err)
		}
		if w.Backoff != (w.Position == 0) || w.Position > m.lanes[w.Lane].inLine() {
			t.Fatalf("%s has place %d, in back-off %v", w.ID, w.Position, w.Backoff)
		}
	}
	if len(list) != m.arrivals.Len {
		t.Fatalf("%d are listed as waiting, want %d", len(list), m.arrivals.Len)
	}
	limit, offset := len(list)/3, len(list)/4
	if page := m.WaitingPage(now, WaitingQuery{Limit: limit, Offset: offset}); page.Total != len(list) || !reflect.DeepEqual(page.Waiting, list[offset:offset+limit]) {
		t.Fatalf("%d from %d on are %v, want %v", limit, offset, page.Waiting, list[offset:offset+limit])
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
			if w, err := q.Find(RequestQuery{ID: fmt.Sprint("r", 7*i+1)}); err != nil || w.Position < 1 || w.Position > n {
				t.Fatalf("got %+v, %v", w, err)
			}
			if page := q.Waiting(WaitingQuery{Limit: 3, Offset: i}); page.Total != n || len(page.Waiting) != 3 || page.Waiting[0].Position != i+1 {
				t.Fatalf("got %+v", page)
			}
			time.Sleep(time.Millisecond)
		}
		if got := q.machine.projections - before; got > 1 {
			t.Errorf("worked out %d times in 100 ms, want once at most", got)
		}
		mine, goes := context.WithCancel(ctx)
		wait(mine, "mine")
		synctest.Wait()
		if w, err := q.Find(RequestQuery{ID: "mine"}); err != nil || w.Position != n+1 {
			t.Errorf("the one that has just come: got %+v, %v, want the last", w, err)
		}
		goes()
		synctest.Wait()
		if w, err := q.Find(RequestQuery{ID: "mine"}); !errors.Is(err, ErrNotWaiting) {
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

// A plan that is made in pieces is the same as one that is made at once, if nothing happens
// meanwhile.
func TestAPlanInPiecesIsTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.Adaptive, settings.MaxQueue, settings.MaxWait = rapid.Bool().Draw(t, "adaptive"), 1000, 24*time.Hour
		settings.MaxInFlight, settings.AdaptiveInFlight = 3, 3
		m, err := NewMachine(settings, t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		m.newNames.shareTurns(rapid.Bool().Draw(t, "new names share turns"), "here")
		now := t0
		for i := range rapid.IntRange(1, 60).Draw(t, "requests") {
			_, err := m.Add(now, Request{
				User: fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "user")), Group: fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "group")),
				Priority: Priority(rapid.IntRange(0, 2).Draw(t, "priority")), Cost: Cost{Input: rapid.SampledFrom([]int{100, 40_000}).Draw(t, "input")},
				Origin:   rapid.SampledFrom([]string{"", "here"}).Draw(t, "origin"),
				Subagent: rapid.Bool().Draw(t, "subagent"), UserWeight: float64(rapid.IntRange(1, 2).Draw(t, "weight")),
			})
			if err != nil {
				t.Fatal(err)
			}
			next := m.Next(now)
			if next == nil {
				continue
			}
			m.Start(now, next)
			m.ReportLimits(now, next, Limits{Requests: Limit{PerMinute: 60, Remaining: 50}, Input: Limit{PerMinute: 300_000, Remaining: 200_000}})
			switch outcome := rapid.IntRange(0, 3).Draw(t, "outcome"); {
			case outcome == 0:
				_, _ = m.Finish(now, next, &Error{Class: RateLimited, RetryAfter: time.Second})
			case outcome < 3 || i%2 == 0:
				_, _ = m.Finish(now, next, nil)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 30_000).Draw(t, "ms")) * time.Millisecond)
			m.advance(now)
		}
		l := m.lanes[DefaultLane]
		if l == nil {
			return
		}
		p := m.newProjection(l)
		for p.copySome(rapid.IntRange(1, 20).Draw(t, "steps")) {
		}
		l.newcomers = newcomers{} // nobody is expected
		if got, want := p.play(), m.project(l); !reflect.DeepEqual(got.entries, want.entries) || !reflect.DeepEqual(got.index, want.index) || len(want.entries) != l.inLine() {
			t.Fatalf("got %v, want %v", got.entries, want.entries)
		}
	})
}

// Whatever happens while a plan is made in pieces, it has all that go on waiting, once.
func TestTheLineMayChangeWhileAPlanIsMade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.MinDelay, settings.Step, settings.MaxInFlight = 0, 0, 2
		settings.MaxWait, settings.Aging = 24*time.Hour, 10*time.Second
		m, err := NewMachine(settings, t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		m.keepPlans = 1
		now, running, left := t0, []*Ticket{}, []Request{}
		requests := map[*Ticket]Request{}
		take := func(r Request) {
			added, err := m.Add(now, r)
			if err != nil {
				t.Fatal(err)
			}
			requests[added] = r
		}
		add := func() {
			take(Request{
				User: fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "user")), Priority: Priority(rapid.IntRange(0, 2).Draw(t, "priority")),
				Subagent:    rapid.Bool().Draw(t, "subagent"),
				Fingerprint: uint64(rapid.IntRange(0, 20).Draw(t, "fingerprint")),
			})
		}
		leave := func() {
			if all := slices.Collect(m.arrivals.All); len(all) > 0 {
				one := all[rapid.IntRange(0, len(all)-1).Draw(t, "leaves")]
				m.Leave(now, one)
				left = append(left, requests[one])
			}
		}
		for range rapid.IntRange(5, 20).Draw(t, "requests") {
			add()
		}
		for range rapid.IntRange(0, 3).Draw(t, "gone before") {
			leave()
		}
		p := m.beginPlan(now, m.lanes[DefaultLane])
		for p.copySome(1) {
			switch rapid.IntRange(0, 5).Draw(t, "happens") {
			case 0:
				add()
			case 1:
				leave()
			case 2:
				now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
				if next := m.Next(now); next != nil {
					m.Start(now, next)
					running = append(running, next)
				}
			case 3:
				if len(running) > 0 {
					err := rapid.SampledFrom([]error{nil, &Error{Class: RateLimited, RetryAfter: time.Second}, &Error{Class: Overloaded}}).Draw(t, "end")
					_, _ = m.Finish(now, running[0], err)
					running = running[1:]
				}
			case 4:
				if len(left) > 0 { // it comes back
					take(left[0])
					left = left[1:]
				}
			}
			m.advance(now)
		}
		played := p.play()
		if len(played.index) != len(played.entries) {
			t.Fatalf("%d requests have %d places", len(played.index), len(played.entries))
		}
		m.endPlan(now, p, played)
		made := m.projections
		checkPlaces(t, m)
		if p.lane.index >= 0 && m.projections > made {
			t.Fatal("the plan was not used")
		}
	})
}

// A subagent that comes back puts its main thread before itself, perhaps to where a copy of the
// line has been before: it is in the plan all the same.
func TestAMainThreadMovesWhileAPlanIsMade(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 24 * time.Hour
	m := newMachine(t, settings)
	m.keepPlans = 1
	add := func(r Request) *Ticket {
		added, err := m.Add(t0, r)
		if err != nil {
			t.Fatal(err)
		}
		return added
	}
	add(Request{})
	m.Start(t0, m.Next(t0))
	for range 3 {
		add(Request{})
	}
	subagent := Request{Subagent: true, Fingerprint: 1}
	left := add(subagent)
	for range 10 {
		add(Request{})
	}
	m.Leave(t0, left)
	main := add(Request{})
	for range 10 {
		add(Request{})
	}
	l := main.lane
	p := m.beginPlan(t0, l)
	for more, n := true, 0; more; n++ {
		if more = p.copySome(1); p.order.len == 8 && left != nil {
			left = nil
			add(subagent)
		}
	}
	if left != nil {
		t.Fatal("nobody came back meanwhile")
	}
	m.endPlan(t0, p, p.play())
	if _, known := l.plan.of(main); !known {
		t.Error("it is not in the plan")
	}
	if page := m.WaitingPage(t0, WaitingQuery{Limit: 100}); len(page.Waiting) != page.Total {
		t.Errorf("%d of %d are listed", len(page.Waiting), page.Total)
	}
}

// Places are told by the settings in force: what was worked out by others is of no use, if it
// is kept, and if it is being made.
func TestNewSettingsMakeNewPlans(t *testing.T) {
	for _, begun := range []bool{false, true} {
		settings := DefaultSettings()
		settings.MaxWait = 24 * time.Hour
		m := newMachine(t, settings)
		m.keepPlans = 1
		for range 100 {
			if _, err := m.Add(t0, Request{}); err != nil {
				t.Fatal(err)
			}
		}
		p := m.beginPlan(t0, m.lanes[DefaultLane])
		p.copyAll()
		if !begun {
			m.endPlan(t0, p, p.play())
		}
		settings.MinDelay, settings.Step = 0, 0
		if err := m.SetSettings(t0, settings); err != nil {
			t.Fatal(err)
		}
		if begun {
			m.endPlan(t0, p, p.play())
		}
		if w, ok := findOne(m, t0, "100"); !ok || *w.EtaMs > 0 {
			t.Errorf("begun before: %v: it is told %d ms, and all may start at once", begun, *w.EtaMs)
		}
	}
}

// A plan is as old as what it was made of, but one whose making took long serves a while, too.
func TestAPlanIsAsOldAsItsBeginning(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 24 * time.Hour
	m := newMachine(t, settings)
	m.keepPlans = 1
	for range 40 { // a plan is fresh for 1 ms
		if _, err := m.Add(t0, Request{}); err != nil {
			t.Fatal(err)
		}
	}
	l := m.lanes[DefaultLane]
	for _, step := range []struct{ begun, ends, freshUntil float64 }{{0, 0.0005, 0.001}, {1, 1.5, 1.5}} {
		p := m.beginPlan(at(step.begun), l)
		p.copyAll()
		m.endPlan(at(step.ends), p, p.play())
		m.advance(at(step.freshUntil))
		if !m.fresh(l) {
			t.Errorf("made from %v to %v s it is not fresh at %v s", step.begun, step.ends, step.freshUntil)
		}
		if m.advance(at(step.freshUntil + 0.0001)); m.fresh(l) || !m.serves(l) {
			t.Errorf("made from %v to %v s: after %v s it is fresh %v, serves %v", step.begun, step.ends, step.freshUntil, m.fresh(l), m.serves(l))
		}
		if m.advance(at(step.freshUntil + 0.0011)); m.serves(l) {
			t.Errorf("made from %v to %v s it serves 1 ms longer than it is fresh", step.begun, step.ends)
		}
	}
}

// Many join, leave and ask at once: each that waits has a place, and when it is quiet the
// places are all there are.
func TestManyAskAtOnce(t *testing.T) {
	const n = 3 * longLine
	settings := unpaced()
	settings.Adaptive, settings.AdaptiveInFlight = true, 1
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		wait := func(ctx context.Context, id int) {
			_, _ = Do(ctx, q, Request{ID: fmt.Sprint("r", id), User: fmt.Sprint(id % 50), Priority: Priority(id % 3)}, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, nil
			})
		}
		for i := range n {
			go wait(ctx, i)
			go func() { // one that leaves
				short, goes := context.WithCancel(ctx)
				go goes()
				wait(short, n+i)
			}()
		}
		for i := range 4 {
			go func() {
				for id := i; id < 50*7; id += 7 {
					q.mu.Lock()
					for _, l := range q.machine.lanes {
						l.plan.made = -time.Hour // it has to be made again
					}
					q.mu.Unlock()
					if w, err := q.Find(RequestQuery{ID: fmt.Sprint("r", id)}); err == nil && w.Position < 1 {
						t.Errorf("%s has place %d", w.ID, w.Position)
					}
					page := q.Waiting(WaitingQuery{Limit: 10, Offset: id})
					if len(page.Waiting) > 10 || page.Total > 2*n {
						t.Errorf("%d of %d are listed", len(page.Waiting), page.Total)
					}
				}
			}()
		}
		go func() {
			for i := range n {
				_ = q.Cancel(RequestQuery{ID: fmt.Sprint("r", n+i)}, "") // it may have left
			}
		}()
		synctest.Wait()
		for _, l := range q.machine.lanes {
			l.plan = plan{}
		}
		page := q.Waiting(WaitingQuery{Limit: n})
		if page.Total != n-1 || len(page.Waiting) != n-1 {
			t.Fatalf("%d of %d are listed, want %d", len(page.Waiting), page.Total, n-1)
		}
		for i, w := range page.Waiting {
			if w.Position != i+1 {
				t.Fatalf("in place %d is %+v", i+1, w)
			}
		}
	})
}
