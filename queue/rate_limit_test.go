package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRateLimitPausesTheLaneAndCostsNoAttempt(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 1
	s := newScript(t, settings, 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "a" && attempt <= 2 {
			return &Error{Class: RateLimited, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	for _, name := range []string{"a", "b", "c"} {
		s.add(name, Request{User: name})
	}
	s.run(100)
	// After each pause the one that was refused goes first, and the rest spaced.
	s.wantStarts("a@0 a@20.5 a@41 b@42.9 c@44.6")
	r := s.m.Report(s.now)
	if r.Metrics.Successful != 3 || r.Metrics.Failed != 0 || r.Detail.RateLimited != 2 || r.Detail.Retries != 2 {
		t.Errorf("got %+v, %d rate limited, %d retries", r.Metrics, r.Detail.RateLimited, r.Detail.Retries)
	}
}

func TestPauseHoldsOnlyItsLane(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name == "a1" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 30 * time.Second}
		}
		return nil
	}
	for _, name := range []string{"a1", "a2", "b1", "b2"} {
		s.add(name, Request{Lane: name[:1]})
	}
	s.run(10)
	if r := s.m.Report(s.now); r.Status != "warning" || r.Health.Message != "Paused by the API until 14:00:30 (in 21 s)" {
		t.Errorf("got %s: %s", r.Status, r.Health.Message)
	}
	s.run(60)
	s.wantStarts("a1@0 b1@0 b2@1.7 a1@30.5 a2@32.2")
}

func TestSeveralRefusedTogetherComeBackInOrderAndSpaced(t *testing.T) {
	s := newScript(t, DefaultSettings(), 10*time.Second)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: RateLimited} // and no time: 1 s, for all of them
		}
		return nil
	}
	for _, name := range []string{"a", "b", "c"} {
		s.add(name, Request{User: name})
	}
	s.run(100)
	// Refused at 10, at 11.9 and at 13.6. All had started before the first pause,
	// so the pause stays at 1 s.
	s.wantStarts("a@0 b@1.9 c@3.6 a@11 b@12.9 c@14.6")
}

func TestPauseWithoutATimeDoubles(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(_ string, attempt int) error {
		if attempt <= 8 {
			return &Error{Class: RateLimited}
		}
		return nil
	}
	s.add("a", Request{})
	s.run(290)
	s.wantStarts("a@0 a@1.7 a@4.2 a@8.7 a@14.2 a@19.7 a@25.533 a@36.033 a@46.533") // the pauses of 8 s and more are probed
}

func TestARateLimitLeavesTheAttempts(t *testing.T) {
	settings := DefaultSettings()
	settings.Attempts = 2
	s := newScript(t, settings, time.Second)
	s.result = func(_ string, attempt int) error {
		return []error{&Error{Class: RateLimited, RetryAfter: time.Second}, &Error{Class: Overloaded}, nil}[attempt-1]
	}
	s.add("a", Request{})
	s.run(60)
	if err := s.final["a"]; err != nil || len(s.starts) != 3 {
		t.Errorf("got %v after %v", err, s.starts)
	}
}

func TestASuccessEndsTheDoublingOfPauses(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: RateLimited}
		}
		return nil
	}
	for i := range 3 {
		s.run(float64(20 * i))
		s.add(fmt.Sprint(i), Request{})
		s.step()
	}
	s.run(60)
	s.wantStarts("0@0 0@1.7 1@20 1@21.7 2@40 2@41.7")
}

// The same in a lane that is never idle, and so never forgotten.
func TestASuccessEndsTheDoublingInABusyLane(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.result = func(name string, attempt int) error {
		if name != "long" && attempt == 1 {
			return &Error{Class: RateLimited}
		}
		return nil
	}
	long := s.add("long", Request{})
	s.step()
	s.ends[long] = at(1000)
	for i := range 3 {
		s.run(float64(20 * (i + 1)))
		s.add(fmt.Sprint(i), Request{})
		s.step()
	}
	s.run(100)
	s.wantStarts("long@0 0@20 0@21.7 1@40 1@41.7 2@60 2@61.7")
}

func TestTheRefusedComeBackInTheOrderOfTheirStarts(t *testing.T) {
	s := newScript(t, DefaultSettings(), 10*time.Second)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 20 * time.Second}
		}
		return nil
	}
	a := s.add("a", Request{User: "a"})
	s.add("b", Request{User: "b"})
	s.step()
	s.ends[a] = at(15) // b is refused at 11.7, a at 15
	s.run(100)
	s.wantStarts("a@0 b@1.7 a@35 b@36.7")
}

// Of a user whose many requests are refused one goes first after the pause; the others wait
// for its turns, of which it gets a few back, so that newcomers do not wait for all of them.
func TestOneOfAUsersRefusedGoesFirst(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step, settings.MaxInFlight = 100*time.Millisecond, 0, 100
	s := newScript(t, settings, 2*time.Second)
	s.result = func(name string, attempt int) error {
		if strings.HasPrefix(name, "flood") && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 10 * time.Second}
		}
		return nil
	}
	for i := range 30 {
		s.add(fmt.Sprint("flood", i), Request{User: "flood"})
	}
	s.run(1.95) // 20 of them run, and will be refused
	s.run(5)
	s.starts = nil
	for _, user := range []string{"anna", "bob"} {
		s.add(user, Request{User: user})
	}
	s.run(60)
	if got, want := order1(s.starts[:5]), "flood0 flood1 flood2 flood3 anna"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(s.starts) < 32 {
		t.Errorf("only %d started", len(s.starts))
	}
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

// The refusal of a large prompt is no pause for small ones, for which enough is left. The
// large one starts when its bucket holds enough by a careful estimate.
func TestARefusedPromptHoldsUpNoSmallOnes(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	left := Limits{Requests: Limit{PerMinute: 1000, Remaining: 900}, Input: Limit{PerMinute: 600_000, Remaining: 20_000}}
	large, _ := m.Add(t0, Request{User: "large", Cost: Cost{Input: 100_000}})
	m.Start(t0, m.Next(t0))
	m.ReportLimits(t0, large, left)
	if again, err := m.Finish(t0, large, &Error{Class: RateLimited, RetryAfter: 8 * time.Second}); !again {
		t.Fatal(err)
	}
	var starts []string
	for step := range 200 { // 100 ms each
		now := t0.Add(time.Duration(step) * 100 * time.Millisecond)
		if step%10 == 5 && step < 50 {
			if _, err := m.Add(now, Request{User: "small", Cost: Cost{Input: 500}}); err != nil {
				t.Fatal(err)
			}
		}
		for x := m.Next(now); x != nil; x = m.Next(now) {
			starts = append(starts, fmt.Sprint(x.user.name, "@", float64(step)/10))
			m.Start(now, x)
			_, _ = m.Finish(now, x, nil)
		}
	}
	if got, want := fmt.Sprint(starts), "[small@0.5 small@1.5 small@2.5 small@3.5 small@4.5 large@10.9]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A time that no bucket takes to refill is a pause, which is probed.
func TestALongTimeIsAPauseAlsoOfTokens(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	large, _ := m.Add(t0, Request{User: "large", Cost: Cost{Input: 100_000}})
	m.Start(t0, m.Next(t0))
	m.ReportLimits(t0, large, Limits{Requests: Limit{PerMinute: 1000, Remaining: 900}, Input: Limit{PerMinute: 600_000}})
	_, _ = m.Finish(t0, large, &Error{Class: RateLimited, RetryAfter: 4 * time.Minute})
	if !m.lanes[DefaultLane].pause.active(m.now) {
		t.Error("the lane is not paused")
	}
}

// One that was refused at the head again and again lets those pass whose cost fits,
// for a minute; then the bucket is saved up for it.
func TestALargeOneLetsSmallOnesPassForAMinute(t *testing.T) {
	settings := adaptiveSettings()
	m := newMachine(t, settings)
	// The API takes the large one only when its bucket is full; no answer reports that.
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
