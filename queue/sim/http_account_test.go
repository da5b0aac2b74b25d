package sim

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
)

func accountHandler(t *testing.T, s AccountSettings) *Handler {
	t.Helper()
	h, err := NewAccountHandler(newAPI(t, 1, fast()), s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// tier1 is an account of the lowest of the older tiers, with a workspace and no
// chance about it.
func tier1(t *testing.T) AccountSettings {
	t.Helper()
	tier, err := Tier("tier1")
	if err != nil {
		t.Fatal(err)
	}
	return AccountSettings{Limits: tier.Limits, Workspaces: map[string]GroupLimits{"lab": {"": {RequestsPerMinute: 2}}}}
}

// allLimits are the limit headers of an answer in a few words.
func allLimits(w *httptest.ResponseRecorder) string {
	parts := []string{fmt.Sprint(w.Code)}
	for _, name := range []string{"requests", "input-tokens", "output-tokens", "tokens"} {
		get := func(of string) string { return w.Header().Get("anthropic-ratelimit-" + name + "-" + of) }
		parts = append(parts, get("remaining")+"/"+get("limit"))
	}
	if after := w.Header().Get("retry-after"); after != "" {
		parts = append(parts, "in "+after)
	}
	return strings.Join(parts, " ")
}

// TestAccountHandler reads as a transcript of one organization's requests, and
// another's.
func TestAccountHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := accountHandler(t, tier1(t))
		start := time.Now()
		// 20,000 tokens, about.
		long := strings.Replace(hello, "Hello", strings.Repeat("Hello ", 80_000/6), 1)
		lab := []string{"x-api-key", "sk-sim-acme-lab-1"}
		for i, s := range []struct {
			at     time.Duration
			body   string
			header []string
			want   string
		}{
			{0, hello, nil, "200 49/50 30000/30000 8000/8000 8000/8000"},
			{0, hello, []string{"x-sim-tokens", "3000", "x-sim-latency", "0s"}, "200 48/50 30000/30000 7000/8000 7000/8000"},
			{0, long, nil, "200 47/50 10000/30000 6000/8000 10000/30000"},
			{0, long, nil, "429 47/50 10000/30000 6000/8000 10000/30000 in 21"},
			{0, long, []string{"x-api-key", "sk-sim-other-1"}, "200 49/50 10000/30000 8000/8000 10000/30000"},
			{0, strings.Replace(hello, "opus-5-5", "opus-4-8", 1), nil, "200 49/50 30000/30000 8000/8000 8000/8000"},
			{0, hello, lab, "200 1/2 10000/30000 6000/8000 10000/30000"},
			{0, hello, lab, "200 0/2 10000/30000 6000/8000 10000/30000"},
			{0, hello, lab, "429 0/2 10000/30000 6000/8000 10000/30000 in 30"},
			{0, hello, []string{"x-api-key", "sk-sim-acme-kitchen-1"}, "200 44/50 10000/30000 6000/8000 10000/30000"},
			{0, hello, []string{"x-sim-error", "529"}, "529 44/50 10000/30000 6000/8000 10000/30000"},
			{0, "{}", nil, "400 / / / /"},
			{22 * time.Second, long, nil, "200 49/50 1000/30000 8000/8000 1000/30000"},
		} {
			time.Sleep(time.Until(start.Add(s.at)))
			header := append([]string{"x-sim-latency", "0s", "x-sim-tokens", "250"}, s.header...)
			w := do(t, h, "POST", "/v1/messages", s.body, header...)
			if got := allLimits(w); got != s.want {
				t.Errorf("step %d, at %v: got %s, want %s", i, s.at, got, s.want)
			}
			if w.Code == 429 {
				if kind, message := refusal(t, w.Result(), w.Body.Bytes()); kind != "rate_limit_error" || !strings.Contains(message, "would exceed your") {
					t.Errorf("step %d: got %s: %s", i, kind, message)
				}
			}
		}
	})
}

func TestAccountHandlerTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := tier1(t)
		s.Speeds = map[string]Speed{"": {2 * time.Second, 2 * time.Second, 0, 50, 50}}
		client, stop := virtual(accountHandler(t, s))
		defer stop()
		for latency, want := range map[string][2]time.Duration{
			"":   {2 * time.Second, 4 * time.Second}, // as the speed says
			"8s": {time.Second, 8 * time.Second},
			"2s": {500 * time.Millisecond, 2 * time.Second},
			"0s": {0, 0},
		} {
			start := time.Now()
			resp, err := client.Do(newRequest(t, "POST", "http://127.0.0.1/v1/messages", streamed, "x-sim-tokens", "100", "x-sim-latency", latency))
			if err != nil {
				t.Fatal(err)
			}
			got := frames(t, resp.Body, start)
			_ = resp.Body.Close()
			first, last := got[0], got[len(got)-1]
			if first.name != "message_start" || first.at != want[0] || last.name != "message_stop" || last.at != want[1] {
				t.Errorf("latency %q: got %v to %v, want message_start and message_stop after %v", latency, first, last, want)
			}
		}
	})
}

// A client that leaves in the middle pays for what it got.
func TestAccountHandlerClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := tier1(t)
		s.Speeds = map[string]Speed{"": {time.Second, time.Second, 0, 100, 100}}
		h := accountHandler(t, s)
		client, stop := virtual(h)
		defer stop()
		ctx, leave := context.WithCancel(t.Context())
		resp, err := client.Do(newRequest(t, "POST", "http://127.0.0.1/v1/messages", strings.Replace(streamed, "1024", "9999", 1), "x-sim-tokens", "9000").WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Second) // 6,000 tokens, as 8,000 refilled
		leave()
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		synctest.Wait()
		h.accounts.with(time.Now(), "acme", func(a *Account) {
			if n := a.Running(time.Now()); n != 0 {
				t.Errorf("got %d answers that run, want none", n)
			}
			if got := levels(a, time.Now().Add(2*time.Second), "opus-5.5"); !strings.Contains(got, "out 8000") {
				t.Errorf("soon after it: got %s, want the bucket full", got)
			}
		})
	})
}

func TestAccountHandlerFaults(t *testing.T) {
	for want, change := range map[string]func(*AccountSettings){
		"529 overloaded_error Overloaded":            func(s *AccountSettings) { s.Faults.Overloaded = 1 },
		"500 api_error Internal server error":        func(s *AccountSettings) { s.Faults.Server = 1 },
		"504 timeout_error Request timed out":        func(s *AccountSettings) { s.Faults.Timeout = 1 },
		"529 overloaded_error Overloaded ":           func(s *AccountSettings) { s.Faults.MidStream = 1 }, // the space tells them apart
		"429 rate_limit_error Your organization has": func(s *AccountSettings) { s.SpentAt = time.Nanosecond },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := tier1(t)
			change(&s)
			h := accountHandler(t, s)
			time.Sleep(time.Second)
			w := do(t, h, "POST", "/v1/messages", hello)
			kind, message := refusal(t, w.Result(), w.Body.Bytes())
			if got := fmt.Sprint(w.Code, " ", kind, " ", message); !strings.HasPrefix(got, strings.TrimSpace(want)) {
				t.Errorf("got %s, want %s", got, want)
			}
			if s.SpentAt > 0 && (!strings.Contains(w.Body.String(), `"details":{"error_code":"enforced_spend_limit_reached"}`) || w.Header().Get("retry-after") != "") {
				t.Errorf("got %v %s, want the code and no retry-after", w.Header(), w.Body)
			}
			if s.SpentAt == 0 {
				// What is asked for by name is out of chance's reach.
				if w := do(t, h, "POST", "/v1/messages", hello, "x-sim-error", "none"); w.Code != 200 {
					t.Errorf("with x-sim-error none: got %d", w.Code)
				}
			}
		})
	}
}

// An error in the middle of a stream comes where the account says, at the pace of
// the answer.
func TestAccountHandlerBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := tier1(t)
		s.Epoch = time.Now()
		s.Faults.MidStream = 1
		s.Speeds = map[string]Speed{"": {time.Second, time.Second, 0, 100, 100}}
		h := accountHandler(t, s)
		met := map[int]bool{}
		for range 5 {
			start := time.Now()
			w := do(t, h, "POST", "/v1/messages", streamed, "x-sim-tokens", "200")
			took := time.Since(start)
			got := frames(t, w.Body, start)
			deltas := 0
			for _, f := range got {
				if f.name == "content_block_delta" {
					deltas++
				}
			}
			met[deltas] = true
			last := got[len(got)-1]
			if w.Code != 200 || last.name != "error" || !strings.Contains(last.data, `"overloaded_error"`) || deltas >= 200 {
				t.Fatalf("got %d, %d deltas and %v, want a part and then an error", w.Code, deltas, last)
			}
			if off := took - time.Second - time.Duration(deltas)*10*time.Millisecond; off < 0 || off > 25*time.Millisecond {
				t.Errorf("got %d deltas in %v, want a hundred a second after the first", deltas, took)
			}
		}
		if len(met) < 4 {
			t.Errorf("got %v deltas, want them to break off anywhere", met)
		}
	})
}

// What is asked for by x-sim-latency holds for a refusal, too.
func TestAccountHandlerLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := accountHandler(t, AccountSettings{Limits: GroupLimits{"": {RequestsPerMinute: 1}}})
		for _, want := range []int{200, 429} {
			start := time.Now()
			w := do(t, h, "POST", "/v1/messages", hello, "x-sim-latency", "7s")
			if took := time.Since(start); w.Code != want || took != 7*time.Second {
				t.Errorf("got %d after %v, want %d after 7s", w.Code, took, want)
			}
		}
	})
}

func TestAccountHandlerOutage(t *testing.T) {
	h := accountHandler(t, tier1(t))
	h.api.SetOutage(true)
	failed := 0
	for range 50 {
		func() {
			defer func() {
				if recover() != nil {
					failed++ // the connection is broken
				}
			}()
			if w := do(t, h, "POST", "/v1/messages", hello); w.Code == 500 {
				failed++
			}
		}()
	}
	if failed != 50 {
		t.Errorf("got %d of 50 failed, want all", failed)
	}
}

func TestRateLimitsAPI(t *testing.T) {
	const path = "/v1/organizations/rate_limits"
	h := accountHandler(t, tier1(t))
	for key, want := range map[string]int{"sk-ant-admin01-x": 200, "sk-sim-acme-admin": 200, "sk-sim-acme-1": 403, "sk-sim-other-1": 403, "admin": 403} {
		w := do(t, h, "GET", path, "", "x-api-key", key)
		if w.Code != want || want == 200 && !strings.Contains(w.Body.String(), `{"type":"output_tokens_per_minute","value":8000}`) {
			t.Errorf("%s: got %d %s, want %d", key, w.Code, w.Body, want)
		}
	}
	if w := do(t, h, "POST", path, ""); w.Code != 405 {
		t.Errorf("POST: got %d, want 405", w.Code)
	}
	if w := do(t, NewHandler(newAPI(t, 1, fast())), "GET", path, "", "x-api-key", "sk-ant-admin01-x"); w.Code != 404 {
		t.Errorf("without accounts: got %d, want 404", w.Code)
	}
}

func TestAccountsAreBounded(t *testing.T) {
	h := accountHandler(t, tier1(t))
	at := time.Now()
	for i := range maxOrganizations + 10 {
		at = at.Add(time.Millisecond)
		h.accounts.with(at, "kept", func(*Account) {})
		at = at.Add(time.Millisecond)
		h.accounts.with(at, fmt.Sprint("org ", i), func(*Account) {})
	}
	if n := len(h.accounts.byOrg.entries); n != maxOrganizations || h.accounts.byOrg.entries["kept"] == nil || h.accounts.byOrg.entries["org 11"] == nil || h.accounts.byOrg.entries["org 10"] != nil {
		t.Errorf("got %d accounts, want the %d that were used last", n, maxOrganizations)
	}
	if _, err := NewAccountHandler(newAPI(t, 1, fast()), AccountSettings{EstimateError: 2}); err == nil {
		t.Error("bad settings were taken")
	}
}

// The official SDK works against an account without knowing.
func TestSDKAgainstAnAccount(t *testing.T) {
	s := tier1(t)
	s.EstimateError = 0.05
	server := httptest.NewServer(accountHandler(t, s))
	defer server.Close()
	client := sdk(server.URL)
	message, err := client.Messages.New(t.Context(), ask1("Hello"))
	if err != nil {
		t.Fatal(err)
	}
	if message.Usage.OutputTokens < 1 || len(message.Content) == 0 {
		t.Errorf("got %+v, want an answer", message)
	}
	stream := client.Messages.NewStreaming(t.Context(), ask1("Hello"))
	whole := anthropic.Message{}
	for stream.Next() {
		if err := whole.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if stream.Err() != nil || whole.StopReason == "" {
		t.Errorf("got %+v, %v, want a whole stream", whole, stream.Err())
	}
}
