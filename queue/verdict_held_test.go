package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// outageOf lets users ask every 3 s, while calls fail from the 4th to the 44th second, and
// calls look every second.
func outageOf(t *testing.T, class Class, adaptive bool, look func(s *script, second int)) {
	t.Helper()
	settings := boundless()
	if settings.Adaptive = adaptive; adaptive {
		settings.AdaptiveInFlight = 1000
	}
	settings.Attempts, settings.MaxWait = 20, time.Hour
	s := newScript(t, settings, 200*time.Millisecond)
	s.result = func(string, int) error {
		if since := s.now.Sub(t0); since < 4*time.Second || since >= 44*time.Second {
			return nil
		}
		return &Error{Class: class, Retry: RetryYes, Err: errors.New("down")}
	}
	for second := range 240 {
		if second%3 == 0 && second < 60 {
			for u := range 8 {
				s.add(fmt.Sprint(u, "-", second), Request{User: fmt.Sprint("u", u)})
			}
		}
		s.run(float64(second) + 0.5)
		look(s, second)
	}
}

// Whoever waited in an outage has waited because of it: its verdict names the cause and
// recommends no tier, however long it is shown.
func TestWaitsOfAnOutageAreItsOwnUntilTheyAreForgotten(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		for _, class := range []Class{NetworkError, Overloaded} {
			t.Run(fmt.Sprintf("%v, adaptive %v", class, adaptive), func(t *testing.T) {
				empty := 0
				outageOf(t, class, adaptive, func(s *script, second int) {
					d := s.m.Report(s.now).Detail
					named := false
					for _, f := range d.Findings {
						what := fmt.Sprintf("at %d s, %d waiting: %s: %s: %s", second, s.m.arrivals.Len, f.Level, f.Message, f.Recommendation)
						ofWaits := strings.Contains(f.Message, "wait") && !strings.Contains(f.Message, "stuck")
						switch {
						case strings.Contains(strings.ReplaceAll(f.Recommendation, "no tier helps", ""), "tier"):
							t.Error(what)
						case ofWaits && !strings.Contains(f.Message, class.Cause()):
							t.Errorf("%s, without the cause", what)
						case ofWaits && s.m.arrivals.Len == 0 && !strings.Contains(f.Message, "in the last minute") && !strings.Contains(f.Message, "until just now") && !strings.Contains(f.Message, "was backing up"):
							t.Errorf("%s, as if somebody waited", what)
						case ofWaits && strings.Contains(f.Message, "p95 0s"):
							t.Errorf("%s: not what it was judged by", what)
						}
						if ofWaits && s.m.arrivals.Len == 0 {
							empty++
						}
						named = named || strings.Contains(f.Message, "cause: ")
					}
					if named && d.Cause != class.Name() {
						t.Errorf("at %d s the cause is %q, the findings name %v", second, d.Cause, class)
					}
					if s.m.arrivals.Len == 0 && !named && d.Cause != "" {
						t.Errorf("at %d s nobody waits, and yet for %q", second, d.Cause)
					}
				})
				if empty < 10 {
					t.Errorf("with nobody waiting there were %d findings about waits", empty)
				}
			})
		}
	}
}

// Of what is equally bad, what is over comes after what is not: a pause that has ended
// stood before the users that wait now.
func TestWhatIsOverComesAfterWhatIsNot(t *testing.T) {
	s := newScript(t, DefaultSettings(), 200*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "flood0" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 5 * time.Second}
		}
		return nil
	}
	for i := range 8 {
		s.add(fmt.Sprint("flood", i), Request{User: "flood"})
	}
	s.run(3)
	if got := s.m.Report(s.now).Detail.Findings[0].Message; !strings.HasPrefix(got, "Paused by the API") {
		t.Errorf("in the pause: %s", got)
	}
	s.run(6)
	findings := s.m.Report(s.now).Detail.Findings
	if len(findings) < 2 || !strings.HasPrefix(findings[0].Message, "Queue is backing up") || !strings.HasPrefix(findings[len(findings)-1].Message, "Was paused") {
		t.Errorf("after the pause: %v", findings)
	}
}

// What waits, or is refused, for a spend cap is helped by no longer line, also when the
// last call that met the cap is long ago.
func TestWaitsAndRefusalsForASpendCapNameIt(t *testing.T) {
	for maxWait, want := range map[time.Duration]string{
		5 * time.Minute: "in the last minute): Raise the spend limit",
		25 * time.Hour:  "users wait about 1 d 0 h): Raise the spend limit",
	} {
		settings := boundless()
		settings.MaxWait = min(maxWait, settings.MaxWait)
		s := newScript(t, settings, time.Second)
		s.result = func(string, int) error {
			return &Error{Class: SpendCap, RetryAfter: 23*time.Hour + 59*time.Minute + 30*time.Second}
		}
		for second := range 200 {
			s.add(fmt.Sprint(second), Request{User: fmt.Sprint("u", second%7)})
			s.run(float64(second) + 0.5)
			d := s.m.Report(s.now).Detail
			for _, f := range d.Findings {
				if strings.Contains(f.Recommendation, "maxQueue") || strings.Contains(f.Recommendation, "tier") {
					t.Errorf("at %d s: %s: %s", second, f.Message, f.Recommendation)
				}
			}
			if second < 5 {
				continue
			}
			if !strings.Contains(s.findings(), want) || d.Cause != SpendCap.Name() {
				t.Fatalf("at %d s the cause is %q, and there is no %q in\n%s", second, d.Cause, want, s.findings())
			}
		}
		for name, err := range s.final {
			if strings.Contains(err.Error(), "maxQueue") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Who waits for the pace does not wait for the outage that others were refused in.
func TestThePastOfRefusalsIsNoCauseOfNow(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxQueue = 4
	s := newScript(t, settings, 800*time.Millisecond)
	s.result = func(string, int) error {
		if since := s.now.Sub(t0); since >= 25*time.Second && since < 65*time.Second {
			return &Error{Class: NetworkError, Retry: RetryYes, Err: errors.New("down")}
		}
		return nil
	}
	refused := 0
	for second := range 140 {
		if second < 66 || second%2 == 0 {
			s.add(fmt.Sprint(second), Request{User: fmt.Sprint("u", second%10)})
		}
		s.run(float64(second) + 0.5)
		d := s.m.Report(s.now).Detail
		if _, failing := s.m.heldUpBy(); failing || s.m.arrivals.Len == 0 || second < 30 {
			continue
		}
		if d.Cause != "" {
			t.Errorf("at %d s %d wait for %q:\n%s", second, s.m.arrivals.Len, d.Cause, s.findings())
		}
		if strings.Contains(s.findings(), "Refused requests; cause: connection errors (") {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nothing is said of those who were refused")
	}
}

// Where the pause for a spend cap has been ended, nobody is told to end it.
func TestRefusalsForASpendCapThatIsOver(t *testing.T) {
	settings := boundless()
	settings.MaxWait = 5 * time.Minute
	s := newScript(t, settings, time.Second)
	s.result = func(name string, _ int) error {
		if name == "first" {
			return &Error{Class: SpendCap, RetryAfter: 24 * time.Hour}
		}
		return nil
	}
	s.add("first", Request{})
	s.run(2)
	for i := range 3 {
		s.add(fmt.Sprint(i), Request{})
	}
	if got := s.findings(); !strings.Contains(got, "Refusing requests; cause: the spend limit (3 in the last minute)") || !strings.Contains(got, ", then end the pause") {
		t.Errorf("in the pause: got\n%s", got)
	}
	s.m.Resume(s.now, "", "ops")
	s.run(3)
	if got := s.findings(); !strings.Contains(got, "Refused requests; cause: the spend limit (3 in the last minute)") || strings.Contains(got, "end the pause") || strings.Contains(got, "rate limit") {
		t.Errorf("after it: got\n%s", got)
	}
}

// The answer to a call that started before an outage ended it, as if it were two.
func TestALateAnswerEndsNoOutage(t *testing.T) {
	const second = time.Second
	var o outage
	o.see(10*second, Timeout)
	o.accept(20*second, 5*second)
	o.see(30*second, Timeout)
	for _, at := range []time.Duration{10 * second, 15 * second, 25 * second, 40 * second} {
		if !o.covers(at) {
			t.Errorf("it does not cover %v", at)
		}
	}
	o.accept(50*second, 45*second)
	if o.covers(55 * second) {
		t.Error("it is not over when a call that started in it is accepted")
	}
}

// When an outage is over, what is still shown of it says so: "check the network" stood
// beside calls all of which succeeded.
func TestWhatIsOverIsSaidToBe(t *testing.T) {
	for _, c := range []struct {
		class    Class
		adaptive bool
		held     string // findings that are shown after the outage
	}{
		{NetworkError, true, "could not be reached until just now"},
		{Overloaded, true, "was overloaded until just now"},
		{ServerError, false, ""},
	} {
		held := 0
		outageOf(t, c.class, c.adaptive, func(s *script, second int) {
			if c.held != "" && strings.Contains(s.findings(), c.held) {
				held++
			}
			for _, f := range s.m.Report(s.now).Detail.Findings {
				over := strings.HasPrefix(f.Recommendation, "Nothing now: calls succeed again")
				if failing := second < 44; failing && over || second > 60 && !over {
					t.Errorf("%v at %d s: %s: %s", c.class, second, f.Message, f.Recommendation)
				}
			}
		})
		if (held == 0) != (c.held == "") {
			t.Errorf("%v: %q was shown for %d s", c.class, c.held, held)
		}
	}
	s := newScript(t, boundless(), 100*time.Millisecond)
	s.serve(12, final(ServerError))
	s.findings()
	s.result = nil
	for i := range 20 {
		s.add(fmt.Sprint(i), Request{})
	}
	s.run(s.now.Sub(t0).Seconds() + 1)
	for _, want := range []string{"Nothing succeeded until just now:", "High failure rate until just now (100.0% of the last 20 succeeded)"} {
		if got := s.findings(); !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// Under the spacing the cause of an outage stood for minutes after its end, and "nothing now"
// beside it, while the spacing alone held up those who waited.
func TestTheSpacingIsNamedAgainAfterAnOutage(t *testing.T) {
	s := newScript(t, DefaultSettings(), 800*time.Millisecond)
	s.learn = Limits{Requests: Limit{PerMinute: 600, Remaining: 590}}
	down := func() bool { since := s.now.Sub(t0); return since >= 25*time.Second && since < 65*time.Second }
	s.result = func(string, int) error {
		if down() {
			return &Error{Class: NetworkError, Retry: RetryYes, Err: errors.New("down")}
		}
		return nil
	}
	seen := map[string]int{}
	for second := range 300 {
		if second%2 == 0 && second < 70 || second%3 == 0 && second > 100 {
			s.add(fmt.Sprint(second), Request{User: fmt.Sprint("u", second%10)})
		}
		s.run(float64(second) + 0.5)
		d := s.m.Report(s.now).Detail
		if s.m.health.unreachable() != (d.Cause == "network") {
			t.Errorf("at %d s the cause is %q:\n%s", second, d.Cause, s.findings())
		}
		if second < 72 {
			continue
		}
		for _, f := range d.Findings {
			if strings.Contains(f.Message, "; cause:") && !strings.Contains(f.Message, "in the last minute") {
				t.Errorf("at %d s: %s: %s", second, f.Message, f.Recommendation)
			}
		}
		first := d.Findings[0]
		for _, words := range []string{"Very long wait times after connection errors (", "Very long wait times (", "Queue is backing up"} {
			if strings.HasPrefix(first.Message, words) {
				seen[words]++
				if !strings.Contains(first.Recommendation, "adaptive") {
					t.Errorf("at %d s: %s: %s", second, first.Message, first.Recommendation)
				}
			}
		}
	}
	if seen["Very long wait times after connection errors ("] == 0 || seen["Very long wait times ("] == 0 {
		t.Errorf("got %v", seen)
	}
}

// Waits that were expected and did not come are not called waits of the last minute. Where they
// were expected for a moment alone nothing is said of them, and else it is a warning.
func TestWaitsThatDidNotComeWereExpected(t *testing.T) {
	for until, want := range map[int]string{0: "", 8: "", 12: "warning: Very long wait times were expected until just now ("} {
		s := newScript(t, every(50*time.Second), 100*time.Millisecond)
		s.crowd(6)
		for second := range until + 1 {
			s.run(float64(second))
			if got := s.findings(); !strings.Contains(got, "critical: Very long wait times (5 waiting") {
				t.Fatalf("after %d s: got\n%s", second, got)
			}
		}
		settings := s.m.settings
		settings.MinDelay = time.Second
		if err := s.m.SetSettings(s.now, settings); err != nil {
			t.Fatal(err)
		}
		s.run(float64(until) + 0.1)
		if got := s.findings(); strings.Contains(got, "critical") || strings.Contains(got, "Very long") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("expected for %d s: got\n%s", until, got)
		}
	}
}

// What is left of one user's flood is its flood still.
func TestTheRestOfAFloodIsAFlood(t *testing.T) {
	s := newScript(t, every(1200*time.Millisecond), 100*time.Millisecond)
	s.crowdOf("big", 40)
	for second := range 70 {
		if second%5 == 1 && second < 60 {
			s.add(fmt.Sprint("v", second), Request{User: fmt.Sprint("v", second%4)})
		}
		s.run(float64(second))
		if got := s.findings(); strings.Contains(got, "nobody else waits so long") {
			t.Fatalf("after %d s: got\n%s", second, got)
		}
	}
	if got := s.findings(); !strings.Contains(got, "for one user, big, in the last minute") || !strings.Contains(got, "Ask big to send fewer at once") {
		t.Errorf("at the end: got\n%s", got)
	}
}

// When nobody waits any more what was waited in an outage is a warning until it is forgotten,
// and so is what was waited for the pace. While somebody waits, but not so long, it is critical
// for as long as a row is held. Who still waits too long is critical.
func TestWhatWasWaitedIsAWarningWhenItIsOver(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		warned := 0
		outageOf(t, NetworkError, adaptive, func(s *script, second int) {
			if second <= 44 || s.m.arrivals.Len > 0 || !s.m.health.failures.over(s.m.now) {
				return
			}
			waits := s.row(RowWaits)
			switch {
			case waits != nil && (waits.Level != "warning" || !waits.Over):
				t.Errorf("adaptive %v, at %d s nobody waits: got %+v", adaptive, second, waits)
			case waits != nil:
				warned++
			}
		})
		if warned < 20 {
			t.Errorf("adaptive %v: after the outage it was a warning for %d s", adaptive, warned)
		}
	}
	pace := newScript(t, every(3*time.Second), 100*time.Millisecond)
	pace.crowd(12) // the last one starts after 33 s
	critical, warned := 0, 0
	for second := range 90 {
		if second >= 32 {
			pace.add(fmt.Sprint("more", second), Request{User: fmt.Sprint("more", second%4)})
			pace.m.settings.MinDelay, pace.m.settings.MaxDelay = time.Second, time.Second
		}
		pace.run(float64(second) + 0.5)
		f := pace.row(RowWaits)
		switch {
		case f == nil || second < 34:
		case !f.Over:
			t.Errorf("at %d s: got %+v", second, f)
		case f.Level == "critical":
			critical++
		default:
			warned++
		}
	}
	if critical > int(healAfter.Seconds())+1 || warned < 30 {
		t.Errorf("after waits for the pace it was critical for %d s, and a warning for %d s", critical, warned)
	}
	s := newScript(t, every(3*time.Second), 100*time.Millisecond)
	s.result = func(string, int) error {
		if s.now.Before(at(60)) {
			return &Error{Class: ServerError, Retry: RetryYes, RetryAfter: time.Second, Err: errors.New("500")}
		}
		return nil
	}
	s.m.settings.Attempts = 100
	s.crowd(30)
	for second := 70; second < 100; second++ {
		s.run(float64(second))
		if f := s.row(RowWaits); f == nil || f.Level != "critical" || f.Over {
			t.Fatalf("after %d s %d wait: got %+v", second, s.m.arrivals.Len, f)
		}
	}
}

// What was waited is said without a figure: that of the last minute grows while those start who
// have waited, and then is forgotten, as if it grew worse and better again.
func TestAHeldRowShowsNoOldFigureAsOneOfNow(t *testing.T) {
	s := newScript(t, every(5*time.Second), 100*time.Millisecond)
	s.crowd(10) // the last one starts after 45 s
	s.run(44)
	if got := s.findings(); !strings.Contains(got, "Very long wait times (1 waiting, last in 1.0 s, users wait about 45 s)") {
		t.Fatalf("while it waits: got\n%s", got)
	}
	past := 0
	for second := 46; second < 130; second++ {
		s.run(float64(second))
		if d := s.m.Report(s.now).Detail; len(d.Findings) > 0 {
			if past++; d.Findings[0].Message != "Very long wait times in the last minute (0 waiting)" {
				t.Errorf("after %d s: %s", second, d.Findings[0].Message)
			}
		}
	}
	if past < 45 {
		t.Errorf("it was told for %d s", past)
	}
}

// A pause that somebody has ended ended then: the verdict said a later time with each look, and
// was as critical as in the pause. It says so for a few seconds, for who ended it knows.
func TestAPauseThatSomebodyEndedEndedThen(t *testing.T) {
	for _, pause := range []time.Duration{time.Minute, time.Hour} {
		s := newScript(t, DefaultSettings(), 200*time.Millisecond)
		s.result = func(name string, attempt int) error {
			if name == "0" && attempt == 1 {
				return &Error{Class: RateLimited, RetryAfter: pause}
			}
			return nil
		}
		s.crowd(2)
		s.run(8)
		if f := s.row(RowPause); f == nil || f.Level != "critical" { // it refuses new requests, or lets users wait so long
			t.Fatalf("in a pause of %v: got %+v", pause, f)
		}
		s.m.Resume(s.now, "", "ops")
		said := 0
		for tenths := 80; tenths < 250; tenths += 10 {
			s.run(float64(tenths) / 10)
			f := s.row(RowPause)
			if f == nil {
				continue
			}
			if said++; f.Level != "warning" || !f.Over || f.Message != "Was paused by the API until 14:00:08" {
				t.Errorf("a pause of %v, after %g s: got %+v", pause, float64(tenths)/10, f)
			}
		}
		if said != 5 {
			t.Errorf("a pause of %v: it is said for %d s that it is over", pause, said)
		}
	}
}

// A pause that is over by itself is a warning at once, too.
func TestAPauseThatIsOverIsNotCritical(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait = 10 * time.Second
	s := newScript(t, settings, 200*time.Millisecond)
	s.result = func(string, int) error {
		if s.now.Before(at(1)) {
			return &Error{Class: SpendCap, RetryAfter: 12 * time.Second}
		}
		return nil
	}
	s.crowd(1)
	s.run(1)
	if f := s.row(RowPause); f == nil || f.Level != "critical" {
		t.Fatalf("in the pause: got %+v", f)
	}
	s.run(13)
	if f := s.row(RowPause); f == nil || f.Level != "warning" || f.Message != "Was paused by the API until 14:00:12" {
		t.Errorf("after it: got %+v", f)
	}
}

// Two seconds and more between the tries of an outage are no end of it, nor is a server error
// among them: the API cannot be reached until a call shows that it can, since the first failure.
func TestAnOutageIsNotOverBetweenItsTries(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		settings := boundless()
		settings.Adaptive, settings.AdaptiveInFlight, settings.Attempts = adaptive, 1000, 20
		s := newScript(t, settings, 200*time.Millisecond)
		calls := 0
		s.result = func(string, int) error {
			switch calls++; {
			case !s.now.Before(at(90)):
				return nil
			case calls > 5 && calls%4 == 0:
				return &Error{Class: ServerError, Retry: RetryYes, Err: errors.New("500")}
			default:
				return &Error{Class: NetworkError, Retry: RetryYes, Err: errors.New("connection refused")}
			}
		}
		began, over := -1., 0
		for second := range 110 {
			if second%2 == 0 {
				s.add(fmt.Sprint(second), Request{User: fmt.Sprint("u", second%7)})
			}
			s.run(float64(second) + 0.5)
			f := s.row(RowNetwork)
			switch {
			case began < 0 && f != nil:
				began = secondsOf(f.Since)
			case began < 0 || second > 95:
			case second < 90 && (f == nil || f.Level != "critical" || f.Over || secondsOf(f.Since) != began || !strings.HasPrefix(f.Message, "The API cannot be reached (")):
				t.Fatalf("adaptive %v, after %d s, since %v s: got %+v", adaptive, second, began, f)
			case f != nil && f.Over && strings.HasPrefix(f.Message, "The API could not be reached until just now"):
				over++
			}
		}
		if began < 0 || over == 0 {
			t.Errorf("adaptive %v: it began at %v s, and was over for %d s", adaptive, began, over)
		}
	}
}

// While no call is made nobody knows whether the API can be reached by now.
func TestWhatIsNotTriedIsNotKnown(t *testing.T) {
	s := newScript(t, boundless(), 100*time.Millisecond)
	s.serve(5, final(NetworkError))
	s.wantRow(RowNetwork, "critical", secondsOf(s.row(RowNetwork).Since), false)
	s.run(120)
	if f, want := s.row(RowNetwork), "The API could not be reached when it was last tried, 14:00:12"; f == nil || f.Level != "warning" || f.Over || f.Message != want {
		t.Errorf("when nothing has been tried for long: got %+v, want %s", f, want)
	}
	const day = 24 * 60 * 60
	s.run(day)
	if f, want := s.row(RowNetwork), "The API could not be reached when it was last tried, "+t0.Format("Mon 2 Jan")+" 14:00:12"; f == nil || f.Message != want {
		t.Errorf("on the next day: got %+v, want %s", f, want)
	}
	s.result = nil
	s.add("again", Request{})
	s.run(day + 20)
	if f := s.row(RowNetwork); f != nil {
		t.Errorf("after a success: got %+v", f)
	}
}

// Server errors alone, and any other answer, show that the API can be reached.
func TestWhatShowsThatTheAPICanBeReached(t *testing.T) {
	for _, c := range []struct {
		class Class
		calls int
		down  bool
	}{{ServerError, 1, true}, {ServerError, 4, true}, {ServerError, 5, false}, {Timeout, 9, true}, {Overloaded, 1, false}, {ClientError, 1, false}, {RateLimited, 1, false}} {
		s := newScript(t, boundless(), 100*time.Millisecond)
		s.serve(5, final(NetworkError))
		s.serve(c.calls, final(c.class))
		if got := s.m.health.unreachable(); got != c.down {
			t.Errorf("after %d of %v: cannot be reached: %v", c.calls, c.class, got)
		}
	}
}
