package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// One whose body makes the API fail cannot keep the breaker open for the others.
func TestOnePoisonousRequestCannotKeepTheBreakerOpen(t *testing.T) {
	settings := adaptiveSettings()
	s := newScript(t, settings, 50*time.Millisecond)
	over := false
	s.result = func(name string, _ int) error {
		if !over || name == "poison" {
			return &Error{Class: Overloaded, Err: errors.New("529")}
		}
		return nil
	}
	s.add("poison", Request{User: "poison"})
	for i := range 20 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(3)
	over = true
	s.run(20)
	r := s.m.Report(s.now)
	if r.Metrics.Successful != 20 {
		t.Errorf("%d of the 20 others succeeded", r.Metrics.Successful)
	}
	if err, ok := s.final["poison"]; !ok || err == nil {
		s.run(60)
		if err, ok := s.final["poison"]; !ok || err == nil {
			t.Errorf("the poisonous one got %v, want its attempts to be over", err)
		}
	}
}

// Requests that make the API fail, and come again and again, hold up the others once and
// not for ever: what asks for the same is known by then.
func TestPoisonousRequestsThatComeAgainAreKnown(t *testing.T) {
	for _, class := range []Class{Overloaded, NetworkError} {
		s := newScript(t, adaptiveSettings(), 50*time.Millisecond)
		s.result = func(name string, _ int) error {
			if strings.HasPrefix(name, "poison") {
				return &Error{Class: class, Err: errors.New("529")}
			}
			return nil
		}
		good := 0
		for i := range 1200 { // a minute
			s.run(float64(i) / 20)
			if i%2 == 0 {
				good++
				s.add(fmt.Sprint("good", i), Request{User: fmt.Sprint(i % 14), Lane: fmt.Sprint("lane", i%4)})
			}
			if i%5 == 0 {
				body := i / 5 % 6
				s.add(fmt.Sprint("poison", i), Request{User: "poison", Lane: fmt.Sprint("lane", body%2), Fingerprint: uint64(body + 1)})
			}
		}
		s.run(100)
		r := s.m.Report(s.now)
		if r.Metrics.Successful != int64(good) {
			t.Errorf("%v: %d of %d good ones succeeded", class, r.Metrics.Successful, good)
		}
		if p95 := time.Duration(*r.Detail.Wait.P95Ms * float64(time.Millisecond)); p95 > 17*time.Second {
			t.Errorf("%v: 95 in 100 waited up to %v", class, p95)
		}
	}
}

// A request that makes the API fail at once is known although the successes of others
// come later than its next failures, and soon gets its answer.
func TestAPoisonousRequestIsKnownBySuccessesThatComeLate(t *testing.T) {
	s := newScript(t, adaptiveSettings(), time.Second)
	s.fails = 5 * time.Millisecond
	s.result = func(name string, _ int) error {
		if strings.HasPrefix(name, "poison") {
			return &Error{Class: Overloaded, Err: errors.New("529")}
		}
		return nil
	}
	s.learn = Limits{Requests: Limit{PerMinute: 10_000, Remaining: 9_990}}
	s.add("good", Request{})
	for i := range 10 {
		s.run(5 + float64(i)/10)
		if i < 8 {
			s.add(fmt.Sprint("poison", i), Request{User: fmt.Sprint("poison", i), Fingerprint: uint64(i + 1)})
		}
		s.add(fmt.Sprint("good", i), Request{User: fmt.Sprint(i)})
	}
	s.run(20)
	if r := s.m.Report(s.now); r.Metrics.Successful != 11 || r.Metrics.Failed != 8 {
		t.Errorf("after 15 s: %d good ones succeeded and %d poisonous ones failed, want 11 and 8", r.Metrics.Successful, r.Metrics.Failed)
	}
}
