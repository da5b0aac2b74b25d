package queue

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// However seldom requests come: while a finding is about failures, what failed is told, as many
// as the finding speaks of, with the users that were hit.
func TestFailuresAreToldForAsLongAsAFindingIsAboutThem(t *testing.T) {
	s := newScript(t, boundless(), time.Second)
	failing := true
	s.result = func(name string, _ int) error {
		if failing {
			return &Error{Class: map[bool]Class{true: ServerError, false: Timeout}[len(name)%2 == 0], Retry: RetryNo, Err: errors.New("failed")}
		}
		return nil
	}
	shown, end := 0, 0
	for minute := range 60 {
		failing = minute < 14 && minute%2 == 0
		s.add(fmt.Sprint(minute), Request{User: fmt.Sprint("u", minute)})
		for half := range 2 {
			s.run(float64(60*minute + 30*half + 2))
			d := s.m.Report(s.now).Detail
			told, users := 0, 0
			for _, f := range d.Failures {
				told, users = told+f.Count, users+f.Users
			}
			if s.row(RowFailureRate) == nil {
				if d.FailuresSince != nil || told > 1 {
					t.Fatalf("after %d minutes without a finding: %d failures since %v", minute, told, d.FailuresSince)
				}
				continue
			}
			shown, end = shown+1, minute
			failed := int((1-*d.Recent.SuccessRate)*float64(d.Recent.Finished) + 0.5)
			if told < failed || users != told || d.FailuresSince == nil || secondsOf(d.FailuresSince) > 5 {
				t.Fatalf("after %d minutes %d of the last %d failed, and %d failures of %d users are told, since %v s", minute, failed, d.Recent.Finished, told, users, secondsOf(d.FailuresSince))
			}
		}
	}
	if shown < 20 || end > 50 {
		t.Errorf("the finding was shown %d times, until minute %d", shown, end)
	}
}

// An outage in which hardly any call is tried has its cause on the screen until it is over, and
// what fails now is the first.
func TestTheCauseOfAnOutageStays(t *testing.T) {
	settings := boundless()
	settings.Adaptive, settings.AdaptiveInFlight, settings.MaxWait = true, 10, time.Hour
	s := newScript(t, settings, 200*time.Millisecond)
	s.result = func(string, int) error {
		switch {
		case s.now.Before(at(600)):
			return &Error{Class: NetworkError, Retry: RetryYes, Unsent: true, Err: errors.New("down")}
		case s.now.Before(at(640)):
			return &Error{Class: ServerError, Retry: RetryYes, Err: errors.New("500")}
		default:
			return nil
		}
	}
	for i := range 5 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint("u", i)})
	}
	for second := 10; second < 600; second += 10 {
		s.run(float64(second))
		d := s.m.Report(s.now).Detail
		if s.row(RowNetwork) == nil || len(d.Failures) != 1 || d.Failures[0].Class != "network" || d.Failures[0].Users != 5 || secondsOf(d.FailuresSince) > 5 {
			t.Fatalf("after %d s: %+v since %v s", second, d.Failures, secondsOf(d.FailuresSince))
		}
	}
	for i := range 15 {
		s.add(fmt.Sprint("more", i), Request{User: "more"})
	}
	s.run(700)
	s.m.Reset(s.now, "ops")
	if d := s.m.Report(s.now).Detail; len(d.Failures) != 0 || d.FailuresSince != nil {
		t.Errorf("after a reset: %+v", d.Failures)
	}
}

// What is told to be since a time began then: with the first failure that is counted, and not a
// minute before the finding.
func TestFailuresAreSinceTheFirstOfThem(t *testing.T) {
	for _, c := range []struct {
		name string
		at   []float64 // failures, in seconds; calls succeed at every whole second until then
		want float64
	}{
		{"a sudden one", []float64{100.25, 100.5, 101.25, 102.25, 103.25}, 100.25},
		{"one before it that counts", []float64{60.5, 100.25, 101.25, 102.25, 103.25}, 60.5},
		{"from the beginning", []float64{0.25, 1.25, 2.25, 3.25, 4.25}, 0.25},
	} {
		s := newScript(t, boundless(), time.Millisecond)
		failing := false
		s.result = func(string, int) error {
			if failing {
				return final(ServerError)
			}
			return nil
		}
		add := func(at float64, fails bool) {
			s.run(at)
			failing = fails
			s.add(fmt.Sprint(at), Request{})
			s.run(at + 0.1)
		}
		for second := range int(c.at[0]) {
			add(float64(second), false)
		}
		for _, second := range c.at {
			add(second, true)
		}
		if got := s.m.Report(s.now).Detail.FailuresSince; secondsOf(got) < c.want || secondsOf(got) > c.want+0.05 {
			t.Errorf("%s: since %v s, want %v", c.name, secondsOf(got), c.want)
		}
	}
}

// Of many users the latest are kept.
func TestKeptFailuresAreBounded(t *testing.T) {
	s := newScript(t, boundless(), 10*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: ServerError, Retry: RetryNo} }
	for i := range 3 * maxHitUsers {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint("u", i)})
		s.run(float64(i) / 10)
	}
	d := s.m.Report(s.now).Detail
	if f := d.Failures; len(f) != 1 || f[0].Users != maxHitUsers || f[0].Count < 3*maxHitUsers-1 || f[0].Names[0] != fmt.Sprint("u", 3*maxHitUsers-2) && f[0].Names[0] != fmt.Sprint("u", 3*maxHitUsers-1) {
		t.Errorf("got %+v", f)
	}
}
