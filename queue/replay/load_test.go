package replay

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// billed has all messages of a load billed to the account of a name.
func billed(messages func() []*Message, account func(*Message) string) func() []*Message {
	return func() []*Message {
		all := messages()
		for m := range each(all) {
			m.Account = account(m)
		}
		return all
	}
}

func evenOrOdd(m *Message) string { return []string{"even", "odd"}[m.User%2] }

func TestTwoAccountsGiveTwiceAsMuch(t *testing.T) {
	one := Load{Name: "one", Users: 40, Account: AccountWith(tier1), Messages: allAtOnce(40, 5, short)}
	two := Load{Name: "two", Users: 80, Account: AccountWith(tier1), Messages: billed(allAtOnce(80, 5, short), evenOrOdd)}
	for _, pace := range []string{KnownLimit, AdaptiveCold, Adaptive, Oracle} {
		a, b := runPace(t, &one, pace), runPace(t, &two, pace)
		if ratio := b.Throughput() / a.Throughput(); len(b.Answers) != 2*len(a.Answers) || ratio < 1.99 || ratio > 2.01 {
			t.Errorf("%s: two accounts give %d answers and one %d, %.3f times as many a minute; want 2", pace, len(b.Answers), len(a.Answers), ratio)
		}
	}
}

// An account of another tier is one only for its own messages, and for those that
// follow from them.
func TestAccountsHaveTheirOwnLimits(t *testing.T) {
	l := Load{
		Name: "two tiers", Users: 80, Account: AccountWith(tier1), Accounts: map[string]sim.AccountSettings{"odd": AccountWith(start)},
		Messages: billed(allAtOnce(80, 5, short), evenOrOdd),
	}
	for _, pace := range []string{KnownLimit, Adaptive, Oracle} {
		last := [2]time.Duration{}
		r := runPace(t, &l, pace)
		for _, a := range r.Answers {
			last[a.User%2] = max(last[a.User%2], a.At)
		}
		if r.Failures > 0 || last[1] > 3*time.Second || last[0] < 2*time.Minute {
			t.Errorf("%s: %d failed; the last answer on the Start tier came after %v, want 3 s at most, and on tier 1 after %v, want 2 min at least", pace, r.Failures, last[1], last[0])
		}
	}
	next := Load{Name: "in turn", Users: 1, Account: AccountWith(tier1), Messages: billed(inTurn(1, 2, short), func(m *Message) string {
		return []string{"first", "second"}[m.Number]
	})}
	for _, p := range Paces() {
		if r := runPace(t, &next, p.Name); len(r.Answers) != 2 {
			t.Errorf("%s: got %d answers on two accounts, want 2", p.Name, len(r.Answers))
		}
	}
}

// Zero requests a minute is no limit for a token bucket either.
func TestAnAccountWithoutALimitOfRequests(t *testing.T) {
	l := Load{Name: "no limit", Users: 100, Account: AccountWith(sim.Limits{InputTokensPerMinute: 1_000_000}), Messages: allAtOnce(100, 2, short)}
	for _, pace := range []string{NoQueue, KnownLimit, Adaptive, Oracle} {
		if r := runPace(t, &l, pace); len(r.Answers) != 200 || r.MeanLatency() != 1500*time.Millisecond {
			t.Errorf("%s: got %d answers, after %v on average; want 200, after 1.5 s", pace, len(r.Answers), r.MeanLatency())
		}
	}
}

// In the warm-up each user asks each model of each account once.
func TestWarmUpMessages(t *testing.T) {
	l := Load{Users: 2, Messages: billed(inTurn(2, 6, mixed), evenOrOdd)}
	got := map[string]int{}
	for _, m := range l.warmUpMessages() {
		got[fmt.Sprint(m.User, m.Account, m.Call.Model)]++
		if m.Next != nil || m.At >= WarmUp {
			t.Errorf("got a message at %v, followed by %v; want it before %v, alone", m.At, m.Next, WarmUp)
		}
	}
	want := map[string]int{}
	for m := range each(l.Messages()) {
		want[fmt.Sprint(m.User, m.Account, m.Call.Model)] = 1
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	l.WarmUp = allAtOnce(3, 1, mixed)
	if got := len(l.warmUpMessages()); got != 3 {
		t.Errorf("a load that says what was before: got %d messages, want its 3", got)
	}
	l.WarmUp = nil
	l.Messages = billed(inTurn(1, 2, short), func(m *Message) string { return []string{"first", "second"}[m.Number] })
	if got := len(l.warmUpMessages()); got != 2 {
		t.Errorf("a user of two accounts: got %d messages, want one to each", got)
	}
}

func TestRunRefuses(t *testing.T) {
	good := Load{Name: "a load", Users: 2, Account: AccountWith(tier1), Messages: allAtOnce(2, 2, short)}
	wrong := queue.DefaultSettings()
	wrong.MaxInFlight = -1
	few, bad, other, chain := good, good, good, good
	few.Users = 1
	bad.Account.Limits = sim.GroupLimits{"": {RequestsPerMinute: -1}}
	other.Accounts = map[string]sim.AccountSettings{"odd": bad.Account}
	other.Messages = billed(good.Messages, evenOrOdd)
	chain.Messages = func() []*Message { return []*Message{{Next: &Message{User: 2}}} }
	for _, c := range []struct {
		name string
		load Load
		pace Pace
		want string
	}{
		{"a setting", good, QueuePace("wrong", wrong, false), "maxInFlight"},
		{"an account", bad, Paces()[0], "requestsPerMinute"},
		{"one account of two", other, Paces()[0], "requestsPerMinute"},
		{"too few users", few, Paces()[0], `the load "a load" has a message of user 1, but only 1 users`},
		{"and later", chain, Paces()[0], "a message of user 2, but only 2 users"},
	} {
		r, err := Run(t.Context(), &c.load, c.pace)
		if r != nil || err == nil || !strings.HasPrefix(err.Error(), "replay: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v and %v, want an error with %q", c.name, r, err, c.want)
		}
	}
	if _, err := Compare(t.Context(), &bad); err == nil || !strings.Contains(err.Error(), `(load "a load", pace "no queue")`) {
		t.Errorf("got %v, want it to say where", err)
	}
}

func TestALoadWithoutMessages(t *testing.T) {
	l := Load{Name: "nobody", Account: AccountWith(tier1), Messages: func() []*Message { return nil }}
	for _, p := range Paces() {
		if r, err := Run(t.Context(), &l, p); err != nil || len(r.Answers)+r.Failures > 0 {
			t.Errorf("%s: got %v and %v, want nothing", p.Name, r, err)
		}
	}
}
