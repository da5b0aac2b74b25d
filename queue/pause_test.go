package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// refuses lets the first call of each attempt number below n be refused with err.
func refuses(n int, err error) func(string, int) error {
	calls := 0
	return func(string, int) error {
		if calls++; calls <= n {
			return err
		}
		return nil
	}
}

// A header that is wrong by a day locks nobody out for it: from the middle on one
// that arrives is a probe, and then another one after 1, 2, 4 minutes.
func TestALongPauseIsProbed(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(4, &Error{Class: RateLimited, RetryAfter: 10 * time.Minute, Err: errors.New("429")})
	var starts []string
	for second := 0; second <= 1500; second += 10 {
		s.run(float64(second))
		before := len(s.starts)
		s.add(fmt.Sprint(second), Request{User: fmt.Sprint(second)})
		s.run(float64(second) + 1)
		if len(s.starts) > before {
			starts = append(starts, fmt.Sprint(second))
		}
		if len(starts) == 6 {
			break
		}
	}
	// Refused at 0.5 until 600.5; its middle is at 300.5. Each probe that is refused
	// pauses for 10 minutes more. The fourth is taken in, and ends it.
	if got, want := strings.Join(starts, " "), "0 310 380 510 760 770"; got != want {
		t.Errorf("started at %s, want %s", got, want)
	}
	if r := s.m.Report(s.now); r.Detail.Lanes[0].PausedUntil != nil {
		t.Error("it is still paused after a probe was taken in")
	}
}

// Those that arrive in a long pause and are no probe are refused at once, and the
// verdict is critical and names the day.
func TestALongPauseIsCriticalWhileNobodyIsTaken(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 24 * time.Hour, Err: errors.New("429")})
	s.add("a", Request{})
	s.run(1)
	if s.add("b", Request{}); !errors.Is(s.final["b"], ErrWaitTooLong) {
		t.Errorf("got %v, want it to be refused", s.final["b"])
	}
	s.wantVerdict("critical", "Paused by the API until Tue 24 Nov 14:00:00 (in 24 h 00 min)")
	if !s.m.Resume(s.now, "", "ops") || s.m.Resume(s.now, "", "ops") {
		t.Error("it can be ended once")
	}
	if s.add("c", Request{}); s.final["c"] != nil {
		t.Errorf("got %v after the end of the pause", s.final["c"])
	}
	for _, e := range s.m.Report(s.now).Detail.Events {
		if e.Kind == KindResumed && e.Line() != "▶️  [QUEUE] Pause ended by ops" {
			t.Errorf("the log says %q", e.Line())
		}
	}
}

// A short pause is a warning, without a probe.
func TestAShortPauseHasNoProbe(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 4 * time.Minute})
	s.add("a", Request{})
	s.run(30)
	s.wantVerdict("warning", "Paused by the API until 14:04:00 (in 3 min 31 s)")
	s.run(300)
	s.wantStarts("a@0 a@240.5")
}

// A spend cap pauses all lanes of its account, those to come too, until its date, and
// is never probed; other accounts go on.
func TestASpendCapHoldsItsAccountUntilItsDate(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: SpendCap, RetryAfter: 8 * 24 * time.Hour, Err: errors.New("429 spend")})
	s.add("first", Request{Lane: LaneName("acme", "opus-5")})
	s.run(1)
	for _, second := range []float64{10, 400000, 690000} {
		s.run(second)
		for _, lane := range []string{"opus-5", "sonnet-5"} {
			name := fmt.Sprint(lane, second)
			if s.add(name, Request{Lane: LaneName("acme", lane)}); !errors.Is(s.final[name], ErrSpendCap) {
				t.Errorf("%s at %v: got %v, want it to be refused", lane, second, s.final[name])
			}
		}
	}
	s.wantVerdict("critical", "The spend cap is reached")
	s.add("other", Request{Lane: LaneName("else", "opus-5")})
	s.run(691000)
	s.run(691300)
	s.add("after", Request{Lane: LaneName("acme", "opus-5")})
	s.run(691400)
	s.wantStarts("first@0 other@690000 after@691300")
}

// A 429 without a time and without limits is first an attempt of its request; only
// when another one is refused in the same way it is the lane, and costs nobody.
func TestA429OfOneRequestHoldsUpNobody(t *testing.T) {
	s := newScript(t, DefaultSettings(), 100*time.Millisecond)
	s.result = func(name string, _ int) error {
		if name == "lacks" {
			return &Error{Class: RateLimited, OfRequest: true, Err: errors.New("429")}
		}
		return nil
	}
	s.add("lacks", Request{User: "lacks"})
	for i := range 4 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(60)
	r := s.m.Report(s.now)
	if r.Metrics.Successful != 4 || r.Metrics.Failed != 1 || s.startsOf("lacks") != 3 {
		t.Errorf("got %+v, the one that lacks something was tried %d times; want 4, 1 and 3", r.Metrics, s.startsOf("lacks"))
	}
	for _, e := range r.Detail.Events {
		if e.Kind == KindPaused {
			t.Errorf("the lane was paused: %+v", e)
		}
	}
}

func TestA429OfTwoRequestsIsTheLanes(t *testing.T) {
	s := newScript(t, DefaultSettings(), 100*time.Millisecond)
	s.result = func(string, int) error {
		if s.now.Before(at(15)) { // for more attempts than a request has
			return &Error{Class: RateLimited, OfRequest: true, Err: errors.New("429")}
		}
		return nil
	}
	s.add("a", Request{User: "a"})
	s.add("b", Request{User: "b"})
	s.run(100)
	if r := s.m.Report(s.now); r.Metrics.Successful != 2 || r.Metrics.Failed != 0 {
		t.Errorf("got %+v, want both to succeed: what it cost of attempts was given back", r.Metrics)
	}
	paused := false
	for _, e := range s.m.Report(s.now).Detail.Events {
		paused = paused || e.Kind == KindPaused
	}
	if !paused {
		t.Error("the lane was never paused")
	}
}

// A request that was refused so and succeeds has shown that it is the lane: from then on
// such refusals cost no attempt.
func TestA429ThatASecondAttemptPassesIsTheLanes(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 2
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "a" && attempt == 1 || name == "b" && attempt <= 3 {
			return &Error{Class: RateLimited, OfRequest: true, Err: errors.New("429")}
		}
		return nil
	}
	s.add("a", Request{User: "a"})
	s.run(30)
	s.add("b", Request{User: "b"})
	s.run(100)
	if r := s.m.Report(s.now); r.Metrics.Successful != 2 || s.startsOf("b") != 4 {
		t.Errorf("got %+v, b was started %d times, want both to succeed, and 4", r.Metrics, s.startsOf("b"))
	}
}

// startsOf is how often the one of a name was started.
func (s *script) startsOf(name string) (n int) {
	for _, start := range s.starts {
		if strings.HasPrefix(start, name+"@") {
			n++
		}
	}
	return n
}

// A prompt that no full bucket holds gets the API's refusal after one try, under both
// paces, and pauses nobody.
func TestWhatNeverFitsIsTriedOnce(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		settings := DefaultSettings()
		settings.Adaptive = adaptive
		m := newMachine(t, settings)
		x, err := m.Add(t0, Request{Cost: Cost{Input: 90_000}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Add(t0, Request{User: "other", Cost: Cost{Input: 10}}); err != nil {
			t.Fatal(err)
		}
		m.Start(t0, m.Next(t0))
		m.ReportLimits(t0, x, Limits{Requests: Limit{PerMinute: 50, Remaining: 49}, Input: Limit{PerMinute: 30_000, Remaining: 30_000}})
		cause := errors.New("429")
		again, err := m.Finish(t0, x, &Error{Class: RateLimited, RetryAfter: time.Minute, Err: cause})
		large, ok := errors.AsType[*OversizeError](err)
		if again || !ok || large.Limit != "input tokens" || large.PerMinute != 30_000 || large.Needs != 90_000 || !errors.Is(err, cause) {
			t.Errorf("adaptive %v: again %v, %v", adaptive, again, err)
		}
		now := at(2)
		if next := m.Next(now); next == nil || next.user.name != "other" {
			t.Errorf("adaptive %v: the other one does not start", adaptive)
		}
	}
}

// One that was refused at the head again and again lets those pass whose cost fits,
// for a minute; then the bucket is saved up for it.
func TestALargeOneLetsSmallOnesPassForAMinute(t *testing.T) {
	settings := adaptiveSettings()
	m := newMachine(t, settings)
	// The API takes the large one only when its bucket is full; nothing tells.
	level, since := 30_000.0, time.Duration(0)
	left := func(now time.Duration) float64 {
		level = min(level+500*(now-since).Seconds(), 30_000)
		since = now
		return level
	}
	const large = 20_000
	larger := 28_000.0 // what the API takes it for
	var largeStarted, largeBegan time.Duration
	small := 0
	told := func(now time.Duration) Limits {
		return Limits{Requests: Limit{PerMinute: 1000, Remaining: 999}, Input: Limit{PerMinute: 30_000, Remaining: int(left(now)/1000) * 1000}}
	}
	for step := range 3000 { // 100 ms each
		now := time.Duration(step) * 100 * time.Millisecond
		clock := t0.Add(now)
		if step == 5 {
			if _, err := m.Add(clock, Request{User: "large", Cost: Cost{Input: large}}); err != nil {
				t.Fatal(err)
			}
			largeBegan = now
		}
		if step%10 == 0 {
			if _, err := m.Add(clock, Request{User: "small", Cost: Cost{Input: 480}}); err != nil {
				t.Fatal(err)
			}
		}
		for x := m.Next(clock); x != nil; x = m.Next(clock) {
			m.Start(clock, x)
			needs := 480.0
			if x.user.name == "large" {
				needs = larger
			}
			if left(now) < needs {
				m.ReportLimits(clock, x, told(now))
				_, _ = m.Finish(clock, x, &Error{Class: RateLimited, RetryAfter: time.Duration((needs-left(now))/500+1) * time.Second})
				continue
			}
			level -= needs
			m.ReportLimits(clock, x, told(now))
			_, _ = m.Finish(clock, x, nil)
			if x.user.name == "large" {
				largeStarted = now
			} else {
				small++
			}
		}
	}
	if wait := largeStarted - largeBegan; largeStarted == 0 || wait > 3*time.Minute {
		t.Errorf("the large one waited %v, want 3 minutes at most: those refusals, a minute of others, and a full bucket", wait)
	}
	if small < 200 {
		t.Errorf("%d small ones started in 5 minutes, want 200 at least", small)
	}
}

// A pause is projected once, and only where somebody may be too late: a refusal
// more of the same pause costs nothing.
func TestAPauseIsProjectedOnce(t *testing.T) {
	settings := adaptiveSettings()
	settings.MaxQueue = 10_000
	m := newMachine(t, settings)
	a := newAccount(6000, 0, 0, Cost{}, time.Second)
	a.early = true
	drive(t, m, a, atOnce(0, 1), time.Minute)
	var running []*Ticket
	for range 100 {
		if _, err := m.Add(at(60), Request{}); err != nil {
			t.Fatal(err)
		}
	}
	for x := m.Next(at(60)); x != nil; x = m.Next(at(60)) {
		m.Start(at(60), x)
		running = append(running, x)
	}
	for range 5000 {
		if _, err := m.Add(at(60), Request{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, x := range running {
		now := at(60.1 + float64(i)/1000)
		m.ReportLimits(now, x, Limits{Requests: Limit{PerMinute: 6000}})
		if _, err := m.Finish(now, x, &Error{Class: RateLimited, RetryAfter: 5 * time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	if m.projections > 1 {
		t.Errorf("%d refusals were projected %d times, want once at most", len(running), m.projections)
	}
}

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

// One whose body makes the API fail cannot keep the breaker open for the others.
func TestOnePoisonousRequestCannotKeepTheBreakerOpen(t *testing.T) {
	settings := adaptiveSettings()
	s := newScript(t, settings, 50*time.Millisecond)
	over := false
	s.result = func(name string, _ int) error {
		if !over || name == "poison" {
			return &Error{Class: Overloaded, Err: errors.New("529")}
		}
		return nil
	}
	s.add("poison", Request{User: "poison"})
	for i := range 20 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(3)
	over = true
	s.run(20)
	r := s.m.Report(s.now)
	if r.Metrics.Successful != 20 {
		t.Errorf("%d of the 20 others succeeded", r.Metrics.Successful)
	}
	if err, ok := s.final["poison"]; !ok || err == nil {
		s.run(60)
		if err, ok := s.final["poison"]; !ok || err == nil {
			t.Errorf("the poisonous one got %v, want its attempts to be over", err)
		}
	}
}

// Requests that make the API fail, and come again and again, hold up the others once and
// not for ever: what asks for the same is known by then.
func TestPoisonousRequestsThatComeAgainAreKnown(t *testing.T) {
	for _, class := range []Class{Overloaded, NetworkError} {
		s := newScript(t, adaptiveSettings(), 50*time.Millisecond)
		s.result = func(name string, _ int) error {
			if strings.HasPrefix(name, "poison") {
				return &Error{Class: class, Err: errors.New("529")}
			}
			return nil
		}
		good := 0
		for i := range 1200 { // a minute
			s.run(float64(i) / 20)
			if i%2 == 0 {
				good++
				s.add(fmt.Sprint("good", i), Request{User: fmt.Sprint(i % 14), Lane: fmt.Sprint("lane", i%4)})
			}
			if i%5 == 0 {
				body := i / 5 % 6
				s.add(fmt.Sprint("poison", i), Request{User: "poison", Lane: fmt.Sprint("lane", body%2), Fingerprint: uint64(body + 1)})
			}
		}
		s.run(100)
		r := s.m.Report(s.now)
		if r.Metrics.Successful != int64(good) {
			t.Errorf("%v: %d of %d good ones succeeded", class, r.Metrics.Successful, good)
		}
		if p95 := time.Duration(*r.Detail.Wait.P95Ms * float64(time.Millisecond)); p95 > 15*time.Second {
			t.Errorf("%v: 95 in 100 waited up to %v", class, p95)
		}
	}
}

// A request that makes the API fail at once is known although the successes of others
// come later than its next failures, and soon gets its answer.
func TestAPoisonousRequestIsKnownBySuccessesThatComeLate(t *testing.T) {
	s := newScript(t, adaptiveSettings(), time.Second)
	s.fails = 5 * time.Millisecond
	s.result = func(name string, _ int) error {
		if strings.HasPrefix(name, "poison") {
			return &Error{Class: Overloaded, Err: errors.New("529")}
		}
		return nil
	}
	s.learn = Limits{Requests: Limit{PerMinute: 10_000, Remaining: 9_990}}
	s.add("good", Request{})
	for i := range 10 {
		s.run(5 + float64(i)/10)
		if i < 8 {
			s.add(fmt.Sprint("poison", i), Request{User: fmt.Sprint("poison", i), Fingerprint: uint64(i + 1)})
		}
		s.add(fmt.Sprint("good", i), Request{User: fmt.Sprint(i)})
	}
	s.run(20)
	if r := s.m.Report(s.now); r.Metrics.Successful != 11 || r.Metrics.Failed != 8 {
		t.Errorf("after 15 s: %d good ones succeeded and %d poisonous ones failed, want 11 and 8", r.Metrics.Successful, r.Metrics.Failed)
	}
}

// The end of a pause is its end: no bucket stays empty for a time that was wrong.
func TestAPauseThatIsEndedHoldsUpNobody(t *testing.T) {
	for _, told := range []bool{false, true} {
		m := newMachine(t, adaptiveSettings())
		x, err := m.Add(t0, Request{})
		if err != nil {
			t.Fatal(err)
		}
		m.Start(t0, m.Next(t0))
		if told {
			m.ReportLimits(t0, x, Limits{Requests: Limit{PerMinute: 1000}, Input: Limit{PerMinute: 100_000, Remaining: 100_000}})
		}
		_, _ = m.Finish(t0, x, &Error{Class: RateLimited, RetryAfter: 20 * time.Hour})
		if !m.Resume(at(5), "", "ops") {
			t.Fatal("nothing was paused")
		}
		if m.Next(at(5)) == nil {
			if _, err := m.Add(at(5), Request{}); err != nil {
				t.Fatal(err)
			}
			if m.Next(at(5.2)) == nil {
				t.Errorf("limits told %v: nobody starts", told)
			}
		}
	}
}

// Some seconds in which everything is refused, although nothing is used up, leave no
// low rate behind.
func TestARunOfRefusalsIsNoRate(t *testing.T) {
	settings := adaptiveSettings()
	settings.MaxWait = 5 * time.Minute
	s := newScript(t, settings, 100*time.Millisecond)
	bad := true
	s.result = func(string, int) error {
		if bad {
			return &Error{Class: RateLimited, RetryAfter: time.Second, Err: errors.New("429")}
		}
		return nil
	}
	s.learn = Limits{Requests: Limit{PerMinute: 10_000, Remaining: 9_990}}
	for i := range 160 { // two a second
		s.run(float64(i) / 2)
		bad = i >= 20 && i < 60
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i % 8)})
	}
	s.run(100)
	if r := s.m.Report(s.now); r.Metrics.Successful != 160 {
		t.Errorf("%d of 160 succeeded, %d were refused, %d wait", r.Metrics.Successful, len(s.refused), r.Metrics.CurrentQueueLength)
	}
}

// Two requests that lack something, at the same time, hold up the others once.
func TestTwoThatLackSomethingHoldUpNobodyForLong(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
	s.result = func(name string, _ int) error {
		if strings.HasPrefix(name, "lacks") {
			return &Error{Class: RateLimited, OfRequest: true, Err: errors.New("429")}
		}
		return nil
	}
	for i := range 200 {
		s.run(float64(i) / 10)
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i % 10)})
		if i == 20 {
			s.add("lacks1", Request{User: "lacks1"})
			s.add("lacks2", Request{User: "lacks2"})
		}
	}
	s.run(60)
	r := s.m.Report(s.now)
	if p95 := *r.Detail.Wait.P95Ms; r.Metrics.Successful != 200 || r.Metrics.Failed != 2 || p95 > 4000 {
		t.Errorf("%d succeeded, %d failed, p95 %.0f ms; want 200, 2, and a few seconds", r.Metrics.Successful, r.Metrics.Failed, p95)
	}
}

// In a lane in which nothing succeeds, as for a model that the account lacks, each
// request soon gets the API's own answer instead of waiting for maxWait.
func TestALaneThatTheAccountLacksAnswersSoon(t *testing.T) {
	for _, settings := range []Settings{DefaultSettings(), adaptiveSettings()} {
		s := newScript(t, settings, 5*time.Millisecond)
		lacks := errors.New("429 extra usage is required")
		s.result = func(string, int) error { return &Error{Class: RateLimited, OfRequest: true, Err: lacks} }
		for i, at := range []float64{0, 40, 80, 220} {
			s.run(at)
			name := fmt.Sprint(i)
			s.add(name, Request{User: name})
			s.run(at + 35)
			if !errors.Is(s.final[name], lacks) {
				t.Errorf("adaptive %v, request %d: got %v after 35 s, want the API's own answer", settings.Adaptive, i, s.final[name])
			}
		}
	}
}

// A lane that has been answered before waits for as long as its pauses last.
func TestALaneThatHasBeenAnsweredWaitsForItsLimit(t *testing.T) {
	s := newScript(t, adaptiveSettings(), 5*time.Millisecond)
	s.result = func(name string, _ int) error {
		if at := s.now.Sub(t0).Seconds(); at > 60 && at < 140 {
			return &Error{Class: RateLimited, OfRequest: true, Err: errors.New("429")}
		}
		return nil
	}
	s.run(1)
	s.add("before", Request{})
	s.run(65)
	for i := range 10 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(300)
	if r := s.m.Report(s.now); r.Metrics.Successful != 11 {
		t.Errorf("%d succeeded, %d failed, want all 11", r.Metrics.Successful, r.Metrics.Failed)
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

// A probe whose caller leaves, or whose call is silent for too long, says nothing: the
// next one follows as after one that was refused.
func TestAProbeThatSaysNothingIsNotTheLast(t *testing.T) {
	for _, leaves := range []bool{true, false} {
		settings := DefaultSettings()
		settings.MaxRun = 30 * time.Second
		s := newScript(t, settings, 500*time.Millisecond)
		s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 24 * time.Hour, Err: errors.New("429")})
		s.add("first", Request{})
		s.run(13 * 3600)
		s.took = time.Hour
		probe := s.add("probe", Request{})
		s.step()
		if leaves {
			s.leave(probe)
		}
		s.run(13*3600 + 60)
		s.took = 500 * time.Millisecond
		s.run(13*3600 + 600)
		s.add("second", Request{})
		s.run(13*3600 + 601)
		if s.startsOf("second") != 1 || s.m.Report(s.now).Detail.Lanes[0].PausedUntil != nil {
			t.Errorf("the probe leaves %v: there was no other one", leaves)
		}
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

// Who ends the pause of a spend cap ends it for all lanes of the account: the cap was
// the account's.
func TestTheEndOfASpendCapIsOfTheAccount(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: SpendCap, RetryAfter: 8 * 24 * time.Hour, Err: errors.New("429 spend")})
	s.add("first", Request{Lane: LaneName("acme", "opus-5")})
	s.add("second", Request{Lane: LaneName("acme", "sonnet-5")})
	s.run(10)
	if !s.m.Resume(s.now, LaneName("acme", "opus-5"), "ops") {
		t.Fatal("it was not paused")
	}
	for _, l := range s.m.Report(s.now).Detail.Lanes {
		if l.PausedUntil != nil {
			t.Errorf("%s is still paused", l.Name)
		}
	}
}

// After a long pause that an operator has ended, the next one sheds as any other.
func TestAPauseShedsAfterALongerOneThatWasEnded(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 24 * time.Hour, Err: errors.New("429")})
	s.add("first", Request{})
	s.run(1)
	s.m.Resume(s.now, "", "ops")
	s.result = refuses(1, &Error{Class: RateLimited, RetryAfter: 20 * time.Minute, Err: errors.New("429")})
	for i := range 3 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(5)
	for i := range 3 {
		if name := fmt.Sprint(i); !errors.Is(s.final[name], ErrWaitTooLong) {
			t.Errorf("%s: got %v, want ErrWaitTooLong at once", name, s.final[name])
		}
	}
}
