package queue

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue/internal/limiter"

	"pgregory.net/rapid"
)

// reordered is within what time starts may arrive in another order.
const reordered = 100 * time.Millisecond

// account is an API with buckets of its own: what the queue cannot see. Every
// request costs the same, and its answer takes as long.
type account struct {
	limits [limiter.Dimensions]float64 // a minute; zero: none
	level  [limiter.Dimensions]float64
	at     time.Duration
	cost   Cost
	took   time.Duration
	early  bool // the headers come at once, as with a stream
	silent bool // no headers
	burst  float64
	second float64                   // what is left of the burst
	late   func(n int) time.Duration // how long the n-th call is on its way; nil: no time
}

func newAccount(requests, input, output float64, cost Cost, took time.Duration) *account {
	a := &account{limits: [limiter.Dimensions]float64{requests, input, output}, cost: cost, took: took}
	a.level = a.limits
	return a
}

func (a *account) advance(now time.Duration) {
	for d := range a.level {
		a.level[d] = min(a.level[d]+a.limits[d]/60*(now-a.at).Seconds(), a.limits[d])
	}
	a.second = min(a.second+a.burst*(now-a.at).Seconds(), a.burst)
	a.at = now
}

// arrive takes a request in, or says how long to wait.
func (a *account) arrive(now time.Duration) (after time.Duration, ok bool) {
	a.advance(now)
	need := a.cost.amount()
	need[limiter.Output] = 1 // it counts as it is produced
	for d := range a.level {
		if a.limits[d] > 0 && a.level[d] < need[d] {
			after = max(after, time.Duration(math.Ceil((need[d]-a.level[d])/(a.limits[d]/60)))*time.Second)
		}
	}
	if a.burst > 0 && a.second < 1 {
		after = max(after, time.Second)
	}
	if after > 0 {
		return after, false
	}
	for d := range a.level {
		a.level[d] -= need[d]
	}
	a.second--
	return 0, true
}

// produce takes the tokens of an answer.
func (a *account) produce(now time.Duration, tokens int) {
	a.advance(now)
	a.level[limiter.Output] -= float64(tokens)
}

func (a *account) headers() Limits {
	if a.silent {
		return Limits{}
	}
	told := func(d int) Limit {
		left := a.level[d]
		if d != limiter.Requests {
			left = math.Round(left/1000) * 1000
		}
		return Limit{PerMinute: int(a.limits[d]), Remaining: int(max(left, 0))}
	}
	return Limits{Requests: told(limiter.Requests), Input: told(limiter.Input), Output: told(limiter.Output)}
}

// drive lets requests arrive at times, and returns when each started with
// success, in order, and how many answers were 429.
func drive(t *testing.T, m *Machine, a *account, arrivals []time.Duration, until time.Duration) (starts []time.Duration, refused int) {
	t.Helper()
	type event struct {
		at time.Duration
		do func(now time.Time)
	}
	var agenda []event
	plan := func(at time.Duration, do func(time.Time)) { agenda = append(agenda, event{at, do}) }
	for _, at := range arrivals {
		plan(at, func(now time.Time) {
			if _, err := m.Add(now, Request{Cost: a.cost}); err != nil {
				t.Errorf("at %v: %v", at, err)
			}
		})
	}
	arrive := func(now time.Time, x *Ticket) {
		at := now.Sub(t0)
		after, ok := a.arrive(at)
		told := a.headers()
		if !ok {
			refused++
			plan(at+10*time.Millisecond, func(now time.Time) {
				m.ReportLimits(now, x, told)
				_, _ = m.Finish(now, x, &Error{Class: RateLimited, RetryAfter: after})
			})
			return
		}
		starts = append(starts, at)
		if a.early {
			m.ReportLimits(now, x, told)
		}
		const pieces = 10
		for i := range pieces {
			plan(at+a.took*time.Duration(i+1)/pieces, func(now time.Time) { a.produce(now.Sub(t0), (a.cost.Output-1)/pieces) })
		}
		plan(at+a.took, func(now time.Time) {
			if !a.early {
				m.ReportLimits(now, x, told)
			}
			m.ReportUsage(now, x, a.cost)
			_, _ = m.Finish(now, x, nil)
		})
	}
	calls := 0
	launch := func(now time.Time, x *Ticket) {
		m.Start(now, x)
		if calls++; a.late == nil {
			arrive(now, x)
			return
		}
		plan(now.Sub(t0)+a.late(calls), func(now time.Time) { arrive(now, x) })
	}
	for now := time.Duration(0); now <= until; {
		slices.SortStableFunc(agenda, func(x, y event) int { return int(x.at - y.at) })
		for len(agenda) > 0 && agenda[0].at <= now {
			do := agenda[0].do
			agenda = agenda[1:]
			do(t0.Add(now))
		}
		for x := m.Next(t0.Add(now)); x != nil; x = m.Next(t0.Add(now)) {
			launch(t0.Add(now), x)
		}
		next := until + 1
		if len(agenda) > 0 {
			next = agenda[0].at
			for _, e := range agenda {
				next = min(next, e.at)
			}
		}
		if wake, ok := m.Wake(); ok {
			next = min(next, max(wake.Sub(t0), now))
		}
		if next == now { // what was planned for now
			next = now + 1
		}
		now = next
	}
	return starts, refused
}

func adaptiveSettings() Settings {
	s := DefaultSettings()
	s.Adaptive, s.MaxWait = true, time.Hour
	return s
}

func newMachine(t testing.TB, s Settings) *Machine {
	t.Helper()
	m, err := NewMachine(s, t0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// at once are so many arrivals at a time.
func atOnce(at time.Duration, n int) []time.Duration {
	return slices.Repeat([]time.Duration{at}, n)
}

// Once the limits are known, everybody starts at once while the buckets hold it,
// and then exactly as fast as they refill.
func TestALearnedLaneStartsAsEarlyAsItsLimitsAllow(t *testing.T) {
	for _, early := range []bool{false, true} {
		m := newMachine(t, adaptiveSettings())
		a := newAccount(50, 0, 0, Cost{}, 1500*time.Millisecond)
		a.early = early
		starts, refused := drive(t, m, a, slices.Concat(atOnce(0, 1), atOnce(60*time.Second, 80)), 5*time.Minute)
		if refused != 0 || len(starts) != 81 {
			t.Fatalf("headers early %v: %d started, %d answers of 429, want 81 and none", early, len(starts), refused)
		}
		for i, at := range starts[1:] {
			want := 60 * time.Second
			if i >= 50 { // one each 1.2 s
				want += time.Duration(i-49) * 1200 * time.Millisecond
			}
			if at < want || at > want+reordered+10*time.Millisecond {
				t.Errorf("headers early %v: number %d started at %v, want %v", early, i+1, at, want)
			}
		}
	}
}

// A lane that knows nothing begins as the spacing has it: one, and the next ones
// later.
// Calls that start at once are on their way for longer than one alone: a full
// bucket begins to refill only when they arrive.
func TestCallsTakeTimeToArrive(t *testing.T) {
	for _, cold := range []time.Duration{0, 90 * time.Millisecond} {
		a := newAccount(50, 0, 0, Cost{Input: 1, Output: 1}, 700*time.Millisecond)
		a.late = func(n int) time.Duration {
			if n > 1 && n <= 45 {
				return 90 * time.Millisecond
			}
			return time.Duration(n%3) * time.Millisecond
		}
		m := newMachine(t, adaptiveSettings())
		starts, refused := drive(t, m, a, append(atOnce(0, 1), atOnce(time.Second+cold, 119)...), 5*time.Minute)
		if refused > 0 || len(starts) != 120 {
			t.Errorf("%d of 120 started, %d were refused", len(starts), refused)
		}
		if last, most := starts[len(starts)-1], 85500*time.Millisecond; last > most {
			t.Errorf("the last started at %v, want %v at the latest", last, most)
		}
	}
}

// A lane that knows nothing explores in rounds, each twice as large as the one before.
func TestAColdLaneExploresInRounds(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	starts, refused := drive(t, m, newAccount(50, 0, 0, Cost{}, time.Second), atOnce(0, 20), time.Minute)
	rounds := map[time.Duration]int{}
	for _, at := range starts {
		rounds[at]++
	}
	if want := map[time.Duration]int{0: 4, 200 * time.Millisecond: 8, 400 * time.Millisecond: 8}; refused != 0 || !maps.Equal(rounds, want) {
		t.Errorf("got %d answers of 429, starts %v, want %v", refused, rounds, want)
	}
}

// Where no answer reports a limit and nothing is refused, no request waits for it.
func TestWithoutLimitsNobodyWaits(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	a := newAccount(0, 0, 0, Cost{}, 500*time.Millisecond)
	a.silent = true
	starts, _ := drive(t, m, a, atOnce(0, 100), time.Minute)
	if last := starts[len(starts)-1]; len(starts) != 100 || last != 800*time.Millisecond {
		t.Errorf("%d started, the last at %v, want 100 in five rounds", len(starts), last)
	}
}

// Answers that stop telling limits leave the last ones in force for minutes, and then
// for a rate that is measured from there.
func TestLimitsThatAreNoLongerToldBecomeDoubtful(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	a := newAccount(60, 0, 0, Cost{}, 100*time.Millisecond)
	drive(t, m, a, atOnce(0, 5), 10*time.Second)
	if l := m.lane(""); !l.limits.Reported() {
		t.Fatal("the limits are not known")
	}
	a.silent = true
	drive(t, m, a, atOnce(11*time.Second, 60), 2*time.Minute)
	if l := m.lane(""); !l.limits.Reported() {
		t.Error("sixty answers without limits, and within minutes the old ones are forgotten")
	}
	drive(t, m, a, atOnce(6*time.Minute, 5), 7*time.Minute)
	if l := m.lane(""); l.limits.Reported() || l.limits.Rate() < 59 || l.limits.Rate() > 61 {
		t.Errorf("reported %v, a rate of %v, want the old limit as a rate", l.limits.Reported(), l.limits.Rate())
	}
}

// What tokens allow is known as well, from estimates and what came back.
func TestTokensBindWhereTheyAreScarce(t *testing.T) {
	for _, c := range []struct {
		name          string
		input, output float64
		cost          Cost
		perMinute     float64
	}{
		{"input", 30_000, 0, Cost{Input: 3000, Output: 10}, 10},
		{"output", 0, 8_000, Cost{Input: 10, Output: 400}, 20},
	} {
		m := newMachine(t, adaptiveSettings())
		a := newAccount(1000, c.input, c.output, c.cost, 4*time.Second)
		starts, refused := drive(t, m, a, slices.Concat(atOnce(0, 1), atOnce(10*time.Second, 300)), 10*time.Minute+10*time.Second)
		if refused != 0 {
			t.Errorf("%s: %d answers of 429, want none", c.name, refused)
		}
		// The bucket was full at the beginning: that much is started at once.
		got, want := float64(len(starts)-1), c.perMinute*11
		if got < 0.95*want || got > 1.03*want {
			t.Errorf("%s: %v started in 10 minutes, want about %v", c.name, got, want)
		}
	}
}

// Others use the same account: what is left says so, and the queue stays clear.
func TestUnseenTrafficIsSeenInWhatIsLeft(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	a := newAccount(60, 0, 0, Cost{}, 200*time.Millisecond)
	a.early = true
	drive(t, m, a, atOnce(0, 1), time.Second)
	a.advance(2 * time.Second)
	a.level[limiter.Requests] = 3 // somebody has taken the rest
	starts, refused := drive(t, m, a, atOnce(2*time.Second, 10), 30*time.Second)
	if refused > 1 {
		t.Errorf("%d answers of 429, want one at most: it cannot be foreseen", refused)
	}
	if len(starts) != 10 {
		t.Errorf("%d started, want 10", len(starts))
	}
}

// A refused burst makes the lane go more gently, and it comes back in steps.
func TestRefusedBurstsHalveWhatIsTakenAtOnce(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	a := newAccount(60, 0, 0, Cost{}, 100*time.Millisecond)
	a.burst, a.second = 1, 1 // 60 a minute as 1 a second
	var arrivals []time.Duration
	for i := range 10 {
		arrivals = append(arrivals, atOnce(time.Duration(i)*30*time.Second, 10)...)
	}
	starts, refused := drive(t, m, a, arrivals, 6*time.Minute)
	if len(starts) != 100 {
		t.Errorf("%d started, want 100", len(starts))
	}
	if refused > 60 { // without learning it would be nine each time, and more
		t.Errorf("%d answers of 429", refused)
	}
}

// A lane that was idle and gone still knows its limits when it comes back.
func TestLimitsOutliveTheLane(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	a := newAccount(50, 0, 0, Cost{}, time.Second)
	drive(t, m, a, atOnce(0, 1), 10*time.Minute)
	if len(m.lanes) != 0 {
		t.Fatalf("%d lanes after 10 idle minutes, want none", len(m.lanes))
	}
	starts, refused := drive(t, m, a, atOnce(11*time.Minute, 20), 12*time.Minute)
	if refused != 0 || len(starts) != 20 || starts[19] != 11*time.Minute {
		t.Errorf("got starts at %v, %d answers of 429, want 20 at once", starts, refused)
	}
}

// What the list promises comes true under limits, too.
func TestPromisesUnderLimits(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	a := newAccount(60, 0, 0, Cost{}, time.Second)
	a.early = true
	drive(t, m, a, atOnce(0, 1), 2*time.Minute)
	now := t0.Add(2 * time.Minute)
	for range 70 {
		if _, err := m.Add(now, Request{}); err != nil {
			t.Fatal(err)
		}
	}
	list := m.Waiting(now)
	for i, w := range list {
		want := int64(0)
		if i > 59 { // the full bucket begins to refill when the first has arrived
			want = int64(i-59)*1000 + reordered.Milliseconds()
		}
		if w.Position != i+1 || *w.EtaMs < want || *w.EtaMs > want+10 {
			t.Errorf("number %d: position %d in %d ms, want in %d", i+1, w.Position, *w.EtaMs, want)
		}
	}
}

// Whatever the headers say, the queue goes on, and nothing is negative or lost.
func TestAbsurdLimitsDoNotStopTheQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := NewMachine(adaptiveSettings(), t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		limit := func(name string) Limit {
			return Limit{
				PerMinute: rapid.SampledFrom([]int{0, 1, 2, 50, 1000, math.MaxInt, -5}).Draw(t, name),
				Remaining: rapid.SampledFrom([]int{0, 1, 49, 1 << 40, math.MaxInt, -1}).Draw(t, name+" left"),
			}
		}
		now := t0
		var running []*Ticket
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1:
				_, _ = m.Add(now, Request{Cost: Cost{Input: rapid.IntRange(-10, 1e6).Draw(t, "input"), Output: rapid.IntRange(0, 1e5).Draw(t, "output")}})
			case 2:
				if len(running) > 0 {
					m.ReportLimits(now, running[0], Limits{Requests: limit("requests"), Input: limit("input"), Output: limit("output")})
				}
			case 3:
				if len(running) > 0 {
					x := running[0]
					running = running[1:]
					var err error
					if rapid.Bool().Draw(t, "refused") {
						err = &Error{Class: RateLimited, RetryAfter: time.Second}
					}
					_, _ = m.Finish(now, x, err)
				}
			}
			for x := m.Next(now); x != nil; x = m.Next(now) {
				m.Start(now, x)
				running = append(running, x)
			}
		}
		for _, x := range running {
			_, _ = m.Finish(now, x, errors.New("done"))
		}
		for range 10_000 { // everybody gets a turn in the end
			wake, ok := m.Wake()
			if !ok || m.arrivals.Len == 0 {
				break
			}
			now = wake
			for x := m.Next(now); x != nil; x = m.Next(now) {
				m.Start(now, x)
				_, _ = m.Finish(now, x, nil)
			}
		}
		if m.arrivals.Len != 0 {
			t.Fatalf("%d still wait", m.arrivals.Len)
		}
	})
}

// Limits outlive the process; what is left of them does not, so that it begins with
// one request and opens as the answers tell.
func TestLimitsOutliveTheQueue(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	a := newAccount(50, 30_000, 0, Cost{Input: 100}, time.Second)
	drive(t, m, a, atOnce(0, 5), 10*time.Second)
	state := m.State(at(10))
	if len(state.Limits) != 1 || state.Limits[0].Requests != 50 || state.Limits[0].Input != 30_000 || state.Limits[0].Output != 0 {
		t.Fatalf("kept %+v, want 50 requests and 30,000 input tokens a minute", state.Limits)
	}
	unknown := state // as earlier versions kept it
	unknown.Limits = slices.Clone(state.Limits)
	unknown.Limits[0].Remaining = nil
	for _, c := range []struct {
		name   string
		state  State
		after  float64 // seconds until it runs again
		atOnce int
	}{{"soon", state, 10, 20}, {"much later", state, 3610, 20}, {"soon, and what was left is not known", unknown, 10, 1}, {"later", unknown, 3610, 20}} {
		again, err := NewMachine(adaptiveSettings(), at(c.after), 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Restore(c.state); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, err := again.Add(at(c.after), Request{Cost: Cost{Input: 1}}); err != nil {
				t.Fatal(err)
			}
		}
		started := 0
		for x := again.Next(at(c.after + 0.01)); x != nil; x = again.Next(at(c.after + 0.01)) {
			again.Start(at(c.after+0.01), x)
			started++
		}
		if started != c.atOnce {
			t.Errorf("%s: %d started at once, want %d", c.name, started, c.atOnce)
		}
	}
	for _, bad := range []LimitState{{}, {Lane: "a", Requests: -1}, {Lane: "a", Input: math.MaxInt64}, {Lane: "a", Burst: -1}, {Lane: "a", Burst: math.NaN()}} {
		if err := newMachine(t, DefaultSettings()).Restore(State{Limits: []LimitState{bad}}); !errors.Is(err, ErrState) {
			t.Errorf("%+v: got %v, want ErrState", bad, err)
		}
	}
}

// Calls that start together arrive in any order: one that came in first tells of
// more than is left.
func TestAnswersOfABurstComeInAnyOrder(t *testing.T) {
	m := newMachine(t, adaptiveSettings())
	a := newAccount(50, 0, 0, Cost{}, time.Second)
	drive(t, m, a, atOnce(0, 1), 2*time.Minute)
	now := at(180)
	var burst []*Ticket
	for range 40 {
		if _, err := m.Add(now, Request{}); err != nil {
			t.Fatal(err)
		}
	}
	for x := m.Next(now); x != nil; x = m.Next(now) {
		m.Start(now, x)
		burst = append(burst, x)
	}
	if len(burst) != 40 {
		t.Fatalf("%d started at once, want 40", len(burst))
	}
	for i, x := range burst { // the last came in first
		m.ReportLimits(now, x, Limits{Requests: Limit{PerMinute: 50, Remaining: 10 + i}})
		if free := m.Report(now).Detail.Lanes[0].Limits[0].Free; *free != 10 {
			t.Fatalf("after answer %d: %d free, want 10", i+1, *free)
		}
	}
	// What is less than any order explains was taken by others.
	m.ReportLimits(now, burst[39], Limits{Requests: Limit{PerMinute: 50, Remaining: 4}})
	if free := m.Report(now).Detail.Lanes[0].Limits[0].Free; *free != 4 {
		t.Errorf("others have taken six: %d free, want 4", *free)
	}
}

// How many may run at the same time does not hang on what is known yet.
func TestCallsInFlightHangOnWhatDecides(t *testing.T) {
	settings := adaptiveSettings()
	settings.MinDelay, settings.Step, settings.MaxInFlight, settings.AdaptiveInFlight = 0, 0, 2, 5
	for _, c := range []struct {
		silent bool
		want   int
	}{{true, 5}, {false, 5}} {
		m := newMachine(t, settings)
		a := newAccount(600, 0, 0, Cost{}, time.Minute)
		a.early, a.silent = true, c.silent
		starts, _ := drive(t, m, a, atOnce(0, 20), 30*time.Second)
		if len(starts) != c.want {
			t.Errorf("silent %v: %d run, want %d", c.silent, len(starts), c.want)
		}
		if l := m.Report(t0.Add(30 * time.Second)).Detail.Lanes[0]; l.MaxInFlight != c.want || l.Running != c.want {
			t.Errorf("silent %v: the lane tells %d of %d running, want all %d", c.silent, l.Running, l.MaxInFlight, c.want)
		}
	}
}

// What helps a lane that limits pace is said in its own terms: no spacing, and the
// slots that it has.
func TestRemediesUnderLimits(t *testing.T) {
	settings := adaptiveSettings()
	settings.AdaptiveInFlight = 1
	m := newMachine(t, settings)
	told := Limits{Requests: Limit{PerMinute: 600, Remaining: 600}}
	advice := func(at time.Duration, message string) string {
		t.Helper()
		for _, f := range m.Report(t0.Add(at)).Detail.Findings {
			if strings.HasPrefix(f.Message, message) {
				return f.Recommendation
			}
		}
		t.Errorf("after %v nothing says %q", at, message)
		return ""
	}
	runs, err := m.Add(t0, Request{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Add(t0, Request{}); err != nil {
		t.Fatal(err)
	}
	m.Start(t0, m.Next(t0))
	m.ReportLimits(t0, runs, told)
	if got := advice(2*time.Minute, "Queue is stuck"); !strings.Contains(got, "adaptiveInFlight gives more slots") {
		t.Errorf("stuck: got %q", got)
	}
	_, _ = m.Finish(t0.Add(2*time.Minute), runs, &Error{Class: RateLimited, RetryAfter: 10 * time.Second, Err: errors.New("429")})
	if got := advice(2*time.Minute, "Paused by the API"); !strings.HasPrefix(got, "Wait until 14:02:10: ") {
		t.Errorf("paused: got %q", got)
	}
}
