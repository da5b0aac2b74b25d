package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// limited returns an answer's header: limit and remaining of each kind.
func limited(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 3 {
		for j, name := range []string{"-limit", "-remaining"} {
			if v := pairs[i+1+j]; v != "" {
				h.Add("anthropic-ratelimit-"+pairs[i]+name, v)
			}
		}
	}
	return h
}

func TestLimitsOfAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		want   queue.Limits
	}{
		"none": {http.Header{}, queue.Limits{}},
		"all": {
			limited("requests", "50", "49", "input-tokens", "30000", "29000", "output-tokens", "8000", "8000", "tokens", "38000", "37000"),
			queue.Limits{Requests: queue.Limit{PerMinute: 50, Remaining: 49}, Input: queue.Limit{PerMinute: 30000, Remaining: 29000}, Output: queue.Limit{PerMinute: 8000, Remaining: 8000}},
		},
		"one of both kinds of tokens": {
			limited("requests", "50", "0", "tokens", "38000", "37000"),
			queue.Limits{Requests: queue.Limit{PerMinute: 50}, Input: queue.Limit{PerMinute: 38000, Remaining: 37000}},
		},
		"one of both kinds beside output": {
			limited("tokens", "38000", "37000", "output-tokens", "8000", "0"),
			queue.Limits{Output: queue.Limit{PerMinute: 8000}, Tokens: queue.Limit{PerMinute: 38000, Remaining: 37000}},
		},
		"a workspace's below its organization's": {
			limited("tokens", "20000", "1000", "input-tokens", "2000000", "1900000"),
			queue.Limits{Input: queue.Limit{PerMinute: 2000000, Remaining: 1900000}, Tokens: queue.Limit{PerMinute: 20000, Remaining: 1000}},
		},
		"a workspace's beside both": {
			limited("tokens", "20000", "0", "input-tokens", "30000", "29000", "output-tokens", "8000", "8000"),
			queue.Limits{
				Input: queue.Limit{PerMinute: 30000, Remaining: 29000}, Output: queue.Limit{PerMinute: 8000, Remaining: 8000},
				Tokens: queue.Limit{PerMinute: 20000},
			},
		},
		"the input's again": {
			limited("tokens", "30000", "29000", "input-tokens", "30000", "29000", "output-tokens", "8000", "8000"),
			queue.Limits{Input: queue.Limit{PerMinute: 30000, Remaining: 29000}, Output: queue.Limit{PerMinute: 8000, Remaining: 8000}},
		},
		"the output's again": {
			limited("tokens", "8000", "100", "input-tokens", "30000", "29000", "output-tokens", "8000", "100"),
			queue.Limits{Input: queue.Limit{PerMinute: 30000, Remaining: 29000}, Output: queue.Limit{PerMinute: 8000, Remaining: 100}},
		},
		"a further one that cannot be": {
			limited("tokens", "20000", "-1", "input-tokens", "30000", "29000", "output-tokens", "8000", "8000"),
			queue.Limits{Input: queue.Limit{PerMinute: 30000, Remaining: 29000}, Output: queue.Limit{PerMinute: 8000, Remaining: 8000}},
		},
		"the one of both where the others cannot be": {
			limited("tokens", "38000", "37000", "input-tokens", "x", "0", "output-tokens", "8000", "-1"),
			queue.Limits{Input: queue.Limit{PerMinute: 38000, Remaining: 37000}},
		},
		"the priority tier's": {http.Header{"Anthropic-Priority-Input-Tokens-Limit": {"10"}, "Anthropic-Priority-Input-Tokens-Remaining": {"5"}}, queue.Limits{}},
		"requests above the limit, a little": {
			limited("requests", "50", "55"), queue.Limits{Requests: queue.Limit{PerMinute: 50, Remaining: 50}},
		},
		"requests above the limit": {limited("requests", "50", "56"), queue.Limits{}},
		"rounded up": {
			limited("input-tokens", "1500", "2000"), queue.Limits{Input: queue.Limit{PerMinute: 1500, Remaining: 1500}},
		},
		"rounded up too far": {limited("input-tokens", "1500", "2001"), queue.Limits{}},
		"two values": {
			http.Header{"Anthropic-Ratelimit-Requests-Limit": {"50", "90"}, "Anthropic-Ratelimit-Requests-Remaining": {"5"}},
			queue.Limits{Requests: queue.Limit{PerMinute: 50, Remaining: 5}},
		},
		"empty lists": {http.Header{"Anthropic-Ratelimit-Requests-Limit": {}, "Anthropic-Ratelimit-Requests-Remaining": {}}, queue.Limits{}},
		"the largest that is believed": {
			limited("output-tokens", "1000000000000", "1000000000000"), queue.Limits{Output: queue.Limit{PerMinute: 1e12, Remaining: 1e12}},
		},
	} {
		if got := limitsOf(c.header, false, noon); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// What cannot be is not told, and the limits beside it are.
func TestImplausibleLimitsAreIgnored(t *testing.T) {
	sound := queue.Limit{PerMinute: 1000, Remaining: 999}
	for _, bad := range []string{
		"", "-1", "+5", "1.5", "1e3", "0x10", "1,000", "50, 50", "NaN", "Inf", "fifty", " ", "5 0", "٥", "\x00", "5\r\n",
		"1000000000001", "9223372036854775808", "99999999999999999999", strings.Repeat("9", 1<<16), strings.Repeat("0", 1<<16),
	} {
		for name, h := range map[string]http.Header{
			"limit":     limited("requests", bad, "0", "output-tokens", "1000", "999"),
			"remaining": limited("requests", "50", bad, "output-tokens", "1000", "999"),
		} {
			if got, want := limitsOf(h, false, noon), (queue.Limits{Output: sound}); got != want {
				t.Errorf("%s is %.30q: got %+v, want %+v", name, bad, got, want)
			}
		}
	}
	if got := limitsOf(limited("requests", "0", "0"), false, noon); got != (queue.Limits{}) {
		t.Errorf("a limit of nothing: got %+v, want it not told", got)
	}
}

// When a bucket is full again is told by the API's clock, which may not be ours.
func TestLimitIsFullAgain(t *testing.T) {
	at := func(d time.Duration, format string) string { return noon.Add(d).Format(format) }
	zone := time.FixedZone("", -5*60*60)
	for name, c := range map[string]struct {
		reset, date string
		want        time.Duration
	}{
		"in a while":                      {at(42*time.Second, time.RFC3339), "", 42 * time.Second},
		"in another zone":                 {noon.Add(42 * time.Second).In(zone).Format(time.RFC3339), "", 42 * time.Second},
		"with fractions":                  {at(1500*time.Millisecond, time.RFC3339Nano), "", 1500 * time.Millisecond},
		"just now":                        {at(0, time.RFC3339), "", -time.Millisecond}, // zero would be: not told
		"rounded down into the past":      {at(-400*time.Millisecond, time.RFC3339Nano), "", -400 * time.Millisecond},
		"two seconds ago":                 {at(-2*time.Second, time.RFC3339), "", -2 * time.Second},
		"an hour ago":                     {at(-time.Hour, time.RFC3339), "", -time.Hour},
		"longer ago than is believed":     {at(-time.Hour-time.Second, time.RFC3339), "", 0},
		"in an hour":                      {at(time.Hour, time.RFC3339), "", time.Hour},
		"later than is believed":          {at(time.Hour+time.Second, time.RFC3339), "", 0},
		"in the last year there is":       {"9999-12-31T23:59:59Z", "", 0},
		"in the first":                    {"0000-01-01T00:00:00Z", "", 0},
		"no time":                         {"soon", "", 0},
		"a number of seconds":             {"42", "", 0},
		"a time as in HTTP":               {at(42*time.Second, http.TimeFormat), "", 0},
		"the answer was just sent":        {at(42*time.Second, time.RFC3339), at(-2*time.Second, http.TimeFormat), 42 * time.Second},
		"the API's clock is behind ours":  {at(-58*time.Second, time.RFC3339), at(-100*time.Second, http.TimeFormat), 42 * time.Second},
		"the API's clock is before ours":  {at(142*time.Second, time.RFC3339), at(100*time.Second, http.TimeFormat), 42 * time.Second},
		"the answer's date is no date":    {at(42*time.Second, time.RFC3339), "yesterday", 42 * time.Second},
		"the answer's date is very wrong": {at(42*time.Second, time.RFC3339), "Mon, 01 Jan 0001 00:00:00 GMT", 42 * time.Second},
		"half a minute behind, no date":   {at(-28*time.Second, time.RFC3339), "", -28 * time.Second},
	} {
		for _, kind := range []string{"requests", "input-tokens", "output-tokens", "tokens"} {
			h := limited(kind, "1000", "500")
			h.Set("anthropic-ratelimit-"+kind+"-reset", c.reset)
			if c.date != "" {
				h.Set("Date", c.date)
			}
			got, want := limitsOf(h, false, noon), queue.Limit{PerMinute: 1000, Remaining: 500, FullIn: c.want}
			if got.Requests != want && got.Input != want && got.Output != want {
				t.Errorf("%s, %s: got %+v, want %v", kind, name, got, c.want)
			}
		}
	}
	both := limited("input-tokens", "2000000", "1900000", "tokens", "20000", "1000")
	both.Set("anthropic-ratelimit-input-tokens-reset", at(3*time.Second, time.RFC3339))
	both.Set("anthropic-ratelimit-tokens-reset", at(57*time.Second, time.RFC3339))
	if got := limitsOf(both, false, noon); got.Input.FullIn != 3*time.Second || got.Tokens.FullIn != 57*time.Second {
		t.Errorf("a further limit: got %+v, want 3 s and 57 s", got)
	}
	h := http.Header{"Anthropic-Ratelimit-Requests-Reset": {at(time.Second, time.RFC3339)}}
	if got := limitsOf(h, false, noon); got != (queue.Limits{}) {
		t.Errorf("of a limit that is not told: got %+v", got)
	}
}

func FuzzLimits(f *testing.F) {
	f.Add("50", "49", "30000", "31000", "2026-11-23T12:00:30Z", "Mon, 23 Nov 2026 12:00:00 GMT")
	f.Add("-1", "1e3", "1000000000000", "99999999999999999999", "9999-12-31T23:59:59Z", "Mon, 01 Jan 0001 00:00:00 GMT")
	f.Add("", " ", "0", "0", "", "x")
	f.Fuzz(func(t *testing.T, limit, remaining, tokens, tokensLeft, reset, date string) {
		h := limited("requests", limit, remaining, "input-tokens", tokens, tokensLeft)
		h.Set("anthropic-ratelimit-requests-reset", reset)
		h.Set("Date", date)
		h.Set("anthropic-ratelimit-tokens-limit", limit)
		h.Set("anthropic-ratelimit-tokens-remaining", remaining)
		h.Set("anthropic-ratelimit-tokens-reset", reset)
		got := limitsOf(h, false, noon)
		for _, l := range []queue.Limit{got.Requests, got.Input, got.Output, got.Tokens} {
			if l.PerMinute < 0 || l.PerMinute > maxNumber || l.Remaining < 0 || l.Remaining > l.PerMinute || l.FullIn < -maxFullIn || l.FullIn > maxFullIn {
				t.Errorf("got %+v", got)
			}
		}
	})
}
