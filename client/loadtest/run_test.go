package loadtest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// What is measured through a real queue and real HTTP, in virtual time, is what
// Expect computes.
func TestRunMeasuresWhatExpectComputes(t *testing.T) {
	unspaced := queue.DefaultSettings()
	unspaced.MinDelay, unspaced.Step, unspaced.MaxInFlight = 0, 0, 3
	light, _ := Named("light")
	moderate, _ := Named("moderate")
	heavy, _ := Named("heavy")
	for _, c := range []struct {
		name     string
		settings queue.Settings
		plan     Plan
		route    Route
		stream   bool
	}{
		{"light", queue.DefaultSettings(), light, Messages, false},
		{"light, chat", queue.DefaultSettings(), light, Chat, false},
		{"moderate, streamed", queue.DefaultSettings(), moderate, Messages, true},
		{"heavy", queue.DefaultSettings(), heavy, Messages, false},
		{"with a gap", queue.DefaultSettings(), Plan{Users: 3, Messages: 4, Gap: 2100 * time.Millisecond}, Messages, false},
		{"slots", unspaced, Plan{Users: 7, Messages: 2}, Messages, false},
		{"open loop", queue.DefaultSettings(), Plan{Users: 4, Rate: 1, Arrivals: 12}, Messages, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newPaced(t, c.settings, UsualService)
				target, stop := serve(t, h)
				defer stop()
				target.Route, target.Stream = c.route, c.stream
				r, err := Run(t.Context(), c.plan, target, nil)
				if err != nil {
					t.Fatal(err)
				}
				e, err := Expect(c.settings, c.plan, UsualService, Account{})
				if err != nil {
					t.Fatal(err)
				}
				if !r.Good() {
					t.Errorf("got %+v, want a good run", r)
				}
				check(t, "succeeded", r.Succeeded, c.plan.Total())
				check(t, "max", r.Times.Max, e.Max)
				check(t, "took", r.Took, e.Took)
				// Who of those who send at one instant comes first is chance, and so
				// whose wait is the longer one; the sum is not.
				if off := r.Times.Average - e.Average; off.Abs() > time.Millisecond {
					t.Errorf("average: got %v, want %v", r.Times.Average, e.Average)
				}
				if j, off := Compare(r, e); j != AsComputed {
					t.Errorf("judged: got %s (%v), want %s", j, off, AsComputed)
				}
				users := slices.Compact(slices.Sorted(slices.Values(h.users)))
				check(t, "users on the wire", len(users), c.plan.Users)
			})
		})
	}
}

// The first text counts, not the last.
func TestFirstOfSeveralTextsIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for _, event := range []string{delta, delta, stopEvent} {
				pause(r.Context(), time.Second)
				_, _ = io.WriteString(w, event)
				w.(http.Flusher).Flush()
			}
		}))
		defer stop()
		target.Stream = true
		r, err := Run(t.Context(), Plan{Users: 1, Messages: 1}, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "first text", r.FirstToken.Max, time.Second)
		check(t, "whole answer", r.Times.Max, 3*time.Second)
	})
}

func TestFirstTextIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target, stop := serve(t, newPaced(t, queue.DefaultSettings(), 3*time.Second))
		defer stop()
		target.Stream = true
		r, err := Run(t.Context(), Plan{Users: 1, Messages: 1}, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "first text", r.FirstToken.Average, 1500*time.Millisecond)
		check(t, "whole answer", r.Times.Average, 3*time.Second)
	})
}

// An open loop sends at its times although the server hangs, and counts the time
// from the scheduled one.
func TestOpenLoopDoesNotWaitForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		arrivals := make(chan time.Duration, 8)
		h := handler(func(r *http.Request) (*http.Response, error) {
			arrivals <- time.Since(begin)
			until := begin.Add(10 * time.Second) // it stalls for 10 s, then is quick
			pause(r.Context(), time.Until(until))
			return response(200, answerJSON), nil
		})
		r, err := Run(t.Context(), Plan{Users: 2, Rate: 0.5, Arrivals: 8}, target(h), nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "arrivals", len(arrivals), 8)
		for i := range len(arrivals) {
			check(t, "arrival", <-arrivals, time.Duration(2*i)*time.Second)
		}
		// 10, 8, 6, 4, 2, 0, 0, 0
		check(t, "average", r.Times.Average, 3750*time.Millisecond)
		check(t, "max", r.Times.Max, 10*time.Second)
		check(t, "corrected", r.Corrected, Times{})
	})
}

func TestOpenLoopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := handler(func(r *http.Request) (*http.Response, error) {
			pause(r.Context(), 3500*time.Millisecond)
			return response(200, answerJSON), nil
		})
		r, err := Run(t.Context(), Plan{Users: 1, Rate: 1, Arrivals: 6, Outstanding: 2}, target(h), nil)
		if err != nil {
			t.Fatal(err)
		}
		// sent at 0 and 1, not at 2 and 3, again at 4 and 5
		check(t, "sent", r.Sent, 4)
		check(t, "not sent", r.NotSent, 2)
		check(t, "good", r.Good(), false)
	})
}

// A user who is held up by one answer for 10 s would have sent every 2 s.
func TestClosedLoopWithAGapIsCorrected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		h := handler(func(r *http.Request) (*http.Response, error) {
			if calls++; calls == 2 {
				pause(r.Context(), 10*time.Second)
			}
			return response(200, answerJSON), nil
		})
		r, err := Run(t.Context(), Plan{Users: 1, Messages: 3, Gap: 2 * time.Second}, target(h), nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "measured", r.Times.Count, 3)
		check(t, "corrected", r.Corrected.Count, 7) // and 8, 6, 4 and 2 s
		check(t, "took", r.Took, 14*time.Second)
	})
}

func TestStoppedRunReportsWhatRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target, stop := serve(t, newPaced(t, queue.DefaultSettings(), UsualService))
		defer stop()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		plan, _ := Named("heavy")
		r, err := Run(ctx, plan, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "stopped", r.Stopped, true)
		check(t, "took", r.Took, 10*time.Second)
		check(t, "failed", r.Failed, 0)
		check(t, "sent", r.Sent, r.Succeeded+r.Unanswered)
		check(t, "good", r.Good(), false)
		if r.Succeeded < 2 || r.Unanswered == 0 || r.Times.Count != int64(r.Succeeded) {
			t.Errorf("got %d answered and %d not, want some of each", r.Succeeded, r.Unanswered)
		}
	})
}

func TestRunThatWasStoppedBeforeItBegan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := Run(ctx, Plan{Users: 3, Messages: 2}, target(handler(nil)), nil)
	if err != nil || !r.Stopped || r.Sent != 0 {
		t.Errorf("got %+v and %v, want a stopped run that sent nothing", r, err)
	}
}

func TestTimeoutOfOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := handler(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		to := target(h)
		to.Timeout = 3 * time.Second
		r, err := Run(t.Context(), Plan{Users: 1, Messages: 2}, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "failed", r.Failed, 2)
		check(t, "took", r.Took, 6*time.Second)
		check(t, "kind", r.Outcomes[0].Kind, "time-out: no whole answer within 3 s")
		check(t, "stopped", r.Stopped, false)
	})
}

// A refusal is a failure, is counted as one, and is not sent again.
func TestRefusalsAreCountedAndNotRetried(t *testing.T) {
	calls := 0
	h := handler(func(*http.Request) (*http.Response, error) {
		if calls++; calls%2 == 0 {
			a := response(429, `{"type":"error","error":{"type":"rate_limit_error","message":"slow \u001b[31mdown"}}`)
			a.Header.Set("Retry-After", "1")
			return a, nil
		}
		return response(200, answerJSON), nil
	})
	r, err := Run(t.Context(), Plan{Users: 1, Messages: 5}, target(h), nil)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "calls", calls, 5)
	check(t, "succeeded", r.Succeeded, 3)
	check(t, "failed", r.Failed, 2)
	check(t, "429s", r.Limited, 2)
	check(t, "times", r.Times.Count, 3)
	check(t, "users", len(r.Users), 1)
	check(t, "first user", r.Users[0].Succeeded*10+r.Users[0].Failed, 32)
	if len(r.Outcomes) != 2 {
		t.Fatalf("outcomes: got %v, want two", r.Outcomes)
	}
	check(t, "most", r.Outcomes[0], Outcome{Kind: "200", Status: 200, Good: true, Count: 3})
	check(t, "then", r.Outcomes[1], Outcome{Kind: "429 rate_limit_error", Status: 429, Count: 2, First: "slow down"})
}

// The latest answer that tells it says where the load waited, and how much the account
// has; what is no number is not told.
func TestAnswersTellTheLaneAndTheLimit(t *testing.T) {
	said := [][2]string{{"key-1/haiku-5", "40"}, {"org\x1b[2J/haiku-5", "50"}, {"", ""}, {"", "many"}, {"", "-3"}}
	calls := 0
	h := handler(func(*http.Request) (*http.Response, error) {
		a := response(200, answerJSON)
		a.Header.Set("X-Paceline-Lane", said[calls][0])
		a.Header.Set("Anthropic-Ratelimit-Requests-Limit", said[calls][1])
		calls++
		return a, nil
	})
	r, err := Run(t.Context(), Plan{Users: 1, Messages: len(said)}, target(h), nil)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "per minute", r.PerMinute, 50)
	if !strings.HasPrefix(r.Lane, "org") || strings.Contains(r.Lane, "\x1b") {
		t.Errorf("lane: got %q, want that of the second answer, cleaned", r.Lane)
	}
}

func TestKindsAreBounded(t *testing.T) {
	calls := 0
	h := handler(func(*http.Request) (*http.Response, error) {
		calls++
		return response(500, `{"error":{"type":"`+strings.Repeat("x", calls)+`","message":"no"}}`), nil
	})
	r, err := Run(t.Context(), Plan{Users: 1, Messages: 100}, target(h), nil)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, o := range r.Outcomes {
		total += o.Count
		if n := len([]rune(o.Kind)); n > maxKind {
			t.Errorf("kind: got %d characters, want at most %d", n, maxKind)
		}
	}
	check(t, "counted", total, 100)
	if len(r.Outcomes) > maxOutcomes+1 {
		t.Errorf("got %d kinds, want at most %d", len(r.Outcomes), maxOutcomes+1)
	}
}

func TestProgressAddsUp(t *testing.T) {
	var all []Progress
	calls := 0
	h := handler(func(*http.Request) (*http.Response, error) {
		if calls++; calls == 3 {
			return nil, errors.New("the wire\x1b[2J was cut")
		}
		return response(200, answerJSON), nil
	})
	_, err := Run(t.Context(), Plan{Users: 1, Messages: 3}, target(h), func(p Progress) { all = append(all, p) })
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 6 {
		t.Fatalf("got %d calls, want one for each message sent and answered", len(all))
	}
	for i, p := range all {
		check(t, "sent", p.Sent, i/2+1)
		check(t, "unanswered", p.Unanswered(), 1-i%2)
		check(t, "total", p.Total, 3)
	}
	last := all[5]
	check(t, "done", last.Done(), 1)
	check(t, "succeeded", last.Succeeded, 2)
	check(t, "failed", last.Failed, 1)
	check(t, "trouble", last.Trouble, "the wire was cut")
}

// A panic in a goroutine of the test reaches the caller, who can restore the
// terminal first.
func TestPanicIsReturned(t *testing.T) {
	for _, giveUp := range []time.Duration{0, time.Hour} {
		for _, p := range []Plan{{Users: 3, Messages: 2}, {Users: 1, Rate: 1000, Arrivals: 5}} {
			to := target(func(*http.Request) (*http.Response, error) { panic("oh no") })
			to.GiveUp = giveUp
			_, err := Run(t.Context(), p, to, nil)
			if e, ok := errors.AsType[*PanicError](err); !ok || e.Value != "oh no" || len(e.Stack) == 0 {
				t.Errorf("%v: got %v, want the panic", p, err)
			}
		}
	}
}

func TestRunRefusesNonsense(t *testing.T) {
	good := Plan{Users: 1, Messages: 1}
	for _, c := range []struct {
		name   string
		plan   Plan
		target Target
		want   string
	}{
		{"no plan", Plan{}, target(nil), "users"},
		{"no address", good, Target{Route: Chat}, "address"},
		{"a password in the address", good, Target{Base: "http://joe:secret@host", Route: Chat}, "address"},
		{"no route", good, Target{Base: "http://host"}, "route"},
		{"negative time-out", good, Target{Base: "http://host", Route: Chat, Timeout: -1}, "time-out"},
		{"negative patience", good, Target{Base: "http://host", Route: Chat, GiveUp: -1}, "giveUp"},
		{"an overlap alone", good, Target{Base: "http://host", Route: Chat, Overlap: time.Second}, "overlap"},
		{"body that is a list", good, Target{Base: "http://host", Route: Chat, Body: []byte("[1]")}, "body"},
		{"body that is null", good, Target{Base: "http://host", Route: Chat, Body: []byte("null")}, "body"},
		{"body that is empty", good, Target{Base: "http://host", Route: Chat, Body: []byte{}}, "body"},
	} {
		_, err := Run(t.Context(), c.plan, c.target, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want an error about %s", c.name, err, c.want)
		}
	}
}

// Who stops it after the last answer has the whole.
func TestStoppedAfterTheLastAnswerIsTheWhole(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h := handler(func(*http.Request) (*http.Response, error) { return response(200, answerJSON), nil })
	r, err := Run(ctx, Plan{Users: 1, Messages: 2}, target(h), func(p Progress) {
		if p.Done() == 1 {
			cancel()
		}
	})
	if err != nil || !r.Good() || r.Succeeded != 2 {
		t.Errorf("got %+v and %v, want a good run", r, err)
	}
}
