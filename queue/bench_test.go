package queue

import (
	"context"
	"fmt"
	"runtime"
	gometrics "runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// unpaced are settings under which only the queue itself takes time: one slot,
// no spacing, and room for everybody.
func unpaced() Settings {
	s := DefaultSettings()
	s.MinDelay, s.Step = 0, 0
	s.MaxInFlight, s.MaxQueue = 1, mostCount
	s.MaxWait, s.Aging = 24*time.Hour, 24*time.Hour
	return s
}

func unpacedQueue(b *testing.B) *Queue {
	b.Helper()
	q, err := New(unpaced())
	if err != nil {
		b.Fatal(err)
	}
	return q
}

// A gate lets callers through one at a time: it calls f when it is the caller's
// turn.
type gate func(ctx context.Context, caller int, f func())

func queueGate(q *Queue) gate {
	return func(ctx context.Context, caller int, f func()) {
		_, _ = Do(ctx, q, Request{User: userNames[caller%len(userNames)]}, func(context.Context) (int, error) {
			f()
			return 0, nil
		})
	}
}

func channelGate() gate {
	slot := make(chan struct{}, 1)
	return func(ctx context.Context, _ int, f func()) {
		select {
		case slot <- struct{}{}:
			f()
			<-slot
		case <-ctx.Done():
		}
	}
}

func semaphoreGate() gate {
	slot := semaphore.NewWeighted(1)
	return func(ctx context.Context, _ int, f func()) {
		if slot.Acquire(ctx, 1) == nil {
			f()
			slot.Release(1)
		}
	}
}

// rateGate is a limiter that never makes anybody wait, in front of a lock.
func rateGate() gate {
	limiter := rate.NewLimiter(rate.Inf, 1)
	var mu sync.Mutex
	return func(ctx context.Context, _ int, f func()) {
		if limiter.Wait(ctx) == nil {
			mu.Lock()
			f()
			mu.Unlock()
		}
	}
}

var userNames = func() (names [100]string) {
	for i := range names {
		names[i] = fmt.Sprint("user_", i)
	}
	return names
}()

// BenchmarkEnqueueToFinish is the time from one finish to the next, while that
// many callers wait and come back as soon as they are served. The peers are what
// the standard field offers for one slot; they know no users, no pace, no figures.
func BenchmarkEnqueueToFinish(b *testing.B) {
	for _, n := range []int{10, 10_000, 100_000} {
		for _, peer := range []struct {
			name string
			make func(b *testing.B) gate
		}{
			{"paceline", func(b *testing.B) gate { return queueGate(unpacedQueue(b)) }},
			{"channel", func(*testing.B) gate { return channelGate() }},
			{"semaphore", func(*testing.B) gate { return semaphoreGate() }},
			{"rate", func(*testing.B) gate { return rateGate() }},
		} {
			b.Run(fmt.Sprintf("waiting=%d/%s", n, peer.name), func(b *testing.B) { throng(b, n, peer.make(b)) })
		}
	}
}

func throng(b *testing.B, n int, pass gate) {
	ctx, cancel := context.WithCancel(context.Background())
	var entered, served atomic.Int64
	begin, end := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for caller := range n {
		wg.Go(func() {
			entered.Add(1)
			for ctx.Err() == nil {
				pass(ctx, caller, func() {
					<-begin
					if served.Add(1) == int64(b.N) {
						close(end)
					}
				})
			}
		})
	}
	awaitBlocked(&entered, n)
	b.ResetTimer()
	close(begin)
	<-end
	b.StopTimer()
	cancel()
	wg.Wait()
}

// awaitBlocked returns when n goroutines have entered, and all that there are
// wait for something.
func awaitBlocked(entered *atomic.Int64, n int) {
	blocked := []gometrics.Sample{{Name: "/sched/goroutines/waiting:goroutines"}}
	for gometrics.Read(blocked); entered.Load() < int64(n) || blocked[0].Value.Uint64() < uint64(n); {
		runtime.Gosched()
		gometrics.Read(blocked)
	}
}

// BenchmarkWaiter measures the memory that a waiting request takes beyond its
// caller's own goroutine: the heap, and the stack that grows. The floor, which is
// taken off, is a goroutine that waits for its context; the peer is a semaphore,
// which keeps nothing but the order.
func BenchmarkWaiter(b *testing.B) {
	const n = 20_000
	floor := func(ctx context.Context, _ int) { <-ctx.Done() }
	for _, users := range []int{100, n} {
		names := make([]string, users)
		for i := range names {
			names[i] = fmt.Sprint("user_", i)
		}
		b.Run(fmt.Sprintf("paceline/users=%d", users), func(b *testing.B) {
			for b.Loop() {
				q := unpacedQueue(b)
				weigh(b, n, floor, func(ctx context.Context, i int) {
					_, _ = Do(ctx, q, Request{User: names[i%users]}, func(ctx context.Context) (int, error) {
						<-ctx.Done()
						return 0, ctx.Err()
					})
				})
			}
		})
	}
	b.Run("semaphore", func(b *testing.B) {
		for b.Loop() {
			slot := semaphore.NewWeighted(1)
			weigh(b, n, floor, func(ctx context.Context, _ int) {
				if slot.Acquire(ctx, 1) == nil {
					<-ctx.Done()
				}
			})
		}
	})
}

// weigh reports what one of n goroutines takes more in wait than in floor.
func weigh(b *testing.B, n int, floor, wait func(ctx context.Context, i int)) {
	b.Helper()
	floorHeap, floorStack := hold(n, floor)
	heap, stack := hold(n, wait)
	b.ReportMetric((heap-floorHeap)/float64(n), "heapB/waiter")
	b.ReportMetric((stack-floorStack)/float64(n), "stackB/waiter")
	b.ReportMetric(0, "ns/op")
}

// hold lets n goroutines wait, and returns how much the heap and the stacks grew.
func hold(n int, wait func(ctx context.Context, i int)) (heap, stack float64) {
	ctx, cancel := context.WithCancel(context.Background())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var entered atomic.Int64
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			entered.Add(1)
			wait(ctx, i)
		})
	}
	awaitBlocked(&entered, n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	cancel()
	wg.Wait()
	return float64(after.HeapAlloc) - float64(before.HeapAlloc), float64(after.StackInuse) - float64(before.StackInuse)
}

// BenchmarkMachine is what the queue itself does for one request, from its
// arrival to its end, with that many of 100 users waiting; without the
// goroutines, whose cost is the runtime's.
func BenchmarkMachine(b *testing.B) { benchmarkMachine(b, func(int) uint64 { return 0 }) }

// BenchmarkMachineKnown is the same where each request is known when it is sent again, as
// those of a gateway are.
func BenchmarkMachineKnown(b *testing.B) {
	benchmarkMachine(b, func(i int) uint64 { return uint64(i + 1) })
}

func benchmarkMachine(b *testing.B, fingerprint func(int) uint64) {
	for _, n := range []int{10, 10_000, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			m := waitingMachine(b, 0, 100)
			now, added := t0, 0
			add := func() {
				r := Request{User: userNames[added%len(userNames)], Fingerprint: fingerprint(added)}
				if _, err := m.Add(now, r); err != nil {
					b.Fatal(err)
				}
				added++
			}
			for range n {
				add()
			}
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Microsecond)
				add()
				next := m.Next(now)
				m.Start(now, next)
				_, _ = m.Finish(now, next, nil)
			}
		})
	}
}

// BenchmarkMachineByCost is the same where the account's limits decide, the requests cost
// different amounts, and each turns out to cost another one.
func BenchmarkMachineByCost(b *testing.B) {
	for _, n := range []int{10, 10_000, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			m := waitingMachine(b, 0, 100)
			settings := m.settings
			settings.Adaptive, settings.AdaptiveInFlight = true, 1000
			if err := m.SetSettings(t0, settings); err != nil {
				b.Fatal(err)
			}
			cost := func(i int) Cost { return Cost{Input: 100 << (i % 8)} }
			add := func(now time.Time, i int) {
				if _, err := m.Add(now, Request{User: userNames[i%len(userNames)], Cost: cost(i)}); err != nil {
					b.Fatal(err)
				}
			}
			now := t0
			start := func() *Ticket {
				next := m.Next(now)
				for ; next == nil; next = m.Next(now) {
					now = now.Add(time.Millisecond)
				}
				m.Start(now, next)
				return next
			}
			add(now, 0)
			first := start()
			m.ReportLimits(now, first, told(1_000_000_000, 1_000_000_000_000))
			_, _ = m.Finish(now, first, nil)
			for i := range n {
				add(now, i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				now = now.Add(100 * time.Microsecond)
				add(now, i)
				next := start()
				m.ReportUsage(now, next, cost(i+1))
				_, _ = m.Finish(now, next, nil)
			}
		})
	}
}

// BenchmarkRefusal is what a 429 costs that pauses the lane for a little longer: of the
// request that has waited longest, and of the one that came last.
func BenchmarkRefusal(b *testing.B) {
	for _, newest := range []bool{false, true} {
		for _, n := range []int{100, 10_000, 100_000} {
			b.Run(fmt.Sprintf("newest=%v/waiting=%d", newest, n), func(b *testing.B) {
				m := waitingMachine(b, n, 100)
				if newest {
					if _, err := m.Add(t0, Request{Priority: High}); err != nil {
						b.Fatal(err)
					}
				}
				now, refused := t0, &Error{Class: RateLimited, RetryAfter: time.Millisecond}
				refuse := func() {
					next := m.Next(now)
					m.Start(now, next)
					_, _ = m.Finish(now, next, refused)
					now = now.Add(time.Millisecond)
				}
				for range 1000 {
					refuse()
				}
				for b.Loop() {
					refuse()
				}
			})
		}
	}
}

// BenchmarkRefusals is what each of so many 429s costs that come together, while 10,000
// others wait.
func BenchmarkRefusals(b *testing.B) {
	for _, n := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprintf("refused=%d", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				m := waitingMachine(b, n+10_000, 100)
				m.settings.MaxInFlight, m.settings.AdaptiveInFlight = n, n
				var running []*Ticket
				for l := m.lanes[DefaultLane]; len(running) < n; {
					next := l.next(&m.settings)
					m.Start(t0, next)
					running = append(running, next)
				}
				b.StartTimer()
				for _, t := range running {
					_, _ = m.Finish(t0, t, &Error{Class: RateLimited, RetryAfter: time.Second})
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/refusal")
		})
	}
}

// BenchmarkPlace is what it costs to ask for the place of one that waits, by its ID, and
// for the first in the list, while the plan serves; "plan" is what a plan costs.
func BenchmarkPlace(b *testing.B) {
	for _, n := range []int{100, 10_000, 100_000} {
		m := waitingMachine(b, n, 100)
		m.keepPlans = manyWait
		findOne(m, t0, "1")
		b.Run(fmt.Sprintf("id/waiting=%d", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, ok := findOne(m, t0, strconv.Itoa(i%n+1)); !ok {
					b.Fatal("not found")
				}
			}
		})
		b.Run(fmt.Sprintf("first/waiting=%d", n), func(b *testing.B) {
			for b.Loop() {
				m.WaitingPage(t0, WaitingQuery{Limit: 1})
			}
		})
		b.Run(fmt.Sprintf("plan/waiting=%d", n), func(b *testing.B) {
			for b.Loop() {
				m.lanes[DefaultLane].plan = plan{}
				findOne(m, t0, "1")
			}
		})
	}
}

// BenchmarkJoin is what it costs to join a lane with so many requests of one user to one
// that has as many later ones of it.
func BenchmarkJoin(b *testing.B) {
	for _, n := range []int{1000, 8000, 64_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				m, err := NewMachine(unpaced(), t0, 1)
				if err != nil {
					b.Fatal(err)
				}
				for i := range 2 * n {
					if _, err := m.Add(t0, Request{User: "u", Lane: []string{"key", "organization"}[i/n]}); err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
				m.JoinLanes(t0, "key", "organization")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/request")
		})
	}
}

// BenchmarkSnapshot is what a poll costs the queue.
func BenchmarkSnapshot(b *testing.B) {
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			m := waitingMachine(b, n, n/2)
			b.ReportAllocs()
			for b.Loop() {
				m.Report(t0)
			}
		})
	}
}

// BenchmarkLanes is what a poll costs the queue with so many lanes, in each of which calls
// run and requests wait.
func BenchmarkLanes(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("lanes=%d", n), func(b *testing.B) {
			m := lanesMachine(b, n)
			b.ReportAllocs()
			for b.Loop() {
				m.Report(t0)
			}
		})
	}
}

// BenchmarkCopies is how long one piece of what is copied from a full queue holds the
// lock: of the last hour's requests, and of the limits of 10,000 lanes; and all that outlasts
// it, with 10,000 users.
func BenchmarkCopies(b *testing.B) {
	m := lanesMachine(b, 10_000)
	for i := range maxUsers {
		if _, err := m.Add(t0, Request{User: fmt.Sprint("u", i)}); err != nil {
			b.Fatal(err)
		}
	}
	recent := m.recentRange()
	recent.first = recent.end - pieceSize
	requests := make([]RequestRecord, 0, pieceSize)
	b.Run("requests", func(b *testing.B) {
		for b.Loop() {
			m.appendRecent(requests, recent)
		}
	})
	b.Run("limits", func(b *testing.B) {
		for b.Loop() {
			known := knownLimits{}
			for _, l := range m.heap[:pieceSize] {
				known.add(l.name, &l.laneMemory)
			}
		}
	})
	b.Run("state", func(b *testing.B) {
		for b.Loop() {
			m.snapshot(t0)
		}
	})
}

// lanesMachine returns a machine with so many lanes, in each of which two calls run and
// three requests wait for a limit.
func lanesMachine(tb testing.TB, n int) *Machine {
	tb.Helper()
	s := unpaced()
	s.Adaptive, s.AdaptiveInFlight = true, 1000
	m, err := NewMachine(s, t0, 1)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		lane := fmt.Sprintf("organization-%05d/opus", i)
		for j := range 5 {
			if _, err := m.Add(t0, Request{User: fmt.Sprint("user_", j), Lane: lane, Cost: Cost{Input: 1000}}); err != nil {
				tb.Fatal(err)
			}
		}
		for j := range 2 {
			next := m.lanes[lane].next(&m.settings)
			m.Start(t0, next)
			if j == 0 {
				m.ReportLimits(t0, next, Limits{
					Requests: Limit{PerMinute: 50, Remaining: 2}, Input: Limit{PerMinute: 30_000, Remaining: 29_000},
					Output: Limit{PerMinute: 8000, Remaining: 7000},
				})
			}
		}
	}
	return m
}

// waitingMachine returns a machine in which n requests wait, and at least as many
// events have happened as are kept.
func waitingMachine(tb testing.TB, n, users int) *Machine {
	tb.Helper()
	m, err := NewMachine(unpaced(), t0, 1)
	if err != nil {
		tb.Fatal(err)
	}
	for range keptEvents {
		m.Reset(t0, "")
	}
	for i := range n {
		if _, err := m.Add(t0, Request{User: fmt.Sprint("user_", i%users)}); err != nil {
			tb.Fatal(err)
		}
	}
	return m
}

// steps measures how long the steps take that a [Queue] takes under its lock. They are the
// same each time.
type steps struct {
	longest  []time.Duration // by the clock, of each time
	now      time.Duration   // the longest of this time
	quickest []time.Duration // each step
	taken    int             // this time
	requests int             // that one step has gone through, at most
}

func (s *steps) take(step func()) {
	begin := time.Now()
	step()
	took := time.Since(begin)
	s.now = max(s.now, took)
	if s.taken == len(s.quickest) {
		s.quickest = append(s.quickest, took)
	}
	s.quickest[s.taken] = min(s.quickest[s.taken], took)
	s.taken++
}

// takeOf is take of a step that changes a number by those that it goes through.
func (s *steps) takeOf(number func() int, step func()) {
	before := number()
	s.take(step)
	s.requests = max(s.requests, number()-before, before-number())
}

// next ends one time.
func (s *steps) next() { s.longest, s.now, s.taken = append(s.longest, s.now), 0, 0 }

// report reports the longest step by the clock, at the median of all times: a garbage
// collection may be in it, or another process; and the longest of the steps of which each was
// as quick as it ever was: that is its own work.
func (s *steps) report(b *testing.B) {
	slices.Sort(s.longest)
	b.ReportMetric(float64(s.longest[len(s.longest)/2].Nanoseconds()), "longest-step-ns")
	b.ReportMetric(float64(slices.Max(s.quickest).Nanoseconds()), "own-work-ns")
}

// copyLine is Queue.copyLine.
func (s *steps) copyLine(c *lineCopy) {
	for more := true; more; {
		c.makeRoom(pieceSize)
		s.takeOf(c.len, func() { more = c.copySome(pieceSize) })
	}
}

// planned is how many requests the plans of all lanes have.
func (m *Machine) planned() (n int) {
	for _, l := range m.heap {
		n += len(l.plan.entries)
	}
	return n
}

// find is Queue.Find of one, where the plans of some lanes are made.
func (s *steps) find(m *Machine, lanes []*lane, id string) {
	for more := true; more; {
		numbered := func() int { return len(m.ids.numbered) }
		s.takeOf(numbered, func() { more = m.ids.findNumbers(&m.arrivals, longLine) })
	}
	for len(lanes) > 0 {
		var long *lane
		if s.takeOf(m.planned, func() { lanes, long = m.planSome(t0, lanes) }); long != nil {
			var p *projection
			s.take(func() { p = m.beginPlan(t0, long) })
			s.copyLine(&p.lineCopy)
			played := p.play()
			s.take(func() { m.endPlan(t0, p, played) })
		}
	}
	s.take(func() { findOne(m, t0, id) })
}

// refuseAndShed refuses a call until nobody can start in time, and then is Queue.shed.
func (s *steps) refuseAndShed(m *Machine, refused *Ticket) {
	s.take(func() { _, _ = m.Finish(t0, refused, &Error{Class: RateLimited, RetryAfter: 72 * time.Hour}) })
	l := m.toShed[0]
	for shed := m.beginShedding(l); shed != nil; s.take(func() { shed = m.beginShedding(l) }) {
		s.copyLine(&shed.lineCopy)
		for more := shed.choose(); more; {
			waiting := func() int { return m.arrivals.Len }
			s.takeOf(waiting, func() { more = m.shedSome(shed, pieceSize) })
			m.Dropped()
		}
	}
}

// BenchmarkAsk is what it costs to ask for a place where no plan serves and none was asked
// for by a number, and how long the longest step of it takes under the lock: see [Queue.Find].
// Where so few wait that it is one step, that is all of it.
func BenchmarkAsk(b *testing.B) {
	for _, users := range []int{1, 100} { // of 100 requests
		for _, n := range []int{100, 1000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("users=%d%%/waiting=%d", users, n), func(b *testing.B) {
				m := waitingMachine(b, n, n*users/100)
				m.keepPlans = manyWait
				l, id := m.lanes[DefaultLane], strconv.Itoa(n/2)
				var s steps
				for b.Loop() {
					l.plan, m.ids = plan{}, waitingIDs{}
					s.find(m, []*lane{l}, id)
					s.next()
				}
				s.report(b)
			})
		}
	}
}

// BenchmarkPage is the same for a page from the end of the list, where the plan serves; with so
// many lanes.
func BenchmarkPage(b *testing.B) {
	many := lanesMachine(b, 10_000)
	for _, m := range []*Machine{waitingMachine(b, 100, 100), waitingMachine(b, 100_000, 100), many} {
		m.keepPlans = manyWait
		b.Run(fmt.Sprintf("lanes=%d/waiting=%d", len(m.heap), m.arrivals.Len), func(b *testing.B) {
			var s steps
			for rest := slices.Clone(m.heap); len(rest) > 0; {
				rest, _ = m.planSome(t0, rest)
			}
			findOne(m, t0, "1")
			for b.Loop() {
				p := newWaitingList(WaitingQuery{Limit: 100, Offset: m.arrivals.Len - 100})
				for more := true; more; {
					s.take(func() { more = m.fillSome(t0, p, longLine) })
				}
				s.next()
			}
			s.report(b)
		})
	}
}

// BenchmarkShed is what a pause costs after which nobody can start in time, and its longest
// step under the lock: see [Queue.shed].
func BenchmarkShed(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			var s steps
			for b.Loop() {
				b.StopTimer()
				m := waitingMachine(b, n, 100)
				m.keepPlans = manyWait
				first := m.Next(t0)
				m.Start(t0, first)
				if _, err := m.Add(t0, Request{}); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				s.refuseAndShed(m, first)
				if s.next(); m.arrivals.Len > 0 {
					b.Fatalf("%d still wait", m.arrivals.Len)
				}
			}
			s.report(b)
		})
	}
}

// BenchmarkSetPriority is what it costs to raise one that waits in the middle of a line, and to
// lower it again. It is to grow no faster than the logarithm of the line.
func BenchmarkSetPriority(b *testing.B) {
	for _, users := range []int{1, 100} {
		for _, n := range []int{100, 1000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("users=%d/waiting=%d", users, n), func(b *testing.B) {
				m := waitingMachine(b, n, users)
				m.keepPlans = manyWait
				id := strconv.Itoa(n / 2)
				findOne(m, t0, id)
				for b.Loop() {
					setOne(m, t0, id, High, "")
					setOne(m, t0, id, Normal, "")
				}
			})
		}
	}
}
