package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A 429 without a time and without limits is first an attempt of its request; only
// when another one is refused in the same way it is the lane, and costs nobody.
func TestA429OfOneRequestHoldsUpNobody(t *testing.T) {
	s := newScript(t, DefaultSettings(), 100*time.Millisecond)
	s.result = func(name string, _ int) error {
		if name == "lacks" {
			return &Error{Class: RateLimited, RequestScoped: true, Err: errors.New("429")}
		}
		return nil
	}
	s.add("lacks", Request{User: "lacks"})
	for i := range 4 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(60)
	r := s.m.Report(s.now)
	if r.Metrics.Successful != 4 || r.Metrics.Failed != 1 || s.startsOf("lacks") != 3 {
		t.Errorf("got %+v, the one that lacks something was tried %d times; want 4, 1 and 3", r.Metrics, s.startsOf("lacks"))
	}
	for _, e := range r.Detail.Events {
		if e.Kind == KindPaused {
			t.Errorf("the lane was paused: %+v", e)
		}
	}
}

func TestA429OfTwoRequestsIsTheLanes(t *testing.T) {
	s := newScript(t, DefaultSettings(), 100*time.Millisecond)
	s.result = func(string, int) error {
		if s.now.Before(at(15)) { // for more attempts than a request has
			return &Error{Class: RateLimited, RequestScoped: true, Err: errors.New("429")}
		}
		return nil
	}
	s.add("a", Request{User: "a"})
	s.add("b", Request{User: "b"})
	s.run(100)
	if r := s.m.Report(s.now); r.Metrics.Successful != 2 || r.Metrics.Failed != 0 {
		t.Errorf("got %+v, want both to succeed: what it cost of attempts was given back", r.Metrics)
	}
	paused := false
	for _, e := range s.m.Report(s.now).Detail.Events {
		paused = paused || e.Kind == KindPaused
	}
	if !paused {
		t.Error("the lane was never paused")
	}
}

// A request that was refused so and succeeds has shown that it is the lane: from then on
// such refusals cost no attempt.
func TestA429ThatASecondAttemptPassesIsTheLanes(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 2
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "a" && attempt == 1 || name == "b" && attempt <= 3 {
			return &Error{Class: RateLimited, RequestScoped: true, Err: errors.New("429")}
		}
		return nil
	}
	s.add("a", Request{User: "a"})
	s.run(30)
	s.add("b", Request{User: "b"})
	s.run(100)
	if r := s.m.Report(s.now); r.Metrics.Successful != 2 || s.startsOf("b") != 4 {
		t.Errorf("got %+v, b was started %d times, want both to succeed, and 4", r.Metrics, s.startsOf("b"))
	}
}

// startsOf is how often the one of a name was started.
func (s *script) startsOf(name string) (n int) {
	for _, start := range s.starts {
		if strings.HasPrefix(start, name+"@") {
			n++
		}
	}
	return n
}

// Two requests that lack something, at the same time, hold up the others once.
func TestTwoThatLackSomethingHoldUpNobodyForLong(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	s.result = func(name string, _ int) error {
		if strings.HasPrefix(name, "lacks") {
			return &Error{Class: RateLimited, RequestScoped: true, Err: errors.New("429")}
		}
		return nil
	}
	for i := range 200 {
		s.run(float64(i) / 10)
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i % 10)})
		if i == 20 {
			s.add("lacks1", Request{User: "lacks1"})
			s.add("lacks2", Request{User: "lacks2"})
		}
	}
	s.run(60)
	r := s.m.Report(s.now)
	if p95 := *r.Detail.Wait.P95Ms; r.Metrics.Successful != 200 || r.Metrics.Failed != 2 || p95 > 4000 {
		t.Errorf("%d succeeded, %d failed, p95 %.0f ms; want 200, 2, and a few seconds", r.Metrics.Successful, r.Metrics.Failed, p95)
	}
}

// In a lane in which nothing succeeds, as for a model that the account lacks, each
// request soon gets the API's own answer instead of waiting for maxWait.
func TestALaneThatTheAccountLacksAnswersSoon(t *testing.T) {
	for _, settings := range []Settings{DefaultSettings(), adaptiveSettings()} {
		s := newScript(t, settings, 5*time.Millisecond)
		lacks := errors.New("429 extra usage is required")
		s.result = func(string, int) error { return &Error{Class: RateLimited, RequestScoped: true, Err: lacks} }
		for i, at := range []float64{0, 40, 80, 220} {
			s.run(at)
			name := fmt.Sprint(i)
			s.add(name, Request{User: name})
			s.run(at + 35)
			if !errors.Is(s.final[name], lacks) {
				t.Errorf("adaptive %v, request %d: got %v after 35 s, want the API's own answer", settings.Adaptive, i, s.final[name])
			}
		}
	}
}

// A lane that has been answered before waits for as long as its pauses last.
func TestALaneThatHasBeenAnsweredWaitsForItsLimit(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 5*time.Millisecond)
	s.result = func(name string, _ int) error {
		if at := s.now.Sub(t0).Seconds(); at > 60 && at < 140 {
			return &Error{Class: RateLimited, RequestScoped: true, Err: errors.New("429")}
		}
		return nil
	}
	s.run(1)
	s.add("before", Request{})
	s.run(65)
	for i := range 10 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(300)
	if r := s.m.Report(s.now); r.Metrics.Successful != 11 {
		t.Errorf("%d succeeded, %d failed, want all 11", r.Metrics.Successful, r.Metrics.Failed)
	}
}

// A time in which everything was refused says nothing of the rate: when it is over, half of
// the rate from before is back within 10 s, and nobody still waits for the end of a pause
// that has ended.
func TestAfterNothingWasLetInTheRateIsBackSoon(t *testing.T) {
	for _, held := range []float64{0, 200} { // a minute, as refusals have shown before; 0: nothing has
		settings := DefaultSettings()
		settings.Adaptive = true
		s := newScript(t, settings, 500*time.Millisecond)
		refusing := func() bool { return !s.now.Before(at(100)) && s.now.Before(at(140)) }
		var served []float64
		free, last := 0., s.now
		s.result = func(string, int) error {
			free = min(free+held/60*s.now.Sub(last).Seconds(), 5)
			last = s.now
			if refusing() || held > 0 && free < 1 {
				return &Error{Class: RateLimited, RequestScoped: true, Err: errors.New("429")}
			}
			free--
			served = append(served, s.now.Sub(t0).Seconds())
			return nil
		}
		const perSecond = 2.5
		for i := range int(200 * perSecond) {
			s.run(float64(i) / perSecond)
			s.add(fmt.Sprint(i), Request{User: fmt.Sprint("u", i%8)})
			if oldest := s.m.oldest(); held == 0 && !s.now.Before(at(160)) && oldest > 10*time.Second {
				t.Fatalf("%v after the beginning somebody has waited %v", s.now.Sub(t0), oldest)
			}
		}
		count := func(from, to float64) (n int) {
			for _, at := range served {
				if from <= at && at < to {
					n++
				}
			}
			return n
		}
		before, after := count(80, 100)/2, count(150, 160)
		if after < before/2 {
			t.Errorf("at %v a minute: 10 s after the end %d were served in 10 s, before it %d", held, after, before)
		}
		if d := s.m.Report(s.now).Detail; held == 0 && (s.m.arrivals.Len > 2 || d.Refused > 0 || s.m.metrics.failed > 0) {
			t.Errorf("a minute after the end %d wait, %d were refused, %d failed", s.m.arrivals.Len, d.Refused, s.m.metrics.failed)
		}
	}
}
