package serve

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"paceline/queue"
	"paceline/queue/gateway"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
)

// In front of a simulated API with an account its limits are known, too.
func TestTheSimulationsAccountIsFollowed(t *testing.T) {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	defer command.StopQueue(q)
	demo, err := sim.StartDemo(q, sim.DemoOptions{Scene: sim.Scenes()[0], Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	account, err := sim.TierAccount("tier1", 1)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newServer(t.Context(), q, demo, &account, gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan gateway.AccountLimits, 1)
	h.followLimits(t.Context(), func(a gateway.AccountLimits, err error) {
		if err != nil {
			t.Error(err)
		}
		told <- a
	})
	if a := <-told; a.Organization != "paceline" || a.Groups["sonnet-5-5"].Requests.PerMinute != 50 {
		t.Errorf("got %+v, want the limits of the chat's organization", a)
	}
	h.close()
}

// Groups with the same limits are one line, and what others have said is escaped.
func TestWhatIsSaidOfAnAccount(t *testing.T) {
	limits := func(requests, output int) queue.Limits {
		return queue.Limits{Requests: queue.Limit{PerMinute: requests}, Output: queue.Limit{PerMinute: output}}
	}
	for _, c := range []struct {
		account gateway.AccountLimits
		err     error
		want    string
	}{
		{
			gateway.AccountLimits{Organization: "acme", Groups: map[string]queue.Limits{"opus-5": limits(50, 8000), "fable-5": limits(5, 0), "haiku-5": limits(50, 8000)}}, nil,
			"paceline: limits of organization acme, for fable-5: 5 requests a minute\n" +
				"paceline: limits of organization acme, for each of haiku-5, opus-5: 50 requests and 8,000 output tokens a minute\n",
		},
		{gateway.AccountLimits{Organization: "acme"}, nil, "paceline: the Rate Limits API tells no limits of organization acme: answers alone do\n"},
		{gateway.AccountLimits{}, errors.New("gateway: no\x1b[2J"), "paceline: gateway: no\\x1b[2J; until it tells them, answers alone do\n"},
	} {
		var said bytes.Buffer
		(&process{App: &command.App{Streams: command.Streams{Err: &said}}}).announceAccount(c.account, c.err)
		if said.String() != c.want {
			t.Errorf("got %q, want %q", said.String(), c.want)
		}
	}
}

// A server whose API is simulated keeps an account's limits where it is told to.
func TestServerWithATier(t *testing.T) {
	account, err := sim.TierAccount("tier1", 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		account *sim.AccountSettings
		output  string
	}{
		{&account, "8000"},
		{nil, ""}, // of requests alone
	} {
		q, err := queue.New(queue.DefaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		demo, err := sim.StartDemo(q, sim.DemoOptions{Scene: sim.Scenes()[0], Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		h, err := newServer(t.Context(), q, demo, s.account, gateway.Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		body := fmt.Sprintf(`{"model":%q,"max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, gateway.DefaultModel)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/messages", strings.NewReader(body))
		for name, value := range map[string]string{"x-api-key": "sk-sim-acme-1", "anthropic-version": "2023-06-01", "x-sim-latency": "1ms", "x-sim-error": "none"} {
			r.Header.Set(name, value)
		}
		h.ServeHTTP(w, r)
		h.close()
		command.StopQueue(q)
		if w.Code != http.StatusOK {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		if got := w.Header().Get("anthropic-ratelimit-output-tokens-limit"); got != s.output {
			t.Errorf("with an account %v: got an output limit of %q, want %q", s.account != nil, got, s.output)
		}
	}
}
