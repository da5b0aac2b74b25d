package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// configured is a handler of a tier-1 account with these settings.
func configured(t *testing.T, account func(*AccountSettings), s HTTPSettings) *Handler {
	t.Helper()
	settings := tier1(t)
	if account != nil {
		account(&settings)
	}
	h := accountHandler(t, settings)
	if err := h.Configure(s); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestTheServersClock reads what the answers of a server say about time: Date, when
// the requests are full again, and retry-after, all as seconds from the true time.
func TestTheServersClock(t *testing.T) {
	const spent = "x-sim-error"
	for name, s := range map[string]struct {
		account  func(*AccountSettings)
		settings HTTPSettings
		header   []string
		want     string
	}{
		"right":                           {want: "200 date 0s, reset 2s, retry-after "},
		"resets behind":                   {account: func(s *AccountSettings) { s.ResetSkew = -30 * time.Second }, want: "200 date 0s, reset -28s, retry-after "},
		"ahead":                           {settings: HTTPSettings{DateSkew: time.Hour}, want: "200 date 1h0m0s, reset 1h0m2s, retry-after "},
		"ahead, and resets behind":        {account: func(s *AccountSettings) { s.ResetSkew = -time.Minute }, settings: HTTPSettings{DateSkew: time.Hour}, want: "200 date 1h0m0s, reset 59m2s, retry-after "},
		"a refusal":                       {header: []string{spent, "429"}, want: "429 date 0s, reset 0s, retry-after 1"},
		"a refusal with a date":           {settings: HTTPSettings{RetryAfterDate: true}, header: []string{spent, "429"}, want: "429 date 0s, reset 0s, retry-after in 1s"},
		"a refusal with a date, behind":   {settings: HTTPSettings{RetryAfterDate: true, DateSkew: -90 * time.Second}, header: []string{spent, "429"}, want: "429 date -1m30s, reset -1m30s, retry-after in -1m29s"},
		"a refusal that has its own date": {settings: HTTPSettings{RetryAfterDate: true}, header: []string{spent, "429", "x-sim-retry-after", "soon"}, want: "429 date 0s, reset 0s, retry-after soon"},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, stop := virtual(configured(t, s.account, s.settings))
			defer stop()
			start := time.Now()
			w, err := client.Do(newRequest(t, "POST", "http://127.0.0.1/v1/messages", hello, append([]string{"x-sim-latency", "0s"}, s.header...)...))
			if err != nil {
				t.Fatal(err)
			}
			_ = w.Body.Close()
			in := func(form, header string) string {
				at, err := time.Parse(form, w.Header.Get(header))
				if err != nil {
					return w.Header.Get(header)
				}
				return at.Sub(start).String()
			}
			after := in(http.TimeFormat, "retry-after")
			if strings.HasSuffix(after, "s") {
				after = "in " + after
			}
			got := fmt.Sprintf("%d date %s, reset %s, retry-after %s", w.StatusCode,
				in(http.TimeFormat, "Date"), in(time.RFC3339, "anthropic-ratelimit-requests-reset"), after)
			if got != s.want {
				t.Errorf("%s: got %s, want %s", name, got, s.want)
			}
		})
	}
}

// Date is the time at which an answer begins, not that of its request.
func TestTheServersClockGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := virtual(configured(t, nil, HTTPSettings{DateSkew: -time.Hour}))
		defer stop()
		for _, body := range []string{hello, streamed} {
			start := time.Now()
			w, err := client.Do(newRequest(t, "POST", "http://127.0.0.1/v1/messages", body, "x-sim-latency", "40s", "x-sim-tokens", "4"))
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			if got, want := w.Header.Get("Date"), time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat); got != want {
				t.Errorf("after %v: got %s, want %s", took, got, want)
			}
			_, _ = io.Copy(io.Discard, w.Body)
			_ = w.Body.Close()
		}
	})
}

// The header of an answer that is not streamed comes when its time is over, and so
// does that of an error; of a stream it comes with the first event.
func TestHeadersComeWithTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := tier1(t)
		s.Limits = GroupLimits{"": {RequestsPerMinute: 2}}
		s.Speeds = map[string]Speed{"": {2 * time.Second, 2 * time.Second, 0, 50, 50}}
		client, stop := virtual(accountHandler(t, s))
		defer stop()
		for _, step := range []struct {
			body, latency string
			status        int
			want          time.Duration
		}{
			{hello, "", 200, 4 * time.Second},
			{streamed, "", 200, 2 * time.Second},
			{hello, "3s", 429, 3 * time.Second},
		} {
			start := time.Now()
			w, err := client.Do(newRequest(t, "POST", "http://127.0.0.1/v1/messages", step.body, "x-sim-tokens", "100", "x-sim-latency", step.latency))
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); w.StatusCode != step.status || took != step.want {
				t.Errorf("%s: got the header of %d after %v, want %d after %v", step.body, w.StatusCode, took, step.status, step.want)
			}
			_ = w.Body.Close()
			time.Sleep(time.Millisecond)
		}
	})
}

// With HeadersAtEnd a whole answer tells what is left at its end, of which its own output
// and the calls that came meanwhile are a part; a stream, what is left at its start.
func TestHeadersOfTheEnd(t *testing.T) {
	long := strings.Replace(hello, "Hello", strings.Repeat("Hello ", 80_000/6), 1) // 20,000 tokens, about
	for name, s := range map[string]struct {
		atEnd bool
		body  string
		want  string // what the first of two calls is told
	}{
		"of the start":        {false, hello, "200 49/50 30000/30000 8000/8000 30000/30000"},
		"of the end":          {true, hello, "200 49/50 10000/30000 7000/8000 10000/30000"},
		"a stream's":          {true, streamed, "200 49/50 30000/30000 8000/8000 30000/30000"},
		"with its own limits": {true, strings.Replace(hello, "opus-5-5", "opus-4-8", 1), "200 50/50 30000/30000 7000/8000 7000/8000"},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := configured(t, func(a *AccountSettings) { a.HeadersAtEnd = s.atEnd }, HTTPSettings{})
			told := make(chan string)
			go func() {
				told <- allLimits(do(t, h, "POST", "/v1/messages", s.body, "x-sim-latency", "2s", "x-sim-tokens", "3000"))
			}()
			time.Sleep(time.Second)
			do(t, h, "POST", "/v1/messages", long, "x-sim-latency", "0s")
			if got := <-told; got != s.want {
				t.Errorf("%s: got %s, want %s", name, got, s.want)
			}
		})
	}
}

// LongAnswers are as long as max_tokens allows, a share of them; the others are not.
func TestLongAnswers(t *testing.T) {
	h := configured(t, func(s *AccountSettings) { s.Limits = nil }, HTTPSettings{LongAnswers: 0.3})
	long := 0
	for range 200 {
		w := do(t, h, "POST", "/v1/messages", strings.Replace(hello, "1024", "9000", 1))
		if strings.Contains(w.Body.String(), `"output_tokens":9000`) {
			long++
		}
	}
	if long < 40 || long > 80 {
		t.Errorf("%d of 200 answers are as long as they may be, want about 60", long)
	}
}

// What is missing on the wire is missing, also where an outcome was asked for.
func TestMissingOnTheWire(t *testing.T) {
	const all, bare = " 49/50 30000/30000 8000/8000 30000/30000", " / / / /"
	const full = " 50/50 30000/30000 8000/8000 8000/8000"
	for name, s := range map[string]struct {
		account func(*AccountSettings)
		want    map[string]string // by outcome
	}{
		"nothing": {nil, map[string]string{"none": "200" + all, "529": "529" + full, "429": "429" + full + " in 1",
			"400": "400" + bare, "404": "404" + bare, "413": "413" + bare, "lacking": "429" + bare, "unified": "429" + bare, "429-bare": "429" + full}},
		"all headers": {func(s *AccountSettings) { s.HeadersMissing = 1 }, map[string]string{"none": "200" + bare, "529": "529" + bare, "429": "429" + bare + " in 1"}},
		"all but those 429 has": {func(s *AccountSettings) { s.HeadersOnlyOn429 = true },
			map[string]string{"none": "200" + bare, "529": "529" + bare, "429": "429" + full + " in 1", "400": "400" + bare}},
	} {
		for outcome, want := range s.want {
			synctest.Test(t, func(t *testing.T) {
				w := do(t, configured(t, s.account, HTTPSettings{}), "POST", "/v1/messages", hello, "x-sim-latency", "0s", "x-sim-error", outcome)
				if got := allLimits(w); got != want {
					t.Errorf("%s, %s: got %s, want %s", name, outcome, got, want)
				}
				if w.Header().Get("x-should-retry") != "" {
					t.Errorf("%s, %s: got x-should-retry", name, outcome)
				}
			})
		}
	}
}

func TestUnifiedLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := do(t, configured(t, nil, HTTPSettings{DateSkew: time.Hour}), "POST", "/v1/messages", hello, "x-sim-error", "unified")
		status, reset := w.Header().Get("anthropic-ratelimit-unified-status"), w.Header().Get("anthropic-ratelimit-unified-reset")
		if want := fmt.Sprint(time.Now().Add(time.Hour + time.Minute).Unix()); status != "rejected" || reset != want {
			t.Errorf("got %q until %q, want rejected until %s", status, reset, want)
		}
	})
}

func TestLackingModels(t *testing.T) {
	h := configured(t, nil, HTTPSettings{LackingModels: []string{"claude-opus-4-8"}})
	for model, want := range map[string]int{"claude-opus-4-8": 429, "claude-opus-5-5": 200} {
		w := do(t, h, "POST", "/v1/messages", strings.Replace(hello, "claude-opus-5-5", model, 1), "x-sim-latency", "0s")
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", model, w.Code, want)
		}
		if lacking := strings.Contains(w.Body.String(), "Extra usage is required"); lacking != (want == 429) {
			t.Errorf("%s: got %s", model, w.Body)
		}
	}
}

func TestHTTPSettingsAreChecked(t *testing.T) {
	h := accountHandler(t, tier1(t))
	if err := h.Configure(HTTPSettings{DateSkew: 25 * time.Hour}); err == nil || !strings.Contains(err.Error(), "dateSkew is 25h0m0s: must be from -24h0m0s to 24h0m0s") {
		t.Errorf("got %v, want the range", err)
	}
}

// A call that hangs was let in and gets no byte, until its client leaves. Then it
// runs no more.
func TestHandlerHangs(t *testing.T) {
	for name, s := range map[string]struct {
		account func(*AccountSettings)
		header  []string
	}{
		"by chance": {account: func(s *AccountSettings) { s.Hang = 1 }},
		"by name":   {header: []string{"x-sim-error", "hang", "x-sim-latency", "1s"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := configured(t, s.account, HTTPSettings{})
			client, stop := virtual(h)
			defer stop()
			ctx, leave := context.WithTimeout(t.Context(), 10*time.Minute)
			defer leave()
			start := time.Now()
			w, err := client.Do(newRequest(t, "POST", "http://127.0.0.1/v1/messages", hello, s.header...).WithContext(ctx))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Minute {
				t.Errorf("%s: got %v after %v, want nothing until the client leaves", name, err, time.Since(start))
			}
			if err == nil {
				_ = w.Body.Close()
			}
			synctest.Wait()
			h.accounts.with(time.Now(), "acme", func(a *Account) {
				if n := a.Running(time.Now()); n != 0 {
					t.Errorf("%s: got %d calls that run, want none", name, n)
				}
			})
		})
	}
	// It holds without accounts, too, and takes its request from the bucket.
	synctest.Test(t, func(t *testing.T) {
		c := fast()
		c.PerMinute, c.Burst = 1, 1
		client, stop := virtual(NewHandler(newAPI(t, 1, c)))
		defer stop()
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if w, err := client.Do(newRequest(t, "POST", "http://127.0.0.1/v1/messages", hello, "x-sim-error", "hang").WithContext(ctx)); err == nil {
			_ = w.Body.Close()
			t.Errorf("got %d, want nothing", w.StatusCode)
		}
		w, err := client.Do(newRequest(t, "POST", "http://127.0.0.1/v1/messages", hello))
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Body.Close()
		if w.StatusCode != 429 {
			t.Errorf("the next one: got %d, want 429", w.StatusCode)
		}
	})
}

// In a storm of refused connections the client sees a reset before any answer.
func TestHandlerResetsInAStorm(t *testing.T) {
	s := tier1(t)
	s.Storms = []Storm{{Length: time.Hour, Share: 1, Connection: true}}
	server := httptest.NewServer(accountHandler(t, s))
	defer server.Close()
	for _, body := range []string{hello, streamed} {
		if status, _, err := broken(t, server.URL, body); status != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %d and %v, want the connection reset", status, err)
		}
		if status, _, err := broken(t, server.URL, body, "x-sim-error", "none", "x-sim-latency", "0s"); status != 200 || err != nil {
			t.Errorf("with x-sim-error none: got %d and %v, want an answer", status, err)
		}
	}
}

// A refusal of the acceleration limit says so in its code.
func TestHandlerReportsTheAcceleration(t *testing.T) {
	s := tier1(t)
	s.Acceleration = Acceleration{Factor: 2, Floor: 1, Window: 10 * time.Second, Period: 10 * time.Second}
	h := accountHandler(t, s)
	for i, want := range []int{200, 429} {
		w := do(t, h, "POST", "/v1/messages", hello, "x-sim-latency", "0s")
		coded := strings.Contains(w.Body.String(), `"details":{"error_code":"ramp_limit_exceeded"}`)
		if w.Code != want || coded != (want == 429) || (w.Header().Get("retry-after") != "") != coded {
			t.Errorf("request %d: got %d %v %s, want %d", i, w.Code, w.Header(), w.Body, want)
		}
	}
}
