package queue

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// While the API is overloaded, one request at a time is tried, ever less often; the
// first success lets the rest go on.
func TestBreakerTriesOneAtATime(t *testing.T) {
	settings := adaptiveSettings()
	settings.Attempts = 20
	settings.MinDelay, settings.Step, settings.MaxInFlight = 0, 0, 1000
	s := newScript(t, settings, 100*time.Millisecond)
	over := false
	s.result = func(string, int) error {
		if !over {
			return &Error{Class: Overloaded, Err: errors.New("529 overloaded_error")}
		}
		return nil
	}
	for range 20 {
		s.add("x", Request{})
	}
	s.run(0.5) // all have been refused once
	if n := len(s.starts); n != 20 {
		t.Fatalf("%d started at first, want 20: nobody knows better yet", n)
	}
	s.run(60)
	if n := len(s.starts); n > 20+7 {
		t.Errorf("%d starts in a minute of overload, want a few tries", n)
	}
	r := s.m.Report(s.now)
	found := false
	for _, f := range r.Detail.Findings {
		found = found || strings.HasPrefix(f.Message, "The API is overloaded (")
		if strings.HasPrefix(f.Message, "Paused by the API") {
			t.Errorf("it says %q: %s", f.Message, f.Recommendation)
		}
	}
	if !found {
		t.Errorf("the findings do not say so: %+v", r.Detail.Findings)
	}
	over = true
	s.run(120)
	if r := s.m.Report(s.now); r.Metrics.Successful != 20 || r.Metrics.CurrentQueueLength != 0 {
		t.Errorf("a minute after the overload: got %+v, want all 20 answered", r.Metrics)
	}
	for _, f := range s.m.Report(s.now).Detail.Findings {
		if strings.HasPrefix(f.Message, "The API is overloaded") {
			t.Errorf("it still says %q", f.Message)
		}
	}
}

// Under the published spacing there is none: it goes on as operators know it.
func TestNoBreakerUnderTheSpacing(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 1
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: Overloaded} }
	for range 10 {
		s.add("x", Request{})
	}
	s.run(60)
	if n := len(s.starts); n != 10 {
		t.Errorf("%d started, want all 10", n)
	}
}
