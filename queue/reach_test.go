package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// beside lets opus refuse each connection from 20 to 60 s, while sonnet answers, and calls check
// four times a second. Sonnet is called every 1.2 s.
func beside(t *testing.T, settings Settings, check func(s *script, second float64)) *script {
	s := newScript(t, settings, time.Second)
	s.fails = 10 * time.Millisecond
	s.result = func(name string, _ int) error {
		if second := s.now.Sub(t0).Seconds(); strings.HasPrefix(name, "opus") && second > 20 && second < 60 {
			return &Error{Class: NetworkError, Err: errors.New("connection refused")}
		}
		return nil
	}
	for i := range 4 * 80 {
		second := float64(i) / 4
		s.run(second)
		if i%5 == 0 {
			s.add(fmt.Sprint("sonnet", i), Request{User: "carol", Lane: "sonnet"})
		}
		if i%2 == 0 && second < 60 {
			s.add(fmt.Sprint("opus", i), Request{User: fmt.Sprint("bob", i%7), Lane: "opus"})
		}
		s.run(second)
		check(s, second)
	}
	return s
}

// The connection errors of one lane held back another one that had none and succeeded all the
// while, and were told as the API's.
func TestALaneThatSucceedsIsNotHeldBackByTheConnectionsOfAnother(t *testing.T) {
	said := 0
	s := beside(t, adaptiveSettings(), func(s *script, second float64) {
		if l := s.m.lanes["sonnet"]; l != nil && (l.waiting() > 0 || l.broken(&s.m.settings)) {
			t.Fatalf("at %v s: %d wait in the lane that succeeds, for %q", second, l.waiting(), l.blockedBy(&s.m.settings, s.m.now))
		}
		d := s.m.Report(s.now).Detail
		for _, l := range d.Lanes {
			if l.Name == "sonnet" && l.Breaker != nil {
				t.Fatalf("at %v s: sonnet has the breaker %+v", second, l.Breaker)
			}
			if f := s.row(RowNetwork); l.Name == "opus" && l.Breaker != nil && f != nil && s.m.health.network.failed.n > 0 &&
				!strings.Contains(f.Message, fmt.Sprintf("(%d connection error", l.Breaker.Failures)) {
				t.Errorf("at %v s: %d failures of the lane, and %q", second, l.Breaker.Failures, f.Message)
			}
		}
		f := s.row(RowNetwork)
		if f != nil && strings.HasPrefix(f.Message, "The API cannot be reached (") {
			t.Fatalf("at %v s: got %q", second, f.Message)
		}
		if second > 25 && second < 60 {
			if f == nil || !strings.HasPrefix(f.Message, "The API cannot be reached for opus (") {
				t.Fatalf("at %v s: got %+v", second, f)
			}
			said++
		}
	})
	if said == 0 || s.row(RowNetwork) != nil {
		t.Errorf("said %d times; at the end: %+v", said, s.row(RowNetwork))
	}
	for _, e := range s.m.Report(s.now).Detail.Events {
		if e.Kind == KindOutage && (!e.Alone || e.Lane != "opus") {
			t.Errorf("the event %+v does not say that it is opus alone", e)
		}
	}
	for name, err := range s.final {
		if err != nil && strings.HasPrefix(name, "sonnet") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where all lanes fail it is the API, also when one of them has succeeded a moment ago; and
// what cannot be reached any more is forgotten when nobody asks for it and all else can.
func TestTheAPICannotBeReachedWhereAllLanesFail(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	down := map[string]bool{}
	s.result = func(name string, _ int) error {
		if down[name] {
			return &Error{Class: NetworkError, Retry: RetryNo, Unsent: true, Err: errors.New("connection refused")}
		}
		return nil
	}
	second := 0.
	call := func(seconds float64, lanes ...string) {
		for end := second + seconds; second < end; second++ {
			for _, l := range lanes {
				for range 3 {
					s.add(l, Request{Lane: l})
				}
			}
			s.run(second + 0.9)
		}
	}
	call(5, "a", "b")
	down["a"], down["b"] = true, true
	call(10, "a", "b")
	if f := s.row(RowNetwork); f == nil || !strings.HasPrefix(f.Message, "The API cannot be reached (") || !s.m.lanes["b"].broken(&s.m.settings) {
		t.Errorf("both fail: got %+v", f)
	}
	down["b"] = false
	call(40, "a", "b")
	if f := s.row(RowNetwork); f == nil || !strings.HasPrefix(f.Message, "The API cannot be reached for a (") || s.m.lanes["b"] != nil && s.m.lanes["b"].broken(&s.m.settings) {
		t.Errorf("one fails: got %+v", f)
	}
	for ticket, name := range s.names {
		if name == "a" && ticket.waiting() {
			s.leave(ticket)
		}
	}
	call(80, "b")
	if f := s.row(RowNetwork); f != nil {
		t.Errorf("nobody asks for a: got %+v", f)
	}
}
