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

func TestTheOldestRequestIsNamed(t *testing.T) {
	s := newScript(t, every(5*time.Second), 100*time.Millisecond)
	if d := s.m.Report(s.now).Detail; d.Oldest != nil || d.Binds != nil || d.Crowd != nil {
		t.Errorf("while nobody waits: got %+v, %+v, %+v", d.Oldest, d.Binds, d.Crowd)
	}
	s.add("starts", Request{User: "0"})
	s.add("low", Request{ID: "slow", User: "anna", Priority: Low})
	s.step()
	for i := range 3 {
		s.run(1 + float64(i))
		s.add(fmt.Sprint(i), Request{User: "berta"})
	}
	s.run(12)
	d := s.m.Report(s.now).Detail
	if want := (OldestRequest{ID: "slow", User: "anna", Lane: DefaultLane, WaitedMs: 12_000}); d.Oldest == nil || *d.Oldest != want {
		t.Errorf("got %+v, want %+v", d.Oldest, want)
	}
	if *d.OldestWaitMs != 12_000 {
		t.Errorf("the oldest has waited %d ms", *d.OldestWaitMs)
	}
	oldest := map[string]int64{}
	for _, u := range d.Users {
		oldest[u.Name] = -1
		if u.OldestMs != nil {
			oldest[u.Name] = *u.OldestMs
		}
	}
	if oldest["anna"] != 12_000 || oldest["berta"] != 9_000 || oldest["0"] != -1 {
		t.Errorf("got %v", oldest)
	}
}

// What is said of the crowd is what a walk along the line finds, whoever comes, starts,
// leaves, comes back or fails: in one lane, and in two.
func TestTheCrowdIsAsAWalkFindsIt(t *testing.T) {
	seen, alone, elsewhere, together := 0, 0, 0, 0
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 5))
		settings := every(time.Duration(200+50*seed) * time.Millisecond)
		settings.Attempts = 3
		s := newScript(t, settings, 2*time.Second)
		lanes := []string{"", "other"}[:1+seed%2]
		if len(lanes) == 1 {
			s.result = func(string, int) error {
				if random.IntN(4) == 0 {
					return &Error{Class: ServerError, Retry: RetryYes}
				}
				return nil
			}
		}
		for step := range 600 {
			s.run(float64(step) / 5)
			for range random.IntN(5) {
				user := random.IntN(1 + int(seed)*2)
				if random.IntN(3) > 0 {
					user = step / 100
				}
				s.add(fmt.Sprint(step), Request{User: fmt.Sprint(user), Lane: lanes[random.IntN(len(lanes))], Fingerprint: uint64(1 + random.IntN(50))})
			}
			if n := s.m.arrivals.Len; n > 0 && random.IntN(3) == 0 {
				at := s.m.arrivals.First
				for range random.IntN(n) {
					at = at.Next
				}
				s.m.Leave(s.now, at.Item)
			}
			for i, one := range s.m.users.waiting {
				if one.since > one.user.requests.First.Item.id || one.user.waitingAt != i {
					t.Fatalf("seed %d, step %d: user %d of those that wait is out of place", seed, step, i)
				}
			}
			if s.m.arrivals.Len == 0 {
				continue
			}
			lane := s.m.arrivals.First.Item.lane
			inLine, oldest := map[string]int{}, map[string]int64{}
			most := ""
			for ticket := range s.m.arrivals.All {
				u := ticket.user.name
				oldest[u] = max(oldest[u], (s.now.Sub(t0) - ticket.arrived).Milliseconds())
				if ticket.lane != lane || ticket.state == aside {
					continue
				}
				if inLine[u]++; inLine[u] > inLine[most] {
					most = u
				}
			}
			var want []string // those who have half of what one has
			sum, least, next, others := 0, 0, 0, int64(-1)
			for _, u := range slices.SortedFunc(maps.Keys(inLine), func(a, b string) int { return inLine[b] - inLine[a] }) {
				if n := inLine[u]; next == 0 && n >= 6 && 2*n >= inLine[most] {
					want, sum, least = append(want, u), sum+n, n
				} else {
					next = max(next, n)
				}
			}
			if len(want) > 3 || 2*sum < lane.inLine() || least < next+3 {
				want = nil
			}
			for u, waited := range oldest {
				if !slices.Contains(want, u) {
					others = max(others, waited)
				}
			}
			s.m.crowded = crowdKept{} // what was told before says nothing
			got := s.m.Report(s.now).Detail.Crowd
			if (got != nil) != (want != nil) {
				t.Fatalf("seed %d, step %d: got %+v, want %v: %v", seed, step, got, want, inLine)
			}
			if got == nil {
				continue
			}
			for _, with := range got.With {
				if !slices.Contains(want[1:], with.User) && inLine[with.User] != inLine[most] {
					t.Fatalf("seed %d, step %d: got %+v, want %v: %v", seed, step, got, want, inLine)
				}
			}
			together += min(len(got.With), 1)
			most = got.User
			if inLine[most] != inLine[want[0]] || len(got.With) != len(want)-1 {
				t.Fatalf("seed %d, step %d: got %+v, want %v: %v", seed, step, got, want, inLine)
			}
			u, told, longest := s.m.users.find("", most), int64(-1), int64(0)
			if got.OthersOldestMs != nil {
				told = *got.OthersOldestMs
			} else {
				alone++
			}
			for _, name := range want {
				longest = max(longest, (s.now.Sub(t0) - s.m.users.find("", name).requests.First.Item.arrived).Milliseconds())
			}
			if got.Waiting != u.requests.Len || got.OldestWaitMs != longest || told != others {
				t.Fatalf("seed %d, step %d: got %+v, others %d; want %d, oldest %d, others %d", seed, step, *got, told, u.requests.Len, longest, others)
			}
			if seen++; u.requests.First.Item.lane != lane {
				elsewhere++
			}
		}
	}
	if seen < 100 || alone == 0 || alone == seen || together == 0 {
		t.Errorf("users had most of the requests in %d reports, all in %d, several in %d", seen, alone, together)
	}
}

// Who has many requests in a lane keeps nobody waiting in another one, and who has a few is no
// crowd, also when nobody has more.
func TestNoBystanderIsTheCrowd(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(s *script)
		want string
	}{
		{"many in the lane", func(s *script) { s.addOf("alice", "", 8); s.addOf("bob", "", 3) }, "alice 7, others 0 s"},
		{"many in another lane", func(s *script) { s.addOf("bob", "", 4); s.run(1); s.addOf("alice", "other", 18) }, "none"},
		{"many in both", func(s *script) {
			s.addOf("bob", "", 2)
			s.run(1)
			s.addOf("alice", "", 9)
			s.addOf("alice", "other", 9)
		}, "alice 17, others 1 s"},
		{"older ones in another lane", func(s *script) {
			s.addOf("carol", "", 9)
			s.addOf("alice", "other", 9)
			s.run(1)
			s.addOf("bob", "", 1)
		}, "carol 8, others 1 s"},
		{"three", func(s *script) { s.addOf("bob", "", 4) }, "none"},
		{"less than half of the line", func(s *script) {
			s.addOf("alice", "", 9)
			s.crowd(9)
		}, "none"},
		{"two about equal", func(s *script) { s.addOf("alice", "", 9); s.addOf("bob", "", 7); s.addOf("carol", "", 1) }, "alice 8 bob 7, others 0 s"},
		{"two, and one with a few fewer", func(s *script) { s.addOf("alice", "", 9); s.addOf("bob", "", 7); s.addOf("carol", "", 5) }, "none"},
		{"four", func(s *script) {
			for _, name := range []string{"alice", "bob", "carol", "dora"} {
				s.addOf(name, "", 8)
			}
		}, "none"},
		{"others in another lane", func(s *script) {
			s.addOf("alice", "", 9)
			s.run(1)
			s.addOf("dora", "other", 3)
			s.run(3)
			s.addOf("bob", "", 1)
		}, "alice 8, others 2 s"},
	} {
		s := newScript(t, every(time.Minute), 100*time.Millisecond)
		c.play(s)
		got := "none"
		if crowd := s.m.Report(s.now).Detail.Crowd; crowd != nil {
			got = fmt.Sprintf("%s %d", crowd.User, crowd.Waiting)
			for _, with := range crowd.With {
				got += fmt.Sprintf(" %s %d", with.User, with.Waiting)
			}
			got += fmt.Sprintf(", others %d s", *crowd.OthersOldestMs/1000)
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// Who is named does not change from look to look: of two floods neither is forgotten while the
// line empties, and one that comes to a few requests is said until then.
func TestTheCrowdDoesNotFlip(t *testing.T) {
	settings := every(500 * time.Millisecond)
	s := newScript(t, settings, 100*time.Millisecond)
	random := rand.New(rand.NewPCG(1, 2))
	var told []string
	for second := range 120 {
		if second < 20 {
			for i := range 6 {
				s.add(fmt.Sprint(i, second), Request{User: []string{"alice", "bob"}[random.IntN(2)]})
			}
		}
		s.add(fmt.Sprint("u", second), Request{User: fmt.Sprint("u", second%5)})
		s.run(float64(second) + 0.9)
		got := "none"
		if c := s.m.Report(s.now).Detail.Crowd; c != nil {
			got = c.User
			for _, with := range c.With {
				got += " and " + with.User
			}
		}
		if len(told) == 0 || told[len(told)-1] != got {
			told = append(told, got)
		}
	}
	if got := strings.Join(told, ", "); len(told) > 5 || !strings.Contains(got, "alice and bob") && !strings.Contains(got, "bob and alice") {
		t.Errorf("got %s", got)
	}
}

// The crowd is that of the lane in which somebody waits longest now, from the first look on.
func TestTheCrowdChangesWithTheLane(t *testing.T) {
	s := newScript(t, every(time.Minute), 100*time.Millisecond)
	for _, lane := range []string{"opus", "sonnet"} {
		s.add(lane, Request{User: "first of " + lane, Lane: lane}) // which starts
	}
	eldest := s.add("eldest", Request{User: "bob", Lane: "opus"})
	s.run(1)
	for i := range 8 {
		s.add(fmt.Sprint("alice", i), Request{User: "alice", Lane: "sonnet"})
	}
	s.run(2)
	for i := range 8 {
		s.add(fmt.Sprint("bob", i), Request{User: "bob", Lane: "opus"})
	}
	s.run(3)
	user := func() string {
		if c := s.m.Report(s.now).Detail.Crowd; c != nil {
			return c.User
		}
		return "nobody"
	}
	if got := user(); got != "bob" {
		t.Fatalf("got %s, want bob, who waits longest", got)
	}
	s.leave(eldest)
	if got := user(); got != "alice" {
		t.Errorf("got %s, want alice, who waits longest now", got)
	}
}

// While one user crowds the line, what is recommended does not change from look to look between
// what helps against that and a higher tier.
func TestTheRemedyDoesNotFlip(t *testing.T) {
	changes, looks := 0, 0
	for seed := range uint64(20) {
		s := newScript(t, every(1600*time.Millisecond), 100*time.Millisecond)
		random := rand.New(rand.NewPCG(seed, 4))
		s.crowdOf("alice", 6)
		last := ""
		for second := range 240 {
			for range random.IntN(2) {
				s.add(fmt.Sprint("alice", second), Request{User: "alice"})
			}
			if random.IntN(100) < 20 {
				s.add(fmt.Sprint("u", second), Request{User: fmt.Sprint("u", random.IntN(9))})
			}
			s.run(float64(second) + 0.9)
			f := s.row(RowBackingUp)
			if f == nil || f.Over {
				continue
			}
			looks++
			got, _, _ := strings.Cut(f.Recommendation, " ")
			if last != "" && last != "Wait," && last != got { // at first nobody else waits
				changes++
			}
			last = got
		}
	}
	if changes > 6 || looks < 500 {
		t.Errorf("it has changed %d times in %d looks", changes, looks)
	}
}

// What is left when a flood was cancelled is nobody's: neither who has a few more than others
// is the cause, nor are all who wait a crowd.
func TestAfterAFloodNobodyIsBlamed(t *testing.T) {
	s := newScript(t, every(1500*time.Millisecond), 100*time.Millisecond)
	s.crowdOf("bob", 5) // one starts
	for i := range 4 {
		s.add(fmt.Sprint("u", i), Request{User: fmt.Sprint("u", i)})
	}
	s.run(0.2)
	if got := s.findings(); !strings.Contains(got, "backing up") || strings.Contains(got, "alone") {
		t.Errorf("4 of 8 are blamed:\n%s", got)
	}
	if c := s.m.Report(s.now).Detail.Crowd; c != nil {
		t.Errorf("got the crowd %+v", c)
	}
	s = newScript(t, every(1500*time.Millisecond), 100*time.Millisecond)
	for i := range 20 {
		s.add(fmt.Sprint("a", i), Request{User: "alice"})
		s.add(fmt.Sprint("b", i), Request{User: "bob"})
	}
	s.run(0.2)
	s.m.Report(s.now)
	s.run(15)
	if c := s.m.Report(s.now).Detail.Crowd; c != nil {
		t.Errorf("both who wait are the crowd: %+v", c)
	}
	s = newScript(t, every(1500*time.Millisecond), 100*time.Millisecond)
	s.crowdOf("alice", 14)
	s.crowdOf("u", 3)
	told := 0
	for second := range 24 {
		s.run(float64(second) + 0.2)
		c := s.m.Report(s.now).Detail.Crowd
		if c == nil {
			continue
		}
		if told++; c.Waiting < s.m.settings.Thresholds.WarnWaiting {
			t.Errorf("the last %d of alice are a crowd", c.Waiting)
		}
	}
	if told < 5 {
		t.Errorf("alice was the crowd at %d looks", told)
	}
}

// Of many who have about as many, none is named: neither where one more comes to three, nor is
// who has more left out.
func TestOneMoreThanACrowdCanHave(t *testing.T) {
	s := newScript(t, every(5*time.Second), 100*time.Millisecond)
	s.crowdOf("u", 2)
	for _, user := range []string{"alice", "bob", "carol"} {
		s.crowdOf(user, 12)
	}
	s.run(0.2)
	if c := s.m.Report(s.now).Detail.Crowd; c == nil || len(c.With) != 2 {
		t.Fatalf("got %+v, want three users", c)
	}
	s.crowdOf("dave", 20)
	if c := s.m.Report(s.now).Detail.Crowd; c != nil {
		t.Errorf("dave has more than any of %+v", c)
	}
}

// Who can be lowered is named before who has the lowest priority already.
func TestACrowdBeginsWithWhoCanBeLowered(t *testing.T) {
	s := newScript(t, every(5*time.Second), 100*time.Millisecond)
	s.crowdOf("u", 2)
	for i := range 14 {
		s.add(fmt.Sprint("a", i), Request{User: "alice", Priority: Low})
	}
	s.crowdOf("bob", 10)
	s.run(0.2)
	if c := s.m.Report(s.now).Detail.Crowd; c == nil || c.User != "bob" || c.Lowest || len(c.With) != 1 {
		t.Errorf("got %+v, want bob, then alice", c)
	}
}

// Where all that the crowd has waiting have the lowest priority, that is told: they cannot be
// lowered.
func TestACrowdOfTheLowestPriority(t *testing.T) {
	s := newScript(t, every(2*time.Second), 100*time.Millisecond)
	for i := range 9 {
		s.add(fmt.Sprint("a", i), Request{User: "alice", Priority: Low})
	}
	s.run(0.5)
	if c := s.m.Report(s.now).Detail.Crowd; c == nil || !c.Lowest {
		t.Errorf("got %+v, want one whose requests all have the lowest priority", c)
	}
	s.add("b", Request{User: "alice", Priority: Normal})
	if c := s.m.Report(s.now).Detail.Crowd; c == nil || c.Lowest {
		t.Errorf("got %+v, one of whose requests has a higher priority", c)
	}
}

// A lane that was asked of late is listed with its limits, also while nobody waits or runs in
// it; not for ever.
func TestALaneThatWasAskedOfLateIsListed(t *testing.T) {
	settings := boundless()
	settings.Adaptive, settings.AdaptiveInFlight = true, 5
	s := newScript(t, settings, 100*time.Millisecond)
	s.learn = Limits{Requests: Limit{PerMinute: 50, Remaining: 49}}
	s.add("one", Request{Lane: "org/sonnet", Cost: Cost{Input: 100, Output: 100}})
	s.run(20)
	lanes := s.m.Report(s.now).Detail.Lanes
	if len(lanes) != 1 || lanes[0].Name != "org/sonnet" || len(lanes[0].Limits) == 0 || lanes[0].Waiting+lanes[0].Running != 0 {
		t.Errorf("got %+v, want the lane, idle, with its limits", lanes)
	}
	wall := s.m.wallTime(s.m.now)
	for _, lane := range []string{"org/sonnet", "org/opus"} { // as the Rate Limits API tells them anew
		s.m.SetLimits(s.now, lane, Limits{Requests: Limit{PerMinute: 50}}, wall)
	}
	if lanes = s.m.Report(s.now).Detail.Lanes; len(lanes) != 1 || lanes[0].Name != "org/sonnet" {
		t.Errorf("of two whose limits are told, one was called: %+v", lanes)
	}
	s.add("two", Request{Lane: "org/sonnet", Cost: Cost{Input: 100, Output: 100}})
	if lanes = s.m.Report(s.now).Detail.Lanes; len(lanes) != 1 {
		t.Errorf("it is listed twice: %+v", lanes)
	}
	s.run(400)
	if lanes = s.m.Report(s.now).Detail.Lanes; len(lanes) != 0 {
		t.Errorf("after 6 min it is still listed: %+v", lanes)
	}
}

// addOf lets n requests of a user arrive in a lane now.
func (s *script) addOf(user, lane string, n int) {
	for i := range n {
		s.add(fmt.Sprint(user, lane, i), Request{User: user, Lane: lane})
		s.step()
	}
}

// What holds up the lane of the oldest is told with the figures of its limit.
func TestWhatBindsIsTold(t *testing.T) {
	adaptive := boundless()
	adaptive.Adaptive, adaptive.AdaptiveInFlight = true, 5
	limited := func(l Limits) func(s *script) {
		return func(s *script) {
			s.learn = l
			s.add("first", Request{Cost: Cost{Input: 100, Output: 100}})
			s.run(3)
			for i := range 4 {
				s.add(fmt.Sprint(i), Request{Cost: Cost{Input: 400, Output: 400}})
			}
			s.run(3.1)
		}
	}
	for _, c := range []struct {
		name      string
		settings  Settings
		play      func(s *script)
		want      string
		perMinute int // 0: none
	}{
		{"spacing", every(time.Minute), func(s *script) { s.crowd(3) }, BlockedBySpacing, 0},
		{"slots", adaptive, func(s *script) {
			s.took = time.Hour
			for i := range 3 {
				s.crowd(5 * i)
				s.run(float64(30 * i))
			}
		}, BlockedBySlots, 0},
		{"nothing is known", adaptive, func(s *script) { s.crowd(20) }, BlockedByExploring, 0},
		{"output", adaptive, limited(Limits{Output: Limit{PerMinute: 1000, Remaining: 0}, Input: Limit{PerMinute: 9000, Remaining: 9000}}), "output tokens", 1000},
		{"requests", adaptive, limited(Limits{Requests: Limit{PerMinute: 3, Remaining: 0}}), "requests", 3},
		{"a pause", DefaultSettings(), func(s *script) {
			s.result = func(string, int) error { return &Error{Class: RateLimited, RetryAfter: time.Minute} }
			s.crowd(3)
			s.run(3)
		}, BlockedByPause, 0},
		{"no connection", adaptive, func(s *script) {
			s.result = func(string, int) error { return &Error{Class: NetworkError, Retry: RetryYes, Unsent: true} }
			s.crowd(9)
			s.run(20)
		}, BlockedByNetwork, 0},
		{"overload", adaptive, func(s *script) {
			s.result = func(string, int) error { return &Error{Class: Overloaded, Retry: RetryYes} }
			s.crowd(9)
			s.run(2)
		}, BlockedByOverload, 0},
		{"a back-off", boundless(), func(s *script) {
			s.result = func(string, int) error {
				return &Error{Class: ServerError, Retry: RetryYes, RetryAfter: 10 * time.Second}
			}
			s.crowd(1)
			s.run(2)
		}, BlockedByBackOff, 0},
	} {
		s := newScript(t, c.settings, time.Second)
		c.play(s)
		d := s.m.Report(s.now).Detail
		b := d.Binds
		if b == nil || b.Kind != c.want || b.Lane != d.Oldest.Lane {
			t.Errorf("%s: got %+v, want %s", c.name, b, c.want)
			continue
		}
		switch {
		case c.perMinute == 0 && (b.PerMinute != nil || b.Free != nil):
			t.Errorf("%s: it has figures: %d", c.name, *b.PerMinute)
		case c.perMinute > 0 && (b.PerMinute == nil || *b.PerMinute != c.perMinute || b.Free == nil || *b.Free > 100):
			t.Errorf("%s: got %+v", c.name, b)
		}
	}
}
