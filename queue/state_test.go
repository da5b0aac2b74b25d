package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fresh returns a machine that begins at epoch and goes on from s, which has been
// through JSON.
func fresh(t interface{ Fatal(...any) }, epoch time.Time, s State) *Machine {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var read State
	if err := json.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	m, err := NewMachine(DefaultSettings(), epoch, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Restore(read); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCountersGoOnAfterARestart(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.result = func(name string, attempt int) error {
		switch name {
		case "b1":
			return &Error{Class: ClientError}
		case "c1":
			if attempt == 1 {
				return &Error{Class: RateLimited, RetryAfter: time.Second}
			}
		}
		return nil
	}
	s.m.Reset(s.now, "x")
	for _, name := range []string{"a1", "b1", "c1", "d1"} {
		s.add(name, Request{User: name[:1], Group: "team"})
		s.step()
	}
	s.leave(s.add("e1", Request{User: "e"}))
	s.run(60)
	s.add("f1", Request{User: "f"}) // runs
	s.step()
	s.add("f2", Request{User: "f"}) // waits
	before := s.m.Report(s.now)
	restored := fresh(t, at(100), s.m.State(s.now))
	after := restored.Report(at(110))

	want := before.Metrics
	want.TotalRequests, want.CurrentQueueLength = 5, 0 // what ran and what waited is gone
	if !reflect.DeepEqual(after.Metrics, want) {
		t.Errorf("got %+v, want %+v", after.Metrics, want)
	}
	b, a := before.Detail, after.Detail
	type lasting struct{ cancelled, refused, retries, rateLimited, resent, resets int64 }
	if got, want := (lasting{a.Cancelled, a.Refused, a.Retries, a.RateLimited, a.Resent, a.Resets}),
		(lasting{b.Cancelled, b.Refused, b.Retries, b.RateLimited, b.Resent, b.Resets}); got != want || want.retries == 0 || want.rateLimited == 0 || want.resets != 1 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(a.Events) != 0 || a.Wait.Count != 0 || a.Recent.Finished != 0 || a.PerMinute != 0 || a.UptimeMs != 10_000 {
		t.Errorf("something survived that should not: %+v", a)
	}
	if a.Capacity.ActiveUsers != 6 {
		t.Errorf("%d users were active in 5 minutes, want those 6 of before", a.Capacity.ActiveUsers)
	}
	if len(a.Users) != 6 {
		t.Fatalf("got %d users, want 6", len(a.Users))
	}
	for _, was := range b.Users {
		was.Waiting, was.Running, was.OldestMs, was.Recent = 0, 0, nil, nil
		was.IdleMs += 50_000 // since 60 s
		found := false
		for _, is := range a.Users {
			is.Recent = nil
			found = found || reflect.DeepEqual(is, was)
		}
		if !found {
			t.Errorf("got %+v, want %+v in it", a.Users, was)
		}
	}
	if restored.StateVersion() != 0 {
		t.Errorf("nothing has happened, and %d changes", restored.StateVersion())
	}
}

// What failed in the last five minutes, and who was active, is told after a restart as before it,
// until it is five minutes ago.
func TestTheLastMinutesOutlastARestart(t *testing.T) {
	s := newScript(t, boundless(), time.Second)
	s.result = func(name string, _ int) error {
		if name == "fails" {
			return &Error{Class: NetworkError, Retry: RetryNo}
		}
		return nil
	}
	for i, user := range []string{"anna", "ben", "ben", "dora"} {
		s.add("fails", Request{User: user})
		s.run(float64(60 * (i + 1)))
	}
	s.add("succeeds", Request{User: "emil"})
	s.run(250)
	state := s.m.State(s.now)
	m := fresh(t, at(270), state)
	for _, c := range []struct {
		at     float64
		active int
		failed string
	}{
		{270, 4, "anna 1 ben 2 dora 1"},
		{295, 4, "anna 1 ben 2 dora 1"},
		{310, 3, "ben 2 dora 1"},
		{345, 3, "ben 2 dora 1"},
		{445, 2, "dora 1"},
		{510, 1, ""},
		{570, 0, ""},
	} {
		d := m.Report(at(c.at)).Detail
		failed := []string{}
		for _, u := range d.Users {
			if u.Recent != nil && len(u.Recent.Failed) > 0 {
				failed = append(failed, fmt.Sprint(u.Name, " ", u.Recent.Failed[0].Count))
			}
		}
		slices.Sort(failed)
		if got := strings.Join(failed, " "); got != c.failed || d.Capacity.ActiveUsers != c.active {
			t.Errorf("at %v s: %d active, %q have failed; want %d, %q", c.at, d.Capacity.ActiveUsers, got, c.active, c.failed)
		}
	}
	state.Users[0].Lately = []FailedState{{Class: "network", Count: -1}}
	if err := state.Validate(); !errors.Is(err, ErrState) {
		t.Errorf("fewer than none failed: %v", err)
	}
}

func TestAStateReadAgainIsTheSame(t *testing.T) {
	s := newScript(t, DefaultSettings(), 1234567*time.Microsecond)
	s.now = s.now.Add(123456789)
	s.crowd(7)
	s.run(20)
	once := s.m.State(s.now)
	again := fresh(t, at(30), once).State(at(40))
	if !reflect.DeepEqual(sorted(once), sorted(again)) {
		t.Errorf("got\n%+v, want\n%+v", sorted(again), sorted(once))
	}
	all := State{Successful: 1, Failed: 2, Cancelled: 3, Refused: 4, Retries: 5, RateLimited: 6, Resent: 7, Resets: 8, Starts: 9, WaitedMs: 10, Users: []UserState{}}
	if got := fresh(t, t0, all).State(t0); !reflect.DeepEqual(got, all) {
		t.Errorf("got %+v, want %+v", got, all)
	}
	if b, _ := json.Marshal(fresh(t, t0, State{}).State(t0)); string(b) != `{"successful":0,"failed":0,"cancelled":0,"refused":0,"retries":0,"rateLimited":0,"resent":0,"resets":0,"starts":0,"waitedMs":0,"lastProcessedAt":null,"users":[]}` {
		t.Errorf("empty: got %s", b)
	}
}

// sorted returns a state in words, its users by name.
func sorted(s State) []string {
	var lines []string
	for _, u := range s.Users {
		wait := "never"
		if u.LastWaitMs != nil {
			wait = fmt.Sprint(*u.LastWaitMs)
		}
		lines = append(lines, fmt.Sprintf("%s/%s %d %d %s %s", u.Group, u.Name, u.Done, u.Failed, wait, u.Seen.Format(time.RFC3339Nano)))
	}
	slices.Sort(lines)
	last := "never"
	if s.LastProcessedAt != nil {
		last = s.LastProcessedAt.Format(time.RFC3339Nano)
	}
	s.Users, s.LastProcessedAt = nil, nil
	// What is left moves by itself, and a pause ends by itself.
	s.Limits = slices.DeleteFunc(slices.Clone(s.Limits), func(l LimitState) bool { return l.Requests+l.Input+l.Output+l.Tokens == 0 && l.Rate == 0 })
	for i := range s.Limits {
		l := &s.Limits[i]
		l.Remaining, l.Seen, l.PausedUntil, l.PauseWords, l.Final = nil, Time{}, nil, "", false
	}
	return append(lines, last, fmt.Sprintf("%+v", s))
}

func TestAbsurdStates(t *testing.T) {
	now, wait := Time{t0}, func(ms int64) *int64 { return &ms }
	for _, c := range []struct {
		name string
		s    State
		want string // in the error; empty: it is taken
	}{
		{"nothing", State{}, ""},
		{"negative", State{Successful: -1}, "successful is -1"},
		{"failed", State{Failed: -1}, "failed is -1"},
		{"cancelled", State{Cancelled: math.MinInt64}, "cancelled is -9223372036854775808"},
		{"refused", State{Refused: -1}, "refused is -1"},
		{"retries", State{Retries: -1}, "retries is -1"},
		{"rateLimited", State{RateLimited: -1}, "rateLimited is -1"},
		{"resent", State{Resent: -1}, "resent is -1"},
		{"resets", State{Resets: -1}, "resets is -1"},
		{"starts", State{Starts: -1}, "starts is -1"},
		{"the most", State{Successful: 1 << 53, Failed: 1 << 53, Cancelled: 1 << 53}, ""},
		{"too many", State{Successful: math.MaxInt64, Failed: math.MaxInt64}, "successful is 9223372036854775807"},
		{"waits without a start", State{WaitedMs: 1}, "waitedMs is 1 in 0 starts"},
		{"negative waits", State{Starts: 1, WaitedMs: -1}, "waitedMs is -1"},
		{"a wait of a century", State{Starts: 1, WaitedMs: century.Milliseconds() + 1}, "in 1 starts"},
		{"waits without end", State{Starts: 1 << 50, WaitedMs: math.MaxInt64}, "waitedMs is 9223372036854775807"},
		{"the longest waits", State{Starts: 2, WaitedMs: maxWaited.Milliseconds()}, ""},
		{"success without one", State{LastProcessedAt: &now}, "lastProcessedAt without a success"},
		{"no name", State{Users: []UserState{{Group: "g"}}}, "users[0] has no name"},
		{"users did more", State{Successful: 3, Users: []UserState{{Name: "a", Done: 2}, {Name: "b", Done: 2}}}, "users[1]: queue: not a state of a queue: done is 2: must be from 0 to 1"},
		{"users failed more", State{Users: []UserState{{Name: "a", Failed: 1}}}, "failed is 1"},
		{"users overflow", State{Successful: 5, Users: []UserState{{Name: "a", Done: math.MaxInt64}, {Name: "b", Done: math.MaxInt64}}}, "users[0]"},
		{"users make up for others", State{Successful: 5, Users: []UserState{{Name: "a", Done: -5}, {Name: "b", Done: 10}}}, "done is -5"},
		{"negative wait", State{Users: []UserState{{Name: "a", LastWaitMs: wait(-1)}}}, "lastWaitMs is -1"},
		{"endless wait", State{Users: []UserState{{Name: "a", LastWaitMs: wait(math.MaxInt64)}}}, "lastWaitMs is 9223372036854775807"},
	} {
		m, err := NewMachine(DefaultSettings(), t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		err = m.Restore(c.s)
		switch {
		case c.want == "" && err != nil, c.want != "" && (!errors.Is(err, ErrState) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		case c.want != "" && (!reflect.DeepEqual(m.metrics, metrics{}) || len(m.users.byKey) > 0):
			t.Errorf("%s: refused, and yet something changed", c.name)
		case c.want == "":
			if got := m.State(t0); got.Validate() != nil {
				t.Errorf("%s: what was taken cannot be given back: %v", c.name, got.Validate())
			}
		}
	}
}

func TestTimesOfAWrongClock(t *testing.T) {
	users := func(times ...time.Time) (list []UserState) {
		for i, seen := range times {
			list = append(list, UserState{Name: fmt.Sprint(i), Seen: Time{seen}})
		}
		return list
	}
	m := fresh(t, t0, State{
		Successful: 1, LastProcessedAt: &Time{t0.Add(time.Hour)},
		Users: users(t0.Add(24*time.Hour), t0.Add(-time.Hour), time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)),
	})
	r := m.Report(at(1))
	if !r.Metrics.LastProcessedAt.Equal(t0) {
		t.Errorf("last success: got %v, want %v", r.Metrics.LastProcessedAt, t0)
	}
	var got []string
	for _, u := range r.Detail.Users {
		got = append(got, fmt.Sprintf("%s %v", u.Name, time.Duration(u.IdleMs)*time.Millisecond))
	}
	if want := fmt.Sprintf("[3 1s 0 1s 1 1h0m1s 2 %v]", century+time.Second); fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestUsersOfAState(t *testing.T) {
	s := State{Successful: 100, Failed: 100}
	for i := range maxUsers + 10 {
		// The longest idle ones are spread over the list.
		s.Users = append(s.Users, UserState{Group: "g", Name: fmt.Sprint(i), Seen: Time{t0.Add(-time.Duration(i*7919%(maxUsers+10)) * time.Second)}})
	}
	m := fresh(t, t0, s)
	if got := len(m.users.byKey); got != maxUsers {
		t.Errorf("got %d users, want %d", got, maxUsers)
	}
	for _, u := range s.Users {
		kept := m.users.find("g", u.Name) != nil
		if want := t0.Sub(u.Seen.Time) < maxUsers*time.Second; kept != want {
			t.Errorf("%s, idle for %v: got kept %v, want %v", u.Name, t0.Sub(u.Seen.Time), kept, want)
		}
	}
	if _, err := m.Add(t0, Request{User: "new"}); err != nil {
		t.Fatal(err)
	}
	for _, u := range s.Users {
		if idle := t0.Sub(u.Seen.Time); idle == (maxUsers-1)*time.Second && m.users.find("g", u.Name) != nil {
			t.Errorf("%s is the longest idle, and not forgotten for a new one", u.Name)
		}
	}

	// Two names that differ only in bytes that are no UTF-8 are one in JSON.
	twice := State{Successful: 5, Failed: 1, Users: []UserState{
		{Name: "a\xff", Done: 2, Failed: 1, Seen: Time{t0}},
		{Name: "b", Seen: Time{at(-5)}},
		{Name: "a\xfe", Done: 3, LastWaitMs: ptr(int64(7)), Seen: Time{at(-9)}},
	}}
	m = fresh(t, t0, twice)
	if us := m.State(t0).Users; len(us) != 2 || us[0].Name != "a\ufffd" || us[0].Done != 5 || us[0].Failed != 1 || *us[0].LastWaitMs != 7 || !us[0].Seen.Equal(t0) {
		t.Errorf("got %+v", us)
	}
}

// A user that was served is so after its totals were reset and the process began anew.
func TestWhoWasServedStaysSo(t *testing.T) {
	s := newScript(t, DefaultSettings(), time.Second)
	s.add("a", Request{User: "a", Origin: "1"})
	s.run(2)
	s.m.Reset(s.now, "")
	again := fresh(t, t0, s.m.State(s.now))
	if u := again.users.find("", "a"); u == nil || !u.served {
		t.Error("it was never served")
	}
}

func TestAStateThatComesTooLate(t *testing.T) {
	m, err := NewMachine(DefaultSettings(), t0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Add(t0, Request{User: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := m.Restore(State{Successful: 5}); err == nil || m.metrics.total != 1 {
		t.Errorf("got %v and a total of %d, want an error and 1", err, m.metrics.total)
	}
}

func TestTheSumOfAllWaitsNeverOverflows(t *testing.T) {
	m := fresh(t, t0, State{Starts: 1000, WaitedMs: maxWaited.Milliseconds()})
	average := m.metrics.averageWait()
	m.metrics.recordFirstStart(average)
	if got := m.metrics.averageWait(); (got-average).Abs() > average/100 || m.metrics.waited > maxWaited || m.metrics.starts != 500 {
		t.Errorf("got %v of %d, want %v of 500", got, m.metrics.starts, average)
	}
}

func TestAQueueGoesOn(t *testing.T) {
	q, err := New(DefaultSettings(), Restore(State{Successful: 3, Failed: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if got := q.StateVersion(); got != 0 {
		t.Errorf("changes: got %d, want 0", got)
	}
	if _, err := Do(t.Context(), q, Request{User: "a"}, func(context.Context) (int, error) { return 0, nil }); err != nil {
		t.Fatal(err)
	}
	s := q.State()
	if r := q.Report().Metrics; r.TotalRequests != 5 || r.SuccessRate != "80.0%" || s.Successful != 4 || len(s.Users) != 1 {
		t.Errorf("got %+v, state %+v", r, s)
	}
	changes := q.StateVersion()
	if again := q.StateVersion(); changes == 0 || again != changes {
		t.Errorf("changes: got %d, then %d while nothing happened", changes, again)
	}
	if err := q.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := New(DefaultSettings(), Restore(State{Failed: -1})); !errors.Is(err, ErrState) {
		t.Errorf("got %v, want ErrState", err)
	}
}

// Whatever happens before and after a restart, the counters add up, nothing that
// lasts is lost, and a change never goes unnoticed.
func TestNothingThatLastsIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		settings := DefaultSettings()
		settings.MaxQueue = rapid.IntRange(1, 10).Draw(t, "maxQueue")
		settings.MaxRun = rapid.SampledFrom([]time.Duration{5 * time.Second, 10 * time.Minute}).Draw(t, "maxRun")
		now := t0
		m, err := NewMachine(settings, now, 7)
		if err != nil {
			t.Fatal(err)
		}
		var live []*Ticket
		var words []string
		changes := m.StateVersion()
		look := func() {
			s := m.State(now)
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			r := m.Report(now)
			if sum := s.Successful + s.Failed + s.Cancelled + int64(m.arrivals.Len+m.active.Len); r.Metrics.TotalRequests != sum {
				t.Fatalf("total %d, the counters add up to %d", r.Metrics.TotalRequests, sum)
			}
			is := sorted(s)
			if !reflect.DeepEqual(is, words) && m.StateVersion() == changes {
				t.Fatalf("unnoticed: from\n%v to\n%v", words, is)
			}
			words, changes = is, m.StateVersion()
		}
		pick := func() *Ticket { return rapid.SampledFrom(live).Draw(t, "ticket") }
		words = sorted(m.State(now))
		t.Repeat(map[string]func(*rapid.T){
			"arrive": func(t *rapid.T) {
				ticket, err := m.Add(now, Request{User: fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "user")), Group: fmt.Sprint(rapid.IntRange(0, 1).Draw(t, "group"))})
				if err == nil {
					live = append(live, ticket)
				}
			},
			"start": func(*rapid.T) {
				for next := m.Next(now); next != nil; next = m.Next(now) {
					m.Start(now, next)
				}
			},
			"finish": func(t *rapid.T) {
				if len(live) == 0 {
					return
				}
				var err error
				if class := rapid.IntRange(-4, int(classes)-1).Draw(t, "class"); class >= 0 {
					err = &Error{Class: Class(class), RetryAfter: time.Duration(rapid.IntRange(0, 400).Draw(t, "retryAfter")) * time.Second}
				}
				_, _ = m.Finish(now, pick(), err)
			},
			"leave": func(t *rapid.T) {
				if len(live) > 0 {
					m.Leave(now, pick())
				}
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 60_000).Draw(t, "ms")) * time.Millisecond)
			},
			"reset": func(*rapid.T) { m.Reset(now, "x") },
			"restart": func(t *rapid.T) {
				s := m.State(now)
				now = now.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "down")) * time.Millisecond)
				m = fresh(t, now, s)
				m.settings = settings
				live, changes = nil, m.StateVersion()
				if got := sorted(m.State(now)); !reflect.DeepEqual(got, sorted(s)) {
					t.Fatalf("the restart made of\n%v\n%v", sorted(s), got)
				}
			},
			"": func(*rapid.T) { look() },
		})
	})
}

func FuzzRestore(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"successful":3,"failed":1,"lastProcessedAt":"2026-11-23T14:00:00.000Z","users":[{"name":"a","done":3,"lastWaitMs":0,"seen":"2026-11-23T14:00:00.000Z"}]}`,
		`{"successful":-1}`, `{"users":[{"name":"a"},{"name":"a"},{"group":"g","name":"a","seen":"0000-01-01T00:00:00Z"}]}`,
		`{"starts":2,"waitedMs":4611686018427,"lastProcessedAt":"9999-12-31T23:59:59Z"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s State
		if json.Unmarshal(b, &s) != nil {
			return
		}
		m, err := NewMachine(DefaultSettings(), t0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Restore(s); err != nil {
			if !errors.Is(err, ErrState) {
				t.Errorf("got %v, want an ErrState", err)
			}
			return
		}
		ticket, err := m.Add(t0, Request{User: "a"})
		if err != nil {
			t.Fatal(err)
		}
		m.Start(t0, m.Next(t0))
		_, _ = m.Finish(at(1), ticket, nil)
		r, now := m.Report(at(1)), m.State(at(1))
		if r.Metrics.TotalRequests != s.Successful+s.Failed+s.Cancelled+1 || r.Metrics.TotalRequests != r.Metrics.Successful+r.Metrics.Failed+r.Detail.Cancelled {
			t.Errorf("the counters do not add up: %+v after %+v", r.Metrics, s)
		}
		if err := now.Validate(); err != nil && s.Successful < maxCounter {
			t.Error(err)
		}
		for _, u := range r.Detail.Users {
			if u.IdleMs < 0 || u.Done < 0 || u.Failed < 0 {
				t.Errorf("got %+v", u)
			}
		}
	})
}

func BenchmarkStateOf10000Users(b *testing.B) {
	m, err := NewMachine(DefaultSettings(), t0, 1)
	if err != nil {
		b.Fatal(err)
	}
	for i := range maxUsers {
		m.users.seen("team", fmt.Sprintf("user_%d", i*7919%maxUsers), time.Duration(i)).started = true
	}
	b.ReportAllocs()
	for b.Loop() {
		if s := m.State(t0); len(s.Users) != maxUsers {
			b.Fatal(len(s.Users))
		}
	}
}
