package sim

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// limitHeaders are those of an answer, with the reset from start.
func limitHeaders(t *testing.T, w *httptest.ResponseRecorder, start time.Time) string {
	t.Helper()
	get := func(name string) string { return w.Header().Get("anthropic-ratelimit-requests-" + name) }
	full := "never"
	if s := get("reset"); s != "" {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil || !strings.HasSuffix(s, "Z") {
			t.Fatalf("reset %q, %v: want RFC 3339 in UTC", s, err)
		}
		full = at.Sub(start).String()
	}
	after := w.Header().Get("retry-after")
	return fmt.Sprintf("%d: %s of %s, full at %s, retry-after %q", w.Code, get("remaining"), get("limit"), full, after)
}

func TestLimitHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fast()
		c.PerMinute, c.Burst = 60, 3
		h := NewHandler(newAPI(t, 1, c))
		start := time.Now()
		for i, s := range []struct {
			at     time.Duration
			path   string
			body   string
			header []string
			want   string
		}{
			{0, "", hello, nil, `200: 2 of 60, full at 1s, retry-after ""`},
			{0, "", streamed, nil, `200: 1 of 60, full at 2s, retry-after ""`},
			{0, "", hello, []string{"x-sim-error", "529"}, `529: 1 of 60, full at 2s, retry-after ""`},
			{0, "", "{}", nil, `400:  of , full at never, retry-after ""`},
			{0, "/count_tokens", hello, nil, `200:  of , full at never, retry-after ""`},
			{0, "", hello, []string{"x-sim-error", "none"}, `200: 0 of 60, full at 3s, retry-after ""`},
			{0, "", hello, nil, `429: 0 of 60, full at 3s, retry-after "1"`},
			{0, "", hello, []string{"x-sim-error", "none"}, `429: 0 of 60, full at 3s, retry-after "1"`},
			{0, "", hello, []string{"x-api-key", "sk-sim-acme-2"}, `429: 0 of 60, full at 3s, retry-after "1"`},
			{0, "", hello, []string{"x-api-key", "sk-sim-other-1"}, `200: 2 of 60, full at 1s, retry-after ""`},
			{0, "", strings.Replace(hello, "opus-5-5", "opus-5", 1), nil, `200: 2 of 60, full at 1s, retry-after ""`},
			{0, "", strings.Replace(hello, "opus-5-5", "opus-4-8", 1), nil, `200: 2 of 60, full at 1s, retry-after ""`},
			{0, "", strings.Replace(hello, "opus-5-5", "opus-4-5-20251101", 1), nil, `200: 1 of 60, full at 2s, retry-after ""`},
			{1500 * time.Millisecond, "", hello, nil, `200: 0 of 60, full at 4s, retry-after ""`},
			{4 * time.Second, "", hello, nil, `200: 2 of 60, full at 5s, retry-after ""`},
			{7500 * time.Millisecond, "", hello, nil, `200: 2 of 60, full at 9s, retry-after ""`},
		} {
			time.Sleep(time.Until(start.Add(s.at)))
			header := append([]string{"x-sim-latency", "0s"}, s.header...)
			w := do(t, h, "POST", "/v1/messages"+s.path, s.body, header...)
			if got := limitHeaders(t, w, start); got != s.want {
				t.Errorf("step %d, at %v: got %s, want %s", i, s.at, got, s.want)
			}
		}
		c.PerMinute = 0
		if err := h.api.SetConditions(c); err != nil {
			t.Fatal(err)
		}
		w := do(t, h, "POST", "/v1/messages", hello)
		if got := limitHeaders(t, w, start); got != `200:  of , full at never, retry-after ""` {
			t.Errorf("without a limit: got %s", got)
		}
	})
}

func TestLimitsAreBounded(t *testing.T) {
	l := newRequestLimits()
	c := fast()
	c.PerMinute, c.Burst = 60, 2
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	take := func(at int, org string) int {
		return l.with(start.Add(time.Duration(at)*time.Millisecond), limitKey{org, "claude-opus-5"}, c, func(b *requestBucket) { b.take(start) }).Remaining
	}
	take(0, "kept")
	for i := range maxOrganizations + 10 {
		take(i, "kept")
		take(i, fmt.Sprint("org ", i))
	}
	if n := len(l.buckets.entries); n != maxOrganizations {
		t.Errorf("got %d buckets, want %d", n, maxOrganizations)
	}
	for _, org := range []string{"kept", fmt.Sprint("org ", maxOrganizations+9)} {
		if _, ok := l.buckets.entries[limitKey{org, "claude-opus-5"}]; !ok {
			t.Errorf("the bucket of %s, used last, was forgotten", org)
		}
	}
}

func TestFindModel(t *testing.T) {
	for name, want := range map[string]string{
		"claude-opus-5-5": "claude-opus-5-5", "claude-haiku-4-5-20251001": "claude-haiku-4-5", "claude-opus-5-5-2026": "", "claude-opus-5-5-20261399": "", "-20251001": "",
	} {
		m, ok := findModel(models, name)
		if ok != (want != "") || m.id != want {
			t.Errorf("%s: got %v %+v, want %q", name, ok, m, want)
		}
	}
}
