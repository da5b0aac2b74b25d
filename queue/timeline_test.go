package queue

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// tell returns the slices of a history as a transcript: a line each, with what is not
// zero.
func tell(h History) string {
	var lines []string
	for _, s := range h.Slices {
		line := []string{fmt.Sprintf("%s+%d", s.At.UTC().Format("15:04:05"), s.LengthMs/1000)}
		add := func(name string, n int64) {
			if n != 0 {
				line = append(line, fmt.Sprintf("%s %d", name, n))
			}
		}
		if s.Level != "healthy" {
			line = append(line, s.Level)
		}
		add("waiting", int64(s.Waiting))
		add("oldest", s.OldestMs)
		add("in", s.Arrivals)
		add("out", s.Starts)
		if s.MedianMs != nil {
			add("median", *s.MedianMs)
			add("longest", *s.LongestMs)
		}
		add("ok", s.Successful)
		add("failed", s.Failed)
		add("cancelled", s.Cancelled)
		add("refused", s.Refused)
		add("429", s.RateLimited)
		for _, c := range s.Failures {
			add(strings.ReplaceAll(string(c.Class), " ", "-"), c.Count)
		}
		add("paused", s.PausedMs)
		add("tokens-in", s.InputTokens)
		add("tokens-out", s.OutputTokens)
		lines = append(lines, strings.Join(line, " "))
	}
	for _, g := range h.Gaps {
		lines = append(lines, fmt.Sprintf("gap %s to %s", g.Since.UTC().Format("15:04:05"), g.Until.UTC().Format("15:04:05")))
	}
	return strings.Join(lines, "\n")
}

func (s *script) wantHistory(since time.Time, step time.Duration, want string) {
	s.t.Helper()
	if got := tell(s.m.History(s.now, since, time.Time{}, step)); got != strings.TrimSpace(want) {
		s.t.Errorf("history:\n%s\nwant\n%s", got, strings.TrimSpace(want))
	}
}

func TestSlicesOfALoad(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.run(2)
	for i := range 4 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint("user_", i%2), Cost: Cost{Input: 100, Output: 10}})
	}
	s.run(30)
	s.wantHistory(t0, 0, `
14:00:00+5 waiting 4 oldest 3000 in 4 out 2 median 10 longest 2100 ok 1 tokens-in 100 tokens-out 10
14:00:05+5 waiting 2 oldest 5700 out 2 median 4000 longest 5700 ok 3 tokens-in 300 tokens-out 30`)
	s.wantHistory(t0, 10*time.Second, `
14:00:00+10 waiting 4 oldest 5700 in 4 out 4 median 3000 longest 5700 ok 4 tokens-in 400 tokens-out 40`)
	s.wantHistory(at(5), 5*time.Second, `
14:00:05+5 waiting 2 oldest 5700 out 2 median 4000 longest 5700 ok 3 tokens-in 300 tokens-out 30`)
}

// Failures by class, the retry, and the verdict, which is worse for longer than calls fail.
func TestSlicesOfAnOutage(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error {
		if s.now.Before(at(14)) {
			return &Error{Class: NetworkError}
		}
		return nil
	}
	for i := range 12 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint("user_", i%3)})
	}
	s.run(59)
	s.wantHistory(t0, 0, `
14:00:00+5 critical waiting 12 oldest 5000 in 12 out 2 median 10 longest 3900 network 2
14:00:05+5 critical waiting 12 oldest 10000 out 1 median 7600 longest 7600 network 1
14:00:10+5 critical waiting 12 oldest 15000 out 1 median 11500 longest 11500 network 1
14:00:15+5 critical waiting 12 oldest 20000 out 2 median 17500 longest 18900 ok 2
14:00:20+5 critical waiting 10 oldest 25000 out 1 median 22400 longest 22400 ok 1
14:00:25+5 critical waiting 9 oldest 30000 out 2 median 25000 longest 28800 ok 2
14:00:30+5 critical waiting 7 oldest 35000 out 2 median 34400 longest 34400 ok 1
14:00:35+5 critical waiting 5 oldest 40000 out 2 median 35000 longest 39200 ok 2
14:00:40+5 critical waiting 3 oldest 44900 out 3 median 44900 longest 44900 ok 3
14:00:45+5 warning ok 1
14:00:50+5 warning
14:00:55+5 warning`)
	h := s.m.History(s.now, t0, time.Time{}, 0)
	if got, want := h.Slices[1].Message, "Very long wait times"; !strings.HasPrefix(got, want) {
		t.Errorf("the message is %q, want %s…", got, want)
	}
	if retries := kinds(h.Troubles); retries != "retry retry retry retry" {
		t.Errorf("the troubles are %s", retries)
	}
}

// A slice says for how long all was not well, and why; not while the verdict only stands still,
// and over a minute the sums.
func TestSlicesSayForHowLongAllWasNotWell(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error {
		if s.now.Before(at(14)) {
			return &Error{Class: NetworkError}
		}
		return nil
	}
	for i := range 12 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint("user_", i%3)})
	}
	s.run(59)
	h := s.m.History(s.now, t0, time.Time{}, 0)
	var lines []string
	for _, of := range append(h.Slices, s.m.History(s.now, t0, time.Time{}, time.Minute).Slices...) {
		line := of.Level
		if of.BadFrom != nil {
			line += fmt.Sprintf(" %s-%s critical %d", of.BadFrom.UTC().Format("05"), of.BadUntil.UTC().Format("05"), of.CriticalMs)
		}
		for _, c := range of.Causes {
			line += fmt.Sprintf(", %s %d", c.Cause, c.ForMs)
		}
		lines = append(lines, line)
	}
	want := strings.TrimSpace(`
critical 01-05 critical 3000, spacing 4000
critical 05-10 critical 5000, spacing 5000
critical 10-15 critical 5000, spacing 5000
critical 15-20 critical 5000, spacing 5000
critical 20-23 critical 3000, spacing 3000
critical
critical 30-35 critical 5000, spacing 5000
critical 35-40 critical 5000, spacing 5000
critical 40-45 critical 5000, spacing 5000
warning
warning
warning
critical 01-45 critical 36000, spacing 37000
`)
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func kinds(events []Event) string {
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, " ")
}

func TestSlicesOfAPause(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(string, int) error {
		if s.now.Before(at(5)) {
			return &Error{Class: RateLimited, RetryAfter: 12 * time.Second}
		}
		return nil
	}
	s.add("a", Request{User: "a"})
	s.add("b", Request{User: "b"})
	s.run(40)
	s.wantHistory(t0, 0, `
14:00:00+5 warning waiting 2 oldest 5000 in 2 out 1 429 1 rate-limited 1 paused 4000
14:00:05+5 warning waiting 2 oldest 10000 paused 5000
14:00:10+5 warning waiting 2 oldest 14700 out 2 median 12500 longest 14700 ok 1 paused 3000
14:00:15+5 warning ok 1
14:00:20+5 warning`)
	if got := kinds(s.m.History(s.now, t0, time.Time{}, 0).Troubles); got != "paused resumed" {
		t.Errorf("the troubles are %s", got)
	}
}

// A pause that somebody ends counts until then, and two that overlap count once.
func TestPausedTime(t *testing.T) {
	for _, c := range []struct {
		name   string
		resume bool
		want   int64
	}{
		{"both end by themselves", false, 8000 - 1000},
		{"one is ended", true, 8000 - 1000}, // the other one lasts
		{"both are ended", true, 3000 - 1000},
	} {
		s := newScript(t, DefaultSettings(), time.Second)
		s.result = func(name string, attempt int) error {
			if attempt > 1 {
				return nil
			}
			if name == "a" {
				return &Error{Class: RateLimited, RetryAfter: 4 * time.Second}
			}
			return &Error{Class: RateLimited, RetryAfter: 7 * time.Second}
		}
		s.add("a", Request{Lane: "x"})
		s.add("b", Request{Lane: "y"})
		s.run(3)
		if c.resume {
			s.m.Resume(s.now, "x", "ops")
		}
		if c.want < 5000 {
			s.m.Resume(s.now, "y", "ops")
		}
		s.run(30)
		paused := int64(0)
		for _, one := range s.m.History(s.now, t0, time.Time{}, 0).Slices {
			paused += one.PausedMs
		}
		if paused != c.want {
			t.Errorf("%s: paused for %d ms, want %d", c.name, paused, c.want)
		}
	}
}

// A shorter pause within a longer one of another lane ends nothing.
func TestPausedTimeOfAShorterPauseWithin(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(name string, attempt int) error {
		if attempt > 1 {
			return nil
		}
		return &Error{Class: RateLimited, RetryAfter: map[string]time.Duration{"a": 12 * time.Second, "b": 3 * time.Second}[name]}
	}
	s.add("a", Request{Lane: "x"})
	s.run(2)
	s.add("b", Request{Lane: "y"})
	s.run(30)
	paused := int64(0)
	for _, one := range s.m.History(s.now, t0, time.Time{}, 0).Slices {
		paused += one.PausedMs
	}
	if paused != 12_000 {
		t.Errorf("paused for %d ms, want 12,000", paused)
	}
}

// A slice in which something ran, and no more, is none of an idle server. What a call asked for
// that the API did not accept has cost nothing.
func TestSlicesOfALongCallThatFails(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 1
	s := newScript(t, settings, 12*time.Second)
	s.result = func(string, int) error { return &Error{Class: ClientError} }
	s.add("a", Request{Cost: Cost{Input: 100, Output: 10}})
	s.run(20)
	s.wantHistory(t0, 0, `
14:00:00+5 waiting 1 in 1 out 1
14:00:05+5
14:00:10+5 failed 1 client 1`)
}

// An idle hour has no slices, and is no gap. What is older than an hour has slices of a
// minute.
func TestSlicesOfAnIdleHour(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{})
	s.run(3590)
	s.add("b", Request{})
	s.run(3600)
	s.wantHistory(t0, 0, `
14:00:00+5 waiting 1 in 1 out 1 ok 1
14:59:50+5 waiting 1 in 1 out 1 ok 1`)
	s.wantHistory(at(-600), 0, `
14:00:00+5 waiting 1 in 1 out 1 ok 1
14:59:50+5 waiting 1 in 1 out 1 ok 1
gap 13:50:00 to 14:00:00`)
	s.run(3700)
	s.add("c", Request{})
	s.run(3710)
	s.wantHistory(t0, 0, `
14:00:00+60 waiting 1 in 1 out 1 ok 1
14:59:00+60 waiting 1 in 1 out 1 ok 1
15:01:00+60 waiting 1 in 1 out 1 ok 1`)
	s.wantHistory(at(1800), 0, `
14:59:50+5 waiting 1 in 1 out 1 ok 1
15:01:40+5 waiting 1 in 1 out 1 ok 1`)
}

// The first slice is whole, wherever in it the time lies that was asked for, and of whatever
// length the slices are that are kept of it.
func TestTheFirstSliceIsWhole(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for second := 0.0; second < 3*3600; second += 30 {
		s.run(second)
		s.add("a", Request{})
	}
	s.run(3*3600 - 1)
	for _, c := range []struct{ since, step time.Duration }{
		{179 * time.Minute, 10 * time.Minute},
		{179 * time.Minute, time.Hour},
		{179 * time.Minute, 2 * time.Hour}, // half of which is of minutes
		{179 * time.Minute, 95 * time.Second},
		{119 * time.Minute, 30 * time.Minute},
		{59 * time.Minute, time.Hour},
	} {
		h := s.m.History(s.now, t0.Add(c.since), time.Time{}, c.step)
		first := h.Slices[0]
		if !first.At.Equal(h.Since.Time) || first.At.After(t0.Add(c.since)) {
			t.Errorf("since %v in steps of %v: the first slice begins at %v, want %v", c.since, c.step, first.At, h.Since)
		}
		end := first.At.Add(time.Duration(first.LengthMs) * time.Millisecond)
		if end.After(s.now) {
			end = s.now
		}
		for _, sum := range []struct {
			starts int64
			until  time.Time
		}{{first.Starts, end}, {sumOf(h.Slices).starts, s.now}} {
			if want := int64(sum.until.Sub(first.At.Time) / (30 * time.Second)); sum.starts < want || sum.starts > want+1 {
				t.Errorf("since %v in steps of %v: %d starts from %v until %v, want about %d", c.since, c.step, sum.starts, first.At, sum.until, want)
			}
		}
	}
}

// A reset of the counters changes nothing in the history.
func TestAResetLeavesTheHistory(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{})
	s.add("b", Request{})
	s.run(1.2)
	s.m.Reset(s.now, "ops")
	s.add("c", Request{})
	s.run(9)
	s.wantHistory(t0, 10*time.Second, `14:00:00+10 waiting 2 oldest 2400 in 3 out 3 median 2000 longest 2400 ok 3`)
	if got := kinds(s.m.History(s.now, t0, time.Time{}, 0).Troubles); got != "reset" {
		t.Errorf("the troubles are %s", got)
	}
}

// A report has the present slice and the two before it, the idle ones too.
func TestLastSlices(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	last := func() string {
		return tell(History{Slices: s.m.Report(s.now).Detail.Slices})
	}
	for _, c := range []struct {
		until float64
		want  string
	}{
		{1, "14:00:00+5 waiting 1 in 1 out 1 ok 1"},
		{6, "14:00:00+5 waiting 1 in 1 out 1 ok 1\n14:00:05+5"},
		{12, "14:00:00+5 waiting 1 in 1 out 1 ok 1\n14:00:05+5\n14:00:10+5"},
		{17, "14:00:05+5\n14:00:10+5\n14:00:15+5"},
		{4000, "15:06:30+5\n15:06:35+5\n15:06:40+5"},
	} {
		if c.until == 1 {
			s.add("a", Request{})
		}
		s.run(c.until)
		if got := last(); got != c.want {
			t.Errorf("at %v:\n%s\nwant\n%s", c.until, got, c.want)
		}
	}
	s.add("b", Request{})
	s.add("c", Request{})
	s.run(4001)
	if got, want := last(), "15:06:30+5\n15:06:35+5\n15:06:40+5 waiting 2 oldest 1000 in 2 out 1 ok 1"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Of those who waited longest each user is named once, with what it had waiting.
func TestWhoWaitedLongest(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for i := range 8 {
		s.add(fmt.Sprint(i), Request{User: "alice", Lane: "x"})
	}
	s.run(1)
	for i := range 15 {
		s.add(fmt.Sprint("u", i), Request{User: fmt.Sprint("user_", i), Lane: "x"})
	}
	s.run(7)
	h := s.m.History(s.now, t0, time.Time{}, 0)
	for i, want := range []string{
		"alice x 5000 false 8, user_0 x 4000 false 1, user_1 x 4000 false 1, user_2 x 4000 false 1, user_3 x 4000 false 1, user_4 x 4000 false 1, user_5 x 4000 false 1, user_6 x 4000 false 1, user_7 x 4000 false 1, user_8 x 4000 false 1",
		"alice x 7000 false 7, user_0 x 6000 false 1, user_1 x 6000 false 1, user_2 x 6000 false 1, user_3 x 6000 false 1, user_4 x 6000 false 1, user_5 x 6000 false 1, user_6 x 6000 false 1, user_7 x 6000 false 1, user_8 x 6000 false 1",
	} {
		var got []string
		for _, w := range h.Slices[i].Longest {
			got = append(got, fmt.Sprintf("%s %s %d %v %d", w.User, w.Lane, w.WaitedMs, w.Started, w.Waiting))
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("slice %d:\n%s\nwant\n%s", i, got, want)
		}
	}
}

// Who has waited longest is named, and with how many, though all of it is cancelled before the
// slice ends and somebody else waits then.
func TestWhoWaitedLongestAndLeft(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Minute)
	var alice []*Ticket
	for i := range 8 {
		alice = append(alice, s.add(fmt.Sprint(i), Request{User: "alice", Lane: "x"}))
	}
	s.run(12)
	s.add("bob", Request{User: "bob", Lane: "x"})
	for _, one := range alice {
		if one.waiting() {
			s.leave(one)
		}
	}
	s.run(13)
	h := s.m.History(s.now, t0, time.Time{}, 0)
	last := h.Slices[len(h.Slices)-1]
	var got []string
	for _, w := range last.Longest {
		got = append(got, fmt.Sprintf("%s %d %v %d", w.User, w.WaitedMs, w.Started, w.Waiting))
	}
	if got, want := strings.Join(got, ", "), fmt.Sprintf("alice %d false %d, bob 500 true 1", last.OldestMs, last.Waiting); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// sums are what slices add up to.
type sums struct{ arrivals, starts, successful, failed, cancelled, refused, limited, input, output int64 }

func sumOf(slices []Slice) (sum sums) {
	for _, s := range slices {
		sum.arrivals += s.Arrivals
		sum.starts += s.Starts
		sum.successful += s.Successful
		sum.failed += s.Failed
		sum.cancelled += s.Cancelled
		sum.refused += s.Refused
		sum.limited += s.RateLimited
		sum.input += s.InputTokens
		sum.output += s.OutputTokens
	}
	return sum
}

// A day has at most 1,000 rows, whatever is asked for, and they add up to the counters.
func TestSlicesOfADay(t *testing.T) {
	s := newScript(t, DefaultSettings(), 2*time.Second)
	n := int64(0)
	for second := 0.0; second < 24*3600; second += 47 {
		s.run(second)
		s.add("a", Request{User: "a", Cost: Cost{Input: 10, Output: 1}})
		n++
	}
	s.run(24*3600 - 1)
	for _, c := range []struct {
		asked, step time.Duration
	}{
		{0, 2 * time.Minute}, {time.Second, 2 * time.Minute}, {5 * time.Minute, 5 * time.Minute}, {301 * time.Second, 6 * time.Minute},
		{time.Hour, time.Hour}, {24 * time.Hour, 24 * time.Hour}, {1000 * time.Hour, 24 * time.Hour},
	} {
		h := s.m.History(s.now, t0, time.Time{}, c.asked)
		if h.StepMs != c.step.Milliseconds() || len(h.Slices) > maxSlices {
			t.Errorf("asked for %v: %d slices of %d ms, want at most %d of %v", c.asked, len(h.Slices), h.StepMs, maxSlices, c.step)
		}
		if got, want := sumOf(h.Slices), (sums{arrivals: n, starts: n, successful: n, input: 10 * n, output: n}); got != want {
			t.Errorf("in steps of %v: got %+v, want %+v", c.step, got, want)
		}
	}
	if h := s.m.History(s.now, t0, time.Time{}, 0); len(h.Gaps) != 0 {
		t.Errorf("got the gaps %v, want none", h.Gaps)
	}
	s.run(26 * 3600)
	h := s.m.History(s.now, time.Time{}, time.Time{}, 0)
	if got, oldest := h.Slices[0].At, at(2*3600-120); got.Before(oldest) {
		t.Errorf("it goes back to %v, want to %v", got, oldest)
	}
}

// Whatever happens to requests, the slices add up to the counters: of who fails, is refused,
// leaves, comes back and is tried again, over a reset, too.
func TestSlicesAddUpToTheCounters(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.MaxDelay, settings.MaxQueue = 500*time.Millisecond, 2*time.Second, 12
	s := newScript(t, settings, time.Second)
	random := rand.New(rand.NewPCG(3, 4))
	limited := int64(0)
	s.result = func(string, int) error {
		switch random.IntN(6) {
		case 0:
			limited++
			return &Error{Class: RateLimited, RetryAfter: time.Second}
		case 1:
			return &Error{Class: ServerError, Retry: RetryYes}
		case 2:
			return &Error{Class: ClientError}
		}
		return nil
	}
	var before, want sums
	counted := func() sums {
		m := &s.m.metrics // a report would bring the slice up to date
		return sums{arrivals: m.total, successful: m.successful, failed: m.failed, cancelled: m.cancelled, refused: m.refused}
	}
	add := func() {
		now := counted()
		want.arrivals += now.arrivals - before.arrivals
		want.successful += now.successful - before.successful
		want.failed += now.failed - before.failed
		want.cancelled += now.cancelled - before.cancelled
		want.refused += now.refused - before.refused
	}
	for step := range 3000 {
		s.run(float64(step) / 2)
		if random.IntN(2) == 0 {
			s.add(fmt.Sprint(step), Request{User: fmt.Sprint(random.IntN(4)), Fingerprint: uint64(1 + random.IntN(5))})
		}
		if n := s.m.arrivals.Len; n > 0 && random.IntN(8) == 0 {
			s.leave(s.m.arrivals.Last.Item)
		}
		if step == 1500 {
			add()
			s.m.Reset(s.now, "ops")
			before = counted()
		}
	}
	add()
	want.starts, want.limited = int64(len(s.starts)), limited
	h := s.m.History(s.now, time.Time{}, time.Time{}, 0)
	got := sumOf(h.Slices)
	got.input, got.output = 0, 0
	if got != want {
		t.Errorf("the slices add up to %+v, want %+v", got, want)
	}
	for name, n := range map[string]int64{"failed": want.failed, "cancelled": want.cancelled, "refused": want.refused, "limited": want.limited} {
		if n == 0 {
			t.Errorf("none was %s", name)
		}
	}
}
