package queue

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// Overload that comes seldom opens the breaker, too: its lane goes in between, and
// what it knows stays.
func TestTheBreakerRemembersWhatALaneThatGoesKnew(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: Overloaded, Retry: RetryNo} }
	for i := range 20 {
		s.run(float64(5 * i))
		if i > 0 && len(s.m.lanes) > 0 && i < 5 {
			t.Fatalf("at %v the lane is still there", s.now.Sub(t0))
		}
		s.add(fmt.Sprint(i), Request{})
		s.run(float64(5*i) + 1)
	}
	found := false
	for _, f := range s.m.Report(s.now).Detail.Findings {
		found = found || strings.HasPrefix(f.Message, "The API is overloaded (")
	}
	if !found {
		t.Errorf("the findings are %+v", s.m.Report(s.now).Detail.Findings)
	}
}

// whileDead is the result of calls to a host that takes no connections while *dead.
func whileDead(dead *bool) func(string, int) error {
	return func(string, int) error {
		if *dead {
			return &Error{Class: NetworkError, Err: errors.New("connection refused")}
		}
		return nil
	}
}

// Connections that fail are of all lanes: one breaker tries for all of them, and
// costs those that try no attempt.
func TestDeadConnectionsAreTriedForAllLanes(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 50*time.Millisecond)
	dead := true
	s.result = whileDead(&dead)
	for i := range 30 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i), Lane: fmt.Sprint("lane", i%3)})
		s.run(float64(i) / 20)
	}
	before := len(s.starts)
	s.run(31.5)
	if tries := len(s.starts) - before; tries > 4*30 || tries < 10 {
		t.Errorf("%d tries in 30 s, want a few a second at most", tries)
	}
	dead = false
	s.run(42)
	if r := s.m.Report(s.now); r.Metrics.Failed > 0 || r.Metrics.Successful != 30 {
		t.Errorf("ten seconds after it: got %+v, want all 30 to succeed", r.Metrics)
	}
}

// Under the published spacing there is no breaker: it goes on as operators know it.
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

// Connections that are taken for good because nothing was refused for a while let all
// lanes go on, not only the one whose start found out.
func TestSilenceOfConnectionsLetsAllLanesGoOn(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 50*time.Millisecond)
	dead := true
	s.result = whileDead(&dead)
	for i := range 6 {
		s.add(fmt.Sprint("b", i), Request{User: fmt.Sprint(i), Lane: "b"})
	}
	s.run(10)
	dead, s.took = false, 20*time.Second // no answer is streamed
	for i := range 30 {
		s.add(fmt.Sprint("a", i), Request{User: fmt.Sprint(i), Lane: "a"})
	}
	s.run(15)
	s.add("c", Request{Lane: "c"})
	s.run(16)
	if len(waitingIn(s.m, s.now)) > 0 {
		t.Errorf("still waiting, long after the breaker has closed: %v", waitingIn(s.m, s.now))
	}
}

// A 529 with a header that is wrong by a day locks nobody out for a day.
func TestALongRetryAfterOfAnOverloadIsTried(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 50*time.Millisecond)
	s.result = refuses(5, &Error{Class: Overloaded, Retry: RetryNo, RetryAfter: 24 * time.Hour, Err: errors.New("529")})
	for i := range 5 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(600)
	s.add("later", Request{})
	s.run(601)
	if s.startsOf("later") != 1 {
		t.Errorf("ten minutes later: got %v, want it to be tried", s.final["later"])
	}
}

// Where the API is overloaded for one group of models, the verdict names the lane; where calls
// fail now and then, it says neither that none succeeds, nor that it is over.
func TestTheVerdictSaysHowFarTheAPIFails(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		class       Class
		share       float64 // of the calls that fail
		lane        string  // in which they do; empty: in all
		want, never string
	}{
		{Overloaded, 1, "haiku", "The API is overloaded for haiku (", "The API is overloaded ("},
		{Overloaded, 1, "", "The API is overloaded (", "for haiku"},
		{Overloaded, 0.5, "", "The API is overloaded at times (", "was overloaded"},
		{NetworkError, 0.5, "", "The API is reached at times only (", " 1 connection errors in a row"},
	} {
		s := newScript(t, adaptiveSettings(), 200*time.Millisecond)
		s.result = func(name string, _ int) error {
			if strings.HasPrefix(name, c.lane) && random.Float64() < c.share {
				return &Error{Class: c.class, Retry: RetryYes}
			}
			return nil
		}
		wanted := 0
		for i := range 240 {
			for _, lane := range []string{"haiku", "opus"} {
				s.add(fmt.Sprint(lane, i), Request{Lane: lane, User: fmt.Sprint(i % 7)})
			}
			s.run(0.25 * float64(i+1))
			got := s.findings()
			if strings.Contains(got, c.want) {
				wanted++
			}
			if i > 20 && strings.Contains(got, c.never) {
				t.Fatalf("%v: got\n%s", c, got)
			}
		}
		if wanted < 5 {
			t.Errorf("%v: it was said %d times", c, wanted)
		}
	}
}

// A lane was said to be the one that is overloaded though calls of no other one had been
// accepted; and no more as soon as one of its own tries was.
func TestTheOverloadedLaneIsNamedWhereAnotherOneWorks(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	down := map[string]bool{"haiku": true}
	s.result = func(lane string, _ int) error {
		if down[lane] {
			return &Error{Class: Overloaded, Retry: RetryYes}
		}
		return nil
	}
	second := 0.
	call := func(lane string, n int, seconds float64) {
		for range n {
			s.add(lane, Request{Lane: lane})
		}
		second += seconds
		s.run(second)
	}
	want := func(when, message string) {
		t.Helper()
		if got := s.findings(); !strings.Contains(got, message) || !s.m.lanes["haiku"].overload.Open() {
			t.Errorf("%s: got\n%s\nwant %s", when, got, message)
		}
	}
	call("haiku", 20, 3)
	want("no other lane has been tried", "The API is overloaded (")
	call("opus", 1, 1)
	want("another one works", "The API is overloaded for haiku (")
	down["haiku"] = false
	for before := s.m.metrics.successful; s.m.metrics.successful == before; {
		call("haiku", 1, 0.1)
	}
	down["haiku"] = true
	want("a try was accepted", "The API is overloaded for haiku (")
	down["opus"] = true
	call("opus", 20, 3)
	want("both are overloaded", "The API is overloaded (")
	down["opus"] = false
	call("opus", 20, 20)
	want("the other one works again, but nobody has called it lately", "The API is overloaded (")
	call("other", 1, 1)
	want("a third one works", "The API is overloaded for haiku (")
	s.m.JoinLanes(s.now, "other", "haiku")
	want("that is the same by now", "The API is overloaded (")
}

// Who looks after the queue need not wait for the pause of a breaker: its next try starts at
// once, and everything else is as before.
func TestResumeTriesAtOnce(t *testing.T) {
	for _, c := range []struct {
		class Class
		lane  string // that is resumed
		want  bool
	}{
		{Overloaded, "a", true},
		{Overloaded, "b", false}, // another lane: nothing is wrong with it
		{NetworkError, "a", true},
	} {
		s := newScript(t, adaptiveSettings(), 50*time.Millisecond)
		s.result = refuses(5, &Error{Class: c.class, Retry: RetryNo, RetryAfter: time.Minute, Err: errors.New("down")})
		for i := range 5 {
			s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i), Lane: "a"})
		}
		for i := 1; len(s.final) < 5; i++ {
			s.run(float64(i) / 100)
		}
		open := s.now.Sub(t0).Seconds()
		s.add("later", Request{Lane: "a"})
		s.add("other", Request{Lane: "b"})
		s.run(open + 0.01)
		told := s.m.Report(s.now).Detail.Lanes[0].Breaker
		if told == nil || told.Class != c.class.Name() || told.Failures != 5 || told.NextTryMs == 0 || s.startsOf("later") != 0 {
			t.Fatalf("%v: the lane tells %+v, %d starts", c.class, told, s.startsOf("later"))
		}
		if got := s.m.Resume(s.now, c.lane, "ops"); got != c.want {
			t.Errorf("%v, %s: got %v, want %v", c.class, c.lane, got, c.want)
		}
		s.run(open + 0.02)
		if got := s.startsOf("later") == 1; got != c.want {
			t.Errorf("%v, %s: it has started: %v, want %v", c.class, c.lane, got, c.want)
		}
		if c.want && s.m.Resume(s.now, c.lane, "ops") {
			t.Errorf("%v: there is a second pause to end", c.class)
		}
		said := 0
		for _, e := range s.m.Report(s.now).Detail.Events {
			if e.Kind == KindResumed && e.By == "ops" && e.Class == c.class.Name() {
				said++
			}
		}
		if want := map[bool]int{true: 1}[c.want]; said != want {
			t.Errorf("%v, %s: the events say it %d times, want %d", c.class, c.lane, said, want)
		}
	}
}

// Who stands aside after a failed try says for what: nobody is overloaded who cannot be reached.
func TestWhatAFailedTryStandsAsideFor(t *testing.T) {
	for want, failure := range map[string]*Error{
		"connection": {Class: NetworkError, Retry: RetryYes, Unsent: true},
		"overload":   {Class: Overloaded, Retry: RetryYes},
	} {
		settings := DefaultSettings()
		settings.Adaptive, settings.Attempts = true, 20
		s := newScript(t, settings, 100*time.Millisecond)
		s.result = func(string, int) error { return failure }
		s.crowd(9)
		s.run(20)
		tried := 0
		for _, w := range s.m.WaitingPage(s.now, WaitingQuery{Limit: 20}).Waiting {
			switch w.Aside {
			case want:
				tried++
			case "", "backoff":
			default:
				t.Errorf("%s: got %q", want, w.Aside)
			}
		}
		if tried == 0 {
			t.Errorf("%s: nobody stands aside for it", want)
		}
	}
}
