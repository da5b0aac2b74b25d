package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPauseBeyondMaxWaitFailsAtOnce(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 30 * time.Second
	s := newScript(t, settings, 500*time.Millisecond)
	s.result = func(name string, _ int) error {
		if name == "a" {
			return &Error{Class: RateLimited, RetryAfter: 28 * time.Second, Err: errors.New("429")}
		}
		return nil
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		s.add(name, Request{User: name})
	}
	s.run(1)
	// The pause ends at 28.5: a starts then, one more could by 30.2 or so.
	if got := fmt.Sprint(s.dropped); got != "[d c b]" && got != "[c d b]" && got != "[b c d]" && got != "[d b c]" && got != "[c b d]" {
		t.Errorf("dropped %s", got)
	}
	for _, name := range []string{"b", "c", "d"} {
		if !errors.Is(s.final[name], ErrWaitTooLong) {
			t.Errorf("%s: got %v, want ErrWaitTooLong", name, s.final[name])
		}
		if refused, ok := errors.AsType[*RefusedError](s.final[name]); !ok || refused.ETA < 28*time.Second || refused.Position < 1 {
			t.Errorf("%s: got %+v, want its place and when it would start", name, refused)
		}
	}
	if s.add("late", Request{User: "late"}); s.final["late"] != nil {
		t.Errorf("at 1 s one more is in time, got %v", s.final["late"])
	}
	s.run(29)
	s.run(60)
	// The second refusal would make a wait for 57 s in all.
	if err := s.final["a"]; !errors.Is(err, ErrWaitTooLong) {
		t.Errorf("a: got %v", err)
	}
	r := s.m.Report(s.now)
	if sum := r.Metrics.Successful + r.Metrics.Failed + r.Detail.Cancelled + int64(r.Metrics.CurrentQueueLength+r.Detail.Running); sum != r.Metrics.TotalRequests {
		t.Errorf("counted %d of %d", sum, r.Metrics.TotalRequests)
	}
}

// A pause leaves those in back-off no more time than those in line: who cannot start
// within MaxWait fails at once, the others keep their place.
func TestAPauseShedsThoseInBackoff(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 30 * time.Second
	s := newScript(t, settings, 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		switch {
		case attempt > 1:
			return nil
		case name == "limited":
			return &Error{Class: RateLimited, RetryAfter: 24 * time.Second, Err: errors.New("429")}
		default:
			return &Error{Class: Overloaded, RetryAfter: 20 * time.Second}
		}
	}
	s.add("late", Request{User: "late"})
	s.run(10)
	s.add("early", Request{User: "early"})
	s.run(12)
	if got := s.m.Report(s.now).Detail; got.InBackoff != 2 {
		t.Fatalf("%d are in back-off, want 2", got.InBackoff)
	}
	s.add("limited", Request{User: "limited"})
	s.run(13) // refused at 12.5: nothing starts before 36.5
	if got := fmt.Sprint(s.dropped); got != "[late]" {
		t.Fatalf("dropped %s, want the one alone that has waited for more than 30 s when the pause ends", got)
	}
	refused, ok := errors.AsType[*RefusedError](s.final["late"])
	if !ok || !errors.Is(refused, ErrWaitTooLong) || refused.ETA != 24*time.Second {
		t.Errorf("late: got %v, want ErrWaitTooLong and that it would start in 24 s", s.final["late"])
	}
	if r := s.m.Report(s.now); r.Metrics.Failed != 1 || r.Metrics.CurrentQueueLength != 2 || r.Detail.InBackoff != 1 {
		t.Errorf("got %d failed, %d waiting, %d in back-off, want 1, 2 and 1", r.Metrics.Failed, r.Metrics.CurrentQueueLength, r.Detail.InBackoff)
	}
	s.run(60)
	s.wantStarts("late@0 early@10 limited@12 limited@36.5 early@38.2")
	if len(s.dropped) != 1 || s.final["early"] != nil || s.final["limited"] != nil {
		t.Errorf("dropped %v; early %v, limited %v: want both to succeed", s.dropped, s.final["early"], s.final["limited"])
	}
}

// With each that goes the rest is faster, so not all go that seem too late.
func TestAPauseShedsNoMoreThanItMust(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 100 * time.Second
	s := newScript(t, settings, 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "first" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 60 * time.Second}
		}
		return nil
	}
	s.add("first", Request{User: "f"})
	s.step()
	for i := range 20 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(300)
	if kept := len(s.starts) - 2; kept+len(s.dropped) != 20 || len(s.dropped) == 0 {
		t.Fatalf("%d were kept and %d dropped", kept, len(s.dropped))
	}
	// From 60.5 on, n more after the first take the sum of 1.5 + 0.2·w for w = 1 … n,
	// and have 39.5 s: 13 need 37.7, 14 need 42.
	if kept := len(s.starts) - 2; kept != 13 {
		t.Errorf("%d were kept, want 13; the last starts: %v", kept, s.starts[len(s.starts)-1])
	}
}

// A pause is projected once, and only where somebody may be too late: a refusal
// more of the same pause costs nothing.
func TestAPauseIsProjectedOnce(t *testing.T) {
	settings := adaptiveSettings()
	settings.MaxQueue = 10_000
	m := newMachine(t, settings)
	a := newAccount(6000, 0, 0, Cost{}, time.Second)
	a.early = true
	drive(t, m, a, atOnce(0, 1), time.Minute)
	var running []*Ticket
	for range 100 {
		if _, err := m.Add(at(60), Request{}); err != nil {
			t.Fatal(err)
		}
	}
	for x := m.Next(at(60)); x != nil; x = m.Next(at(60)) {
		m.Start(at(60), x)
		running = append(running, x)
	}
	for range 5000 {
		if _, err := m.Add(at(60), Request{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, x := range running {
		now := at(60.1 + float64(i)/1000)
		m.ReportLimits(now, x, Limits{Requests: Limit{PerMinute: 6000}})
		if _, err := m.Finish(now, x, &Error{Class: RateLimited, RetryAfter: 5 * time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	if m.projections > 1 {
		t.Errorf("%d refusals were projected %d times, want once at most", len(running), m.projections)
	}
}

// After a long pause that an operator has ended, the next one sheds as any other.
func TestAPauseShedsAfterALongerOneThatWasEnded(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 24 * time.Hour, Err: errors.New("429")})
	s.add("first", Request{})
	s.run(1)
	s.m.Resume(s.now, "", "ops")
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 20 * time.Minute, Err: errors.New("429")})
	for i := range 3 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(5)
	for i := range 3 {
		if name := fmt.Sprint(i); !errors.Is(s.final[name], ErrWaitTooLong) {
			t.Errorf("%s: got %v, want ErrWaitTooLong at once", name, s.final[name])
		}
	}
}

// A queue sheds a long line in pieces, and the same requests as its machine at once.
func TestALongLineIsShedInPieces(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxInFlight = 50*time.Millisecond, 0, 1
	settings.MaxQueue, settings.MaxWait = mostCount, 2*time.Minute
	const n = 2 * longLine
	refusal := &Error{Class: RateLimited, RetryAfter: 50 * time.Second, Err: errors.New("429")}
	request := func(i int) Request {
		return Request{ID: fmt.Sprint(i), User: fmt.Sprint(i % 7), Priority: Priority(i % 3)}
	}
	m := newMachine(t, settings)
	first, err := m.Add(t0, request(0))
	if err != nil {
		t.Fatal(err)
	}
	m.Start(t0, m.Next(t0))
	for i := range n {
		if _, err := m.Add(t0, request(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = m.Finish(at(1), first, refusal)
	want := map[string]bool{}
	for _, d := range m.Dropped() {
		want[d.Ticket.ID()] = true
	}
	if len(want) < n/10 || len(want) > n*9/10 {
		t.Fatalf("%d of %d are shed", len(want), n)
	}
	var watched *Queue
	asks := Observe(func(e Event) { // an observer may ask, too
		if e.Kind == KindFailed {
			watched.Waiting(WaitingQuery{Limit: 1})
		}
	})
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		watched = q
		ctx, leave := context.WithCancel(t.Context())
		var mu sync.Mutex
		shed := map[string]bool{}
		wait := func(i int) {
			_, err := Do(ctx, q, request(i), func(context.Context) (int, error) {
				time.Sleep(time.Second)
				return 0, refusal
			})
			mu.Lock()
			defer mu.Unlock()
			if !errors.Is(err, ErrWaitTooLong) {
				return
			}
			shed[fmt.Sprint(i)] = true
			if refused, ok := errors.AsType[*RefusedError](err); !ok || refused.ETA < 50*time.Second || refused.Position < 1 {
				t.Errorf("%d is told %+v", i, refused)
			}
		}
		for i := range n + 1 {
			go wait(i)
			synctest.Wait()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		if !maps.Equal(shed, want) {
			t.Errorf("%d are shed, want the same %d as at once", len(shed), len(want))
		}
		mu.Unlock()
		leave()
		synctest.Wait()
	}, asks)
}

// Between two pieces of it the line may change: who has left does not fail, and with other
// settings, or after the end of the pause, nobody does.
func TestALineMayChangeWhileItIsShed(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 100 * time.Second
	settings.MinDelay, settings.Step = 100*time.Millisecond, 0
	m := newMachine(t, settings)
	m.keepPlans = manyWait
	for range manyWait + 1 {
		if _, err := m.Add(t0, Request{}); err != nil {
			t.Fatal(err)
		}
	}
	first := m.Next(t0)
	m.Start(t0, first)
	_, _ = m.Finish(at(1), first, &Error{Class: RateLimited, RetryAfter: 95 * time.Second})
	if len(m.toShed) != 1 || len(m.Dropped()) > 0 {
		t.Fatalf("%d lanes are to be shed, want one, later", len(m.toShed))
	}
	begin := func() *shedding {
		s := m.beginShedding(m.toShed[0])
		if s == nil {
			t.Fatal("nobody is late")
		}
		if s.copyAll(); !s.choose() {
			t.Fatal("nobody is chosen")
		}
		return s
	}
	s := begin()
	left, all := s.late[0].ticket, len(s.late)
	m.Leave(at(1), left)
	for m.shedSome(s, 5) {
	}
	dropped := m.Dropped()
	for _, d := range dropped {
		if d.Ticket == left {
			t.Error("one that has left fails, too")
		}
	}
	if len(dropped) != all-1 {
		t.Errorf("%d fail, want %d", len(dropped), all-1)
	}
	s = begin()
	settings.MinDelay, settings.MaxDelay = time.Millisecond, time.Second
	if err := m.SetSettings(at(1), settings); err != nil {
		t.Fatal(err)
	}
	if m.shedSome(s, 5) || len(m.Dropped()) > 0 {
		t.Error("some fail by settings that are no longer in force")
	}
	settings.MinDelay, settings.MaxDelay = 100*time.Millisecond, DefaultSettings().MaxDelay
	if err := m.SetSettings(at(1), settings); err != nil {
		t.Fatal(err)
	}
	s = begin()
	m.Resume(at(1), "", "")
	if m.shedSome(s, 5) || len(m.Dropped()) > 0 {
		t.Error("some fail for a pause that is over")
	}
	if s := m.beginShedding(m.toShed[0]); s != nil {
		t.Error("somebody is late, and the pause is over")
	}
}

// Who fails is chosen outside of the lock, by what was copied: meanwhile a ticket may get the
// arrival of a twin that leaves. The race detector watches.
func TestWhoFailsIsChosenByTheCopy(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 100 * time.Second
	settings.MinDelay, settings.Step = 100*time.Millisecond, 0
	m := newMachine(t, settings)
	m.keepPlans = manyWait
	var twins []*Ticket
	for i := range 2 * manyWait {
		one, err := m.Add(at(float64(i/manyWait)), Request{Fingerprint: uint64(i%manyWait + 1)})
		if err != nil {
			t.Fatal(err)
		}
		twins = append(twins, one)
	}
	first := m.Next(at(1))
	m.Start(at(1), first)
	_, _ = m.Finish(at(2), first, &Error{Class: RateLimited, RetryAfter: 90 * time.Second})
	s := m.beginShedding(m.toShed[0])
	s.copyAll()
	chosen := make(chan bool)
	go func() { chosen <- s.choose() }()
	for _, one := range twins[1:manyWait] {
		m.Leave(at(2), one)
	}
	if !<-chosen {
		t.Fatal("nobody is chosen")
	}
	if again := twins[manyWait+1]; again.arrived != 0 {
		t.Errorf("a twin has arrived at %v, want the arrival of the one that has left", again.arrived)
	}
}

// pauses lets so many calls of a queue start and then fail, each with a second more of a pause
// than the one before, while others wait in line. It returns the lanes that are to be shed.
func pauses(t *testing.T, q *Queue, calls, waiting int, pause time.Duration) (toShed []*lane) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	m, now := q.machine, time.Now()
	for range calls + waiting {
		one, err := m.Add(now, Request{})
		if err != nil {
			t.Fatal(err)
		}
		one.call = &call{Context: t.Context(), ready: make(chan struct{}, 1), queue: q}
	}
	for range calls {
		m.Start(now, m.Next(now))
	}
	for i := range calls {
		_, _ = m.Finish(now, m.active.First.Item, &Error{Class: RateLimited, RetryAfter: pause + time.Duration(i)*time.Second})
	}
	toShed, m.toShed = m.toShed, nil
	return toShed
}

// Many calls that each make a pause longer need no pass through the line each.
func TestOnePassShedsForAllPauses(t *testing.T) {
	settings := unpaced()
	settings.MaxInFlight, settings.MaxWait = 20, time.Minute
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		ctx, leave := context.WithCancel(t.Context())
		go func() { // an old one, of another lane: without a pass nobody knows that none is late
			_, _ = Do(ctx, q, Request{Lane: "other"}, func(context.Context) (int, error) {
				return 0, &Error{Class: RateLimited, RetryAfter: 50 * time.Second}
			})
		}()
		time.Sleep(30 * time.Second)
		toShed := pauses(t, q, 20, 5*manyWait, 31*time.Second)
		if len(toShed) == 0 {
			t.Fatal("nothing is to be shed")
		}
		before := q.machine.projections
		for range 2 {
			for _, l := range toShed {
				q.shed(l)
			}
		}
		if n := q.machine.projections - before; n != 1 {
			t.Errorf("20 pauses that follow each other need %d passes, want one", n)
		}
		leave()
		q.update(func(now time.Time) { q.machine.Abort(now) })
	})
}

// What is to be shed because of something that happens in a step is shed when q.planning is
// free again.
func TestAStepPassesOnWhatIsToBeShed(t *testing.T) {
	settings := unpaced()
	settings.MaxWait = time.Minute
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		lanes := pauses(t, q, 1, 5*manyWait, time.Hour)
		q.planning.Lock()
		q.step(func(time.Time) { q.machine.toShed = lanes })
		if q.endPlanning(); q.machine.arrivals.Len > 0 {
			t.Errorf("%d still wait", q.machine.arrivals.Len)
		}
		q.update(func(now time.Time) { q.machine.Abort(now) })
	})
}

// A line is shed in pieces and planned while requests leave before their twins, come back, and
// a lane joins: all that goes on is listed, and the race detector watches.
func TestALineIsShedWhileEverythingHappens(t *testing.T) {
	const n = 2 * longLine
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxInFlight = 50*time.Millisecond, 0, 8
	settings.MaxQueue, settings.MaxWait = mostCount, 2*time.Minute
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		refused := make(chan struct{})
		all, leave := context.WithCancel(t.Context())
		short, goes := context.WithCancel(all)
		var shed atomic.Int64
		do := func(ctx context.Context, r Request) {
			_, err := Do(ctx, q, r, func(ctx context.Context) (int, error) {
				select {
				case <-refused:
				case <-ctx.Done():
				}
				return 0, &Error{Class: RateLimited, RetryAfter: 60*time.Second + time.Duration(rand.IntN(10_000))*time.Millisecond}
			})
			switch {
			case errors.Is(err, ErrWaitTooLong):
				shed.Add(1)
			case ctx.Err() == nil:
				t.Errorf("one ends with %v", err)
			}
		}
		request := func(i int) Request {
			return Request{
				User: fmt.Sprint("u", i%5), Lane: []string{"key", "org"}[i%2], Subagent: i/4%2 == 1,
				Fingerprint: uint64(i + 1), Priority: Priority(i % 3),
			}
		}
		for i := range n {
			if i/3%2 == 0 {
				go do(all, request(i))
				continue
			}
			go do(short, request(i))
			go do(all, request(i)) // its twin
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		before := q.machine.projections
		close(refused)
		go goes()
		go q.JoinLanes("key", "org")
		for i := range n / 4 {
			go do(all, request(i*3)) // some come back
			go func() { _, _ = q.Find(RequestQuery{ID: fmt.Sprint(i)}) }()
		}
		go q.Waiting(WaitingQuery{Limit: n})
		synctest.Wait()
		if shed.Load() == 0 || q.machine.projections == before {
			t.Errorf("%d are shed, after %d projections", shed.Load(), q.machine.projections-before)
		}
		list := q.Waiting(WaitingQuery{Limit: 2 * n})
		if len(list.Waiting) != list.Total || list.Total == 0 {
			t.Errorf("%d of %d are listed", len(list.Waiting), list.Total)
		}
		leave()
		synctest.Wait()
		if !q.machine.Idle() {
			t.Errorf("%d wait and %d run after all have left", q.machine.arrivals.Len, q.machine.active.Len)
		}
	})
}
