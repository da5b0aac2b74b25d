package advice

import (
	"context"
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
		a.mu.Lock()
		a.calls++
		d := a.account.Arrive(time.Now(), sim.Call{ID: a.calls, Model: "claude-sonnet-5-5", InputTokens: c.Input, OutputTokens: c.Output})
		a.mu.Unlock()
		one := func(t sim.Told) queue.Limit { return queue.Limit{PerMinute: t.Limit, Remaining: t.Remaining} }
		learn := func() {
			queue.Learn(ctx, queue.Limits{Requests: one(d.Headers.Requests), Input: one(d.Headers.InputTokens), Output: one(d.Headers.OutputTokens)})
		}
		if !d.Admitted() {
			learn()
			return none, &queue.Error{Class: queue.RateLimited, RetryAfter: d.RetryAfter}
		}
		time.Sleep(d.FirstToken)
		learn()
		time.Sleep(d.Took - d.FirstToken)
		queue.Spent(ctx, c)
		return none, nil
	})
	return err
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
		{"spaced", spaced, 22, queue.HeldBySpacing},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, err := queue.New(c.settings)
				if err != nil {
					t.Fatal(err)
				}
				api := newAccount(t)
				advisor := New(q, nil)
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
				if a.Binds != c.binds || a.BindsNow != "" {
					t.Errorf("%q binds, %q now", a.Binds, a.BindsNow)
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
		api, advisor := newAccount(t), New(q, nil)
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
		time.Sleep(every / 2)
		ask()
		if got := at(); !got.Equal(second) {
			t.Errorf("it was computed again too soon, at %v", got)
		}
		time.Sleep(every / 2)
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
