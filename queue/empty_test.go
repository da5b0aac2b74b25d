package queue

import (
	"testing"
	"time"
)

// sharedAccount is an account with a limit of requests of which others take a part.
type sharedAccount struct {
	m         *Machine
	perMinute float64
	others    float64 // requests a second, ten seconds' at once
	left      float64
}

// run lets a second pass, and those start who may.
func (a *sharedAccount) run(t *testing.T, second int) {
	t.Helper()
	now := at(float64(second))
	a.left = min(a.left+a.perMinute/60, a.perMinute)
	if second%10 == 0 {
		a.left -= 10 * a.others
	}
	for next := a.m.Next(now); next != nil; next = a.m.Next(now) {
		a.m.Start(now, next)
		var refused error
		if a.left < 1 {
			refused = &Error{Class: RateLimited, RetryAfter: time.Second}
		} else {
			a.left--
		}
		a.m.ReportLimits(now, next, Limits{Requests: Limit{PerMinute: int(a.perMinute), Remaining: int(max(a.left, 0))}})
		if again, err := a.m.Finish(now, next, refused); err != nil && !again {
			t.Fatal(err)
		}
	}
}

// addAll adds requests of a priority.
func addAll(t *testing.T, m *Machine, now time.Time, n int, p Priority) {
	t.Helper()
	for range n {
		if _, err := m.Add(now, Request{Priority: p}); err != nil {
			t.Fatal(err)
		}
	}
}

// toldEmpty returns in how many seconds all who wait will have started, as it is told.
func toldEmpty(t *testing.T, m *Machine, now time.Time) (early, likely, late float64) {
	t.Helper()
	d := m.Report(now).Detail
	if d.EmptyInMs == nil || d.EmptyEarlyMs == nil || d.EmptyLateMs == nil {
		t.Fatalf("at %v nobody knows when all start", now.Sub(t0))
	}
	seconds := func(ms *int64) float64 { return float64(*ms) / 1000 }
	return seconds(d.EmptyEarlyMs), seconds(d.EmptyInMs), seconds(d.EmptyLateMs)
}

// Others who take of the account show in when the line is empty at the latest.
func TestALineIsEmptyLaterBesideOthers(t *testing.T) {
	a := sharedAccount{m: newMachine(t, adaptiveSettings()), perMinute: 60, others: 0.4}
	addAll(t, a.m, t0, 100, Normal)
	for second := range 40 {
		a.run(t, second)
	}
	early, likely, late := toldEmpty(t, a.m, at(40))
	second := 40
	for ; a.m.arrivals.Len > 0; second++ {
		a.run(t, second)
	}
	if truth := float64(second - 40); truth < early || truth > late || late > 1.3*truth || truth < 1.3*likely {
		t.Errorf("all have started after %.0f s; told were %.0f s, or from %.0f to %.0f", truth, likely, early, late)
	}
}

// Those who come and go before others do not count in when those who wait will have started
// if nobody comes.
func TestALineIsEmptyAsIfNobodyCame(t *testing.T) {
	spaced := newMachine(t, DefaultSettings())
	addAll(t, spaced, t0, 20, Low)
	a := sharedAccount{m: newMachine(t, adaptiveSettings()), perMinute: 60}
	addAll(t, a.m, t0, 60, Low)
	for second := range 40 {
		now := at(float64(second))
		if second%2 == 0 {
			addAll(t, spaced, now, 1, High)
			addAll(t, a.m, now, 1, High)
		}
		a.run(t, second)
		for next := spaced.Next(now); next != nil; next = spaced.Next(now) {
			spaced.Start(now, next)
		}
	}
	if early, likely, late := toldEmpty(t, spaced, at(40)); early != likely || late != likely {
		t.Errorf("spaced: got %.1f s, from %.1f to %.1f, want one time", likely, early, late)
	}
	early, likely, late := toldEmpty(t, a.m, at(40))
	second := 40
	for ; a.m.arrivals.Len > 0; second++ {
		a.run(t, second)
	}
	if truth := float64(second - 40); truth+1 < early || truth > late+1 || late-early > 0.3*likely {
		t.Errorf("adaptive: all have started after %.0f s; told were %.1f s, or from %.1f to %.1f", truth, likely, early, late)
	}
}

// What became of times that were told before another limit was known says nothing of those
// since then, and what is kept of them is bounded.
func TestEmptyTimesAreFewAndOfOneLimit(t *testing.T) {
	a := sharedAccount{m: newMachine(t, adaptiveSettings()), perMinute: 60, others: 0.5}
	addAll(t, a.m, t0, 300, Normal)
	most := 0
	for second := range 200 {
		a.run(t, second)
		most = max(most, len(a.m.lanes[DefaultLane].emptyTimes.made))
	}
	if _, likely, late := toldEmpty(t, a.m, at(200)); late < 1.5*likely || most < 4 || most > keptEmptyTimes {
		t.Errorf("half of the account is others': got %.0f s, at the latest %.0f; %d times are kept", likely, late, most)
	}
	a.perMinute, a.others = 90, 0
	for second := range 5 {
		a.run(t, 200+second)
	}
	if _, likely, late := toldEmpty(t, a.m, at(205)); late > 1.2*likely {
		t.Errorf("the limit is another one: got %.0f s, at the latest %.0f", likely, late)
	}
}

// When a line would have been empty that all have left is not seen, and says nothing of the
// next one.
func TestALineThatAllHaveLeftTellsNothing(t *testing.T) {
	a := sharedAccount{m: newMachine(t, adaptiveSettings()), perMinute: 60}
	addAll(t, a.m, t0, 60, Normal)
	for second := range 30 {
		a.run(t, second)
	}
	for left := range a.m.arrivals.All {
		a.m.Leave(at(30), left)
	}
	addAll(t, a.m, at(85), 150, Normal)
	for second := 85; second < 90; second++ {
		a.run(t, second)
	}
	if _, likely, late := toldEmpty(t, a.m, at(89)); late > 1.2*likely {
		t.Errorf("got %.0f s, at the latest %.0f", likely, late)
	}
}

// Where nobody can know when all start, no time is told.
func TestNobodyKnowsWhenALineIsEmpty(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	addAll(t, m, t0, 30, Normal)
	if d := m.Report(t0).Detail; d.EmptyInMs != nil || d.EmptyEarlyMs != nil || d.EmptyLateMs != nil {
		t.Errorf("nothing is known of the limits, and all start in %v ms, from %v to %v", d.EmptyInMs, d.EmptyEarlyMs, d.EmptyLateMs)
	}
}

// Requests that leave while they wait are no work done: if they came after a time was told,
// that stays as it was, and so it does if they come back. Ten that came and left at once each
// second made it "from 0.0 s on" where 79 s was the truth.
func TestWhoComesAndLeavesIsNoWorkDone(t *testing.T) {
	add := func(m *Machine, second, i int) *Ticket {
		ticket, err := m.Add(at(float64(second)), Request{User: "passer", Fingerprint: uint64(i + 1)})
		if err != nil {
			t.Fatal(err)
		}
		return ticket
	}
	for name, visit := range map[string]func(m *Machine, second int){
		"nobody": func(*Machine, int) {},
		"come and leave": func(m *Machine, second int) {
			for i := range 10 {
				m.Leave(at(float64(second)), add(m, second, 100*second+i))
			}
		},
		"come, leave and come back": func(m *Machine, second int) {
			for range 10 {
				m.Leave(at(float64(second)), add(m, second, 0))
			}
		},
	} {
		a := sharedAccount{m: newMachine(t, adaptiveSettings()), perMinute: 60}
		addAll(t, a.m, t0, 120, Normal)
		for second := range 40 {
			a.run(t, second)
			if second > 20 && second < 30 {
				visit(a.m, second)
			}
		}
		early, likely, late := toldEmpty(t, a.m, at(40))
		second := 40
		for ; a.m.arrivals.Len > 0; second++ {
			a.run(t, second)
		}
		if truth := float64(second - 40); early < 0.9*truth || early > truth || late < truth || late > 1.2*truth {
			t.Errorf("%s: all have started after %.0f s; told were %.1f s, or from %.1f to %.1f", name, truth, likely, early, late)
		}
	}
}

// Those who stand aside start by the same pace and limits as all others: "all start in 4 s"
// was told where it took a minute.
func TestALineIsEmptyAfterThoseAside(t *testing.T) {
	for name, settings := range map[string]Settings{"adaptive": adaptiveSettings(), "spaced": DefaultSettings()} {
		s := newScript(t, settings, 200*time.Millisecond)
		s.learn = Limits{Requests: Limit{PerMinute: 10, Remaining: 9}}
		s.add("before", Request{})
		s.run(2)
		s.learn.Requests.Remaining = 0
		s.result = func(string, int) error {
			return &Error{Class: ServerError, Retry: RetryYes, RetryAfter: 20 * time.Second}
		}
		s.crowd(9)
		s.run(16)
		s.result, s.learn = nil, Limits{}
		if l := s.m.lanes[DefaultLane]; l.aside.Len < 6 {
			t.Fatalf("%s: %d stand aside", name, l.aside.Len)
		}
		_, likely, _ := toldEmpty(t, s.m, s.now)
		begun := len(s.starts)
		for waiting := s.m.arrivals.Len; len(s.starts) < begun+waiting; {
			s.run(s.now.Sub(t0).Seconds() + 1)
		}
		truth := s.now.Sub(at(16)).Seconds()
		if likely < 0.8*truth || likely > 1.2*truth+1 {
			t.Errorf("%s: all have started after %.0f s; told were %.1f s", name, truth, likely)
		}
	}
}
