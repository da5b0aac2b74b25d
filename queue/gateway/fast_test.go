package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"
)

// fast is hello at fast speed: the field is the last one.
var fast = strings.TrimSuffix(hello, "}") + `,"speed":"fast"}`

// The fast mode of a model is a lane of its own, with the limits that the headers of the
// fast mode tell; its answers say nothing of the usual lane, whose headers may stand beside.
func TestTheFastModeIsALaneOfItsOwn(t *testing.T) {
	inBubble(t, byLimits(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Anthropic-Organization-Id", "acme")
			for name, value := range map[string]string{
				"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49",
				"anthropic-fast-input-tokens-limit": "9000", "anthropic-fast-input-tokens-remaining": "8000",
			} {
				w.Header().Set(name, value)
			}
			_, _ = w.Write([]byte(`{"type":"message"}`))
		})
		for body, want := range map[string]string{hello: "acme/sonnet-5-5", fast: "acme/sonnet-5-5-fast"} {
			if lane := b.ask("POST", "/v1/messages", body).header.Get("X-Paceline-Lane"); lane != want {
				b.Errorf("lane: got %q, want %q", lane, want)
			}
		}
		for _, lane := range b.queue.Report().Detail.Lanes {
			kind, perMinute := "requests", int64(50)
			if strings.HasSuffix(lane.Name, "-fast") {
				kind, perMinute = "input tokens", 9000
			}
			if len(lane.Limits) != 1 || lane.Limits[0].Kind != kind || int64(lane.Limits[0].PerMinute) != perMinute {
				b.Errorf("%s has the limits %+v, want %d %s alone", lane.Name, lane.Limits, perMinute, kind)
			}
		}
	})
}

// Where the fast mode has a limit of 0, its 429 goes to each client at once, whatever
// retry-after it has: nobody waits, and nothing is paused.
func TestAFastModeWithoutLimitsIsNotWaitedFor(t *testing.T) {
	for _, c := range []struct {
		name, limit string
		follow      bool
	}{{"told by the answer", "0", false}, {"told by the Rate Limits API", "", true}} {
		inBubble(t, byLimits(), func(b *bubble) {
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Anthropic-Organization-Id", "acme")
				if r.URL.Path == "/v1/organizations/rate_limits" {
					_, _ = w.Write([]byte(`{"data":[{"id":"rl_1","type":"rate_limit","group":{"type":"model_group","id":"rlg_1","display_name":"Sonnet"},
						"models":["claude-sonnet-5-5"],"limits":[{"type":"requests_per_minute","value":50},{"type":"fast_itpmca","value":0},{"type":"fast_otpm","value":0}]}],"next_page":null}`))
					return
				}
				w.Header().Set("Retry-After", "60")
				if c.limit != "" {
					w.Header().Set("anthropic-fast-input-tokens-limit", c.limit)
				}
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = w.Write([]byte(`{"type":"error","error":{"type":"rate_limit_error","message":"no"}}`))
			})
			if c.follow {
				_, stop := b.follow()
				defer stop()
				b.seen()
				b.ask("POST", "/v1/messages", fast) // it tells whose key it is
			}
			before, began := len(b.seen()), time.Now()
			for range 5 {
				if a := b.ask("POST", "/v1/messages", fast); a.status != http.StatusTooManyRequests || !strings.Contains(a.body, `"message":"no"`) {
					b.Errorf("%s: got %d %s, want the API's 429", c.name, a.status, a.body)
				}
			}
			if calls := len(b.seen()) - before; calls != 5 || time.Since(began) > time.Second {
				b.Errorf("%s: %d calls in %v, want each passed on once, at once", c.name, calls, time.Since(began))
			}
		}, adminKey)
	}
}

// The Rate Limits API tells the limits of the fast mode, too.
func TestTheLimitsOfTheFastModeAreAskedFor(t *testing.T) {
	inBubble(t, byLimits(), func(b *bubble) {
		b.accounts("tier1")
		f, stop := b.follow()
		defer stop()
		if lines := f.all(); len(lines) != 1 || !strings.Contains(lines[0],
			`"sonnet-5-5-fast":{"Requests":{"PerMinute":0,"Remaining":0,"FullIn":0},"Input":{"PerMinute":200000,"Remaining":0,"FullIn":0},"Output":{"PerMinute":40000,`) {
			b.Errorf("reported %q, want the fast limits of Sonnet 5.5", lines)
		}
	}, adminKey)
}

// A file's groups say which models share a lane, those of the Rate Limits API before them.
func TestGroupsOfAFileMakeLanes(t *testing.T) {
	groups, err := queue.ReadModelGroups(strings.NewReader("mine: claude-sonnet-5-5 claude-opus-5-5"))
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, byLimits(), func(b *bubble) {
		for model, want := range map[string]string{
			"claude-sonnet-5-5": "acme/mine", "claude-opus-5-5": "acme/mine", "claude-opus-4-8": "acme/opus-4-8",
		} {
			b.ask("POST", "/v1/messages", asking(model)) // what is in no group has its lane after an answer
			if lane := b.ask("POST", "/v1/messages", asking(model)).header.Get("X-Paceline-Lane"); lane != want {
				b.Errorf("%s: got the lane %q, want %q", model, lane, want)
			}
		}
	}, func(o *gateway.Options) { o.ModelGroups = groups })
}
