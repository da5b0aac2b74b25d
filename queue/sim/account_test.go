package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// plainAccount has these limits for all groups, estimates exactly and answers
// as each call says.
func plainAccount(l Limits) AccountSettings {
	return AccountSettings{Epoch: noon, Groups: DefaultModelGroups(), Limits: GroupLimits{"": l}}
}

func newAccount(t testing.TB, s AccountSettings) *Account {
	t.Helper()
	a, err := NewAccount(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// reported describes the headers.
func (h Headers) reported() string {
	var parts []string
	for _, x := range []struct {
		name     string
		reported LimitHeader
	}{{"req", h.Requests}, {"in", h.InputTokens}, {"out", h.OutputTokens}, {"tok", h.Tokens}} {
		if x.reported != (LimitHeader{}) {
			part := fmt.Sprintf("%s %d/%d", x.name, x.reported.Remaining, x.reported.Limit)
			if in := x.reported.Reset.Sub(noon); in < 0 && !x.reported.Reset.IsZero() {
				part += fmt.Sprint(" ", in)
			} else if !x.reported.Reset.IsZero() {
				part += fmt.Sprint(" +", in)
			}
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// words says in a few words what was decided.
func (d Decision) words() string {
	s := fmt.Sprint(d.Status)
	for _, part := range []string{string(d.RefusedBy), d.ErrorCode} {
		if part != "" {
			s += " " + part
		}
	}
	if d.InWorkspace {
		s += " of the workspace"
	}
	if d.TooLarge {
		s += " never"
	}
	if d.RetryAfter > 0 {
		s += fmt.Sprint(" in ", d.RetryAfter)
	}
	return s
}

// levels says what the buckets of a group truly hold.
func levels(a *Account, now time.Time, group string) string {
	var parts []string
	for _, l := range a.Buckets(now, group) {
		name := map[LimitKind]string{LimitRequests: "req", LimitBurst: "burst", LimitInput: "in", LimitOutput: "out", LimitTokens: "tok"}[l.Kind]
		if l.Workspace != "" {
			name = l.Workspace + " " + name
		}
		parts = append(parts, fmt.Sprintf("%s %.5g", name, l.Remaining))
	}
	return strings.Join(parts, ", ")
}

// TestAccount reads as transcripts: at so many milliseconds a call arrives or its
// client leaves, and the account answers.
func TestAccount(t *testing.T) {
	type step struct {
		at     int // ms since noon
		call   *Call
		cancel int    // the step whose answer nobody wants any more, and one
		want   string // the decision, or the tokens that the cancelled had
		left   string // the buckets of opus-5.5 after it
	}
	const opus = "claude-opus-5-5"
	call := func(at, in, out int, took time.Duration, want, left string) step {
		return step{at: at, call: &Call{Model: opus, InputTokens: in, OutputTokens: out, MaxTokens: 4096, Took: took, FirstToken: took / 2}, want: want, left: left}
	}
	with := func(s step, change func(*Call)) step { change(s.call); return s }
	look := func(at int, left string) step { return step{at: at, left: left} }

	for _, script := range []struct {
		name     string
		settings AccountSettings
		steps    []step
	}{
		{"requests refill continuously", plainAccount(Limits{RequestsPerMinute: 2}), []step{
			call(0, 1, 1, time.Second, "200", "req 1"),
			call(0, 1, 1, time.Second, "200", "req 0"),
			call(0, 1, 1, time.Second, "429 requests in 30s", "req 0"),
			call(15_000, 1, 1, time.Second, "429 requests in 15s", "req 0.5"),
			call(15_001, 1, 1, time.Second, "429 requests in 15s", "req 0.50003"),
			call(29_999, 1, 1, time.Second, "429 requests in 1s", "req 0.99997"),
			call(30_000, 1, 1, time.Second, "200", "req 0"),
			look(75_000, "req 1.5"),
			look(100_000, "req 2"),
			look(100_000_000, "req 2"),
		}},
		{"no limit", plainAccount(Limits{}), []step{
			call(0, 1_000_000, 1_000_000, time.Second, "200", ""),
			call(0, 1_000_000, 1_000_000, time.Second, "200", ""),
		}},
		{"input: cache reads are free, cache creation is not", plainAccount(Limits{InputTokensPerMinute: 6000}), []step{
			call(0, 1000, 1, time.Second, "200", "in 5000"),
			with(call(0, 1000, 1, time.Second, "200", "in 4000"), func(c *Call) { c.CacheReadTokens = 1_000_000 }),
			with(call(0, 1000, 1, time.Second, "200", "in 1000"), func(c *Call) { c.CacheCreationTokens = 2000 }),
			call(0, 1001, 1, time.Second, "429 input-tokens in 1s", "in 1000"),
			call(0, 1150, 1, time.Second, "429 input-tokens in 2s", "in 1000"),
			call(0, 6000, 1, time.Second, "429 input-tokens in 50s", "in 1000"),
			call(0, 6001, 1, time.Second, "429 input-tokens never in 50s", "in 1000"),
			call(50_000, 6000, 1, time.Second, "200", "in 0"),
		}},
		{"output counts as it is produced", plainAccount(Limits{OutputTokensPerMinute: 6000}), []step{
			call(0, 1, 3000, 20*time.Second, "200", "out 6000"),
			look(9_999, "out 6000"),
			look(11_000, "out 5800"), // 300 produced, 100 refilled
			look(20_000, "out 4000"),
			look(21_000, "out 4100"),
			call(21_000, 1, 3000, 0, "200", "out 1100"), // all at once
			call(21_000, 1, 3000, 0, "200", "out -1900"),
			call(21_000, 1, 3000, 0, "429 output-tokens in 20s", "out -1900"), // until there is one
			call(39_999, 1, 1, 0, "429 output-tokens in 1s", "out -0.1"),
			call(40_009, 1, 1, 0, "429 output-tokens in 1s", "out 0.9"),
			call(40_010, 1, 1, 0, "200", "out 0"),
		}},
		{"output does not refill a full bucket for later", plainAccount(Limits{OutputTokensPerMinute: 6000}), []step{
			call(0, 1, 500, 10*time.Second, "200", "out 6000"), // as fast as it refills
			look(10_000, "out 6000"),
			call(10_000, 1, 1000, 10*time.Second, "200", "out 6000"),
			look(20_000, "out 5500"),
		}},
		{"a client that leaves", plainAccount(Limits{InputTokensPerMinute: 60_000, OutputTokensPerMinute: 6000}), []step{
			call(0, 30_000, 3000, 20*time.Second, "200", "in 30000, out 6000"),
			{at: 11_000, cancel: 1, want: "300", left: "in 41000, out 5800"},
			look(12_000, "in 42000, out 5900"),
			look(20_000, "in 50000, out 6000"),
			call(20_000, 10_000, 3000, 20*time.Second, "200", "in 40000, out 6000"),
			{at: 20_001, cancel: 5, want: "0", left: "in 40001, out 6000"},
			{at: 40_002, cancel: 5, want: "gone", left: "in 60000, out 6000"},
		}},
		{"the older rule reserves max_tokens", func() AccountSettings {
			s := plainAccount(Limits{OutputTokensPerMinute: 8192})
			s.ReserveOutput = true
			return s
		}(), []step{
			call(0, 1, 96, 10*time.Second, "200", "out 4096"),
			call(0, 1, 96, 30*time.Second, "200", "out 0"),
			call(0, 1, 96, time.Second, "429 output-tokens in 30s", "out 0"),
			look(9_000, "out 1228.8"),
			look(10_000, "out 5365.3"), // 4000 came back
			call(10_000, 1, 96, 30*time.Second, "200", "out 1269.3"),
			{at: 20_000, cancel: 6, want: "0", left: "out 6730.7"},
			with(call(20_000, 1, 1, time.Second, "429 output-tokens never in 11s", "out 6730.7"), func(c *Call) { c.MaxTokens = 9000 }),
			look(30_000, "out 8192"), // what no longer fits is lost
		}},
		{"all tokens together", plainAccount(Limits{OutputTokensPerMinute: 6000, TokensPerMinute: 6000}), []step{
			call(0, 2000, 3000, 20*time.Second, "200", "out 6000, tok 4000"),
			call(0, 4000, 1, time.Second, "429 tokens in 1s", "out 6000, tok 4000"), // and one of output
			look(10_000, "out 6000, tok 5000"),
			look(11_000, "out 5800, tok 4800"), // 300 produced, 100 refilled
			look(20_000, "out 4000, tok 3000"),
			call(20_000, 100, 3000, 0, "200", "out 1000, tok -100"),
			call(20_000, 0, 1, 0, "429 tokens in 2s", "out 1000, tok -100"),
			call(20_000, 6000, 1, 0, "429 tokens never in 1m1s", "out 1000, tok -100"),
		}},
		{"all tokens together, by the older rule", func() AccountSettings {
			s := plainAccount(Limits{TokensPerMinute: 8192})
			s.ReserveOutput = true
			return s
		}(), []step{
			call(0, 96, 96, 30*time.Second, "200", "tok 4000"),
			call(0, 1, 96, 30*time.Second, "429 tokens in 1s", "tok 4000"),
			{at: 0, cancel: 1, want: "0", left: "tok 8096"},
		}},
		{"a minute's requests, one a second", func() AccountSettings {
			s := plainAccount(Limits{RequestsPerMinute: 60})
			s.BurstWindow = time.Second
			return s
		}(), []step{
			call(0, 1, 1, time.Second, "200", "req 59, burst 0"),
			call(0, 1, 1, time.Second, "429 burst in 1s", "req 59, burst 0"),
			call(999, 1, 1, time.Second, "429 burst in 1s", "req 59.999, burst 0.999"),
			call(1000, 1, 1, time.Second, "200", "req 59, burst 0"),
			call(9000, 1, 1, time.Second, "200", "req 59, burst 0"),
		}},
		{"a fast account bursts in proportion", func() AccountSettings {
			s := plainAccount(Limits{RequestsPerMinute: 180})
			s.BurstWindow = time.Second
			return s
		}(), []step{
			call(0, 1, 1, time.Second, "200", "req 179, burst 2"),
			call(0, 1, 1, time.Second, "200", "req 178, burst 1"),
			call(0, 1, 1, time.Second, "200", "req 177, burst 0"),
			call(0, 1, 1, time.Second, "429 burst in 1s", "req 177, burst 0"),
		}},
		{"a workspace with limits of its own", func() AccountSettings {
			s := plainAccount(Limits{RequestsPerMinute: 4, InputTokensPerMinute: 6000})
			s.Workspaces = map[string]GroupLimits{"lab": {"": {RequestsPerMinute: 2}}}
			return s
		}(), []step{
			with(call(0, 10, 1, time.Second, "200", "req 3, in 5990, lab req 1"), func(c *Call) { c.Workspace = "lab" }),
			with(call(0, 10, 1, time.Second, "200", "req 2, in 5980, lab req 0"), func(c *Call) { c.Workspace = "lab" }),
			with(call(0, 10, 1, time.Second, "429 requests of the workspace in 30s", "req 2, in 5980, lab req 0"), func(c *Call) { c.Workspace = "lab" }),
			call(0, 10, 1, time.Second, "200", "req 1, in 5970, lab req 0"),
			with(call(0, 10, 1, time.Second, "200", "req 0, in 5960, lab req 0"), func(c *Call) { c.Workspace = "kitchen" }),
			call(0, 10, 1, time.Second, "429 requests in 15s", "req 0, in 5960, lab req 0"),
			// Both refuse: the one to wait for longest counts.
			with(call(0, 10, 1, time.Second, "429 requests of the workspace in 30s", "req 0, in 5960, lab req 0"), func(c *Call) { c.Workspace = "lab" }),
		}},
		{"each group has its own", plainAccount(Limits{RequestsPerMinute: 1}), []step{
			call(0, 1, 1, time.Second, "200", "req 0"),
			with(call(0, 1, 1, time.Second, "200", "req 0"), func(c *Call) { c.Model = "claude-opus-5" }),
			with(call(0, 1, 1, time.Second, "200", "req 0"), func(c *Call) { c.Model = "claude-opus-4-8" }),
			with(call(0, 1, 1, time.Second, "429 requests in 1m0s", "req 0"), func(c *Call) { c.Model = "claude-opus-4-5-20251101" }),
			with(call(0, 1, 1, time.Second, "200", "req 0"), func(c *Call) { c.Model = "claude-haiku-4-5" }),
			with(call(0, 1, 1, time.Second, "200", "req 0"), func(c *Call) { c.Model = "llama" }),
			with(call(0, 1, 1, time.Second, "200", "req 0"), func(c *Call) { c.Model = "mistral" }),
		}},
		{"a tier change at its time", func() AccountSettings {
			s := plainAccount(Limits{RequestsPerMinute: 2})
			s.Changes = []LimitChange{
				{30 * time.Second, GroupLimits{"": {RequestsPerMinute: 60, InputTokensPerMinute: 6000}}},
				{50 * time.Second, GroupLimits{"": {RequestsPerMinute: 3}}},
				{90 * time.Second, GroupLimits{}},
			}
			return s
		}(), []step{
			call(0, 1, 1, time.Second, "200", "req 1"),
			call(0, 1, 1, time.Second, "200", "req 0"),
			look(29_999, "req 0.99997"),
			look(30_000, "req 1, in 6000"),
			call(31_000, 1000, 1, time.Second, "200", "req 1, in 5000"),
			look(49_000, "req 19, in 6000"),
			look(50_000, "req 3"),
			call(50_000, 9000, 1, time.Second, "200", "req 2"),
			look(90_000, ""),
		}},
		{"a spend cap until the first of the month", func() AccountSettings {
			s := plainAccount(Limits{RequestsPerMinute: 2})
			s.SpentAt = 10 * time.Second
			return s
		}(), []step{
			call(9_999, 1, 1, time.Second, "200", "req 1"),
			call(10_000, 1, 1, time.Second, "429 spend enforced_spend_limit_reached", "req 1"),
			call(40_000, 1, 1, time.Second, "429 spend enforced_spend_limit_reached", "req 2"),
			call(int(7*24+12)*3_600_000-1, 1, 1, time.Second, "429 spend enforced_spend_limit_reached", "req 2"),
			call(int(7*24+12)*3_600_000, 1, 1, time.Second, "200", "req 1"),
		}},
		{"max_tokens cuts the answer", plainAccount(Limits{OutputTokensPerMinute: 60_000}), []step{
			call(0, 1, 50_000, 0, "200", "out 55904"),
		}},
	} {
		t.Run(script.name, func(t *testing.T) {
			a := newAccount(t, script.settings)
			for i, s := range script.steps {
				now := noon.Add(time.Duration(s.at) * time.Millisecond)
				got := ""
				switch {
				case s.call != nil:
					s.call.ID = uint64(i + 1)
					got = a.Arrive(now, *s.call).words()
				case s.cancel > 0:
					tokens, ok := a.Cancel(now, uint64(s.cancel))
					if got = fmt.Sprint(tokens); !ok {
						got = "gone"
					}
				}
				if left := levels(a, now, "opus-5.5"); got != s.want || left != s.left {
					t.Errorf("step %d, at %d ms: got %q and %q, want %q and %q", i, s.at, got, left, s.want, s.left)
				}
			}
		})
	}
}
