package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// inBubble runs f with a queue in virtual time, and ends the queue after it.
func inBubble(t *testing.T, s Settings, f func(t *testing.T, q *Queue), options ...Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q, err := New(s, options...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := q.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		f(t, q)
	})
}

// sleeper is a call that takes d and obeys its context.
func sleeper(d time.Duration) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		select {
		case <-time.After(d):
			return "done", nil
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

func TestDoPacesItsCallers(t *testing.T) {
	inBubble(t, DefaultSettings(), func(t *testing.T, q *Queue) {
		begin := time.Now()
		var mu sync.Mutex
		var starts []time.Duration
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				answer, err := Do(t.Context(), q, Request{User: "u"}, func(ctx context.Context) (string, error) {
					mu.Lock()
					starts = append(starts, time.Since(begin))
					mu.Unlock()
					return sleeper(time.Second)(ctx)
				})
				if answer != "done" || err != nil {
					t.Errorf("got %q, %v", answer, err)
				}
			})
		}
		wg.Wait()
		if got := fmt.Sprint(starts); got != "[0s 1.9s 3.6s]" {
			t.Errorf("starts: got %s", got)
		}
		r := q.Report()
		if r.Metrics.Successful != 3 || r.Metrics.SuccessRate != "100.0%" || r.Metrics.AverageWaitTime != "1833ms" {
			t.Errorf("got %+v", r.Metrics)
		}
	})
}

func TestDoLeavesWithItsContext(t *testing.T) {
	inBubble(t, DefaultSettings(), func(t *testing.T, q *Queue) {
		sentinel := errors.New("hung up")
		running, hangUp := context.WithCancelCause(t.Context())
		waiting, leave := context.WithCancelCause(t.Context())
		results := make(chan error, 2)
		for _, ctx := range []context.Context{running, waiting} {
			go func() {
				_, err := Do(ctx, q, Request{}, sleeper(time.Hour))
				results <- err
			}()
			synctest.Wait()
		}
		leave(sentinel)
		if err := <-results; !errors.Is(err, sentinel) {
			t.Errorf("waiting: got %v", err)
		}
		hangUp(sentinel)
		if err := <-results; !errors.Is(err, sentinel) {
			t.Errorf("running: got %v", err)
		}
		synctest.Wait()
		r := q.Report()
		if r.Detail.Cancelled != 2 || r.Detail.Running != 0 || r.Metrics.CurrentQueueLength != 0 || r.Metrics.Failed != 0 {
			t.Errorf("got %d cancelled, %d running, %+v", r.Detail.Cancelled, r.Detail.Running, r.Metrics)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := Do(ended, q, Request{}, sleeper(0)); !errors.Is(err, context.Canceled) || q.Report().Metrics.TotalRequests != 2 {
			t.Errorf("a context that had ended: got %v", err)
		}
	})
}

// A call that ignores its context frees its slot all the same.
func TestDoFreesTheSlotOfAStubbornCall(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxInFlight, settings.MaxRun = 1, time.Minute
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		release := make(chan struct{})
		stubborn := make(chan error)
		var cause error
		go func() {
			_, err := Do(t.Context(), q, Request{User: "stubborn"}, func(ctx context.Context) (int, error) {
				<-release
				cause = context.Cause(ctx)
				return 0, nil
			})
			stubborn <- err
		}()
		synctest.Wait()
		begin := time.Now()
		if _, err := Do(t.Context(), q, Request{User: "next"}, sleeper(time.Second)); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(begin); got != 61*time.Second {
			t.Errorf("the next one was done after %v, want 61 s", got)
		}
		close(release)
		if err := <-stubborn; err != nil {
			t.Errorf("the late result: got %v", err)
		}
		if !errors.Is(cause, ErrSilent) {
			t.Errorf("cause: got %v, want ErrSilent", cause)
		}
		if r := q.Report(); r.Metrics.Successful != 1 || r.Metrics.Failed != 1 || r.Detail.Running != 0 {
			t.Errorf("got %+v", r.Metrics)
		}
	})
}

func TestProgressKeepsACallAlive(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxRun = 10 * time.Second
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		_, err := Do(t.Context(), q, Request{}, func(ctx context.Context) (int, error) {
			for range 10 {
				if _, err := sleeper(9 * time.Second)(ctx); err != nil {
					return 0, err
				}
				Progress(ctx)
			}
			return 1, nil
		})
		if err != nil {
			t.Error(err)
		}
		Progress(t.Context()) // of no call: nothing happens
	})
}

func TestAPanicIsThatRequestsFailure(t *testing.T) {
	inBubble(t, DefaultSettings(), func(t *testing.T, q *Queue) {
		_, err := Do(t.Context(), q, Request{User: "u"}, func(context.Context) (int, error) { panic("boom") })
		p, ok := errors.AsType[*PanicError](err)
		if !ok || p.Value != "boom" || !strings.Contains(string(p.Stack), "queue_test.go") {
			t.Errorf("got %v", err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = Do(t.Context(), q, Request{User: "u"}, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
		}()
		<-done
		if r := q.Report(); r.Metrics.Failed != 2 || r.Detail.Running != 0 {
			t.Errorf("got %+v, %d running", r.Metrics, r.Detail.Running)
		}
	})
}

func TestDoTriesAgain(t *testing.T) {
	inBubble(t, DefaultSettings(), func(t *testing.T, q *Queue) {
		tries := 0
		answer, err := Do(t.Context(), q, Request{}, func(context.Context) (int, error) {
			if tries++; tries < 3 {
				return 0, &Error{Class: Overloaded, Err: errors.New("529")}
			}
			return tries, nil
		})
		if answer != 3 || err != nil {
			t.Errorf("got %d, %v", answer, err)
		}
	})
}

func TestPausedRequestsThatCannotMakeItAreTold(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 20 * time.Second
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		results := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := Do(t.Context(), q, Request{}, func(ctx context.Context) (int, error) {
					return 0, &Error{Class: RateLimited, RetryAfter: time.Minute, Err: errors.New("429")}
				})
				results <- err
			}()
		}
		for range 2 {
			if err := <-results; !errors.Is(err, ErrWaitTooLong) {
				t.Errorf("got %v, want ErrWaitTooLong", err)
			}
		}
	})
}

func TestShutdownServesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, _ := New(DefaultSettings())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := Do(t.Context(), q, Request{}, sleeper(time.Second)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		begin := time.Now()
		if err := q.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := time.Since(begin); got != 4600*time.Millisecond {
			t.Errorf("took %v, want 4.6 s", got)
		}
		wg.Wait()
		if _, err := Do(t.Context(), q, Request{}, sleeper(0)); !errors.Is(err, ErrClosed) || q.Ready() {
			t.Errorf("after it: got %v", err)
		}
		if err := q.Shutdown(t.Context()); err != nil {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestShutdownTellsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, _ := New(DefaultSettings())
		results := make(chan error, 4)
		for range 4 {
			go func() {
				_, err := Do(t.Context(), q, Request{}, sleeper(time.Hour))
				results <- err
			}()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := q.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		for range 4 {
			if err := <-results; !errors.Is(err, ErrClosed) {
				t.Errorf("got %v, want ErrClosed", err)
			}
		}
		r := q.Report()
		if r.Metrics.CurrentQueueLength != 0 || r.Detail.Running != 0 || r.Detail.Cancelled != 4 || !r.Detail.Draining {
			t.Errorf("got %+v, %d running, %d cancelled", r.Metrics, r.Detail.Running, r.Detail.Cancelled)
		}
	})
}

// The promise that was broken elsewhere: a caller that has gone takes its turn
// with it.
func TestACancelledCallersTurnGoesToTheNext(t *testing.T) {
	inBubble(t, DefaultSettings(), func(t *testing.T, q *Queue) {
		crowd, disperse := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { _, _ = Do(crowd, q, Request{User: "crowd"}, sleeper(time.Hour)) })
		}
		synctest.Wait()
		time.AfterFunc(1600*time.Millisecond, disperse)
		begin := time.Now()
		if _, err := Do(t.Context(), q, Request{User: "patient"}, sleeper(0)); err != nil {
			t.Fatal(err)
		}
		// w was 20 at 1.5 s, so the gate opens at 5.5 s; nobody is before it any more.
		if got := time.Since(begin); got != 5500*time.Millisecond {
			t.Errorf("started after %v, want 5.5 s", got)
		}
		wg.Wait()
	})
}

// The same at the very moment of the turn, when the caller has not noticed yet.
func TestATurnIsNotGivenToOneWhoHasGone(t *testing.T) {
	inBubble(t, DefaultSettings(), func(t *testing.T, q *Queue) {
		if _, err := Do(t.Context(), q, Request{}, sleeper(0)); err != nil {
			t.Fatal(err)
		}
		gone, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = Do(gone, q, Request{User: "gone"}, sleeper(0)) })
		synctest.Wait()
		var started time.Duration
		begin := time.Now()
		wg.Go(func() {
			_, _ = Do(t.Context(), q, Request{User: "next"}, func(context.Context) (int, error) {
				started = time.Since(begin)
				return 0, nil
			})
		})
		synctest.Wait()
		time.Sleep(1699 * time.Millisecond) // w is 2: the gate opens at 1.9 s
		q.mu.Lock()
		leave()
		if next := q.machine.Next(time.Now().Add(201 * time.Millisecond)); next == nil || next.user.name != "gone" {
			t.Error("it is not the turn of the one who has gone")
		}
		q.dispatch(time.Now().Add(201 * time.Millisecond))
		q.mu.Unlock()
		wg.Wait()
		if started != 1699*time.Millisecond {
			t.Errorf("the next one started at %v", started)
		}
	})
}

// A function that ignores its context holds no slot once its caller has gone.
func TestACallerWhoHangsUpFreesTheSlot(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxInFlight = 1
	inBubble(t, settings, func(t *testing.T, q *Queue) {
		ctx, hangUp := context.WithCancel(t.Context())
		release, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			_, _ = Do(ctx, q, Request{}, func(context.Context) (int, error) { <-release; return 0, nil })
		}()
		synctest.Wait()
		hangUp()
		synctest.Wait()
		if got := q.Report().Detail; got.Running != 0 || got.Cancelled != 1 {
			t.Errorf("got %d running, %d cancelled", got.Running, got.Cancelled)
		}
		close(release)
		<-done
		if got := q.Report(); got.Metrics.Successful != 0 || got.Detail.Cancelled != 1 {
			t.Errorf("the late result was counted: %+v", got.Metrics)
		}
	})
}

func TestEventsComeInOrderAndOutsideTheLock(t *testing.T) {
	var q *Queue
	var lines []string
	observe := Observe(func(e Event) {
		_ = q.Report() // would hang under the lock
		lines = append(lines, e.Line())
	})
	synctest.Test(t, func(t *testing.T) {
		q, _ = New(DefaultSettings(), observe)
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = Do(t.Context(), q, Request{User: "user_1"}, sleeper(time.Second)) })
		synctest.Wait()
		wg.Go(func() {
			_, _ = Do(t.Context(), q, Request{User: "user\n2"}, func(context.Context) (int, error) {
				return 0, &Error{Class: ClientError, Err: errors.New("bad\x1b[2Jrequest")}
			})
		})
		wg.Wait()
		if err := q.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	want := `📥 [QUEUE] Request added for user_1 (queue: 1)
🔄 [QUEUE] Starting to process 1 requests
⚡ [QUEUE] Processing request for user_1 (waited 0ms)
📥 [QUEUE] Request added for user\n2 (queue: 1)
✅ [QUEUE] Request completed for user_1
⏱️  [QUEUE] Waiting 1700ms before next request (queue: 1)
⚡ [QUEUE] Processing request for user\n2 (waited 1700ms)
❌ [QUEUE] Request failed for user\n2: bad\x1b[2Jrequest
✨ [QUEUE] All requests processed
🛑 [QUEUE] Draining, no new requests (queue: 0)`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	for _, test := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(s *Settings) { s.MinDelay = -1 }, "queue: minDelay is -1ns: must be from 0s to 1h0m0s"},
		{func(s *Settings) { s.MaxDelay = time.Second }, "queue: maxDelay is 1s: must be from 1.5s to 1h0m0s"},
		{func(s *Settings) { s.MaxInFlight = 0 }, "queue: maxInFlight is 0: must be from 1 to 1000000"},
		{func(s *Settings) { s.MaxRun = 0 }, "queue: maxRun is 0s: must be from 1ms to 24h0m0s"},
		{func(s *Settings) { s.Attempts = 0 }, "queue: attempts is 0: must be from 1 to 100"},
		{func(s *Settings) { s.Thresholds.CriticalWaiting = 3 }, "queue: thresholds.criticalWaiting is 3: must be from 6 to 1000000"},
		{func(s *Settings) { s.Thresholds.WarnSuccess = 80 }, "queue: thresholds.warnSuccess is 80: must be from 0 to 1"},
	} {
		s := DefaultSettings()
		test.change(&s)
		if err := s.Validate(); err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
		if _, err := New(s); err == nil {
			t.Errorf("New took it: %s", test.want)
		}
	}
	inBubble(t, DefaultSettings(), func(t *testing.T, q *Queue) {
		if err := q.SetSettings(Settings{}); err == nil || q.Settings() != DefaultSettings() {
			t.Errorf("got %v, and settings %+v", err, q.Settings())
		}
	})
}

// A panic under the lock does not keep it: every other request would wait for it.
func TestAPanicKeepsNoLock(t *testing.T) {
	q, err := New(DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	if q.Guard(PartMetrics, func() { q.update(func(time.Time) { panic("broken") }) }) {
		t.Error("it did not panic")
	}
	if got, err := Do(t.Context(), q, Request{}, func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	_ = q.Shutdown(t.Context())
}

// A call that the API has done with frees its slot, and counts as that, though its function
// goes on for long, its caller leaves, and nothing is heard of it any more.
func TestSettledCallHoldsNoSlot(t *testing.T) {
	s := DefaultSettings()
	s.MaxInFlight, s.MinDelay, s.Step, s.MaxRun = 1, 0, 0, 10*time.Second
	failure := &Error{Class: ServerError, Retry: RetryNo, Err: errors.New("in the stream")}
	for name, outcome := range map[string]error{"success": nil, "failure": failure} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, s, func(t *testing.T, q *Queue) {
				ctx, leave := context.WithCancel(t.Context())
				returned := make(chan error, 1)
				go func() {
					_, err := Do(ctx, q, Request{User: "slow"}, func(ctx context.Context) (string, error) {
						Settle(ctx, outcome)
						time.Sleep(time.Minute)
						if ctx.Err() == nil {
							t.Error("the caller's leaving does not reach the function")
						}
						return "", context.Cause(ctx)
					})
					returned <- err
				}()
				time.Sleep(time.Second)
				if r := q.Report(); r.Detail.Running != 0 || (r.Metrics.Successful == 1) != (outcome == nil) || (r.Metrics.Failed == 1) != (outcome != nil) {
					t.Errorf("%d run; counted %+v", r.Detail.Running, r.Metrics)
				}
				if _, err := Do(t.Context(), q, Request{User: "next"}, sleeper(time.Second)); err != nil {
					t.Error(err)
				}
				time.Sleep(20 * time.Second)
				leave()
				if err := <-returned; err == nil {
					t.Error("Do returned before its function, or without its error")
				}
				if r := q.Report(); r.Metrics.TotalRequests != 2 || r.Detail.Cancelled != 0 || r.Metrics.Successful+r.Metrics.Failed != 2 {
					t.Errorf("counted %+v, %d cancelled", r.Metrics, r.Detail.Cancelled)
				}
			})
		})
	}
}
