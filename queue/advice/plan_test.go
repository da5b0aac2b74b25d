package advice

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// planOf is a plan for users of a tier who ask twelve times an hour.
func planOf(tb testing.TB, tier string, users int) Plan {
	tb.Helper()
	t, err := sim.Tier(tier)
	if err != nil {
		tb.Fatal(err)
	}
	const model = "claude-sonnet-5-5"
	return Plan{Users: users, MessagesPerHour: 12, Input: 3000, Output: 600, Model: model, Limits: t.Limits.Of(queue.ModelGroup(model))}
}

// searches are a plan under each pace.
func searches(p Plan) []*planSearch {
	return []*planSearch{p.search("spaced", queue.DefaultSettings()), p.search("adaptive", planAdaptive())}
}

func waitOf(tb testing.TB, s *planSearch, users int) PlanWait {
	tb.Helper()
	w, err := s.wait(tb.Context(), users)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// The whole forecast, for the account on which the limits bind and not the pace.
func TestAForecast(t *testing.T) {
	if raceEnabled {
		t.Skip("it has one goroutine, and ten times as much to do under the race detector")
	}
	if testing.Short() {
		t.Skip("searches how many users each pace carries")
	}
	p := planOf(t, "tier1", 20)
	f, err := p.Forecast(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := []string{f.Paces[0].Name, f.Paces[1].Name}; !slices.Equal(got, []string{"spaced", "adaptive"}) || f.Plan != p || len(f.Table) != len(queue.Bands()) {
		t.Errorf("got paces %v, plan %v and %d rows", got, f.Plan, len(f.Table))
	}
	for i, s := range searches(p) {
		pace := f.Paces[i]
		if pace.PlanWait != waitOf(t, s, 20) {
			t.Errorf("%s: got %v and then %v, want the same every time", pace.Name, pace.PlanWait, waitOf(t, s, 20))
		}
		if pace.P50 != 0 || pace.P95 > 3*time.Second || pace.Band.Name != "Excellent" || pace.Overloaded || pace.Refused > 0 {
			t.Errorf("%s: with 40%% of the limit in use got %v and %q, want hardly a wait", pace.Name, pace.PlanWait, pace.Band.Name)
		}
		if got, want := pace.Uses[0], (PlanUse{"input tokens", 12_000, 30_000}); got != want {
			t.Errorf("%s: got %v binding first, want %v", pace.Name, got, want)
		}
		if pace.Carries != 49 { // 50 need 30,000 a minute
			t.Errorf("%s: carries %d, want 49", pace.Name, pace.Carries)
		}
		before := 0
		for i, end := range pace.Ends {
			if end.Users < before || end.Users > pace.Carries || end.More {
				t.Errorf("%s: %s ends at %d after %d, more %v", pace.Name, end.Band.Name, end.Users, before, end.More)
			}
			before = end.Users
			if i%2 == 0 { // half of them are enough to look at
				continue
			}
			if w := waitOf(t, s, end.Users); w.P95 >= end.Band.MaxWait {
				t.Errorf("%s: %d users wait %v, want it in the band %s", pace.Name, end.Users, w.P95, end.Band.Name)
			}
			if w := waitOf(t, s, end.Users+1+end.Users/100); w.P95 < end.Band.MaxWait {
				t.Errorf("%s: %d users and some more wait %v, want it above the band %s", pace.Name, end.Users, w.P95, end.Band.Name)
			}
		}
		if last := pace.Ends[3].Users; len(pace.Ends) != 4 || last < 35 {
			t.Errorf("%s: got %d ends, the last at %d, want 4 and about 40", pace.Name, len(pace.Ends), last)
		}
	}
}

// Beyond a limit no wait is given: it would only tell how long the run was.
func TestBeyondALimitTheWaitHasNoEnd(t *testing.T) {
	for _, s := range searches(planOf(t, "tier1", 20)) {
		if w := waitOf(t, s, 100); w != (PlanWait{PlanNever, PlanNever, 0.5, true}) {
			t.Errorf("%s: with twice the limit got %+v, want no end and half of it refused", s.name, w)
		}
		if w := waitOf(t, s, 50); !w.Overloaded || w.Refused != 0 {
			t.Errorf("%s: with all of the limit got %+v, want no end", s.name, w)
		}
		if w := waitOf(t, s, 49); w.Overloaded {
			t.Errorf("%s: with less than the limit got %+v, want an end", s.name, w)
		}
	}
}

func TestMoreUsersNeverWaitLess(t *testing.T) {
	tier1, start := planOf(t, "tier1", 20), planOf(t, "start", 20)
	crowds := []int{1, 20, 36, 44, 60, 90}
	if testing.Short() {
		crowds = []int{1, 44, 90}
	}
	for _, s := range append(searches(tier1), searches(start)[0]) {
		before := PlanWait{}
		for _, users := range crowds {
			w := waitOf(t, s, users)
			if w.P50 < before.P50 || w.P95 < before.P95 {
				t.Errorf("%s: %d users wait %v, fewer waited %v", s.name, users, w, before)
			}
			if users == 44 && w.P95 <= w.P50 {
				t.Errorf("%s: 44 users wait %v, want half of them not, and some", s.name, w)
			}
			before = w
		}
	}
}

func TestABiggerTierIsNeverWorse(t *testing.T) {
	small, big := searches(planOf(t, "tier1", 20)), searches(planOf(t, "start", 20))
	for i := range small {
		for _, users := range []int{20, 44} {
			if s, b := waitOf(t, small[i], users), waitOf(t, big[i], users); b.P50 > s.P50 || b.P95 > s.P95 {
				t.Errorf("%s: %d users wait %v on tier 1 and %v on Start", small[i].name, users, s, b)
			}
		}
		if s, b := small[i].carries, big[i].carries; b <= s {
			t.Errorf("%s: tier 1 carries %d, Start %d", small[i].name, s, b)
		}
	}
}

// Starts 1.5 s apart are a queue whose mean wait is known (M/D/1, Pollaczek and
// Khinchine): half the share in use, over what is free, times 1.5 s.
func TestAKnownQueueWaitsAsKnown(t *testing.T) {
	s := queue.DefaultSettings()
	s.Step = 0
	for users, want := range map[int]time.Duration{100: 750 * time.Millisecond, 150: 2250 * time.Millisecond} {
		var waits []time.Duration
		all := 0
		for day := range uint64(3) {
			var n int
			var err error
			if waits, n, err = planOf(t, "start", 20).simulate(t.Context(), s, users, day, waits); err != nil {
				t.Fatal(err)
			}
			all += n
		}
		total := time.Duration(0)
		for _, w := range waits {
			total += w
		}
		if got := total / time.Duration(len(waits)); got < want*9/10 || got > want*11/10 || len(waits) != all {
			t.Errorf("%d users: the mean wait of %d of %d is %v, want about %v", users, len(waits), all, got, want)
		}
	}
}

// The spacing is slowest when busiest: half of what it starts at best is more than
// a crowd can recover from.
func TestTheSpacingTipsOver(t *testing.T) {
	p := planOf(t, "start", 100) // 20 a minute
	spaced, adaptive := searches(p)[0], searches(p)[1]
	if w := waitOf(t, spaced, 100); w.Refused < 0.3 || w.Overloaded || w.P95 != PlanNever {
		t.Errorf("spaced: got %+v, want many refused", w)
	}
	if w := waitOf(t, adaptive, 100); w.Refused > 0 || w.P95 > 0 {
		t.Errorf("adaptive: got %+v, want nobody to wait", w)
	}
	for users, want := range map[int]int{30: 0, 31: 41, 100: 8, 250: 1} { // from 6 a minute on: 60/rate - 1.5 s, in steps of 0.2 s, and one more
		if got := (Plan{Users: users, MessagesPerHour: 12}).tipsAt(spaced.settings); got != want {
			t.Errorf("%d users: it tips with %d, want %d", users, got, want)
		}
	}
	if got := p.tipsAt(adaptive.settings); got != 0 {
		t.Errorf("adaptive: it tips with %d, want never", got)
	}
}

func TestThePublishedTable(t *testing.T) {
	rows, err := planOf(t, "tier1", 20).table(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const answer, least, step = PlanAnswer, 1500 * time.Millisecond, 200 * time.Millisecond
	for i, row := range rows {
		for _, burst := range row.Paces {
			for _, c := range []PlanBurstWait{burst.From, burst.To} {
				others := time.Duration(c.Users - 1)
				want, known := map[string]time.Duration{ // 1 + … + others steps
					"published spacing": others*(answer+least) + step*others*(others+1)/2,
					"spaced, step 0":    others * least,
					"spaced":            others*least + step*others*(others+1)/2,
					"adaptive":          0,
				}[burst.Pace]
				if !known || c.Failed > 0 {
					t.Errorf("%s: %d users, %d failed", burst.Pace, c.Users, c.Failed)
				}
				if c.Last != want {
					t.Errorf("%s: the last of %d waits %v, want %v", burst.Pace, c.Users, c.Last, want)
				}
				if c.Mean > c.Last || c.Last > 0 && c.Mean < c.Last/3 {
					t.Errorf("%s: %d users wait %v on average, the last %v", burst.Pace, c.Users, c.Mean, c.Last)
				}
			}
			if even := burst.Pace == "spaced, step 0"; even { // it is what was published, to half a second
				low := time.Duration(0)
				if i > 0 {
					low = rows[i-1].Band.MaxWait
				}
				if high := row.Band.MaxWait; burst.From.Last < low-500*time.Millisecond || high > 0 && burst.To.Last >= high {
					t.Errorf("%s: %d to %d users wait %v to %v, published are %s", burst.Pace, row.From, row.To, burst.From.Last, burst.To.Last, row.Band.Expected)
				}
			}
		}
	}
	if first, last := rows[0], rows[4]; first.From != 1 || first.To != 2 || last.From != 21 || last.To != 21 {
		t.Errorf("got rows from %d-%d to %d-%d, want 1-2 to 21", first.From, first.To, last.From, last.To)
	}
}

func TestAForecastEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := planOf(t, "start", 20).Forecast(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it to stop", err)
	}
}

func TestAPlanSaysWhatIsWrong(t *testing.T) {
	good := planOf(t, "tier1", 20)
	if err := good.Validate(); err != nil {
		t.Errorf("got %v, want none", err)
	}
	for _, c := range []struct {
		change func(*Plan)
		want   string
	}{
		{func(p *Plan) { p.Users = 0 }, "advice: users is 0: must be from 1 to 100000"},
		{func(p *Plan) { p.Users = 100_001 }, "users is 100001: must be"},
		{func(p *Plan) { p.MessagesPerHour = 0.05 }, "messagesPerHour is 0.05: must be from 0.1 to 1000"},
		{func(p *Plan) { p.Input = -1 }, "input is -1: must be from 1 to 1000000"},
		{func(p *Plan) { p.Output = 0 }, "output is 0: must be from 1 to 128000"},
		{func(p *Plan) { p.Input = 27_001 }, "input is 27001: must be at most 27000"},
		{func(p *Plan) { p.Limits = sim.Limits{} }, "limits are not known"},
		{func(p *Plan) { p.Limits.RequestsPerMinute = -1 }, "requestsPerMinute is -1: must be"},
	} {
		p := good
		c.change(&p)
		_, err := p.Forecast(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// A user asks the same, however many there are, and as often and as much as told.
func TestTheTrafficFollowsThePlan(t *testing.T) {
	p := planOf(t, "start", 20)
	many, fewer := p.load(40, 0, PlanDay).Messages(), p.load(39, 0, PlanDay).Messages()
	for i, m := range fewer {
		if !reflect.DeepEqual(m, many[i]) {
			t.Fatalf("message %d: got %v of 39 users, %v of 40", i, *m, *many[i])
		}
	}
	if other := p.load(40, 1, PlanDay).Messages(); other[0].At == many[0].At || other[0].Call.InputTokens == many[0].Call.InputTokens {
		t.Error("got the same on another day")
	}
	input, output := 0, 0
	for _, m := range many {
		input, output = input+m.Call.InputTokens, output+m.Call.OutputTokens
	}
	for what, share := range map[string]float64{
		"messages":      float64(len(many)) / (40 * 12 * PlanDay.Hours()),
		"input tokens":  float64(input) / float64(len(many)*p.Input),
		"output tokens": float64(output) / float64(len(many)*p.Output),
	} {
		if share < 0.95 || share > 1.05 {
			t.Errorf("%s: got %.3f of what was told", what, share)
		}
	}
	if p.Limits.InputTokensPerMinute = 4000; slices.ContainsFunc(p.load(40, 0, PlanDay).Messages(), func(m *replay.Message) bool { return m.Call.InputTokens > 3600 }) {
		t.Error("got messages that the account never takes")
	}
}

// Where there is much traffic, less time is looked at.
func TestTheWorkIsBounded(t *testing.T) {
	for _, c := range []struct {
		users  int
		hourly float64
	}{{1, 0.1}, {20, 12}, {100, 12}, {100_000, 1000}, {100_000, 0.1}} {
		p := Plan{Users: c.users, MessagesPerHour: c.hourly}
		span, days := p.period(c.users), p.days(c.users)
		if n := p.perMinute(c.users) * span.Minutes() * float64(days); span > PlanDay || n > PlanMessages*1.5 || days < 1 || days > planDays || days > 1 && span != PlanDay {
			t.Errorf("%d users with %v an hour: %d days of %v, %v messages", c.users, c.hourly, days, span, n)
		}
	}
}

func TestARefusedMessageCountsAsTheLongestWait(t *testing.T) {
	waits := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for _, c := range []struct {
		all   int
		share float64
		want  time.Duration
	}{{9, 0.5, 5}, {9, 0.95, 9}, {10, 0.5, 5}, {10, 0.95, PlanNever}, {10, 0.9, 9}, {18, 0.5, 9}, {20, 0.5, PlanNever}} {
		if got := planQuantile(waits, c.all, c.share); got != c.want {
			t.Errorf("%v of %d: got %v, want %v", c.share, c.all, got, c.want)
		}
	}
	if got := planQuantile(nil, 0, 0.95); got != 0 {
		t.Errorf("of nothing: got %v, want 0", got)
	}
}
