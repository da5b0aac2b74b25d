package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"user_123":                "user_123",
		"Zoë 🙂 日本":                "Zoë 🙂 日本",
		"a\nb\r\tc":               `a\nb\r\tc`,
		"\x1b[31mred\x07":         `\x1b[31mred\a`,
		"\u202eevil\u200b\u0085":  `\u202eevil\u200b\u0085`,
		"bad\xff\x9butf8":         `bad\xff\x9butf8`,
		"del\x7f":                 `del\x7f`,
		"nbsp\u00a0 sep\u2028end": `nbsp\u00a0 sep\u2028end`,
	} {
		if got := Escape(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestASlowObserverLosesTheNewestAndSaysSo(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.m.Events()
	for range maxFreshEvents + 5 {
		s.m.Reset(s.now, "x")
	}
	fresh := s.m.Events()
	if last := fresh[len(fresh)-1]; len(fresh) != maxFreshEvents+1 || last.Kind != KindLost || last.Millis != 5 {
		t.Errorf("got %d events, the last %+v", len(fresh), last)
	}
}

// What the log keeps of an event is all that was told of it.
func TestTheLogKeepsWholeEvents(t *testing.T) {
	settings := every(time.Second)
	settings.Attempts = 2
	s := newScript(t, settings, time.Second)
	s.m.Events()
	s.result = func(name string, attempt int) error {
		switch {
		case name == "limited" && attempt == 1:
			return &Error{Class: RateLimited, RetryAfter: 5 * time.Second}
		case name == "fails":
			return &Error{Class: ServerError, Retry: RetryYes, Err: errors.New("500")}
		default:
			return nil
		}
	}
	for _, name := range []string{"well", "limited", "fails", "leaves", "raised", "cancelled"} {
		s.add(name, Request{ID: name, User: name, Group: "team"})
	}
	s.run(1.5)
	setOne(s.m, s.now, "raised", High, "ops")
	cancelOne(s.m, s.now, "cancelled", "ops")
	leaves, _ := meant(s.m, RequestQuery{ID: "leaves"})
	s.m.Leave(s.now, leaves)
	if err := s.m.setSettings(s.now, every(2*time.Second), "ops"); err != nil {
		t.Fatal(err)
	}
	s.run(100)
	s.m.Reset(s.now, "ops")
	told := slices.DeleteFunc(s.m.Events(), func(e Event) bool { return e.Kind == KindMetrics })
	if kept := s.m.lastEvents(); !slices.Equal(kept, told) {
		t.Errorf("kept\n%v\ntold\n%v", kept, told)
	}
	kinds := map[Kind]bool{}
	for _, e := range told {
		kinds[e.Kind] = true
	}
	for _, kind := range []Kind{KindAdded, KindBusy, KindStarted, KindCompleted, KindFailed, KindRetry, KindPaused, KindResumed, KindSpacing, KindCancelled, KindPriority, KindIdle, KindReset, KindSettings} {
		if !kinds[kind] {
			t.Errorf("nothing of kind %q happened", kind)
		}
	}
}

func TestTheMetricsLineComesEvery30sWithTraffic(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.m.Events()
	s.crowd(2)
	s.run(29)
	s.run(200)
	s.crowd(1)
	s.run(400)
	var lines []string
	for _, e := range s.m.Events() {
		if e.Kind == KindMetrics {
			lines = append(lines, fmt.Sprintf("%v %s", e.Time.Sub(t0), e.Line()))
		}
	}
	want := []string{
		"30s 📊 [QUEUE METRICS] { total: 2, successful: 2, failed: 0, successRate: '100.0%', avgWaitTime: '850ms', currentQueue: 0, healthy: '✅' }",
		"3m30s 📊 [QUEUE METRICS] { total: 3, successful: 3, failed: 0, successRate: '100.0%', avgWaitTime: '566ms', currentQueue: 0, healthy: '✅' }",
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if _, ok := s.m.Wake(); ok {
		t.Error("an idle machine wants to be woken")
	}
}

// Troubles are all but the requests that come and go as they should, unless somebody asked for
// it; also what this build does not know.
func TestTroubles(t *testing.T) {
	routine := []Kind{KindAdded, KindBusy, KindStarted, KindCompleted, KindSpacing, KindIdle, KindMetrics, KindCancelled}
	troubles := []Kind{
		KindFailed, KindRetry, KindRefused, KindTimedOut, KindPaused, KindResumed, KindOutage, KindRecovered,
		KindTrouble, KindSettings, KindReset, KindDraining, KindRestarted, KindPriority, "of a later build",
	}
	for _, k := range slices.Concat(routine, troubles) {
		if got, want := (&Event{Kind: k}).isTrouble(), slices.Contains(troubles, k); got != want {
			t.Errorf("%s: got %t, want %t", k, got, want)
		}
	}
	if !(&Event{Kind: KindCancelled, By: "ops"}).isTrouble() {
		t.Error("what somebody has cancelled is no trouble")
	}
}
