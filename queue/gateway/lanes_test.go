package gateway_test

import (
	"net/http"
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
			if lane := wait().header.Get("X-Paceline-Lane"); lane != "acme/sonnet-5" {
				b.Errorf("lane: got %q, want acme/sonnet-5", lane)
			}
		}
		time.Sleep(20 * time.Second)
		began := time.Now()
		before := len(b.seen())
		second := []func() answer{
			ask("sk-sim-acme-1", "claude-sonnet-5-5"),
			ask("sk-sim-acme-2", "claude-sonnet-5"),   // the same group
			ask("sk-sim-acme-2", "claude-sonnet-4-6"), // another group of that line
			ask("sk-sim-acme-2", "claude-opus-5-5"),
			ask("sk-sim-other-1", "claude-sonnet-5-5"),
		}
		if got := len(b.seen()) - before; got != 4 {
			b.Errorf("%d calls at once, want 4: one in each lane", got)
		}
		for i, want := range []string{"acme/sonnet-5", "acme/sonnet-5", "acme/sonnet-4", "acme/opus-5", "other/sonnet-5"} {
			if lane := second[i]().header.Get("X-Paceline-Lane"); lane != want {
				b.Errorf("lane %d: got %q, want %q", i+1, lane, want)
			}
		}
		calls := b.seen()
		if last := calls[len(calls)-1]; !strings.Contains(last.body, `"claude-sonnet-5"`) {
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
		if len(lanes) != 1 || lanes[0].Name != "acme/sonnet-5" || lanes[0].Waiting != 2 {
			b.Errorf("got %+v, want the two that wait in acme/sonnet-5", lanes)
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
			if lane := b.ask("POST", "/v1/messages", hello).header.Get("X-Paceline-Lane"); lane != org+"/sonnet-5" {
				b.Errorf("lane: got %q, want %s/sonnet-5", lane, org)
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
			if !strings.HasPrefix(lane, "key-") || !strings.HasSuffix(lane, "/sonnet-5") {
				b.Errorf("%q: the lane is %q, want the key's own", org, lane)
			}
		})
	}
}

func TestGroupsOfModels(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) })
		for model, want := range map[string]string{
			"claude-opus-5-5": "opus-5", "claude-opus-4-8": "opus-4", "claude-opus-4-5-20251101": "opus-4", "claude-sonnet-5": "sonnet-5",
			"claude-haiku-4-5": "haiku-4", "claude-fable-5-1": "fable-5", "claude-3-5-sonnet-20241022": "sonnet-3",
			"claude-3-opus-latest": "opus-3", "claude-opus": "opus", "gpt-9": "other", "": "other", "opus\x1b[2J": "other",
		} {
			a := b.ask("POST", "/v1/messages", asking(strings.ReplaceAll(model, "\x1b", `\u001b`)))
			if _, group, _ := strings.Cut(a.header.Get("X-Paceline-Lane"), "/"); group != want {
				b.Errorf("%q: got %q, want %q", model, group, want)
			}
		}
	})
}
