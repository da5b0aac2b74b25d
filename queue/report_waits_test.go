package queue

import (
	"fmt"
	"math/rand/v2"
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
	seen, alone, elsewhere := 0, 0, 0
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
				if ticket.lane != lane {
					continue
				}
				u := ticket.user.name
				oldest[u] = max(oldest[u], (s.now.Sub(t0) - ticket.arrived).Milliseconds())
				if ticket.state == aside {
					continue
				}
				if inLine[u]++; inLine[u] > inLine[most] {
					most = u
				}
			}
			is := inLine[most] >= 6 && 2*inLine[most] >= lane.inLine()
			others := int64(-1)
			for u := range oldest {
				is = is && (u == most || inLine[most] >= inLine[u]+3)
				if u != most {
					others = max(others, oldest[u])
				}
			}
			got := s.m.Report(s.now).Detail.Crowd
			if (got != nil) != is {
				t.Fatalf("seed %d, step %d: got %+v, want %v of %s: %v", seed, step, got, is, most, inLine)
			}
			if got == nil {
				continue
			}
			u, told := s.m.users.find("", most), int64(-1)
			if got.OthersOldestMs != nil {
				told = *got.OthersOldestMs
			} else {
				alone++
			}
			if own := (s.now.Sub(t0) - u.requests.First.Item.arrived).Milliseconds(); got.User != most || got.Waiting != u.requests.Len || got.OldestWaitMs != own || told != others {
				t.Fatalf("seed %d, step %d: got %+v, others %d; want %d of %s, oldest %d, others %d", seed, step, *got, told, u.requests.Len, most, own, others)
			}
			if seen++; u.requests.First.Item.lane != lane {
				elsewhere++
			}
		}
	}
	if seen < 100 || alone == 0 || alone == seen {
		t.Errorf("a user had most of the requests in %d reports, and all in %d", seen, alone)
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
		}, "carol 8, others 0 s"},
		{"three", func(s *script) { s.addOf("bob", "", 4) }, "none"},
		{"less than half of the line", func(s *script) {
			s.addOf("alice", "", 9)
			s.crowd(9)
		}, "none"},
		{"no more than another one", func(s *script) { s.addOf("alice", "", 9); s.addOf("bob", "", 6) }, "none"},
	} {
		s := newScript(t, every(time.Minute), 100*time.Millisecond)
		c.play(s)
		got := "none"
		if crowd := s.m.Report(s.now).Detail.Crowd; crowd != nil {
			got = fmt.Sprintf("%s %d, others %d s", crowd.User, crowd.Waiting, *crowd.OthersOldestMs/1000)
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
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
