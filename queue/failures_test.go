package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func final(c Class) error { return &Error{Class: c, Retry: RetryNo, Err: errors.New(c.String())} }

// boundless starts everything at once.
func boundless() Settings {
	s := unpaced()
	s.MaxInFlight = mostCount
	return s
}

// findings returns the findings now, one a line: level, message, recommendation.
func (s *script) findings() string {
	var lines []string
	for _, f := range s.m.Report(s.now).Detail.Findings {
		lines = append(lines, f.Level+": "+f.Message+": "+f.Recommendation)
	}
	return strings.Join(lines, "\n")
}

// Each class of failure has its own sentence.
func TestEachClassOfFailureHasItsRemedy(t *testing.T) {
	for class, want := range map[Class]string{
		ServerError:  "Check the API's status (5xx); review",
		RateLimited:  "Check the API tier (429), or raise minDelay; review",
		Overloaded:   "Wait: the API is overloaded for everybody (529); review",
		KeyRefused:   "Check the API key (401/403): is it valid, active and paid for?; review",
		SpendCap:     "Raise the spend limit in the Claude Console; review",
		NetworkError: "Check the network (connection errors), DNS, the proxy and the API's address; review",
		Timeout:      "Check the API's answer times (time-outs); review",
	} {
		s := newScript(t, DefaultSettings(), time.Second)
		s.serve(10, final(class))
		if class == RateLimited { // they wait for pauses
			s.run(300)
		}
		for _, row := range []string{"Nothing succeeds (10 failed in a row): ", "High failure rate (0.0% of the last 10 succeeded): "} {
			if got := s.findings(); !strings.Contains(got, row+want) {
				t.Errorf("%v: got\n%s\nwant %s%s", class, got, row, want)
			}
		}
		if class.Cause() == "" || class.Cause() == ClientError.Cause() {
			t.Errorf("%v has the cause %q", class, class.Cause())
		}
		if named, ok := class.Name().Class(); !ok || named != class {
			t.Errorf("%v: its name is of %v, %v", class, named, ok)
		}
	}
	if _, ok := ClassName("poor taste").Class(); ok {
		t.Error("there is a class of poor taste")
	}
}

// What dominates the last minute decides, though the last 20 have more of another class.
func TestTheCauseIsThatOfTheLastMinute(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.serve(12, final(Overloaded))
	s.run(s.now.Sub(t0).Seconds() + 60)
	s.serve(6, final(NetworkError))
	s.serve(1, final(Timeout))
	if got := s.findings(); !strings.Contains(got, "19 failed in a row): Check the network") {
		t.Errorf("got\n%s", got)
	}
}

// In an outage people wait and are refused because of it: no limit that is raised would
// help them, and none is said to.
func TestAnOutageIsTheCauseOfWaitsAndRefusals(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		for _, class := range []Class{ServerError, Overloaded, NetworkError, Timeout} {
			t.Run(fmt.Sprintf("%v, adaptive %v", class, adaptive), func(t *testing.T) {
				settings := DefaultSettings()
				settings.Adaptive, settings.MaxQueue, settings.MaxWait = adaptive, 30, time.Hour
				settings.MinDelay, settings.MaxDelay = time.Second, time.Second
				s := newScript(t, settings, 100*time.Millisecond)
				s.result = func(string, int) error {
					return &Error{Class: class, Retry: RetryYes, RetryAfter: 20 * time.Second, Err: errors.New("down")}
				}
				for i := range 90 {
					s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
					s.run(float64(i) / 2)
				}
				got := s.findings()
				for _, never := range []string{"Upgrade", "aise maxQueue", "aise the API tier", "upgrading", "aise minDelay"} {
					if strings.Contains(got, never) {
						t.Errorf("%q stands in\n%s", never, got)
					}
				}
				for _, always := range []string{"Refusing requests; cause: " + class.Cause() + " (", "in the last minute): " + class.Remedy(), "Queue is backing up; cause: " + class.Cause()} {
					if !strings.Contains(got, always) {
						t.Errorf("%q is missing in\n%s", always, got)
					}
				}
				if d := s.m.Report(s.now).Detail; d.Cause != class.Name() || d.Failures[0].Class != class.Name() {
					t.Errorf("the cause is %q, the failures are %+v", d.Cause, d.Failures)
				}
			})
		}
	}
}

// A rate limit is what the pace is for: whoever waits for it may raise it.
func TestARateLimitIsNoOutage(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.serve(10, final(RateLimited))
	s.crowd(8)
	if d := s.m.Report(s.now).Detail; d.Cause != "" || !strings.Contains(s.findings(), "raise minDelay or the API tier") {
		t.Errorf("the cause is %q, the findings are\n%s", d.Cause, s.findings())
	}
}

// A call that started before the outage, and ends well in it, says nothing about it.
func TestALateSuccessDoesNotHideAnOutage(t *testing.T) {
	s := newScript(t, boundless(), time.Second)
	late := s.add("late", Request{})
	s.m.Start(s.now, s.m.Next(s.now))
	s.result = func(string, int) error { return final(NetworkError) }
	for i := range 12 {
		s.add(fmt.Sprint(i), Request{})
		s.run(float64(2 * (i + 1)))
	}
	_, _ = s.m.Finish(s.now, late, nil)
	s.wantVerdict("critical", "The API cannot be reached (12 connection errors in a row)")
	if got := s.findings(); !strings.Contains(got, "critical: Nothing succeeds") {
		t.Errorf("got\n%s", got)
	}
	if s.m.health.outage.until != never {
		t.Error("the outage is over")
	}
	s.result = nil
	s.add("after", Request{})
	s.run(27)
	s.wantVerdict("critical", "The API could not be reached until just now (12 connection errors in the last minute)") // held
	s.run(38)
	if r := s.m.Report(s.now); r.Status == "critical" {
		t.Errorf("10 s after a success: %s", r.Health.Message)
	}
}

// Who waits since the outage has waited because of it, also when it is over: that is said,
// but it is no cause any more.
func TestABacklogIsOfTheOutage(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.MaxDelay, settings.Step = 20*time.Second, 20*time.Second, 0
	s := newScript(t, settings, time.Second)
	s.result = func(string, int) error { return final(ServerError) }
	s.crowd(14)
	s.run(101)
	if got := s.m.Report(s.now).Detail.Cause; got != "" { // 3 failures a minute say little
		t.Fatalf("the cause is %q", got)
	}
	settings.MinDelay, settings.MaxDelay = 2*time.Second, 2*time.Second
	_ = s.m.SetSettings(s.now, settings)
	s.run(105)
	settings.MinDelay, settings.MaxDelay = 20*time.Second, 20*time.Second
	_ = s.m.SetSettings(s.now, settings)
	s.result = nil
	for _, c := range []struct {
		at    float64
		cause string
		words string // in the findings
	}{
		{110, "server", "times; cause: server errors (5xx) ("},
		{180, "", "times after server errors (5xx) ("},
		{250, "server", "times in the last minute; cause: server errors (5xx) (0 waiting"},
		{335, "", "High failure rate"},
	} {
		s.run(c.at)
		d := s.m.Report(s.now).Detail
		if got := s.findings(); string(d.Cause) != c.cause || !strings.Contains(got, c.words) {
			t.Errorf("at %v s the cause is %q, want %q, and there is no %q in\n%s", c.at, d.Cause, c.cause, c.words, got)
		}
	}
}

// The last minute's failures stay in sight though all of the last 20 succeeded.
func TestFailuresOfTheLastMinuteStayInSight(t *testing.T) {
	s := newScript(t, boundless(), 100*time.Millisecond)
	s.result = func(name string, attempt int) error {
		switch {
		case strings.HasPrefix(name, "bad"):
			return final(ClientError)
		case strings.HasPrefix(name, "net") && attempt == 1:
			return &Error{Class: NetworkError, Retry: RetryYes}
		default:
			return nil
		}
	}
	for i, name := range []string{"net1", "net2", "bad1", "net3", "net4", "net5", "net6"} {
		s.add(name, Request{User: fmt.Sprint("user", i)})
	}
	s.run(30)
	for i := range 20 {
		s.add(fmt.Sprint(i), Request{})
	}
	s.run(59)
	d := s.m.Report(s.now).Detail
	if *d.Recent.SuccessRate != 1 || len(d.Failures) != 2 {
		t.Fatalf("%v succeeded, the failures are %+v", *d.Recent.SuccessRate, d.Failures)
	}
	if f := d.Failures[0]; f.Class != "network" || f.Count != 6 || f.Users != 6 || !slices.Equal(f.Names, []string{"user6", "user5", "user4", "user3", "user1"}) {
		t.Errorf("got %+v", f)
	}
	if f := d.Failures[1]; f.Class != "client" || f.Count != 1 || f.Users != 1 {
		t.Errorf("got %+v", f)
	}
	s.run(61)
	if d := s.m.Report(s.now).Detail; len(d.Failures) != 0 || d.Failures == nil {
		t.Errorf("after a minute: %+v", d.Failures)
	}
}

// Callers with bad keys that try again and again make a long row of failures between two
// answers of the others: that is not nothing.
func TestNothingSucceedsIsNotSaidBetweenTwoSuccesses(t *testing.T) {
	s := newScript(t, boundless(), 100*time.Millisecond)
	s.result = func(name string, _ int) error {
		if strings.HasPrefix(name, "bad") {
			return &Error{Class: KeyRefused, CallerKey: true}
		}
		return nil
	}
	for second := range 60 {
		if second%4 == 0 {
			s.add("good", Request{User: "good"})
		}
		for i := range 6 {
			s.add(fmt.Sprint("bad", i), Request{User: fmt.Sprint("bad", i)})
		}
		s.run(float64(second) + 0.9)
		if got := s.findings(); strings.Contains(got, "Nothing succeeds") {
			t.Fatalf("at %d s: %s", second, got)
		}
	}
}

// Callers' own mistakes say nothing of the queue, until nothing else happens: then somebody
// should look at what all of them have in common.
func TestNothingSucceedsForSeveralUsers(t *testing.T) {
	for _, c := range []struct {
		name      string
		err       error
		users     int
		succeeds  string // its requests succeed
		want      string
		knownRate bool
	}{
		{"keys", &Error{Class: KeyRefused, CallerKey: true}, 8, "", "critical: Nothing succeeds; cause: refused keys (401, 402, 403) (60 calls of 8 users failed in the last minute): Check the callers' keys and the API's address", false},
		{"a wrong address", &Error{Class: ClientError}, 3, "", "critical: Nothing succeeds; cause: mistakes of the callers (400/404/413) (60 calls of 3 users failed in the last minute): Check the requests and the API's address", false},
		{"one user's", &Error{Class: ClientError}, 1, "", "warning: Every request of u0 fails (60 of 60 in the last minute)", false},
		{"another one's succeed", &Error{Class: ClientError}, 8, "u3", "warning: Every request of u4 and of 6 others fails (8 of 8 in the last minute)", true},
	} {
		s := newScript(t, boundless(), 100*time.Millisecond)
		failing := false
		s.result = func(name string, _ int) error {
			user, _, _ := strings.Cut(name, "-")
			if !failing || user == c.succeeds {
				return nil
			}
			return c.err
		}
		for second := range 200 {
			failing = second >= 20
			user := fmt.Sprint("u", second%c.users)
			s.add(fmt.Sprint(user, "-", second), Request{User: user})
			s.run(float64(second) + 0.9)
			if second != 20+criticalFailures {
				continue
			}
			if got := s.findings(); strings.Contains(got, "Nothing succeeds; cause: ") != strings.HasPrefix(c.want, "critical") {
				t.Errorf("%s, after 11 calls: got\n%s", c.name, got)
			}
			if rate := s.m.Report(s.now).Detail.Recent.SuccessRate; c.users > 1 && c.succeeds == "" && rate != nil {
				t.Errorf("%s, after 11 calls: of the last finished %v succeeded", c.name, *rate)
			}
		}
		got := s.findings()
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: got\n%s\nwant %s", c.name, got, c.want)
		}
		if d := s.m.Report(s.now).Detail; (d.Recent.SuccessRate != nil) != c.knownRate {
			t.Errorf("%s: the recent rate is %v of %d", c.name, d.Recent.SuccessRate, d.Recent.Finished)
		}
		s.result = nil
		s.add("good", Request{User: "u1"})
		s.run(200.5)
		if got := s.findings(); strings.HasPrefix(c.want, "critical") && !strings.Contains(got, "warning: Nothing succeeded until just now; cause: ") {
			t.Errorf("%s: after a success got\n%s", c.name, got)
		}
		s.run(262)
		s.findings()
		s.run(275)
		s.wantVerdict("healthy", "Queue is processing normally")
	}
}

// What is not tried again is helped by no more attempts.
func TestAttemptsAreRecommendedForWhatIsTriedAgain(t *testing.T) {
	for class, want := range map[Class]bool{ServerError: true, Overloaded: true, NetworkError: true, KeyRefused: false, Timeout: false} {
		s := newScript(t, DefaultSettings(), time.Second)
		s.serve(10, final(class))
		if got := s.findings(); strings.Contains(got, "raise the retry attempts") != want {
			t.Errorf("%v: got\n%s", class, got)
		}
	}
}

// However many users are hit, so many are kept.
func TestHitUsersAreBounded(t *testing.T) {
	s := newScript(t, boundless(), time.Second)
	s.result = func(string, int) error { return final(Timeout) }
	for i := range 3 * maxHitUsers {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(2)
	f := s.m.Report(s.now).Detail.Failures[0]
	if f.Count != 3*maxHitUsers || f.Users != maxHitUsers || f.Names[0] != fmt.Sprint(3*maxHitUsers-1) || len(f.Names) != namedHitUsers {
		t.Errorf("got %+v", f)
	}
	if c := &s.m.health.failures.byClass[Timeout]; c.hits.Len != len(c.byUser) {
		t.Errorf("%d in the list, %d in the map", c.hits.Len, len(c.byUser))
	}
}

// One rule says what calls fail for, in place of the pace: the verdict names it below the
// success rate of a warning, and the advice is silent while most fail.
func TestWhatCallsFailFor(t *testing.T) {
	ok := func(n int) []error { return make([]error, n) }
	fail := func(n int, class Class) []error { return slices.Repeat([]error{final(class)}, n) }
	mistake := func(n int) []error { return slices.Repeat([]error{&Error{Class: ClientError}}, n) }
	for _, c := range []struct {
		name           string
		ends           []error
		cause, silence string // of the verdict, of the advice
	}{
		{"nothing yet", nil, "", ""},
		{"four", fail(4, ServerError), "", ""},
		{"five, most of one class", slices.Concat(fail(3, ServerError), fail(2, NetworkError)), "server", "server"},
		{"three in four succeed", slices.Concat(ok(15), fail(5, Timeout)), "time-out", ""},
		{"four in five succeed", slices.Concat(ok(20), fail(5, Timeout)), "", ""},
		{"as many succeed", slices.Concat(ok(5), fail(5, Timeout)), "time-out", ""},
		{"most fail", slices.Concat(ok(5), fail(6, Timeout)), "time-out", "time-out"},
		{"most succeeded, and now nothing does", slices.Concat(ok(30), fail(10, ServerError)), "server", "server"},
		{"they have failed, and one succeeds", slices.Concat(ok(30), fail(10, ServerError), ok(1)), "server", ""},
		{"they have failed, and calls succeed again", slices.Concat(fail(20, ServerError), ok(6)), "", ""},
		{"the rate limit is what most fail for", slices.Concat(fail(9, RateLimited), fail(6, ServerError)), "", ""},
		{"mistakes of one caller", mistake(4), "", ""},
		{"mistakes, and nothing else", mistake(20), "client", "client"},
		{"mistakes, and a success", slices.Concat(mistake(20), ok(1)), "", ""},
		{"a spend cap", slices.Concat(ok(5), fail(20, SpendCap)), "spend cap", "spend cap"},
	} {
		s := boundless()
		s.Attempts = 1
		m, now := newMachine(t, s), t0
		for i, end := range c.ends {
			now = t0.Add(time.Duration(i) * time.Second)
			k, err := m.Add(now, Request{User: fmt.Sprint(i % 3)})
			if err != nil { // for the spend cap
				continue
			}
			for next := m.Next(now); next != nil; next = m.Next(now) {
				m.Start(now, next)
			}
			_, _ = m.Finish(now, k, end)
		}
		cause, silence := "", ""
		if class, blamed := m.heldUpBy(); blamed {
			cause = class.String()
		}
		if class, outage := m.Outage(now); outage {
			silence = class.String()
		}
		if cause != c.cause || silence != c.silence {
			t.Errorf("%s: the cause is %q, want %q; the advice is silent for %q, want %q", c.name, cause, c.cause, silence, c.silence)
		}
	}
}
