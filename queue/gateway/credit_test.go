package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// Each end of credit, as the API tells it: it is passed on after one call, what the client
// asks next is refused in words, or not, and the verdict and the events say what it is.
func TestEndsOfCredit(t *testing.T) {
	for _, c := range []struct {
		outcome string
		status  int
		refused string // what the next request is told; empty: it is sent
		verdict string
		event   string
		until   time.Duration // how long the account is left alone
	}{
		{"spend_cap", 429, "the spend cap is reached. That ends in about", "The spend cap is reached", "429 rate_limit_error (enforced_spend_limit_reached)", 31 * 24 * time.Hour},
		{"contract_spend_limit_reached", 429, "the spend limit of the contract is reached. There is no known end; it is tried again in about 1h0m0s",
			"The spend limit of the contract is reached", "429 rate_limit_error (contract_spend_limit_reached)", time.Hour},
		{"organization_on_hold", 400, "the organization is on hold. There is no known end", "The organization is on hold", "400 invalid_request_error (organization_on_hold)", time.Hour},
		{"400-spend", 400, "the spend limit that you have set is reached. That ends in about", "The spend limit that you have set is reached", "400 invalid_request_error", 31 * 24 * time.Hour},
		{"linked_organization_spend_limit_reached", 402, "", "", "402 billing_error (linked_organization_spend_limit_reached)", 0},
		{"400-spend-workspace", 400, "", "", "400 invalid_request_error", 0}, // with the client's own key
	} {
		t.Run(c.outcome, func(t *testing.T) {
			inBubble(t, unspaced(), func(b *bubble) {
				a := b.ask("POST", "/v1/messages", hello, "x-sim-error", c.outcome)
				if a.status != c.status || a.header.Get("X-Should-Retry") != "false" || len(b.seen()) != 1 {
					b.Errorf("got %d %v after %d calls, want %d after one", a.status, a.header, len(b.seen()), c.status)
				}
				next := b.ask("POST", "/v1/messages", hello)
				if c.refused == "" {
					if next.status != 200 {
						b.Errorf("the next request: got %d %s, want its answer", next.status, next.body)
					}
				} else if next.status != 429 || next.header.Get("X-Paceline-Refused") != "spend-limit" || !strings.Contains(next.body, c.refused) || len(b.seen()) != 1 {
					b.Errorf("the next request: got %d %s, want it refused with %q", next.status, next.body, c.refused)
				}
				r := b.queue.Report()
				said := ""
				for _, f := range r.Detail.Findings {
					said += f.Level + ": " + f.Message + "\n"
				}
				if c.verdict != "" && !strings.Contains(said, "critical: "+c.verdict+"\n") || c.verdict == "" && strings.Contains(said, "critical") {
					b.Errorf("the verdict: got\n%s\nwant critical: %s", said, c.verdict)
				}
				events := ""
				for _, e := range b.queue.Report().Detail.Events {
					events += e.Error + "\n"
				}
				if !strings.Contains(events, c.event) || !strings.Contains(b.log.String(), c.event) {
					b.Errorf("got the events\n%s\nwant %q in them and in the log\n%s", events, c.event, b.log)
				}
				var until *queue.Time
				for _, l := range r.Detail.Lanes {
					until = l.PausedUntil
				}
				if (until != nil) != (c.until > 0) || until != nil && time.Until(until.Time).Round(time.Hour) != c.until {
					b.Errorf("the account is left alone until %v, want for %v", until, c.until)
				}
				if c.until != time.Hour {
					return
				}
				time.Sleep(c.until)
				if a := b.ask("POST", "/v1/messages", hello); a.status != 200 {
					b.Errorf("after its end: got %d %s", a.status, a.body)
				}
			})
		})
	}
}

// What is no end of credit is waited out: a rise, the limit of the Claude Code workspace,
// and a code that nobody knows, which is shown as it is.
func TestLimitsThatAreWaitedOut(t *testing.T) {
	s := unspaced()
	s.MaxWait = 2 * time.Hour
	for _, c := range []struct {
		outcome, event string
		after          time.Duration // from the first call to the second
	}{
		{"ramp_limit_exceeded", "429 rate_limit_error (ramp_limit_exceeded)", 5 * time.Second},
		{"claude-code-spend", "429 rate_limit_error", time.Hour / 2}, // one request tries it in the middle
		{"unknown-code", "429 rate_limit_error (some_new_limit_reached)", 0},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			inBubble(t, s, func(b *bubble) {
				wait := b.background(func() {
					if a := b.askWith(b.Context(), "POST", "/v1/messages", hello, "x-sim-error", c.outcome+"*1", "x-sim-id", "a"); a.status != 200 {
						b.Errorf("got %d %s, want its answer", a.status, a.body)
					}
				})
				time.Sleep(time.Second / 2)
				events := ""
				for _, e := range b.queue.Report().Detail.Events {
					events += e.Error + "\n"
				}
				if !strings.Contains(events, c.event) {
					b.Errorf("got the events\n%s\nwant %q in them", events, c.event)
				}
				wait()
				calls := b.seen()
				if len(calls) != 2 || c.after > 0 && (calls[1].at-calls[0].at).Round(time.Minute/12) < c.after {
					b.Errorf("got %d calls, the last at %v, want two, %v apart", len(calls), calls[len(calls)-1].at, c.after)
				}
			})
		})
	}
}

// The API's word that a request is not to be tried again overrides a time to wait.
func TestNotToBeTriedAgainOverridesATime(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.Header().Set("X-Should-Retry", "false")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"type":"error","error":{"type":"rate_limit_error","message":"x"}}`)
		})
		if a := b.ask("POST", "/v1/messages", hello); a.status != 429 || len(b.seen()) != 1 {
			b.Errorf("got %d after %d calls, want 429 after one", a.status, len(b.seen()))
		}
	})
}
