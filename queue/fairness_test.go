package queue

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue/internal/limiter"

	"pgregory.net/rapid"
)

// told are limits as an answer reports them, of which everything remains.
func told(requests, input int) Limits {
	return Limits{Requests: Limit{PerMinute: requests, Remaining: requests}, Input: Limit{PerMinute: input, Remaining: input}}
}

// adaptiveScript is a script on an adaptive lane whose limits are known, and of which
// nothing is left but what refills.
func adaptiveScript(t *testing.T, requests, input int) *script {
	t.Helper()
	settings := DefaultSettings()
	settings.Adaptive, settings.MaxWait, settings.Aging = true, 24*time.Hour, 24*time.Hour
	s := newScript(t, settings, time.Second)
	s.add("first", Request{User: "first", Cost: Cost{Input: 1000}})
	s.step()
	s.m.ReportLimits(s.now, s.running[0], told(requests, input))
	s.m.ReportUsage(s.now, s.running[0], Cost{Input: 1000})
	s.run(1)
	s.starts = nil
	return s
}

func TestATurnCostsWhatItTakesOfTheLimits(t *testing.T) {
	s := adaptiveScript(t, 6000, 60_000)
	for i := range 3 {
		for _, user := range []string{"big", "a", "b"} {
			cost := Cost{Input: 1000}
			if user == "big" {
				cost.Input = 50_000
			}
			s.add(fmt.Sprint(user, i), Request{User: user, Cost: cost})
		}
	}
	s.run(600)
	got := order1(s.starts)
	if first := strings.Fields(got)[:6]; slices.ContainsFunc(first, func(name string) bool { return strings.HasPrefix(name, "big") }) {
		t.Errorf("got %s, want the six cheap ones first", got)
	}
}

func TestWeightsShareTurns(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	for i := range 6 {
		for _, group := range []string{"x", "y"} {
			r := Request{Group: group}
			if group == "x" {
				r.GroupWeight = 2
			}
			s.add(fmt.Sprint(group, i), r)
		}
	}
	s.run(60)
	if got, want := order1(s.starts), "x0 y0 x1 x2 y1 x3 x4 y2 x5 y3 y4 y5"; got != want {
		t.Errorf("groups: got %s, want %s", got, want)
	}
	s = newScript(t, DefaultSettings(), time.Second)
	for i := range 4 {
		s.add(fmt.Sprint("u", i), Request{User: "u", UserWeight: 3})
		s.add(fmt.Sprint("v", i), Request{User: "v", UserWeight: math.NaN()}) // counts as 1
	}
	s.run(60)
	if got, want := order1(s.starts), "u0 u1 v0 u2 u3 v1 v2 v3"; got != want {
		t.Errorf("users: got %s, want %s", got, want)
	}
}

// shareTurns lets as many new users of some origins have come as have turns of their own.
func (n *newNames) shareTurns(yes bool, origins ...string) {
	for i := range len(origins) * maxNewNames {
		if yes {
			n.add(origins[i/maxNewNames], 0)
		}
	}
}

func TestNamesThatWereNeverServedShareOneTurn(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.m.newNames.shareTurns(true, "1")
	s.add("p0", Request{User: "polite", Origin: "1"})
	s.run(10) // polite has been served
	for i := range 6 {
		s.add(fmt.Sprint("n", i), Request{User: fmt.Sprint("new", i), Origin: "1"})
		s.add(fmt.Sprint("p", i+1), Request{User: "polite", Origin: "1"})
	}
	s.add("o0", Request{User: "other", Origin: "2"})
	s.run(60)
	if got, want := order1(s.starts), "p0 n0 p1 o0 n1 p2 n2 p3 n3 p4 n4 p5 n5 p6"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestAUserThatHasBeenServedHasATurnOfItsOwn(t *testing.T) {
	s := newScript(t, DefaultSettings(), 100*time.Millisecond)
	s.m.newNames.shareTurns(true, "1")
	for i := range 5 {
		for _, user := range []string{"a", "b"} {
			s.add(fmt.Sprint(user, i), Request{User: user, Origin: "1"})
		}
		s.add(fmt.Sprint("c", i), Request{User: "c", Origin: "2"})
	}
	l := s.m.lanes[DefaultLane]
	s.run(120)
	// a and b share a turn against c, until each has been served, which takes a moment.
	if got, want := order1(s.starts), "a0 c0 b0 a1 c1 b1 a2 c2 b2 a3 c3 b3 a4 c4 b4"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if n := l.order.classes[1].root.size(); n > 1 {
		t.Errorf("%d groups are kept, want none or one", n)
	}
}

// While the first waits for its bucket, others pass it that fit what the bucket holds, and
// delay it by a twentieth of its wait and by a second at most.
func TestOthersPassTheFirstWhileItsBucketFills(t *testing.T) {
	for _, c := range []struct {
		name            string
		big, small      int
		passers, before int // small ones that wait, and that start before the big one
		delay           time.Duration
	}{
		{"some delay it by a second in all", 60_000, 400, 40, 2, time.Second},
		{"one that would delay it too long does not", 60_000, 3000, 3, 0, 0},
	} {
		s := adaptiveScript(t, 6000, 60_000)
		s.add("drain", Request{User: "drain", Cost: Cost{Input: 45_000}})
		s.step()
		s.m.ReportUsage(s.now, s.running[0], Cost{Input: 45_000})
		s.starts = nil
		began := s.now
		big := s.add("big", Request{User: "big", Cost: Cost{Input: c.big}})
		s.step()
		_, alone, _ := s.m.Position(s.now, big)
		l := s.m.lanes[DefaultLane]
		// The small ones have the later turns: their user has had much before.
		small := l.order.account(&l.order.classes[1], s.m.users.seen("", "small", s.m.now))
		small.parent.members.Charge(&small.Flow, 1000)
		for i := range c.passers {
			s.add(fmt.Sprint("small", i), Request{User: "small", Cost: Cost{Input: c.small}})
		}
		s.run(300)
		place := slices.IndexFunc(s.starts, func(start string) bool { return strings.HasPrefix(start, "big@") })
		if place != c.before {
			t.Errorf("%s: %d started before it, want %d: %v", c.name, place, c.before, s.starts)
			continue
		}
		var seconds float64
		_, _ = fmt.Sscanf(s.starts[place], "big@%f", &seconds)
		if delay := at(seconds).Sub(began.Add(alone)); delay > c.delay+time.Millisecond {
			t.Errorf("%s: it starts %v later than alone, want %v at most", c.name, delay, c.delay)
		}
	}
}

// From equal costs to told limits and back while everybody waits: in each time everybody
// has turns, and in the end all have started.
func TestTheOrderGoesFromEqualCostsToToldOnes(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxWait, settings.Aging, settings.MaxQueue = 24*time.Hour, 24*time.Hour, 10_000
	settings.MinDelay, settings.Step = time.Second, 0
	s := newScript(t, settings, time.Second)
	s.learn = told(1000, 40_000)
	users := []string{"a", "b", "c", "d"}
	for i := range 200 {
		for u, user := range users {
			s.add(fmt.Sprint(user, i), Request{User: user, Cost: Cost{Input: 100 << u}})
		}
	}
	for phase, adaptive := range []bool{false, true, false, true} {
		settings.Adaptive = adaptive
		if err := s.m.SetSettings(s.now, settings); err != nil {
			t.Fatal(err)
		}
		from := len(s.starts)
		s.run(s.now.Sub(t0).Seconds() + 1.1)
		s.learn = Limits{} // the first answers have told them
		s.run(s.now.Sub(t0).Seconds() + 15)
		phaseServed := map[string]int{}
		for _, start := range s.starts[from:] {
			phaseServed[start[:1]]++
		}
		for _, user := range users {
			if phaseServed[user] == 0 {
				t.Errorf("phase %d: %s had no turn of %d: %v", phase, user, len(s.starts)-from, phaseServed)
			}
		}
	}
	s.run(4000)
	if len(s.starts) != 800 {
		t.Errorf("%d of 800 started", len(s.starts))
	}
}

// Over any stretch in which two users of one group and class both wait, what they are
// charged differs by no more than two of the largest costs, whatever is corrected,
// refused, or leaves, and whoever is lowered and raised again; two groups the same. What is in flight, and may yet be corrected, and
// what passed is added.
func TestWhoWaitsIsChargedAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.Adaptive, settings.MaxWait, settings.Aging, settings.MaxQueue = true, 24*time.Hour, 24*time.Hour, 100_000
		m, err := NewMachine(settings, t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		now := t0
		const users, groups, inFlight = 3, 2, 2
		type key struct{ group, user int }
		// The users of a group ask for more and more, so that equal turns would be unfair.
		cost := func(k key) Cost {
			return Cost{Input: rapid.IntRange(1, 20_000>>(users-1-k.user)).Draw(t, "input")}
		}
		arrive := func(k key) {
			if _, err := m.Add(now, Request{Group: fmt.Sprint(k.group), User: fmt.Sprint(k.user), Cost: cost(k)}); err != nil {
				t.Fatal(err)
			}
		}
		// A first answer tells the limits.
		first, _ := m.Add(now, Request{User: "first", Cost: Cost{Input: 100}})
		m.Start(now, m.Next(now))
		m.ReportLimits(now, first, told(1000, 100_000))
		_, _ = m.Finish(now, first, nil)
		l := m.lanes[DefaultLane]
		l.tariff.unit = Cost{Input: 5000}.amount()
		var all []key
		for g := range groups {
			for u := range users {
				all = append(all, key{g, u})
				arrive(key{g, u})
				arrive(key{g, u})
			}
		}
		largest, loose := map[key]float64{}, 0.0 // the largest cost of each; what passed
		charged, counted := map[key]float64{}, map[*Ticket]float64{}
		keyOf := func(u *user) (k key) {
			_, _ = fmt.Sscan(u.group, &k.group)
			_, _ = fmt.Sscan(u.name, &k.user)
			return k
		}
		count := func(t *Ticket) {
			if by := t.charge - counted[t]; t.user.group != "newcomers" && by != 0 {
				counted[t] = t.charge
				charged[keyOf(t.user)] += by
			}
		}
		var calls []*Ticket
		end := func() {
			i := rapid.IntRange(0, len(calls)-1).Draw(t, "call")
			call := calls[i]
			calls = slices.Delete(calls, i, i+1)
			var outcome error
			k := keyOf(call.user)
			switch rapid.IntRange(0, 5).Draw(t, "outcome") {
			case 0, 1, 2: // one takes much more than it seemed, another one less
				used := call.cost
				m.ReportUsage(now, call, Cost{Input: int(used[limiter.Input] * []float64{3, 1, 0.3}[k.user])})
			case 3:
				m.Leave(now, call)
			case 4:
				if k.user == 1 { // alone is refused
					outcome = &Error{Class: RateLimited, RetryAfter: 10 * time.Millisecond}
				}
			}
			largest[k] = max(largest[k], call.charge)
			_, _ = m.Finish(now, call, outcome)
			count(call)
		}
		ofUsers, ofGroups := swings[[2]key]{}, swings[int]{}
		for range 600 {
			for len(calls) == inFlight || len(calls) > 0 && rapid.Bool().Draw(t, "ends") {
				end()
			}
			next := m.Next(now)
			for next == nil {
				wake, ok := m.Wake()
				if !ok {
					end()
				} else if wake.After(now) {
					now = wake
				}
				next = m.Next(now)
			}
			passes := next != l.next(&m.settings)
			for i := range l.order.classes {
				for s := range l.order.classes[i].users.All {
					k := keyOf(s.key.user)
					largest[k] = max(largest[k], s.price.cost)
				}
			}
			m.Start(now, next)
			calls = append(calls, next)
			if passes {
				loose += next.charge
			}
			count(next)
			if u := next.user; u.group != "newcomers" {
				for u.rank.waiting < 2 {
					arrive(keyOf(u))
				}
			}
			if rapid.Bool().Draw(t, "lowered") { // and raised, while the user's others wait
				of := m.users.find(next.user.group, next.user.name).requests.First
				if of != nil && of.Next != nil {
					setOne(m, now, of.Item.ID(), Low, "")
					setOne(m, now, of.Item.ID(), Normal, "")
				}
			}
			if rapid.Bool().Draw(t, "newcomer") {
				_, _ = m.Add(now, Request{Group: "newcomers", User: "newcomer", Cost: cost(key{0, 2})})
			}
			for _, a := range all {
				for _, b := range all {
					most := 2*(1+inFlight)*max(largest[a], largest[b]) + loose
					if d := ofUsers.swing([2]key{a, b}, charged[a]-charged[b]); a.group == b.group && d > most {
						t.Fatalf("over a stretch %v was charged %.2f more than %v, want %.2f at most", a, d, b, most)
					}
				}
			}
			byGroup, most := 0., 0.
			for k, by := range charged {
				byGroup += by * float64(1-2*k.group)
			}
			for _, cost := range largest {
				most = max(most, 2*(1+inFlight)*cost+loose)
			}
			if d := ofGroups.swing(0, byGroup); d > most {
				t.Fatalf("over a stretch the groups' charges differ by %.2f, want %.2f at most", d, most)
			}
		}
	})
}

// swings are the least and the most that figures have been, by name. They begin at zero.
type swings[K comparable] map[K][2]float64

// swing notes what a figure is now, and returns how far it has moved so far.
func (s swings[K]) swing(name K, now float64) float64 {
	from := s[name]
	from = [2]float64{min(from[0], now), max(from[1], now)}
	s[name] = from
	return from[1] - from[0]
}

func TestARefusedStartCostsNothing(t *testing.T) {
	s := adaptiveScript(t, 6000, 600_000)
	s.result = func(name string, attempt int) error {
		if name == "a0" && attempt == 1 {
			return &Error{Class: RateLimited, RetryAfter: time.Second}
		}
		return nil
	}
	s.add("a0", Request{User: "a", Cost: Cost{Input: 1000}})
	s.step()
	l := s.m.lanes[DefaultLane]
	ticket := s.running[0]
	if ticket.charge == 0 {
		t.Fatal("a start has cost nothing")
	}
	s.run(1.5 + s.now.Sub(t0).Seconds())
	s.leave(ticket)
	if ticket.charge != 0 {
		t.Errorf("it left, refused, and has paid %v", ticket.charge)
	}
	a := l.order.account(&l.order.classes[1], ticket.user)
	if a.parent.members.Owes(&a.Flow) {
		t.Error("its user owes for a start that was refused")
	}
}

// What a start has paid is corrected by what it turns out to take more or less than was
// estimated, not by limits that have changed meanwhile.
func TestACorrectionIsNotOfTheLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*script)
		used   int
		want   float64 // times as much
	}{
		{"nothing changes", func(*script) {}, 3000, 3},
		{"the limits grow tenfold", func(s *script) {
			s.m.ReportLimits(s.now, s.running[0], told(60_000, 6_000_000))
		}, 1000, 1},
		{"the pace becomes spaced", func(s *script) {
			if err := s.m.SetSettings(s.now, DefaultSettings()); err != nil {
				s.t.Fatal(err)
			}
		}, 3000, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := adaptiveScript(t, 6000, 600_000)
			s.add("a", Request{User: "a", Cost: Cost{Input: 1000}})
			s.step()
			ticket := s.running[0]
			before := ticket.charge
			c.change(s)
			s.m.ReportUsage(s.now, ticket, Cost{Input: c.used})
			if got := ticket.charge / before; math.Abs(got-c.want) > 1e-6 {
				t.Errorf("it paid %.3g times as much, want %.3g", got, c.want)
			}
		})
	}
}

// A request of which nothing is known costs as much as the mean, and not nothing.
func TestARequestOfUnknownCostPaysTheMean(t *testing.T) {
	s := adaptiveScript(t, 6000, 60_000)
	for i := range 10 {
		s.add(fmt.Sprint("unknown", i), Request{User: "unknown"})
		s.add(fmt.Sprint("known", i), Request{User: "known", Cost: Cost{Input: 1000}})
	}
	l := s.m.lanes[DefaultLane]
	l.tariff.perMinute[limiter.Requests] = 0
	for range 10 {
		next := l.order.next()
		s.starts = append(s.starts, s.names[next])
		l.order.takeTurn(next)
	}
	known := strings.Count(strings.Join(s.starts, " "), " known")
	if known < 4 || known > 6 {
		t.Errorf("%d of 10 turns are of the one whose cost is known: %v", known, s.starts)
	}
}

// A user pays for a call that turns out large also where many others have come and gone
// meanwhile.
func TestACallIsChargedHoweverManyComeMeanwhile(t *testing.T) {
	s := adaptiveScript(t, 100_000, 100_000_000)
	s.took = time.Hour
	s.add("large", Request{User: "large", Cost: Cost{Input: 1000}})
	s.step()
	large := s.running[0]
	s.took = time.Millisecond
	for i := range 600 {
		s.add("", Request{User: fmt.Sprint("u", i), Cost: Cost{Input: 10}})
		s.run(s.now.Sub(t0).Seconds() + 0.01)
	}
	s.m.ReportUsage(s.now, large, Cost{Input: 3_000_000})
	l := s.m.lanes[DefaultLane]
	if a := l.order.account(&l.order.classes[1], large.user); !a.parent.members.Owes(&a.Flow) {
		t.Error("it owes nothing")
	}
}

// A weight that is no number that can be used, or an absurd one, breaks nothing.
func TestAbsurdWeights(t *testing.T) {
	for given, want := range map[float64]float64{0: 1, -1: 1, math.NaN(): 1, 1e-310: MinWeight, math.Inf(1): MaxWeight, 2: 2} {
		if got := weight(given); got != want {
			t.Errorf("%v: got %v, want %v", given, got, want)
		}
	}
}

// Shares without requests are forgotten once they owe nothing.
func TestSharesDoNotPileUp(t *testing.T) {
	s := adaptiveScript(t, 100_000, 100_000_000)
	for i := range 2000 {
		s.add("", Request{Group: fmt.Sprint("g", i), User: fmt.Sprint("u", i), Origin: fmt.Sprint("o", i%10), Cost: Cost{Input: 10}})
		s.step()
		for _, r := range s.running {
			s.m.ReportUsage(s.now, r, Cost{Input: 1000}) // far more than was estimated
		}
		s.run(s.now.Sub(t0).Seconds() + 0.01)
	}
	l := s.m.lanes[DefaultLane]
	if n := l.order.classes[1].idle.Len; n > 500 {
		t.Errorf("%d shares without requests are kept", n)
	}
	if n := l.order.classes[1].root.size(); n > 500 {
		t.Errorf("%d groups are kept", n)
	}
}

// People behind one address who begin together wait for one turn of each other, and not for
// all turns of those who were served before; after ten minutes as many more may come.
func TestTheFirstUsersOfAnOriginHaveTurnsOfTheirOwn(t *testing.T) {
	s := newScript(t, DefaultSettings(), 100*time.Millisecond)
	for _, minutes := range []float64{0, 10} {
		s.run(60 * minutes)
		s.starts = nil
		for n := range 2 {
			for u := range maxNewNames {
				s.add(fmt.Sprint(u, ".", n), Request{User: fmt.Sprint(minutes, "-", u), Origin: "1"})
			}
		}
		for s.m.arrivals.Len > 0 {
			s.run(s.now.Sub(t0).Seconds() + 1)
		}
		first := strings.Fields(order1(s.starts))[:maxNewNames]
		if slices.ContainsFunc(first, func(name string) bool { return strings.HasSuffix(name, ".1") }) {
			t.Errorf("from minute %v on: the first starts are of %v, want one of each user", minutes, first)
		}
	}
}
