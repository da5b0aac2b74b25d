package advice

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// account is a simulated account of tier 1 that a queue calls in the time of the
// test.
type account struct {
	mu      sync.Mutex
	account *sim.Account
	calls   uint64
}

func newAccount(t *testing.T) *account {
	t.Helper()
	tier, err := sim.Tier("tier1")
	if err != nil {
		t.Fatal(err)
	}
	s := sim.DefaultAccountSettings()
	s.Limits = tier.Limits
	a, err := sim.NewAccount(s)
	if err != nil {
		t.Fatal(err)
	}
	return &account{account: a}
}

// usualOutput is what is expected of an answer; what it has shows in the end.
const usualOutput = 450

// ask sends one message through the queue.
func (a *account) ask(ctx context.Context, q *queue.Queue, user string, c queue.Cost) error {
	r := queue.Request{User: user, Lane: "org/sonnet-5", Cost: queue.Cost{Input: c.Input, Output: usualOutput}}
	_, err := queue.Do(ctx, q, r, func(ctx context.Context) (none struct{}, _ error) {
		return none, a.call(ctx, sim.Call{Model: "claude-sonnet-5-5", InputTokens: c.Input, OutputTokens: c.Output}, false)
	})
	return err
}

// call calls the account, and reports to the queue what its answer tells: at its first
// token, or of a whole answer at its end.
func (a *account) call(ctx context.Context, c sim.Call, whole bool) error {
	a.mu.Lock()
	a.calls++
	c.ID = a.calls
	d := a.account.Arrive(time.Now(), c)
	a.mu.Unlock()
	one := func(t sim.LimitHeader) queue.Limit {
		l := queue.Limit{PerMinute: t.Limit, Remaining: t.Remaining}
		if !t.Reset.IsZero() {
			l.FullIn = time.Until(t.Reset)
		}
		return l
	}
	learn := func() {
		queue.ReportLimits(ctx, queue.Limits{Requests: one(d.Headers.Requests), Input: one(d.Headers.InputTokens), Output: one(d.Headers.OutputTokens)})
	}
	if !d.Admitted() {
		time.Sleep(d.Took)
		learn()
		return &queue.Error{Class: classes[d.Status], RetryAfter: d.RetryAfter}
	}
	time.Sleep(d.FirstToken)
	if !whole {
		learn()
		queue.Progress(ctx)
	}
	time.Sleep(d.Took - d.FirstToken)
	if whole {
		a.mu.Lock()
		d.Headers = a.account.EndHeaders(time.Now(), c, d)
		a.mu.Unlock()
		learn()
	}
	queue.ReportUsage(ctx, queue.Cost{Input: c.InputTokens, Output: c.OutputTokens}, queue.CallUsage{})
	return nil
}

// What is computed of a real queue's hour is near what was measured, under either
// pace: that is what makes the remedies' figures worth something.
func TestTheComputedHourIsTheMeasuredOne(t *testing.T) {
	spaced := queue.DefaultSettings()
	spaced.MaxWait = time.Hour
	adaptive := adaptiveSettings()
	adaptive.MaxWait = time.Hour
	for _, c := range []struct {
		name      string
		settings  queue.Settings
		perMinute float64
		binds     string
	}{
		{"adaptive", adaptive, 20, "output tokens"},
		{"spaced", spaced, 22, queue.BlockedBySpacing},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, err := queue.New(c.settings)
				if err != nil {
					t.Fatal(err)
				}
				api := newAccount(t)
				advisor := New(q)
				if advisor.Advice() != nil {
					t.Error("there is advice before anything was computed")
				}
				synctest.Wait()
				if a := advisor.Advice(); a == nil || a.Requests != 0 || len(a.Remedies) > 0 {
					t.Errorf("of nothing: got %+v", a)
				}
				rng := rand.New(rand.NewPCG(1, 1))
				var users sync.WaitGroup
				for range int(30 * c.perMinute) {
					time.Sleep(time.Duration(rng.ExpFloat64() / c.perMinute * float64(time.Minute)))
					user, cost := fmt.Sprint("user ", rng.IntN(15)), queue.Cost{Input: 500 + rng.IntN(1500), Output: 100 + rng.IntN(700)}
					users.Go(func() { _ = api.ask(t.Context(), q, user, cost) })
				}
				users.Wait()
				advisor.Advice()
				synctest.Wait()
				a := advisor.Advice()
				if a.Binds != c.binds || a.BindsNow != "" || a.CannotTell != "" || a.Spared == nil {
					t.Errorf("%q binds, %q now; cannot tell, because %q; spared %+v", a.Binds, a.BindsNow, a.CannotTell, a.Spared)
				}
				if measured, computed := float64(*a.MeasuredP95Ms), float64(a.P95Ms); computed < 0.8*measured || computed > 1.2*measured || measured < 5000 {
					t.Errorf("p95 of the wait: measured %v ms, computed %v", measured, computed)
				}
				t.Logf("p95 of the wait: measured %d ms, computed %d; %+v", *a.MeasuredP95Ms, a.P95Ms, a.Remedies)
				if err := q.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				advisor.Close()
			})
		})
	}
}

// It computes now and then, where something has happened and somebody asks.
func TestTheAdvisorIsLazy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, err := queue.New(adaptiveSettings())
		if err != nil {
			t.Fatal(err)
		}
		api, advisor := newAccount(t), New(q)
		at := func() time.Time {
			t.Helper()
			advisor.Advice()
			synctest.Wait()
			return advisor.Advice().At.Time
		}
		ask := func() {
			t.Helper()
			if err := api.ask(t.Context(), q, "a", small); err != nil {
				t.Fatal(err)
			}
		}
		first := at()
		time.Sleep(10 * time.Minute)
		if got := at(); !got.Equal(first) {
			t.Errorf("nothing has happened, and it was computed again at %v", got)
		}
		ask()
		second := at()
		if !second.After(first) {
			t.Error("something has happened, and it was not computed again")
		}
		time.Sleep(interval / 2)
		ask()
		if got := at(); !got.Equal(second) {
			t.Errorf("it was computed again too soon, at %v", got)
		}
		time.Sleep(interval / 2)
		if got := at(); !got.After(second) {
			t.Error("it was not computed again in time")
		}
		busy, leave := context.WithCancel(t.Context())
		var crowd sync.WaitGroup
		for range 60 {
			crowd.Go(func() { _ = api.ask(busy, q, "b", small) })
		}
		synctest.Wait()
		if a := advisor.Advice(); a.BindsNow != "output tokens" {
			t.Errorf("%q binds now", a.BindsNow)
		}
		leave()
		crowd.Wait()
		time.Sleep(61 * time.Minute)
		at()
		if a := advisor.Advice(); a.Requests != 0 {
			t.Errorf("of the hour that is gone: got %+v", a)
		}
		advisor.Close()
		ask()
		time.Sleep(2 * time.Minute)
		closed := at()
		if time.Since(closed) < time.Minute {
			t.Error("it was computed after Close")
		}
		_ = q.Shutdown(t.Context())
	})
}

// While most calls fail no pace and no limit helps, whatever was computed before: the
// advice was to raise the tier while no connection came about.
func TestNoRemedyInAnOutage(t *testing.T) {
	for class, want := range map[queue.Class]string{queue.NetworkError: "connection errors", queue.Overloaded: "overload (529)", queue.ServerError: "server errors (5xx)", queue.SpendCap: "the spend limit"} {
		synctest.Test(t, func(t *testing.T) {
			s := queue.DefaultSettings()
			s.MinDelay, s.Step, s.MaxDelay, s.Attempts = 0, 0, 0, 1
			q, err := queue.New(s)
			if err != nil {
				t.Fatal(err)
			}
			a := New(q)
			a.compute = func(context.Context, Situation) (*queue.Advice, error) {
				return &queue.Advice{At: queue.Time{Time: time.Now()}, Remedies: []queue.Remedy{{Kind: "tier", What: "a higher tier"}}}, nil
			}
			told := func() *queue.Advice {
				a.Advice()
				synctest.Wait()
				return a.Advice()
			}
			end := func(lane string, err error) {
				_, _ = queue.Do(t.Context(), q, queue.Request{Lane: lane}, func(context.Context) (none struct{}, _ error) { return none, err })
			}
			if got := told(); got.CannotTell != "" || len(got.Remedies) != 1 {
				t.Errorf("before: got %+v", got)
			}
			for range 5 {
				end("", &queue.Error{Class: class, Retry: queue.RetryNo})
			}
			want = "calls fail for another reason than the pace: " + want
			if got := told(); got.CannotTell != want || got.Remedies == nil || len(got.Remedies) > 0 {
				t.Errorf("%v: cannot tell, because %q, remedies %v; want %q", class, got.CannotTell, kinds(got), want)
			}
			for range 5 {
				end("another/lane", nil)
			}
			if got := told(); got.CannotTell != "" || len(got.Remedies) != 1 {
				t.Errorf("after as many successes: got %+v", got)
			}
			a.Close()
			_ = q.Shutdown(t.Context())
		})
	}
}

// newBusyQueue is a queue of which something is to be computed.
func newBusyQueue(t *testing.T, options ...queue.Option) *queue.Queue {
	t.Helper()
	q, err := queue.New(queue.DefaultSettings(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Shutdown(context.Background()) })
	q.Reset("somebody")
	return q
}

// Whoever stops the server waits for no computation: a SIGTERM was held up by one.
func TestCloseEndsTheComputation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newBusyQueue(t)
		a := New(q)
		a.compute = func(ctx context.Context, _ Situation) (*queue.Advice, error) {
			<-ctx.Done() // else it would go on for ever
			return nil, context.Cause(ctx)
		}
		a.Advice()
		synctest.Wait()
		start := time.Now()
		a.Close()
		a.Close()
		if took := time.Since(start); took > 0 {
			t.Errorf("it took %v", took)
		}
		if list := q.Troubles(); len(list) > 0 {
			t.Errorf("it is a trouble that it was ended: %+v", list)
		}
	})
}

// A real computation ends as soon.
func TestAComputationEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := computation{ctx: ctx, yield: cancel} // in the first replay
	_, err := c.advice(situation(queue.DefaultSettings(), crowd(40, 50, small)...))
	if !errors.Is(err, context.Canceled) || c.replayed > maxRequests {
		t.Errorf("got %v after %d requests, want that it ended in the first replay", err, c.replayed)
	}
}

// It works for a slice of time, and rests for three.
func TestWorkGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		throttle := throttle{ctx: ctx, lastPause: time.Now()}
		rest := func() time.Duration {
			start := time.Now()
			throttle.pause()
			return time.Since(start)
		}
		for i, want := range []time.Duration{0, 3 * workSlice, 0, 3 * workSlice} {
			time.Sleep(workSlice / 2 * time.Duration(1+i%2))
			if got := rest(); got != want {
				t.Errorf("%d: got %v, want %v", i, got, want)
			}
		}
		cancel()
		time.Sleep(workSlice)
		if got := rest(); got != 0 {
			t.Errorf("it rests for %v, and nobody waits any more", got)
		}
	})
}

// What panics or fails in a computation ended the process, or the advice for ever.
// Now it is told, and tried again, less often each time.
func TestAComputationThatFails(t *testing.T) {
	boom := errors.New("boom")
	for name, fail := range map[string]func() (*queue.Advice, error){
		"a panic":  func() (*queue.Advice, error) { panic(boom) },
		"an error": func() (*queue.Advice, error) { return nil, boom },
	} {
		synctest.Test(t, func(t *testing.T) {
			var log []string
			q := newBusyQueue(t, queue.Observe(func(e queue.Event) {
				if e.Kind == queue.KindTrouble {
					log = append(log, e.Error)
				}
			}))
			a, start, works := New(q), time.Now(), false
			var tries []time.Duration
			a.compute = func(context.Context, Situation) (*queue.Advice, error) {
				tries = append(tries, time.Since(start))
				if works {
					return &queue.Advice{At: queue.Time{Time: time.Now()}}, nil
				}
				return fail()
			}
			for range 2 * 3600 { // somebody looks each second
				if a.Advice() != nil {
					t.Fatalf("%s: there is advice", name)
				}
				time.Sleep(time.Second)
			}
			if got, want := fmt.Sprint(tries), "[0s 20s 1m0s 2m20s 5m0s 10m20s 21m0s 42m20s 1h25m0s]"; got != want {
				t.Errorf("%s: it was computed after %s, want %s", name, got, want)
			}
			list := q.Report().Detail.Troubles
			if len(list) != 1 || list[0].Part != queue.PartAdvice || list[0].Reason != "boom" || list[0].Count != int64(len(tries)) {
				t.Errorf("%s: got %+v", name, list)
			}
			if got, want := fmt.Sprint(log), "[advice: boom]"; got != want {
				t.Errorf("%s: the log says %s, want %s", name, got, want)
			}
			works = true
			time.Sleep(time.Hour)
			a.Advice()
			synctest.Wait()
			if a.Advice() == nil {
				t.Errorf("%s: there is no advice, though it works again", name)
			}
			a.Close()
		})
	}
}
