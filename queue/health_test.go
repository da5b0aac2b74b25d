package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// serve lets n requests come and end one after another, as fast as the pace
// allows.
func (s *script) serve(n int, err error) {
	s.t.Helper()
	for range n {
		s.result = func(string, int) error { return err }
		s.add("x", Request{User: "x"})
		s.run(s.now.Sub(t0).Seconds() + 3)
	}
}

func (s *script) wantVerdict(status, message string) {
	s.t.Helper()
	r := s.m.Report(s.now)
	if r.Status != status || r.Health.Message != message || r.Health.IsHealthy != (status == "healthy") {
		s.t.Errorf("at %v: got %s: %s, want %s: %s", s.now.Sub(t0), r.Status, r.Health.Message, status, message)
	}
	if (r.Health.Recommendation == nil) != (status == "healthy") {
		s.t.Errorf("at %v: recommendation %v", s.now.Sub(t0), r.Health.Recommendation)
	}
}

func TestRowsOfTheHealthTable(t *testing.T) {
	final := func(c Class) error { return &Error{Class: c, Retry: RetryNo} }
	for _, test := range []struct {
		name            string
		play            func(s *script)
		status, message string
		recommendation  string
	}{
		{"nothing yet", func(*script) {}, "healthy", "Queue is processing normally", ""},
		{"5 waiting", func(s *script) { s.crowd(6) }, "healthy", "Queue is processing normally", ""},
		{"6 waiting", func(s *script) { s.crowd(7) }, "warning", "Queue is backing up (6 requests waiting)", "Consider upgrading API tier or implementing additional rate limiting"},
		{"20 waiting", func(s *script) { s.crowd(21) }, "critical", "Very long wait times (20 waiting, last in 1 min 12 s, users wait about 1 min 07 s)", "Upgrade API tier, prioritize requests, or add response caching"},
		{"4 failed are too few to judge", func(s *script) { s.serve(4, final(ServerError)) }, "healthy", "Queue is processing normally", ""},
		{"7 of 10 succeeded", func(s *script) { s.serve(3, final(RateLimited)); s.serve(7, nil) }, "warning", "High failure rate (70.0% of the last 10 succeeded)", "Check the API tier (429)"},
		{"8 of 10 succeeded", func(s *script) { s.serve(8, nil); s.serve(2, final(ServerError)) }, "healthy", "Queue is processing normally", ""},
		{"the network fails most", func(s *script) { s.serve(10, nil); s.serve(2, final(Overloaded)); s.serve(4, final(NetworkError)) }, "warning", "High failure rate (62.5% of the last 16 succeeded)", "Check the network"},
		{"callers' mistakes do not count", func(s *script) { s.serve(15, final(ClientError)); s.serve(15, nil) }, "healthy", "Queue is processing normally", ""},
		{"a caller's own key does not count", func(s *script) { s.serve(15, &Error{Class: KeyRefused, CallerKey: true}); s.serve(15, nil) }, "healthy", "Queue is processing normally", ""},
		{"a caller makes nothing but mistakes", func(s *script) { s.serve(30, final(ClientError)) }, "warning", "Every request of x fails (20 of 20 in the last minute): mistakes of the callers (400/404/413)", "Ask x to look at what they send"},
		{"the key of all who call is refused", func(s *script) { s.serve(5, &Error{Class: KeyRefused, CallerKey: true}) }, "critical", "Nothing succeeds; cause: refused keys (401, 402, 403) (5 calls of 1 user failed in the last minute)", "Check the callers' keys"},
		{"our key is refused", func(s *script) { s.serve(1, &Error{Class: KeyRefused}) }, "critical", "Every API key was refused", "Check the API key"},
		{"other keys are left", func(s *script) { s.serve(1, &Error{Class: KeyRefused, OtherKeys: true}) }, "healthy", "Queue is processing normally", ""},
		{"the spend cap", func(s *script) { s.serve(1, final(SpendCap)) }, "critical", "The spend cap is reached", "Raise the spend limit"},
		{"5 connection errors", func(s *script) { s.serve(5, final(NetworkError)) }, "critical", "The API cannot be reached (5 connection errors in a row)", "Check the network"},
		{"none of the last 10", func(s *script) { s.serve(20, nil); s.serve(10, final(Overloaded)) }, "critical", "Nothing succeeds (10 failed in a row)", "Wait: the API is overloaded"},
		{"refused at the door", func(s *script) {
			few := DefaultSettings()
			few.MaxQueue = 2
			if err := s.m.SetSettings(s.now, few); err != nil {
				s.t.Fatal(err)
			}
			s.crowd(5)
			s.run(3)
		}, "warning", "Refusing requests (2 in the last minute)", "Raise maxQueue"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScript(t, DefaultSettings(), time.Second)
			test.play(s)
			s.wantVerdict(test.status, test.message)
			if got := s.m.Report(s.now).Health.Recommendation; got != nil && !strings.HasPrefix(*got, test.recommendation) {
				t.Errorf("recommendation: got %s, want %s…", *got, test.recommendation)
			}
		})
	}
}

// crowd lets n requests of n users arrive now.
func (s *script) crowd(n int) {
	for i := range n {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
		s.step()
	}
}

func TestAQueueIsStuck(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxInFlight, settings.Thresholds.CriticalUserWait = 1, time.Hour
	s := newScript(t, settings, 24*time.Hour)
	s.crowd(2)
	s.run(58)
	s.wantVerdict("healthy", "Queue is processing normally")
	s.run(62)
	found := s.m.Report(s.now).Detail.Findings
	if len(found) != 1 || found[0].Message != "Queue is stuck (1 waiting, nothing done for 60 s)" || !strings.HasPrefix(found[0].Recommendation, "Check the API and the network: all slots are held by 1 silent call;") {
		t.Errorf("got %+v", found)
	}
	s.m.Progress(s.now, s.running[0]) // a byte came
	s.run(65)
	if got := s.findings(); !strings.Contains(got, "stuck until just now (1 waiting): Nothing now;") {
		t.Errorf("just after: got\n%s", got)
	}
	s.run(80)
	for _, f := range s.m.Report(s.now).Detail.Findings {
		if strings.Contains(f.Message, "stuck") {
			t.Errorf("got %s", f.Message)
		}
	}
}

// A queue in front of a black hole was healthy until its slots were used up, or its calls
// cut off.
func TestNoCallIsAnswered(t *testing.T) {
	for _, c := range []struct {
		calls int
		usual time.Duration // of answers; 0: nobody knows
		from  int           // when it is said, in seconds after the calls; 0: never
	}{{5, time.Second, 60}, {5, 45 * time.Second, 90}, {5, 0, 120}, {4, time.Second, 0}} {
		s := newScript(t, boundless(), c.usual)
		at := 0.
		if c.usual > 0 {
			s.add("before", Request{})
			at += c.usual.Seconds()
			s.run(at)
		}
		s.took = time.Hour
		for i := range c.calls {
			s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
		}
		first := 0
		for second := range 150 {
			s.run(at + float64(second))
			if first == 0 && strings.Contains(s.findings(), "warning: No call is answered (5 running, nothing heard for ") {
				first = second
			}
		}
		if apart := first - c.from; apart < 0 || apart > 5 { // the quantile is 3% off
			t.Errorf("%d calls, of which 95 in 100 take %v: it was said after %d s, want %d", c.calls, c.usual, first, c.from)
		}
		if class, outage := s.m.Outage(s.now); outage != (c.from > 0) || outage && class != Timeout {
			t.Errorf("%d calls: an outage: %v, of %v", c.calls, outage, class)
		}
		s.m.Progress(s.now, s.running[0])
		if got := s.findings(); c.from > 0 && !strings.Contains(got, "warning: No call was answered until just now: Nothing now") {
			t.Errorf("after a byte: got\n%s", got)
		}
		s.run(at + 165)
		s.wantVerdict("healthy", "Queue is processing normally")
	}
}

// The calls that one silence has held up, and that were answered at its end, hide no second one.
func TestASecondSilenceIsSeenLikeTheFirst(t *testing.T) {
	s := newScript(t, boundless(), 2*time.Second)
	call := func(n int, took time.Duration) {
		s.took = took
		for i := range n {
			s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
		}
		s.step()
	}
	call(20, 2*time.Second)
	s.run(5)
	call(15, 80*time.Second)
	s.run(90)
	call(20, 2*time.Second)
	s.run(95)
	call(10, time.Hour)
	s.run(160)
	if got := s.findings(); !strings.Contains(got, "No call is answered (10 running") {
		t.Errorf("65 s after: got\n%s", got)
	}
}

// Clients that give up, before any of their calls has run for so long that its answer is due,
// hid that none is answered.
func TestNoCallIsAnsweredWhereClientsGiveUp(t *testing.T) {
	const every = 5 // seconds between two calls
	for _, c := range []struct {
		cut  float64 // seconds after which a client gives up
		from float64 // when it is said, where an answer is due after 60
	}{{10, 160}, {59, 90}, {100, 85}, {119, 85}, {300, 85}} {
		s := newScript(t, boundless(), time.Second)
		s.add("answered", Request{})
		s.run(2)
		s.took = time.Hour
		said := 0.
		for second := 2.; second <= 900; second++ {
			if int(second)%every == 0 {
				s.add(fmt.Sprint(second), Request{User: fmt.Sprint(int(second) % 20)})
			}
			for len(s.running) > 0 && s.now.Sub(s.ends[s.running[0]]) >= time.Duration(c.cut*float64(time.Second))-s.took {
				s.leave(s.running[0])
			}
			s.run(second)
			silent := strings.Contains(s.findings(), "warning: No call is answered (")
			if silent && said == 0 {
				said = second
			}
			if said > 0 && !silent {
				t.Fatalf("clients give up after %v s: it was said at %v s, and at %v s no more:\n%s", c.cut, said, second, s.findings())
			}
		}
		if said < c.from-5 || said > c.from+5 {
			t.Errorf("clients give up after %v s: it was said at %v s, want %v", c.cut, said, c.from)
		}
	}
}

// That nothing has succeeded is not forgotten because nobody calls any more: not until a call
// succeeds, but for an hour at most.
func TestTheLastThatIsKnownIsSaid(t *testing.T) {
	for _, again := range []bool{false, true} {
		s := newScript(t, boundless(), 100*time.Millisecond)
		s.add("served", Request{User: "u0"})
		s.run(1)
		s.result = func(string, int) error { return &Error{Class: KeyRefused, CallerKey: true} }
		for second := 2; second < 30; second++ {
			s.add(fmt.Sprint(second), Request{User: fmt.Sprint("u", second%5)})
			s.run(float64(second) + 0.5)
			s.findings()
		}
		if got := s.findings(); !strings.Contains(got, "critical: Nothing succeeds; cause: refused keys (401, 402, 403) (28 calls of 5 users") {
			t.Fatalf("while they call: got\n%s", got)
		}
		for minute := 2; minute < 58; minute++ {
			s.run(60 * float64(minute))
			s.wantVerdict("warning", "Nothing has succeeded since 14:00:00, and nobody calls now")
		}
		if again {
			s.result = nil
			s.add("again", Request{User: "u0"})
			s.run(57*60 + 3)
			if got := s.findings(); !strings.HasPrefix(strings.TrimSpace(got), "warning: Nothing succeeded until just now: Nothing now") {
				t.Errorf("a call succeeds: got\n%s", got)
			}
		}
		for _, after := range []float64{62 * 60, 63 * 60} {
			s.run(after)
			s.findings()
		}
		s.wantVerdict("healthy", "Queue is processing normally")
	}
}

// Few who give up soon, or who did so long ago, say nothing of the API.
func TestClientsThatGiveUpSoonSayNothing(t *testing.T) {
	s := newScript(t, boundless(), time.Hour)
	giveUp := func(n int, after float64) {
		s.step()
		end := s.now.Sub(t0).Seconds() + after
		for i := range n {
			s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
		}
		s.run(end)
		for len(s.running) > 0 {
			s.leave(s.running[0])
		}
	}
	s.run(600)
	giveUp(100, 3)
	if got := s.findings(); strings.Contains(got, "No call") {
		t.Errorf("a hundred gave up after 3 s: got\n%s", got)
	}
	giveUp(10, 100)
	if got := s.findings(); !strings.Contains(got, "warning: No call was answered when it was last tried, 14:10:03, and nobody calls now") {
		t.Errorf("ten more gave up after 100 s: got\n%s", got)
	}
	s.run(s.now.Sub(t0).Seconds() + 60)
	if got := s.findings(); !strings.Contains(got, "warning: No call was answered when it was last tried, 14:10:03, and nobody calls now") {
		t.Errorf("nothing runs for a minute: got\n%s", got)
	}
	s.add("one", Request{})
	s.step()
	if got := s.findings(); !strings.Contains(got, "warning: No call was answered: Wait for the next calls") {
		t.Errorf("one more calls: got\n%s", got)
	}
	s.leave(s.running[0])
	s.run(s.now.Sub(t0).Seconds() + 8*3600)
	s.add("next", Request{})
	s.run(s.now.Sub(t0).Seconds() + 30)
	s.wantVerdict("healthy", "Queue is processing normally")
}

// A long spacing is no reason to call a queue stuck.
func TestALongSpacingIsNotStuck(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.MaxDelay, settings.Step = 2*time.Minute, 2*time.Minute, 0
	settings.Thresholds.CriticalUserWait = time.Hour
	s := newScript(t, settings, time.Second)
	s.crowd(3)
	for second := 10; second < 300; second += 10 {
		s.run(float64(second))
		s.wantVerdict("healthy", "Queue is processing normally")
	}
}

func TestResetKeepsTheQueue(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.serve(8, &Error{Class: ServerError, Retry: RetryNo})
	s.result = nil
	s.crowd(4)
	s.run(s.now.Sub(t0).Seconds() + 0.5)
	s.m.Reset(s.now, "an operator")
	r := s.m.Report(s.now)
	d := r.Detail
	if r.Metrics.TotalRequests != 4 || r.Metrics.CurrentQueueLength != 3 || d.Running != 1 || d.Resets != 1 {
		t.Errorf("got %+v, %d running, %d resets", r.Metrics, d.Running, d.Resets)
	}
	if r.Metrics.Failed != 0 || r.Metrics.LastProcessedAt != nil || d.Wait.Count != 0 || d.Recent.Finished != 0 || r.Status != "healthy" || r.Metrics.SuccessRate != "0.0%" {
		t.Errorf("something was kept: %+v, %+v, %s", r.Metrics, d.Wait, r.Status)
	}
	if last := d.Events[len(d.Events)-1]; last.Kind != KindReset || last.By != "an operator" {
		t.Errorf("last event: %+v", last)
	}
	s.run(s.now.Sub(t0).Seconds() + 30)
	r = s.m.Report(s.now)
	if r.Metrics.TotalRequests != 4 || r.Metrics.Successful != 4 {
		t.Errorf("after it: %+v", r.Metrics)
	}
}

func TestAnAnswerEndsTheRowOfConnectionErrors(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.serve(12, nil)
	s.serve(4, &Error{Class: NetworkError, Retry: RetryNo})
	s.serve(1, &Error{Class: ClientError})
	s.serve(1, &Error{Class: NetworkError, Retry: RetryNo})
	if r := s.m.Report(s.now); r.Status == "critical" {
		t.Errorf("got %s", r.Health.Message)
	}
}

func TestASuccessEndsWhatItRefutes(t *testing.T) {
	for _, class := range []Class{KeyRefused, SpendCap} {
		s := newScript(t, DefaultSettings(), time.Second)
		s.serve(1, &Error{Class: class})
		if r := s.m.Report(s.now); r.Status != "critical" {
			t.Errorf("%v: got %s", class, r.Status)
		}
		s.serve(8, nil)
		if r := s.m.Report(s.now); r.Status != "healthy" {
			t.Errorf("%v: after a success still %s: %s", class, r.Status, r.Health.Message)
		}
	}
}

// Failures that nobody has followed for long say nothing of now.
func TestARateOfFailuresAges(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.serve(10, nil)
	s.serve(8, &Error{Class: ServerError, Retry: RetryNo})
	s.serve(2, nil)
	last := s.now.Sub(t0).Seconds() - 6
	s.wantVerdict("warning", "High failure rate (60.0% of the last 20 succeeded)")
	s.run(last + 290)
	s.wantVerdict("warning", "High failure rate (60.0% of the last 20 succeeded)")
	s.run(last + 302)
	s.wantVerdict("warning", "High failure rate five minutes ago (60.0% of the last 20 succeeded)")
	s.run(last + 320)
	s.wantVerdict("healthy", "Queue is processing normally")
	if r := s.m.Report(s.now).Detail.Recent; r.SuccessRate != nil {
		t.Errorf("the rate of late is %v", *r.SuccessRate)
	}
}
