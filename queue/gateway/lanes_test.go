package gateway_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// asking is hello for another model.
func asking(model string) string { return strings.Replace(hello, "claude-sonnet-5-5", model, 1) }

// Two keys of one organization add nothing: from the first answers on they wait in
// one line. Another organization, or another group of models, has limits of its own.
func TestLanesAreOfAnOrganizationAndAGroupOfModels(t *testing.T) {
	s := unspaced()
	s.MinDelay = 5 * time.Second
	inBubble(t, s, func(b *bubble) {
		ask := func(key, model string) (wait func() answer) {
			var a answer
			done := b.background(func() { a = b.ask("POST", "/v1/messages", asking(model), "X-Api-Key", key) })
			b.seen()
			return func() answer { done(); return a }
		}
		first := []func() answer{ask("sk-sim-acme-1", "claude-sonnet-5-5"), ask("sk-sim-acme-2", "claude-sonnet-5-5")}
		if calls := b.seen(); len(calls) != 2 {
			b.Fatalf("%d calls, want that of each key at once: nobody knows yet that they are one's", len(calls))
		}
		for _, wait := range first {
			if lane := wait().header.Get("X-Paceline-Lane"); lane != "acme/sonnet-5-5" {
				b.Errorf("lane: got %q, want acme/sonnet-5-5", lane)
			}
		}
		time.Sleep(20 * time.Second)
		began := time.Now()
		before := len(b.seen())
		second := []func() answer{
			ask("sk-sim-acme-1", "claude-sonnet-5-5"),
			ask("sk-sim-acme-2", "claude-sonnet-5-5-20260901"), // the same group
			ask("sk-sim-acme-2", "claude-sonnet-4-6"),          // another group of that line
			ask("sk-sim-acme-2", "claude-opus-5-5"),
			ask("sk-sim-other-1", "claude-sonnet-5-5"),
		}
		if got := len(b.seen()) - before; got != 4 {
			b.Errorf("%d calls at once, want 4: one in each lane", got)
		}
		for i, want := range []string{"acme/sonnet-5-5", "acme/sonnet-5-5", "acme/sonnet-4", "acme/opus-5-5", "other/sonnet-5-5"} {
			if lane := second[i]().header.Get("X-Paceline-Lane"); lane != want {
				b.Errorf("lane %d: got %q, want %q", i+1, lane, want)
			}
		}
		calls := b.seen()
		if last := calls[len(calls)-1]; !strings.Contains(last.body, `"claude-sonnet-5-5-20260901"`) {
			b.Errorf("the last call was for %s, want that of the organization's other key", last.body)
		}
		if took := time.Since(began); took < 5*time.Second {
			b.Errorf("the second of the lane was done after %v, want the spacing of 5 s", took)
		}
	})
}

// Who waits under a key when its organization gets known waits in its line.
func TestThoseThatWaitJoinTheirOrganizationsLane(t *testing.T) {
	s := unspaced()
	s.MinDelay = 30 * time.Second
	inBubble(t, s, func(b *bubble) {
		var waits []func()
		for _, key := range []string{"sk-sim-acme-1", "sk-sim-acme-1", "sk-sim-acme-2", "sk-sim-acme-2"} {
			waits = append(waits, b.background(func() { b.ask("POST", "/v1/messages", hello, "X-Api-Key", key) }))
			b.seen()
		}
		time.Sleep(10 * time.Second)
		lanes := b.queue.Report().Detail.Lanes
		if len(lanes) != 1 || lanes[0].Name != "acme/sonnet-5-5" || lanes[0].Waiting != 2 {
			b.Errorf("got %+v, want the two that wait in acme/sonnet-5-5", lanes)
		}
		for _, wait := range waits {
			wait()
		}
	})
}

// An upstream that names another organization each time makes no lane of two.
func TestNoAnswerMakesOneLaneOfTwoOrganizations(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		org := ""
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Anthropic-Organization-Id", org)
			_, _ = w.Write([]byte(`{"type":"message"}`))
		})
		for _, org = range []string{"acme", "other", "acme", "other"} {
			if lane := b.ask("POST", "/v1/messages", hello).header.Get("X-Paceline-Lane"); lane != org+"/sonnet-5-5" {
				b.Errorf("lane: got %q, want %s/sonnet-5-5", lane, org)
			}
		}
		org = "acme"
		b.ask("POST", "/v1/messages", hello, "X-Api-Key", "sk-of-acme")
		org = "other"
		b.ask("POST", "/v1/messages", hello, "X-Api-Key", "sk-of-other")
		hold := make(chan struct{})
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-hold
			_, _ = w.Write([]byte(`{"type":"message"}`))
		})
		var waits []func()
		for _, key := range []string{"sk-of-acme", "sk-of-other"} {
			waits = append(waits, b.background(func() { b.ask("POST", "/v1/messages", hello, "X-Api-Key", key) }))
		}
		b.seen()
		if lanes := b.queue.Report().Detail.Lanes; len(lanes) != 2 {
			b.Errorf("got %+v, want a lane for each of two organizations", lanes)
		}
		close(hold)
		for _, wait := range waits {
			wait()
		}
	})
}

// What cannot be the name of an organization is none.
func TestOrganizationThatIsNoName(t *testing.T) {
	for _, org := range []string{"a b", "\u202e", strings.Repeat("x", 200), "a/b"} {
		inBubble(t, unspaced(), func(b *bubble) {
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Anthropic-Organization-Id", org)
				_, _ = w.Write([]byte(`{"type":"message"}`))
			})
			lane := b.ask("POST", "/v1/messages", hello).header.Get("X-Paceline-Lane")
			if !strings.HasPrefix(lane, "key-") || !strings.HasSuffix(lane, "/sonnet-5-5") {
				b.Errorf("%q: the lane is %q, want the key's own", org, lane)
			}
		})
	}
}

func TestGroupsOfModels(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) })
		for model, want := range map[string]string{
			"claude-opus-5-5": "opus-5-5", "claude-opus-5": "opus-5", "claude-opus-4-8": "opus-4", "claude-opus-4-5-20251101": "opus-4", "claude-sonnet-5": "sonnet-5",
			"claude-haiku-4-5": "haiku-4-5", "claude-fable-5-1": "fable-5", "claude-3-5-sonnet-20241022": "sonnet-3-5", "claude-3-opus-latest": "opus-3",
			"": "other", "opus\x1b[2J": "other", "a b": "other", "\u202e": "other", "x/y": "other", strings.Repeat("x", 200): "other",
		} {
			for range 2 { // an answer changes nothing
				a := b.ask("POST", "/v1/messages", asking(strings.ReplaceAll(model, "\x1b", `\u001b`)))
				if _, group, _ := strings.Cut(a.header.Get("X-Paceline-Lane"), "/"); group != want {
					b.Errorf("%q: got %q, want %q", model, group, want)
				}
			}
		}
	})
}

// waitingIn returns how many wait or run in each lane.
func (b *bubble) waitingIn() map[string]int {
	b.seen()
	lanes := map[string]int{}
	for _, l := range b.queue.Report().Detail.Lanes {
		lanes[l.Name] = l.Waiting + l.Running
	}
	return lanes
}

// A model that is in no published group has a lane of its own as soon as the API has
// answered it; before that all such share one, and what the API does not know stays
// there. So nobody opens lanes by inventing names.
func TestAModelThatNobodyKnowsGetsALaneWithItsFirstAnswer(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		hold := make(chan struct{})
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-hold
			w.Header().Set("Anthropic-Organization-Id", "acme")
			if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "claude-saga") {
				http.Error(w, `{"type":"error","error":{"type":"not_found_error","message":"model"}}`, http.StatusNotFound)
				return
			}
			w.Header().Set("Anthropic-Ratelimit-Requests-Limit", "7")
			w.Header().Set("Anthropic-Ratelimit-Requests-Remaining", "6")
			_, _ = w.Write([]byte(`{"type":"message"}`))
		})
		var waits []func()
		ask := func(models ...string) {
			for _, model := range models {
				waits = append(waits, b.background(func() { b.ask("POST", "/v1/messages", asking(model)) }))
			}
		}
		answer := func() {
			close(hold)
			for _, wait := range waits {
				wait()
			}
			hold, waits = make(chan struct{}), nil
		}
		ask("claude-saga-1", "claude-saga-2", "claude-invented-1", "gpt-9")
		if lanes := b.waitingIn(); len(lanes) != 1 || !strings.HasSuffix(slices.Collect(maps.Keys(lanes))[0], "/other") {
			b.Errorf("before an answer: %v, want one lane for all", lanes)
		}
		answer()
		ask("claude-saga-1", "claude-saga-1-20270101", "anthropic/claude-saga-1", "claude-saga-2", "claude-invented-1", "claude-invented-2", "gpt-9")
		if got, want := b.waitingIn(), (map[string]int{"acme/saga-1": 3, "acme/saga-2": 1, "acme/other": 3}); !maps.Equal(got, want) {
			b.Errorf("after it: %v, want %v", got, want)
		}
		answer()
		if l := b.queue.KnownLimits(); l["acme/saga-1"].Requests.PerMinute != 7 || l["acme/other"].Requests.PerMinute != 0 {
			b.Errorf("learned %v: want the limits of the model, and none of the others", l)
		}
		close(hold)
		other := b.ask("POST", "/v1/messages", asking("claude-saga-1"), "X-Api-Key", "sk-of-another")
		if lane := other.header.Get("X-Paceline-Lane"); lane != "acme/saga-1" {
			b.Errorf("another key of the organization: in %s", lane)
		}
	})
}

// An upstream that answers whatever it is asked does not open lanes without end.
func TestLanesOfModelsAreBounded(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) })
		lanes := map[string]bool{}
		for i := range 60 {
			lanes[b.ask("POST", "/v1/messages", asking(fmt.Sprintf("claude-saga-%d", i))).header.Get("X-Paceline-Lane")] = true
		}
		if len(lanes) != 51 {
			b.Errorf("%d lanes, want one for each of 50 models and one for all others", len(lanes))
		}
	})
}
