package sim

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAccountHeaders(t *testing.T) {
	tier1 := Limits{50, 30_000, 8_000, 0}
	withLab := func(reported WorkspaceHeaders, lab Limits) func(*AccountSettings) {
		return func(s *AccountSettings) {
			s.Workspaces, s.WorkspaceHeaders = map[string]GroupLimits{"lab": {"": lab}}, reported
		}
	}
	reset := func(r Rounding, skew time.Duration) func(*AccountSettings) {
		return func(s *AccountSettings) { s.ResetRounding, s.ResetSkew = r, skew }
	}
	for _, script := range []struct {
		name     string
		settings func(*AccountSettings)
		calls    []Call
		after    time.Duration
		want     string
	}{
		{"nothing used", nil, nil, 0, "req 50/50 +0s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"requests exactly, full in whole seconds", nil, []Call{{}, {}}, 0,
			"req 48/50 +3s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"half a request is none", nil, []Call{{}, {}}, 600 * time.Millisecond,
			"req 48/50 +3s, in 30000/30000 +1s, out 8000/8000 +1s, tok 8000/8000 +1s"},
		{"tokens to the nearest thousand", nil, []Call{{InputTokens: 10_500, OutputTokens: 499}}, 0,
			"req 49/50 +2s, in 20000/30000 +21s, out 8000/8000 +4s, tok 20000/30000 +21s"},
		{"and one more", nil, []Call{{InputTokens: 10_501, OutputTokens: 501}}, 0,
			"req 49/50 +2s, in 19000/30000 +22s, out 7000/8000 +4s, tok 19000/30000 +22s"},
		{"twice of what is in force", func(s *AccountSettings) { s.LimitsTold = 2 }, []Call{{InputTokens: 10_000}}, 0,
			"req 98/100 +2s, in 40000/60000 +20s, out 16000/16000 +0s, tok 40000/60000 +20s"},
		{"half of what is in force", func(s *AccountSettings) { s.LimitsTold = 0.5 }, []Call{{InputTokens: 10_000}}, 0,
			"req 24/25 +2s, in 10000/15000 +20s, out 4000/4000 +0s, tok 10000/15000 +20s"},
		{"tokens rounded down", func(s *AccountSettings) { s.RemainingDown = true }, []Call{{InputTokens: 10_001, OutputTokens: 1}}, 0,
			"req 49/50 +2s, in 19000/30000 +21s, out 7000/8000 +1s, tok 19000/30000 +21s"},
		{"the most restrictive has the smallest part left", nil, []Call{{InputTokens: 10_000, OutputTokens: 4000}}, 0,
			"req 49/50 +2s, in 20000/30000 +20s, out 4000/8000 +30s, tok 4000/8000 +30s"},
		{"below nothing is nothing", nil, []Call{{OutputTokens: 16_000}}, 0,
			"req 49/50 +2s, in 30000/30000 +0s, out 0/8000 +2m0s, tok 0/8000 +2m0s"},
		{"never more than the limit", func(s *AccountSettings) { s.Limits = GroupLimits{"": {InputTokensPerMinute: 1700}} }, nil, 0,
			"in 1700/1700 +0s, tok 1700/1700 +0s"},
		{"buckets that hold less than a minute's limit", func(s *AccountSettings) {
			s.Sizes = GroupLimits{"": {RequestsPerMinute: 5, OutputTokensPerMinute: 9000}}
		}, []Call{{}, {}}, 0, "req 3/50 +3s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"no limits, no headers", func(s *AccountSettings) { s.Limits = nil }, []Call{{InputTokens: 100}}, 0, ""},
		{"a workspace with less left", func(s *AccountSettings) {
			s.Workspaces = map[string]GroupLimits{"lab": {"": {RequestsPerMinute: 10, OutputTokensPerMinute: 6_000}}}
		}, []Call{{Workspace: "lab", InputTokens: 6000}}, 0, "req 9/10 +6s, in 24000/30000 +12s, out 6000/6000 +0s, tok 24000/30000 +12s"},
		{"a workspace with more left", func(s *AccountSettings) {
			s.Workspaces = map[string]GroupLimits{"lab": {"": {RequestsPerMinute: 40}}}
		}, slices.Repeat([]Call{{}}, 49), 0, "req 1/50 +59s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"a workspace in the headers of tokens", withLab(WorkspaceInTokens, Limits{RequestsPerMinute: 10, TokensPerMinute: 40_000}),
			[]Call{{Workspace: "lab", InputTokens: 6000, OutputTokens: 1000}}, 0,
			"req 49/50 +2s, in 24000/30000 +12s, out 7000/8000 +8s, tok 33000/40000 +11s"},
		{"a workspace in the headers of tokens, the scarcer of its own", withLab(WorkspaceInTokens, Limits{InputTokensPerMinute: 40_000, OutputTokensPerMinute: 20_000}),
			[]Call{{Workspace: "lab", InputTokens: 8000, OutputTokens: 3000}}, 0,
			"req 49/50 +2s, in 22000/30000 +16s, out 5000/8000 +23s, tok 32000/40000 +12s"},
		{"a workspace in the headers of tokens, of which it limits none", withLab(WorkspaceInTokens, Limits{RequestsPerMinute: 10}),
			[]Call{{Workspace: "lab"}}, 0, "req 49/50 +2s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"a workspace of which nothing is reported", withLab(WorkspaceHidden, Limits{1, 100, 100, 100}),
			[]Call{{Workspace: "lab"}}, 0, "req 49/50 +2s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"a workspace with scarcer tokens together", withLab(WorkspaceScarcest, Limits{TokensPerMinute: 4000}),
			[]Call{{Workspace: "lab", OutputTokens: 2000}}, 0, "req 49/50 +2s, in 30000/30000 +0s, out 6000/8000 +15s, tok 2000/4000 +30s"},
		{"rounded up", reset(RoundUp, 0), []Call{{}}, 0, "req 49/50 +2s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"rounded to the nearest", reset(RoundNearest, 0), []Call{{}}, 0, "req 49/50 +1s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"rounded to the nearest, up", reset(RoundNearest, 0), []Call{{}}, 300 * time.Millisecond,
			"req 49/50 +1s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"rounded down", reset(RoundDown, 0), []Call{{}, {}, {}}, 700 * time.Millisecond,
			"req 47/50 +3s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"no reset", reset(NoReset, time.Second), []Call{{}}, 0, "req 49/50, in 30000/30000, out 8000/8000, tok 8000/8000"},
		{"a clock that is behind", reset(RoundUp, -30*time.Second), []Call{{}}, 0,
			"req 49/50 -28s, in 30000/30000 -30s, out 8000/8000 -30s, tok 8000/8000 -30s"},
		{"a clock that is ahead by a part", reset(RoundDown, 900*time.Millisecond), []Call{{}}, 0,
			"req 49/50 +2s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
		{"the burst limit is not reported", func(s *AccountSettings) { s.BurstWindow = time.Minute }, []Call{{}}, 0,
			"req 49/50 +2s, in 30000/30000 +0s, out 8000/8000 +0s, tok 8000/8000 +0s"},
	} {
		s := plainAccount(tier1)
		if script.settings != nil {
			script.settings(&s)
		}
		a := newAccount(t, s)
		reported := a.headers(noon, "opus-5.5", "")
		for i, c := range script.calls {
			c.ID, c.Model = uint64(i), "claude-opus-5-5"
			if d := a.Arrive(noon, c); !d.Admitted() {
				t.Fatalf("%s: got %s, want it let in", script.name, d.words())
			} else {
				reported = d.Headers
			}
		}
		if script.after > 0 {
			reported = a.headers(noon.Add(script.after), "opus-5.5", "")
		}
		if strings.HasPrefix(script.name, "a workspace") {
			reported = a.headers(noon, "opus-5.5", "lab")
		}
		if got := reported.reported(); got != script.want {
			t.Errorf("%s: got\n%s, want\n%s", script.name, got, script.want)
		}
	}
}

func TestHeadersOnTheWire(t *testing.T) {
	a := newAccount(t, plainAccount(Limits{RequestsPerMinute: 50, OutputTokensPerMinute: 8000}))
	d := a.Arrive(noon.In(time.FixedZone("", 3600)), Call{Model: "claude-opus-5-5"})
	h := http.Header{}
	d.Headers.write(h)
	want := map[string]string{
		"Anthropic-Ratelimit-Requests-Limit": "50", "Anthropic-Ratelimit-Requests-Remaining": "49",
		"Anthropic-Ratelimit-Requests-Reset":      "2026-11-23T12:00:02Z",
		"Anthropic-Ratelimit-Output-Tokens-Limit": "8000", "Anthropic-Ratelimit-Output-Tokens-Remaining": "8000",
		"Anthropic-Ratelimit-Output-Tokens-Reset": "2026-11-23T12:00:00Z",
		"Anthropic-Ratelimit-Tokens-Limit":        "8000", "Anthropic-Ratelimit-Tokens-Remaining": "8000",
		"Anthropic-Ratelimit-Tokens-Reset": "2026-11-23T12:00:00Z",
	}
	got := map[string]string{}
	for name := range h {
		got[name] = h.Get(name)
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Which answers have limit headers. A refusal has its retry-after all the same,
// unless that is left out.
func TestAccountHeadersAreMissing(t *testing.T) {
	t.Parallel()
	const n = 10_000
	for name, s := range map[string]struct {
		change       func(*AccountSettings)
		let, refused float64 // the shares of the answers that have them
		retryAfter   time.Duration
	}{
		"none are missing":      {func(*AccountSettings) {}, 1, 1, time.Minute},
		"most are missing":      {func(s *AccountSettings) { s.HeadersMissing = 0.7 }, 0.3, 0.3, time.Minute},
		"all are missing":       {func(s *AccountSettings) { s.HeadersMissing = 1 }, 0, 0, time.Minute},
		"only on a 429":         {func(s *AccountSettings) { s.HeadersOnlyOn429 = true }, 0, 1, time.Minute},
		"some, only on a 429":   {func(s *AccountSettings) { s.HeadersOnlyOn429, s.HeadersMissing = true, 0.7 }, 0, 0.3, time.Minute},
		"all but on a 429":      {func(s *AccountSettings) { s.NoHeadersOn429 = true }, 1, 0, time.Minute},
		"not yet":               {func(s *AccountSettings) { s.HeadersFrom = 1 + time.Microsecond }, 0, 0, time.Minute},
		"from now on":           {func(s *AccountSettings) { s.HeadersFrom = 0 }, 1, 1, time.Minute},
		"all, and retry-after":  {func(s *AccountSettings) { s.HeadersMissing, s.NoRetryAfter = 1, true }, 0, 0, 0},
		"retry-after by itself": {func(s *AccountSettings) { s.NoRetryAfter = true }, 1, 1, 0},
	} {
		settings := plainAccount(Limits{RequestsPerMinute: 1, InputTokensPerMinute: 5})
		s.change(&settings)
		a := newAccount(t, settings)
		have, number := map[bool]int{}, 0
		for _, free := range []bool{true, false} {
			for range n {
				number++
				if free {
					a = newAccount(t, settings)
				}
				d := a.Arrive(noon, Call{ID: uint64(number)})
				if d.Admitted() != free || !free && d.RetryAfter != s.retryAfter {
					t.Fatalf("%s: got %s", name, d.words())
				}
				if d.Headers != (Headers{}) {
					have[free]++
				}
			}
		}
		for free, want := range map[bool]float64{true: s.let, false: s.refused} {
			if got := float64(have[free]) / n; math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/n) {
				t.Errorf("%s: of the answers that were let in (%t), %.3f have headers, want %.3f", name, free, got, want)
			}
		}
	}
}

func TestAccountRateLimits(t *testing.T) {
	tier, err := Tier("start")
	if err != nil {
		t.Fatal(err)
	}
	tier.Limits["haiku-4.5"] = Limits{RequestsPerMinute: 7}
	s := plainAccount(Limits{})
	s.Changes = []LimitChange{{time.Minute, tier.Limits}}
	a := newAccount(t, s)
	body, err := json.Marshal(a.rateLimits(noon.Add(time.Minute)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`{"data":[{"id":"rl_opus-5.5","type":"rate_limit","group":{"type":"model_group","id":"rlg_opus-5.5","display_name":"Claude opus-5.5"},"group_type":"model_group","models":["claude-opus-5-5"],"limits":[{"type":"requests_per_minute","value":1000},` +
			`{"type":"input_tokens_per_minute_cache_aware","value":2000000},{"type":"output_tokens_per_minute","value":400000},{"type":"fast_itpmca","value":0},{"type":"fast_otpm","value":0}]},`,
		`"models":["claude-fable-5-2","claude-fable-5-1","claude-fable-5"],"limits":[{"type":"requests_per_minute","value":1000},{"type":"input_tokens_per_minute_cache_aware","value":500000}`,
		`"models":["claude-opus-4-8","claude-opus-4-7","claude-opus-4-6","claude-opus-4-5"],"limits":[{"type":"requests_per_minute","value":1000}`,
		`"models":["claude-haiku-4-5"],"limits":[{"type":"requests_per_minute","value":7},`,
		`],"next_page":null}`,
	} {
		if !strings.Contains(string(body), part) {
			t.Errorf("got %s, want %s in it", body, part)
		}
	}
	if all := newAccount(t, plainAccount(Limits{})).rateLimits(noon); len(all.Data) == 0 || all.Data[0].Limits == nil {
		t.Errorf("no limits: got %+v, want the groups with empty lists", all)
	}
}

// headers returns the limit headers of an answer now, for a call of a group and a
// workspace. The workspace may be empty.
func (a *Account) headers(now time.Time, group, workspace string) Headers {
	return a.limitHeaders(a.advance(now), a.bucketsOf(Call{Model: group, Workspace: workspace}))
}
