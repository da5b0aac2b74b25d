package queue

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// every lets one request start every so often, and many be under way.
func every(d time.Duration) Settings {
	s := boundless()
	s.MinDelay, s.MaxDelay = d, d
	return s
}

// crowdOf lets n requests of one user arrive now.
func (s *script) crowdOf(user string, n int) {
	for i := range n {
		s.add(fmt.Sprint(user, i), Request{User: user})
		s.step()
	}
}

// The level is that of the waits that people have and will have.
func TestLevelsByTheWaits(t *testing.T) {
	const healthy = "healthy: Queue is processing normally"
	counts := func(s Settings) Settings {
		s.Thresholds.WarnLastWait, s.Thresholds.CriticalLastWait = 0, 0
		return s
	}
	for _, c := range []struct {
		name     string
		settings Settings
		play     func(s *script)
		want     string
	}{
		{"by the published rule 6 wait long", DefaultSettings(), func(s *script) { s.crowd(7) }, "warning: Queue is backing up (6 requests waiting)"},
		{"by the published rule 20 wait very long", DefaultSettings(), func(s *script) { s.crowd(21) }, "critical: Very long wait times (20 waiting, last in 1 min 12 s, users wait about 1 min 07 s)"},
		{"5 wait long", every(5 * time.Second), func(s *script) { s.crowd(6) }, healthy},
		{"6 wait, the last 7.9 s", every(1317 * time.Millisecond), func(s *script) { s.crowd(7) }, healthy},
		{"6 wait, the last 8 s", every(1334 * time.Millisecond), func(s *script) { s.crowd(7) }, "warning: Queue is backing up (6 requests waiting)"},
		{"50 wait, the last 7.5 s", every(150 * time.Millisecond), func(s *script) { s.crowd(51) }, healthy},
		{"50 wait, and their number alone decides", counts(every(150 * time.Millisecond)), func(s *script) { s.crowd(51) }, "critical: Very long wait times (50 waiting, last in 7.5 s, users wait about 7.2 s)"},
		{"19 wait, the last 19 s", every(time.Second), func(s *script) { s.crowd(20) }, "warning: Queue is backing up (19 requests waiting)"},
		{"20 wait, the last 14.9 s", every(745 * time.Millisecond), func(s *script) { s.crowd(21) }, "warning: Queue is backing up (20 requests waiting)"},
		{"20 wait, the last 15 s", every(750 * time.Millisecond), func(s *script) { s.crowd(21) }, "critical: Very long wait times (20 waiting, last in 15 s, users wait about 14 s)"},

		{"2 users are expected to wait 30 s", every(15 * time.Second), func(s *script) { s.crowd(4) }, "critical: Very long wait times (3 waiting, last in 45 s, users wait about 45 s)"},
		{"only one is, and another half as long", every(15 * time.Second), func(s *script) { s.crowd(3) }, "critical: Very long wait times (2 waiting, last in 30 s, users wait about 30 s)"},
		{"only one is", every(31 * time.Second), func(s *script) { s.crowd(2) }, "warning: Very long wait times for one user, 1 (1 waiting, last in 31 s, users wait about 31 s)"},
		{"one has waited for most of it", every(31 * time.Second), func(s *script) { s.crowd(2); s.run(29) }, "warning: Very long wait times for one user, 1 (1 waiting, last in 2.0 s, users wait about 31 s)"},
		{"it waits no more", every(31 * time.Second), func(s *script) { s.crowd(2); s.run(33) }, "warning: Very long wait times for one user, 1, in the last minute (0 waiting)"},
		{"2 users have waited 30 s in the last minute", every(16 * time.Second), func(s *script) { s.crowd(4); s.run(49) }, "warning: Very long wait times in the last minute (0 waiting)"},
		{"so long ago that it counts no more", every(15 * time.Second), func(s *script) { s.crowd(4); s.run(46); s.m.Report(s.now); s.run(121) }, healthy},
		{"one that left has waited, too", every(40 * time.Second), func(s *script) {
			s.crowd(1)
			a, b := s.add("a", Request{User: "a"}), s.add("b", Request{User: "b"})
			s.run(35)
			s.leave(a)
			s.leave(b)
		}, "warning: Very long wait times in the last minute (0 waiting)"},

		{"24 of one user and 3 of others", every(time.Second), func(s *script) { s.crowdOf("anna", 25); s.crowd(3) }, "warning: Very long wait times for one user, anna (27 waiting, last in 27 s, users wait about 24 s)"},
		{"24 of one user and 20 of others", every(time.Second), func(s *script) { s.crowdOf("anna", 25); s.crowd(20) }, "critical: Very long wait times (44 waiting, last in 44 s, users wait about 21 s)"},
		{"12 of one user and 3 of others", every(time.Second), func(s *script) { s.crowdOf("anna", 13); s.crowd(3) }, "warning: Queue is backing up (15 requests waiting, 12 of anna)"},
		{"12 of one user and 9 of others", every(time.Second), func(s *script) { s.crowdOf("anna", 11); s.crowd(9) }, "warning: Queue is backing up (19 requests waiting)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(t, c.settings, 100*time.Millisecond)
			c.play(s)
			r := s.m.Report(s.now)
			if got := r.Status + ": " + r.Health.Message; got != c.want {
				t.Errorf("got  %s\nwant %s\n%+v", got, c.want, r.Detail.Findings)
			}
			if one := strings.Contains(c.want, "one user") || strings.Contains(c.want, " of anna"); one {
				if got := *r.Health.Recommendation; !strings.Contains(got, "what anna has waiting") && !strings.Contains(got, "requests of 1") && !strings.HasPrefix(got, "Nothing now: all start in 2.0 s") {
					t.Errorf("it recommends %q", got)
				}
			}
		})
	}
}

// Among equals nobody is the cause, whoever has waited longest by chance.
func TestNoneOfEqualsIsTheCause(t *testing.T) {
	for name, settings := range map[string]Settings{"published": DefaultSettings(), "one in 1.1 s": every(1100 * time.Millisecond)} {
		settings.MaxWait = time.Hour
		long := 0
		for seed := range uint64(5) {
			s := newScript(t, settings, 2*time.Second)
			random := rand.New(rand.NewPCG(seed, 2))
			next := make([]float64, 12)
			for i := range next {
				next[i] = 12 * random.Float64()
			}
			for second := range 240 {
				for u := range next {
					if next[u] <= float64(second) {
						s.add(fmt.Sprint(u, second), Request{User: fmt.Sprint("a", u)})
						next[u] += 6 + 12*random.Float64()
					}
				}
				s.run(float64(second) + 0.5)
				got := s.findings()
				if strings.Contains(got, "one user") || strings.Contains(got, " of a") || strings.Contains(got, "at once") {
					t.Fatalf("%s: after %d s:\n%s", name, second, got)
				}
				if strings.Contains(got, "critical: Very long") {
					long++
				}
			}
		}
		if long == 0 {
			t.Errorf("%s: nobody has waited long", name)
		}
	}
}

// A flood of one user is critical when others wait long for it, and else a warning, however
// many wait, and whatever a flood before it has waited: the 31 of one were critical, and the 120
// of another were not.
func TestALevelIsThatOfTheOthersWaits(t *testing.T) {
	type look struct {
		second   int
		message  string
		critical bool
		others   map[*Ticket]bool // who waits beside the one with the most requests
		oldest   time.Duration    // of them
	}
	criticals, warnings := 0, 0
	for name, settings := range map[string]Settings{
		"fixed": every(1200 * time.Millisecond), "published": DefaultSettings(), "adaptive": adaptiveSettings(),
	} {
		settings.MaxWait = time.Hour
		for seed := range uint64(4) {
			s := newScript(t, settings, 2*time.Second)
			if name == "adaptive" {
				s.learn = told(50, 30000)
			}
			random := rand.New(rand.NewPCG(seed, 9))
			pause, next := 5+8*random.Float64(), make([]float64, 4)
			var looks []look
			waited := map[*Ticket]time.Duration{}
			for second := range 400 {
				for u := range next {
					if next[u] <= float64(second) {
						s.add(fmt.Sprint(u, second), Request{User: fmt.Sprint("u", u)})
						next[u] = float64(second) + pause*(0.5+random.Float64())
					}
				}
				for _, flood := range []struct {
					user        string
					from, until int
					each        int
				}{{"alice", 20, 35, 8}, {"mallory", 150, 160, 4}} {
					for i := range flood.each {
						if flood.from <= second && second < flood.until {
							s.add(fmt.Sprint(flood.user, second, i), Request{User: flood.user})
						}
					}
				}
				s.run(float64(second) + 0.5)
				r := s.m.Report(s.now)
				l := look{second: second, message: r.Status + ": " + r.Health.Message, critical: r.Status == "critical" && !r.Detail.Findings[0].Over, others: map[*Ticket]bool{}}
				var most *user
				for n := s.m.arrivals.First; n != nil; n = n.Next {
					if u := n.Item.user; most == nil || u.requests.Len > most.requests.Len {
						most = u
					}
				}
				for n := s.m.arrivals.First; n != nil; n = n.Next {
					waited[n.Item] = s.m.now + time.Second - n.Item.arrived // at most
					if n.Item.user != most {
						l.others[n.Item] = true
						l.oldest = max(l.oldest, s.m.now-n.Item.arrived)
					}
				}
				looks = append(looks, l)
			}
			for _, l := range looks {
				longest := time.Duration(0)
				for ticket := range l.others {
					longest = max(longest, waited[ticket])
				}
				switch expected := 20 * time.Second; { // what was expected may have come sooner
				case l.critical && longest < expected && len(l.others) < settings.Thresholds.CriticalWaiting:
					t.Fatalf("%s, seed %d, at %d s: %s, and none of the %d others waits longer than %v", name, seed, l.second, l.message, len(l.others), longest)
				case !l.critical && l.oldest >= settings.Thresholds.CriticalUserWait:
					t.Fatalf("%s, seed %d, at %d s: %s, and one of the %d others has waited %v", name, seed, l.second, l.message, len(l.others), l.oldest)
				case l.critical:
					criticals++
				case strings.Contains(l.message, "one user"):
					warnings++
				}
			}
		}
	}
	if criticals == 0 || warnings == 0 {
		t.Errorf("%d looks were critical, and %d of one user", criticals, warnings)
	}
}

// While one user is named nothing recommends a higher tier beside it.
func TestOneRemedyWhereOneUserIsTheCause(t *testing.T) {
	s := newScript(t, every(time.Second), 100*time.Millisecond)
	s.crowdOf("anna", 50)
	s.crowd(11)
	if got := s.findings(); !strings.Contains(got, "warning: Very long wait times for one user, anna") || !strings.Contains(got, "backing up (60") || strings.Contains(got, "tier") {
		t.Errorf("got\n%s", got)
	}
}

// By the spaced rule one user's line keeps all others waiting, too: that is critical when they
// wait so long, and names who makes them.
func TestAFloodIsNamedUnderTheSpacing(t *testing.T) {
	s := newScript(t, DefaultSettings(), 500*time.Millisecond)
	s.crowdOf("flood", 40)
	longest, critical := int64(0), 0
	for second := range 150 {
		for u := range 4 { // each asks again when it has been served
			name := fmt.Sprint("u", u)
			if known := s.m.users.find("", name); known == nil || known.requests.Len == 0 {
				s.add(fmt.Sprint(u, second), Request{User: name})
			}
		}
		s.run(float64(second) + 0.5)
		d := s.m.Report(s.now).Detail
		if p := d.UserWaits.P95Ms; p != nil {
			longest = max(longest, *p)
		}
		level := "warning: Very long wait times for one user, flood ("
		if expected := s.m.waits(s.m.lineEnds(), leftOut{user: s.m.users.find("", "flood")}).expected; expected >= 30*time.Second {
			level = "critical: Very long wait times because of one user, flood ("
			critical++
		}
		if got := d.Findings[0].Level + ": " + d.Findings[0].Message; !strings.HasPrefix(got, level) && !strings.HasPrefix(got, "critical: Very long wait times because of one user, flood, in the last minute (") {
			t.Fatalf("at %d s: %s", second, got)
		}
	}
	if critical == 0 {
		t.Error("nobody else waited long")
	}
	if longest < 30_000 {
		t.Errorf("the p95 over users was %d ms at most", longest)
	}
}

// A request that waits longer than all others because of its lower priority, or in a lane of
// its own, made the verdict critical while the others waited half as long.
func TestOneThatStandsAloneIsNamed(t *testing.T) {
	for _, other := range []Request{{User: "anna", Priority: Low}, {User: "anna", Lane: "other"}} {
		s := newScript(t, every(1500*time.Millisecond), 100*time.Millisecond)
		s.result = func(name string, attempt int) error {
			if name == "anna" && other.Lane != "" && attempt == 1 {
				return &Error{Class: RateLimited, RetryAfter: 50 * time.Second}
			}
			return nil
		}
		named, waits := 0, int64(0)
		for second := range 180 {
			if second == 10 {
				s.add("anna", other)
			}
			if second%15 == 0 && second < 50 {
				for u := range 11 {
					s.add(fmt.Sprint(u, second), Request{User: fmt.Sprint("u", u)})
				}
			}
			s.run(float64(second) + 0.5)
			r := s.m.Report(s.now)
			if w := r.Detail.UserWaits; w.ExpectedP95Ms != nil {
				waits = max(waits, *w.ExpectedP95Ms)
			}
			if r.Status == "critical" {
				t.Fatalf("%+v, at %d s:\n%s", other, second, s.findings())
			}
			if strings.Contains(s.findings(), "Very long wait times for one user, anna") {
				named++
			}
		}
		if named < 60 || waits < 30_000 {
			t.Errorf("%+v: named in %d s, the p95 is %d ms", other, named, waits)
		}
	}
}

// Where the spacing is why requests wait, and the account has room, no higher tier is
// recommended.
func TestTheSpacingIsTheCauseWhereTheAccountHasRoom(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
		tier   bool
	}{
		{"nothing is told", Limits{}, true},
		{"room", Limits{Requests: Limit{PerMinute: 120, Remaining: 118}, Input: Limit{PerMinute: 100_000, Remaining: 80_000}}, false},
		{"others use the account", Limits{Requests: Limit{PerMinute: 120, Remaining: 10}}, true},
		{"tokens bind", Limits{Requests: Limit{PerMinute: 120, Remaining: 118}, Output: Limit{PerMinute: 8000, Remaining: 500}}, true},
	} {
		settings := DefaultSettings()
		settings.MaxQueue = 40
		s := newScript(t, settings, time.Second)
		s.learn = c.limits
		s.crowd(1)
		s.run(3)
		s.crowd(50)
		s.run(14)
		for _, look := range []float64{14, 180, 280} {
			s.run(look)
			got := s.findings()
			if look == 14 && !strings.Contains(got, "Refusing") || !strings.Contains(got, "Very long") {
				t.Fatalf("%s, at %v s: got\n%s", c.name, look, got)
			}
			if look == 180 && !strings.Contains(got, "Very long wait times (") {
				t.Errorf("%s: they wait, but got\n%s", c.name, got)
			}
			if strings.Contains(got, "tier") != c.tier || strings.Contains(got, "adaptive") == c.tier {
				t.Errorf("%s, at %v s: got\n%s", c.name, look, got)
			}
		}
	}
}

// Nobody knows when an outage ends: the number of those who wait decides alone.
func TestHowManyWaitInAnOutageDecidesAlone(t *testing.T) {
	settings := adaptiveSettings()
	settings.AdaptiveInFlight = 1000
	s := newScript(t, settings, 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: NetworkError, Retry: RetryYes} }
	for i := range 8 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint(i)})
	}
	s.run(3)
	d := s.m.Report(s.now).Detail
	if d.EmptyInMs != nil {
		t.Errorf("it will be empty in %d ms, says somebody", *d.EmptyInMs)
	}
	if got := s.findings(); !strings.Contains(got, "warning: Queue is backing up") {
		t.Errorf("got\n%s", got)
	}
}

// A verdict that is held has the figures of now, and improves when the last minute agrees.
func TestTheVerdictWorsensAtOnceAndImprovesWhenTheLastMinuteAgrees(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for _, c := range []struct {
		at             float64
		crowd          int
		level, message string
	}{
		{0, 7, "warning", "Queue is backing up (6 requests waiting)"},
		{4, 0, "warning", "Queue was backing up (5 requests waiting)"}, // 5 wait from 2.7 on
		{12.6, 0, "warning", "Queue was backing up (1 request waiting)"},
		{40, 0, "warning", "Queue was backing up (0 requests waiting)"},
		{69, 0, "warning", "Queue was backing up (0 requests waiting)"},
		{71, 0, "healthy", "Queue is processing normally"}, // the last waited 13.2 s and started at 13.2 s
		{71, 25, "critical", "Very long wait times (24 waiting, last in 1 min 36 s, users wait about 1 min 30 s)"},
	} {
		s.run(c.at)
		s.crowd(c.crowd)
		s.wantVerdict(c.level, c.message)
	}
}

// Where the number that it hangs on goes up and down, the verdict does not.
func TestTheVerdictDoesNotFlip(t *testing.T) {
	s := newScript(t, every(1500*time.Millisecond), 100*time.Millisecond)
	s.crowd(5)
	flips, last, waiting := 0, "healthy", map[int]int{}
	for i := range 400 { // one starts; for a while one more comes, and for a while none
		s.run(1.5*float64(i) + 0.1)
		few := i%12 < 3
		arrivals := 1
		switch {
		case few && i/12%2 == 0:
			arrivals = 2
		case few:
			arrivals = 0
		}
		for n := range arrivals {
			s.add(fmt.Sprint(i, n), Request{User: fmt.Sprint(i, n)})
		}
		r := s.m.Report(s.now)
		waiting[r.Metrics.CurrentQueueLength]++
		if r.Status != last {
			flips, last = flips+1, r.Status
		}
	}
	if flips != 1 || waiting[5] == 0 || waiting[7] == 0 {
		t.Errorf("the verdict has changed %d times; so many waited so often: %v", flips, waiting)
	}
}

// Whoever came before the lane's limits were known was expected to start at once: as soon
// as they are known, its expected wait is that of the present line. So the level does not
// depend on who came first.
func TestWaitsExpectedBeforeTheLimitsWereKnown(t *testing.T) {
	for _, warmUp := range []bool{false, true} {
		s := newScript(t, adaptiveSettings(), 100*time.Millisecond)
		s.result = func(string, int) error {
			left := 5 + s.now.Sub(t0).Minutes()*20 - float64(len(s.starts))
			s.learn.Requests = Limit{PerMinute: 20, Remaining: int(max(left, 0))}
			return nil
		}
		if warmUp {
			s.add("first", Request{User: "first"})
			s.run(2)
		}
		from := s.now.Sub(t0).Seconds()
		s.crowd(20)
		s.run(from + 3)
		exact := int64(0)
		for _, w := range s.m.Waiting(s.now) {
			exact = max(exact, w.WaitedMs+*w.EtaMs)
		}
		r := s.m.Report(s.now)
		if got := *r.Detail.UserWaits.ExpectedP95Ms; exact < 30_000 || float64(got) < 0.9*float64(exact) || float64(got) > 1.2*float64(exact) {
			t.Errorf("warm-up %v: %d ms are expected, and the last will have waited for %d", warmUp, got, exact)
		}
		if r.Status != "critical" {
			t.Errorf("warm-up %v: got %s: %s", warmUp, r.Status, r.Health.Message)
		}
		for range 12 { // who comes later does not delay who came first
			from++
			s.add(fmt.Sprint("late", from), Request{User: fmt.Sprint("late", from)})
			s.run(from + 3)
		}
		first := s.m.arrivals.First.Item
		if got := first.expected - first.arrived; got > time.Duration(exact+1500)*time.Millisecond {
			t.Errorf("warm-up %v: %v is expected now for one of the first, not %d ms", warmUp, got, exact)
		}
	}
}

// One is one.
func TestTheVerdictCounts(t *testing.T) {
	j := judge{Machine: newMachine(t, DefaultSettings())}
	for want, got := range map[string]string{
		"1 request": counted(1, "request"), "0 requests": counted(0, "request"), "2 requests": counted(2, "request"),
		"1 connection error in a row": j.inARow(1, NetworkError), "2 answers of 529 in a row": j.inARow(2, Overloaded),
		"0 answers of 529 in the last minute": j.inARow(0, Overloaded),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The wire has what the level hangs on.
func TestUserWaitsOnTheWire(t *testing.T) {
	s := newScript(t, every(10*time.Second), 100*time.Millisecond)
	if d := s.m.Report(s.now).Detail; d.UserWaits != (UserWaits{}) || d.EmptyInMs != nil {
		t.Errorf("nobody has come, and yet %+v, empty in %v", d.UserWaits, d.EmptyInMs)
	}
	s.crowd(4)
	s.run(15)
	d := s.m.Report(s.now).Detail
	if d.UserWaits.P95Ms == nil || d.UserWaits.ExpectedP95Ms == nil {
		t.Fatalf("got %+v", d.UserWaits)
	}
	if got := *d.UserWaits.P95Ms; got < 9700 || got > 10300 { // to within 3%
		t.Errorf("the last minute's p95 is %d ms, want 10 s", got)
	}
	if *d.UserWaits.ExpectedP95Ms != 30_000 || *d.EmptyInMs != 15_000 {
		t.Errorf("expected %d ms, empty in %d ms, want 30 s and 15 s", *d.UserWaits.ExpectedP95Ms, *d.EmptyInMs)
	}
	s.m.Reset(s.now, "")
	if d := s.m.Report(s.now).Detail; d.UserWaits.P95Ms != nil {
		t.Errorf("a reset keeps %d ms", *d.UserWaits.P95Ms)
	}
	s.run(35)
	if d := s.m.Report(s.now).Detail; d.UserWaits.P95Ms == nil || d.UserWaits.ExpectedP95Ms != nil {
		t.Errorf("after a reset: %+v", d.UserWaits)
	}
}

// Arrivals and starts of the last minute say whether the line grows. One that comes back
// has arrived before.
func TestArrivalsAndStartsAMinute(t *testing.T) {
	s := newScript(t, every(10*time.Second), 100*time.Millisecond)
	s.crowd(12)
	s.run(45)
	want := func(arrivals, starts int) {
		t.Helper()
		if d := s.m.Report(s.now).Detail; d.ArrivalsPerMinute != arrivals || d.StartsPerMinute != starts {
			t.Errorf("at %v: %d arrive and %d start a minute, want %d and %d", s.now.Sub(t0), d.ArrivalsPerMinute, d.StartsPerMinute, arrivals, starts)
		}
	}
	want(12, 5)
	again := Request{User: "anna", Fingerprint: 7}
	s.leave(s.add("anna", again))
	s.add("anna again", again)
	want(13, 5)
	s.run(59)
	want(13, 6)
	s.run(75)
	want(1, 6)
	s.m.Reset(s.now, "") // they came and started all the same
	want(1, 6)
}

// A call that failed and is tried again has not left the line: what came in less what went
// out is by how much the line has grown.
func TestArrivalsLessStartsIsWhatTheLineHasGrownBy(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		for _, class := range []Class{NetworkError, Overloaded, RateLimited} {
			settings := boundless()
			settings.Attempts, settings.MaxWait = 20, time.Hour
			if settings.Adaptive = adaptive; adaptive {
				settings.AdaptiveInFlight = 1000
			}
			s := newScript(t, settings, 100*time.Millisecond)
			s.result = func(string, int) error {
				if s.now.Sub(t0) > 40*time.Second {
					return nil
				}
				return &Error{Class: class, Retry: RetryYes, RetryAfter: 5 * time.Second}
			}
			for second := range 59 {
				s.add(fmt.Sprint(second), Request{User: fmt.Sprint(second)})
				s.run(float64(second) + 0.99)
				d := s.m.Report(s.now).Detail
				under := s.m.active.Len
				if grown := d.ArrivalsPerMinute - d.StartsPerMinute; grown != s.m.arrivals.Len {
					t.Fatalf("adaptive %v, %v, after %d s: %d in and %d out, but %d wait and %d run", adaptive, class, second, d.ArrivalsPerMinute, d.StartsPerMinute, s.m.arrivals.Len, under)
				}
			}
		}
	}
}

// The expected p95 says nearly always the same of critical waits as the exact projection,
// whose cost grows with the line.
func TestTheExpectedWaitAgreesWithTheProjection(t *testing.T) {
	for name, settings := range map[string]Settings{"published": DefaultSettings(), "one a second": every(time.Second)} {
		settings.MaxWait = time.Hour
		critical, looks, agree := settings.Thresholds.CriticalUserWait.Milliseconds(), 0, 0
		for seed := range uint64(6) {
			s := newScript(t, settings, 2*time.Second)
			random := rand.New(rand.NewPCG(seed, 1))
			users := 2 + random.IntN(20)
			for i := range 300 {
				s.run(float64(i) * (0.3 + 2*random.Float64()))
				for range random.IntN(4) {
					user := min(random.IntN(users), random.IntN(users)) // some send more
					s.add(fmt.Sprint(i), Request{User: fmt.Sprint(user)})
				}
				d := s.m.Report(s.now).Detail
				longest := map[string]int64{}
				for _, w := range s.m.Waiting(s.now) {
					longest[w.User] = max(longest[w.User], w.WaitedMs+*w.EtaMs)
				}
				if len(longest) == 0 {
					continue
				}
				exact := slices.Sorted(maps.Values(longest))[(len(longest)*95+99)/100-1]
				looks++
				if (exact >= critical) == (*d.UserWaits.ExpectedP95Ms >= critical) {
					agree++
				}
			}
		}
		if float64(agree) < 0.97*float64(looks) {
			t.Errorf("%s: they agree in %d of %d looks", name, agree, looks)
		}
	}
}

// What a user has waited counts until the start that was no refusal, and what it will have
// waited is worked out anew when it is refused.
func TestARefusalEndsNoWait(t *testing.T) {
	settings := DefaultSettings()
	settings.MinDelay, settings.Step = 2*time.Second, 0
	s := newScript(t, settings, 8*time.Second)
	s.result = func(_ string, attempt int) error {
		if attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: 40 * time.Second}
		}
		return nil
	}
	for i := range 4 {
		s.add(fmt.Sprint(i), Request{User: fmt.Sprint("u", i)})
	}
	s.run(15) // all have been refused: they start again from 54 s on, one each 2 s
	if w := s.m.Report(s.now).Detail.UserWaits; w.ExpectedP95Ms == nil || *w.ExpectedP95Ms < 58_000 {
		t.Errorf("refused: got %+v", w)
	}
	s.run(62)
	if w := s.m.Report(s.now).Detail.UserWaits; w.P95Ms == nil || *w.P95Ms < 58_000 {
		t.Errorf("after it: got %+v", w)
	}
}

// While no connection succeeds nobody is told when anything starts, under both paces and
// also in back-off.
func TestNoTimesAreToldWhileTheAPIIsDown(t *testing.T) {
	for _, adaptive := range []bool{false, true} {
		outageOf(t, NetworkError, adaptive, func(s *script, second int) {
			if !s.m.health.unreachable() {
				return
			}
			d := s.m.Report(s.now).Detail
			if d.EmptyInMs != nil {
				t.Errorf("adaptive %v, at %d s: all start in %d ms", adaptive, second, *d.EmptyInMs)
			}
			if _, down := s.m.Outage(s.now); !down {
				t.Errorf("adaptive %v, at %d s: no outage for the advice", adaptive, second)
			}
			for _, w := range s.m.Waiting(s.now) {
				if w.EtaMs != nil {
					t.Errorf("adaptive %v, at %d s: %s, aside %q, starts in %d ms", adaptive, second, w.ID, w.Aside, *w.EtaMs)
				}
			}
		})
	}
}
