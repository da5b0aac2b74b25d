package queue

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// spender is a machine whose requests start at once.
func spender(t *testing.T) *Machine {
	t.Helper()
	s := DefaultSettings()
	s.MinDelay, s.Step, s.MaxInFlight = 0, 0, 1000
	m, err := NewMachine(s, t0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// spend lets a request run and report, without an end.
func spend(t *testing.T, m *Machine, group, user string, used ...CallUsage) *Ticket {
	t.Helper()
	ticket, err := m.Add(t0, Request{User: user, Group: group})
	if err != nil {
		t.Fatal(err)
	}
	m.Start(t0, m.Next(t0))
	for _, u := range used {
		m.ReportSpending(t0, ticket, u)
	}
	return ticket
}

func usageOf(model string, tokens, cost int64) CallUsage {
	return CallUsage{model, Usage{Input: tokens, CacheRead: 2 * tokens, CacheWrite5m: 3 * tokens, CacheWrite1h: 4 * tokens, Output: 5 * tokens, Nanodollars: cost}}
}

// What was used counts once, as it was last reported, however the call ends.
func TestUsageCountsWhenTheCallEnds(t *testing.T) {
	for name, end := range map[string]func(*Machine, *Ticket){
		"a success": func(m *Machine, t *Ticket) { _, _ = m.Finish(at(1), t, nil) },
		"a failure": func(m *Machine, t *Ticket) {
			_, _ = m.Finish(at(1), t, &Error{Class: ServerError, Retry: RetryNo, Err: errors.New("broke off")})
		},
		"a failure that is tried again": func(m *Machine, t *Ticket) {
			_, _ = m.Finish(at(1), t, &Error{Class: ServerError, Err: errors.New("500")})
			m.Start(at(60), m.Next(at(60)))
			_, _ = m.Finish(at(61), t, &Error{Class: ServerError, Retry: RetryNo, Err: errors.New("500")}) // which tells nothing
		},
		"a caller that leaves": func(m *Machine, t *Ticket) { m.Leave(at(1), t) },
		"silence":              func(m *Machine, _ *Ticket) { m.Report(at(3600)) },
	} {
		m := spender(t)
		ticket := spend(t, m, "team", "ann", usageOf("m", 1, 10), usageOf("m", 100, 1000))
		if got := m.Report(t0).Detail.Models; len(got) != 0 {
			t.Errorf("%s: got %+v while it runs, want nothing", name, got)
		}
		end(m, ticket)
		m.ReportSpending(at(3600), ticket, usageOf("m", 5000, 5)) // too late
		_, _ = m.Finish(at(3600), ticket, nil)
		want := usageOf("m", 100, 1000).Usage
		want.Calls = 1
		d := m.Report(at(3600)).Detail
		if len(d.Models) != 1 || d.Models[0] != (ModelUsage{"m", want}) {
			t.Errorf("%s: models: got %+v, want %+v", name, d.Models, want)
		}
		if len(d.Users) != 1 || d.Users[0].Usage == nil || *d.Users[0].Usage != want {
			t.Errorf("%s: users: got %+v, want %+v", name, d.Users, want)
		}
		if want := []GroupUsage{{"team", ModelUsage{"m", want}}}; !reflect.DeepEqual(d.ModelsByGroup, want) {
			t.Errorf("%s: got %+v, want %+v", name, d.ModelsByGroup, want)
		}
	}
}

// Who reports nothing has used nothing.
func TestNoUsageIsNone(t *testing.T) {
	m := spender(t)
	_, _ = m.Finish(at(1), spend(t, m, "", "ann", CallUsage{}), nil)
	if d := m.Report(at(2)).Detail; len(d.Models) != 0 || d.Models == nil || d.Users[0].Usage != nil {
		t.Errorf("got %+v and %+v, want nothing", d.Models, d.Users[0].Usage)
	}
}

// After a restart it goes on, and after a reset it begins anew.
func TestUsageOutlastsARestartAndNoReset(t *testing.T) {
	m := spender(t)
	for i, model := range []string{"a", "b", "a"} {
		_, _ = m.Finish(at(1), spend(t, m, fmt.Sprint("team", i%2), "ann", usageOf(model, int64(1+i), 1<<40+int64(i))), nil)
	}
	before := m.Report(at(2)).Detail
	next := spender(t)
	if err := next.Restore(m.State(at(2))); err != nil {
		t.Fatal(err)
	}
	after := next.Report(t0).Detail
	if !reflect.DeepEqual(before.ModelsByGroup, after.ModelsByGroup) || !reflect.DeepEqual(before.Models, after.Models) {
		t.Errorf("got %+v, want %+v", after.ModelsByGroup, before.ModelsByGroup)
	}
	users := func(d *Detail) map[string]*Usage {
		of := map[string]*Usage{}
		for _, u := range d.Users {
			of[u.Group] = u.Usage
		}
		return of
	}
	if got, want := users(after), users(before); len(want) != 2 || want["team0"] == nil || !reflect.DeepEqual(got, want) {
		t.Errorf("users: got %+v, want %+v", got, want)
	}
	next.Reset(t0.Add(time.Second), "ops")
	d := next.Report(t0.Add(time.Second)).Detail
	if len(d.Models) != 0 || len(d.ModelsByGroup) != 0 || d.Users[0].Usage != nil {
		t.Errorf("after a reset: got %+v of %+v", d.Models, d.Users[0].Usage)
	}
}

// Whoever answers to any name opens no figures without end, and those of models with a price
// keep their places.
func TestModelsAreBounded(t *testing.T) {
	m := spender(t)
	use := func(group, model string, unpriced int64) {
		u := usageOf(model, 1, 1)
		u.Unpriced = unpriced
		_, _ = m.Finish(at(1), spend(t, m, group, "ann", u), nil)
	}
	for i := range 300 {
		use("", fmt.Sprint("invented-", i), 1)
	}
	use("", "claude-opus-5-5", 0)
	models := m.Report(at(2)).Detail.Models
	calls := map[string]int64{}
	for _, u := range models {
		calls[u.Model] = u.Calls
	}
	if len(calls) != 52 || calls["claude-opus-5-5"] != 1 || calls[OtherName] != 250 {
		t.Errorf("got %d models, %d calls of the one with a price and %d of others, want 52, 1 and 250", len(calls), calls["claude-opus-5-5"], calls[OtherName])
	}
	for i := range 300 {
		use(fmt.Sprint("token-", i), "claude-opus-5-5", 0)
	}
	groups := map[string]bool{}
	for _, u := range m.Report(at(2)).Detail.ModelsByGroup {
		groups[u.Group] = true
	}
	if len(groups) != 101 {
		t.Errorf("got %d groups, want 100 and the others", len(groups))
	}
}

// What no counter can be is no state.
func TestUsageThatCannotBe(t *testing.T) {
	for _, s := range []State{
		{Models: []GroupUsage{{ModelUsage: ModelUsage{Usage: Usage{Calls: 1}}}}},
		{Models: []GroupUsage{{ModelUsage: ModelUsage{"m", Usage{Nanodollars: -1}}}}},
		{Users: []UserState{{Name: "ann", Usage: &Usage{Output: 1 << 60}}}},
	} {
		if err := s.Validate(); !errors.Is(err, ErrState) {
			t.Errorf("%+v: got %v, want an ErrState", s, err)
		}
	}
}

// A viewer of one group sees what that used, and of nobody else what it cost.
func TestUsageOfOthersIsNotSeen(t *testing.T) {
	m := spender(t)
	_, _ = m.Finish(at(1), spend(t, m, "mine", "ann", usageOf("a", 1, 7)), nil)
	_, _ = m.Finish(at(1), spend(t, m, "theirs", "bob", usageOf("a", 1, 100)), nil)
	d := m.Report(at(2)).SeenBy(Viewer{OwnOnly: true, Group: "mine"}).Detail
	if len(d.Models) != 1 || d.Models[0].Nanodollars != 7 || len(d.ModelsByGroup) != 1 {
		t.Errorf("got %+v, want what the own group used", d.Models)
	}
	for _, u := range d.Users {
		if own := u.Name == "ann"; own != (u.Usage != nil) {
			t.Errorf("%s: got %+v", u.Name, u.Usage)
		}
	}
}
