package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// ofThePace are what a remedy says that changes only how soon requests start.
var ofThePace = []string{"tier", "adaptive", "minDelay", "maxQueue", "Cancel or lower", "more slots", "prioritize", "the spacing"}

// paceRemedies returns the findings that recommend a change of the pace.
func paceRemedies(findings []Finding) (found []string) {
	for _, f := range findings {
		text := strings.ReplaceAll(f.Recommendation, "no tier helps", "")
		for _, words := range ofThePace {
			if strings.Contains(text, words) {
				found = append(found, f.Message+": "+f.Recommendation)
				break
			}
		}
	}
	return found
}

// While nothing succeeds no row recommends a change of the pace: neither those that apply nor
// those that are held from before.
func TestNoRemedyOfThePaceWhileNothingSucceeds(t *testing.T) {
	outages := map[string]error{
		"network":  &Error{Class: NetworkError, Retry: RetryYes, Err: errors.New("down")},
		"overload": &Error{Class: Overloaded, Retry: RetryYes, Err: errors.New("529")},
		"5xx":      &Error{Class: ServerError, Retry: RetryYes, Err: errors.New("500")},
		"keys":     &Error{Class: KeyRefused, Err: errors.New("401")},
		"cap":      &Error{Class: SpendCap, RetryAfter: 2 * time.Minute, Err: errors.New("cap")},
		"silence":  nil,
	}
	before := map[string]func(s *script){
		"calm":       func(*script) {},
		"a line":     func(s *script) { s.crowd(25) },
		"a flood":    func(s *script) { s.crowdOf("flood", 40); s.crowd(2) },
		"refusals":   func(s *script) { s.m.settings.MaxQueue = 12; s.crowd(25) },
		"a pause":    func(s *script) { s.result = limitedOnce(); s.crowd(10) },
		"a long one": func(s *script) { s.m.settings.MaxWait = 5 * time.Second; s.result = limitedOnce(); s.crowd(10) },
	}
	for outage, err := range outages {
		for line, play := range before {
			for _, adaptive := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s after %s, adaptive %v", outage, line, adaptive), func(t *testing.T) {
					settings := every(500 * time.Millisecond)
					settings.MaxWait, settings.Adaptive, settings.AdaptiveInFlight, settings.MaxInFlight = 5*time.Minute, adaptive, 50, 50
					s := newScript(t, settings, 300*time.Millisecond)
					s.learn = Limits{Requests: Limit{PerMinute: 60, Remaining: 3}}
					play(s)
					s.run(10)
					s.findings()
					s.result = func(string, int) error { return err }
					if err == nil {
						s.took = time.Hour
					}
					failing := 0
					for second := 11; second < 160; second++ {
						if second%2 == 0 {
							s.add(fmt.Sprint(second), Request{User: fmt.Sprint("u", second%9)})
						}
						s.run(float64(second) + 0.5)
						findings := s.m.Report(s.now).Detail.Findings
						is := slices.ContainsFunc(findings, func(f Finding) bool {
							return !f.Over && (f.Row == RowNetwork || f.Row == RowKeys || f.Row == RowSilence)
						})
						if _, heldUp := s.m.heldUpBy(); !is && !heldUp {
							continue
						}
						failing++
						for _, what := range paceRemedies(findings) {
							t.Errorf("after %d s: %s", second, what)
						}
					}
					if failing < 20 {
						t.Errorf("nothing succeeded for %d s", failing)
					}
				})
			}
		}
	}
}

// limitedOnce refuses the first call for the rate limit.
func limitedOnce() func(string, int) error {
	refused := false
	return func(string, int) error {
		if refused {
			return nil
		}
		refused = true
		return &Error{Class: RateLimited, RetryAfter: 8 * time.Second, Err: errors.New("429")}
	}
}

// A stream that runs shows that the API can be reached, long before it ends.
func TestAStreamShowsThatTheAPICanBeReached(t *testing.T) {
	s := newScript(t, every(time.Second), 100*time.Millisecond)
	s.serve(6, &Error{Class: NetworkError, Retry: RetryNo})
	s.wantRow(RowNetwork, "critical", secondsOf(s.row(RowNetwork).Since), false)
	s.result, s.took = nil, time.Hour
	s.add("stream", Request{})
	s.step()
	s.run(s.now.Sub(t0).Seconds() + 2)
	s.m.Progress(s.now, s.running[0])
	if f := s.row(RowNetwork); f == nil || !f.Over || !strings.HasPrefix(f.Message, "The API could not be reached until just now") {
		t.Errorf("got %+v", f)
	}
}

// A recommendation says the action first, then its reason: a small screen cuts off its end.
func TestTheActionIsSaidFirst(t *testing.T) {
	refuse := func(class Class, pause time.Duration) func(s *script) {
		return func(s *script) {
			s.result = func(string, int) error { return &Error{Class: class, RetryAfter: pause, Err: errors.New("no")} }
			s.crowd(2)
			s.run(3)
		}
	}
	for _, c := range []struct {
		name, row, want string
		play            func(s *script)
	}{
		{"a spend cap", RowPause, "Raise the spend limit in the Claude Console, then end the pause: the API refuses everything until then (no)", refuse(SpendCap, 24*time.Hour)},
		{"a spend cap that is over", RowPause, "Raise the spend limit in the Claude Console: the API refused everything (no)", func(s *script) {
			refuse(SpendCap, 24*time.Hour)(s)
			s.findings()
			s.m.Resume(s.now, "", "ops")
		}},
		{"a pause", RowPause, "Wait until 14:00:20, or end the pause if it cannot be true: the rate limit was hit (no); if it comes often, raise minDelay or the API tier", refuse(RateLimited, 20*time.Second)},
		{"a long pause", RowPause, "End the pause if it cannot be true, else raise minDelay or the API tier: new requests are refused until then (no)", refuse(RateLimited, time.Hour)},
		{"refusals in a long pause", RowRefusals, "End the pause by the API if it cannot be true: no longer line would help", func(s *script) {
			refuse(RateLimited, time.Hour)(s)
			s.crowd(2)
			s.run(4)
		}},
		{"one that waits alone", RowWaits, "Look at the lane, the size and the priority of the requests of 1: nobody else waits so long", func(s *script) {
			s.m.settings.MinDelay, s.m.settings.MaxDelay = 31*time.Second, 31*time.Second
			s.crowd(2)
		}},
	} {
		s := newScript(t, DefaultSettings(), 200*time.Millisecond)
		c.play(s)
		f := s.row(c.row)
		if f == nil || f.Recommendation != c.want {
			t.Errorf("%s: got %+v, want %s\n%s", c.name, f, c.want, s.findings())
			continue
		}
		if ends := strings.Contains(strings.ToLower(c.want), "end the pause"); ends != (f.Action == ActionEndPause) {
			t.Errorf("%s: got the action %q of %s", c.name, f.Action, c.want)
		}
	}
}

// A finding names the action, and its words have no mark of it, also for who may not see the
// user's name.
func TestTheActionOfAFinding(t *testing.T) {
	const words = "Cancel or lower what %s has waiting, or ask them to send fewer at once: they alone are the cause"
	e := explanation{user: userKey{name: "anna", group: "a"}, floods: true}
	for _, c := range []struct {
		text, want, toOthers string
		action               Action
	}{
		{limitUser(&e), fmt.Sprintf(words, "anna"), fmt.Sprintf(words, AnotherUser), ActionLimitUser},
		{"Raise it, then " + endsPause + "end the pause", "Raise it, then end the pause", "Raise it, then end the pause", ActionEndPause},
		{"Wait", "Wait", "Wait", ""},
	} {
		text := namedText(c.text)
		if got := text.action(); got != c.action {
			t.Errorf("%s: got the action %q, want %q", c.want, got, c.action)
		}
		if got := text.seenBy(Viewer{}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if got := text.seenBy(Viewer{OwnOnly: true, Group: "b"}); got != c.toOthers {
			t.Errorf("who may not see the name: got %q, want %q", got, c.toOthers)
		}
	}
}
