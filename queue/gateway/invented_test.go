package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

// refusing is an API that knows no invented key and no invented model.
func refusing(w http.ResponseWriter, r *http.Request) {
	switch key := r.Header.Get("X-Api-Key"); {
	case !strings.HasPrefix(key, "sk-real"):
		http.Error(w, `{"type":"error","error":{"type":"authentication_error","message":"key"}}`, http.StatusUnauthorized)
	default:
		w.Header().Set("Anthropic-Organization-Id", "acme")
		_, _ = w.Write([]byte(`{"type":"message"}`))
	}
}

// askAll sends n requests at once, and returns how many are in each lane before the
// API answers. Then it does.
func (b *bubble) askAll(n int, body func(i int) string, header func(i int) []string) map[string]int {
	api, hold := b.answers, make(chan struct{})
	b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-hold
		api.ServeHTTP(w, r)
	})
	waits := make([]func(), n)
	for i := range n {
		waits[i] = b.background(func() { b.ask("POST", "/v1/messages", body(i), header(i)...) })
	}
	lanes := b.waitingIn()
	close(hold)
	for _, wait := range waits {
		wait()
	}
	b.answers = api
	return lanes
}

func always[T any](v T) func(int) T { return func(int) T { return v } }

// The promise: who invents names gains nothing by it. Each of these once opened a lane
// for each name, and a lane that is new waits for nobody.
func TestInventedNamesOpenNoLanes(t *testing.T) {
	families := []string{"opus", "sonnet", "haiku", "fable", "mythos"}
	for _, c := range []struct {
		name   string
		body   func(i int) string
		header func(i int) []string
		most   int
	}{
		{"models", func(i int) string { return asking(fmt.Sprintf("claude-%s-%02d", families[i%5], i/5)) }, always([]string(nil)), 1},
		{"versions of models", func(i int) string { return asking(fmt.Sprintf("claude-%s-5-%02d", families[i%5], i/5)) }, always([]string(nil)), 3}, // of Fable and Mythos 5 all
		{"fast models", func(i int) string { return asking(fmt.Sprintf("claude-opus-%02d-fast", i)) }, always([]string(nil)), 1},
		{"users", always(hello), func(i int) []string { return []string{"X-Paceline-User", fmt.Sprint("user-", i)} }, 1},
		{"users in metadata", func(i int) string { return asUser(fmt.Sprint("user-", i)) }, always([]string(nil)), 1},
		{"sessions", always(hello), func(i int) []string { return []string{"X-Claude-Code-Session-Id", fmt.Sprint("s-", i)} }, 1},
		{"agents", claudeCodeBody, func(i int) []string { return []string{"X-Claude-Code-Agent-Id", fmt.Sprint("a-", i)} }, 1},
		{"betas", always(hello), func(i int) []string { return []string{"Anthropic-Beta", fmt.Sprint("beta-", i)} }, 1},
		{"versions of the API", always(hello), func(i int) []string { return []string{"Anthropic-Version", fmt.Sprint("2026-01-", i)} }, 1},
		{"keys", always(hello), func(i int) []string { return []string{"X-Api-Key", fmt.Sprint("sk-invented-", i)} }, 65},
		{"bearers", always(hello), func(i int) []string {
			return []string{"X-Api-Key", "", "Authorization", fmt.Sprint("Bearer sk-invented-", i)}
		}, 65},
		{"keys beside a real bearer", always(hello), func(i int) []string {
			return []string{"X-Api-Key", fmt.Sprint("sk-real-", i), "Authorization", "Bearer sk-real"}
		}, 65},
		{"keys and models", func(i int) string { return asking([]string{"claude-opus-5", "claude-fable-5-2"}[i%2]) }, func(i int) []string {
			return []string{"X-Api-Key", fmt.Sprint("sk-invented-", i/4)}
		}, 65},
		{"addresses", always(hello), func(i int) []string {
			return []string{"X-Api-Key", fmt.Sprint("sk-invented-", i), "X-Forwarded-For", fmt.Sprint("192.0.2.", i%256)}
		}, 65},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, unspaced(), func(b *bubble) {
				b.answers = http.HandlerFunc(refusing)
				if lanes := b.askAll(300, c.body, c.header); len(lanes) > c.most || len(lanes) == 0 {
					b.Errorf("%d lanes, want at most %d", len(lanes), c.most)
				}
			})
		})
	}
}

func claudeCodeBody(int) string { return claudeCodeUser }

// The keys that one source invents are no matter of another's.
func TestEachTokenHasNewKeysOfItsOwn(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.answers = http.HandlerFunc(refusing)
		invented := func(token string) map[string]int {
			return b.askAll(100, always(hello), func(i int) []string {
				return []string{"X-Test-Token", token, "X-Api-Key", fmt.Sprint("sk-invented-", i)}
			})
		}
		for _, token := range []string{"team", "guest"} {
			if lanes := invented(token); len(lanes) != 65 || lanes["new keys of "+token+"/other"] != 36 {
				b.Errorf("%s: %d lanes, %d of the requests in the shared one, want 65 and 36", token, len(lanes), lanes["new keys of "+token+"/other"])
			}
		}
		time.Sleep(10 * time.Minute)
		if lanes := invented("team"); len(lanes) != 65 {
			b.Errorf("10 minutes later: %d lanes, want 65", len(lanes))
		}
	}, named)
}

// A key that the API knows is bounded by nothing, however many were invented at its
// address: it shares a lane until its first answer at most.
func TestAKnownKeyIsInItsOrganizationsLane(t *testing.T) {
	s := unspaced()
	s.Adaptive = true
	inBubble(t, s, func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.Header.Get("X-Api-Key"), "sk-real") {
				w.Header().Set("Anthropic-Ratelimit-Requests-Limit", "50")
				w.Header().Set("Anthropic-Ratelimit-Requests-Remaining", "49")
			}
			refusing(w, r)
		})
		ask := func(keys ...string) map[string]int {
			return b.askAll(len(keys), always(hello), func(i int) []string { return []string{"X-Api-Key", keys[i]} })
		}
		invented := make([]string, 100)
		for i := range invented {
			invented[i] = fmt.Sprint("sk-invented-", i)
		}
		ask("sk-real-1")
		if lanes := ask(invented...); lanes["new keys of pipe/other"] != 37 {
			b.Errorf("got %v, want 37 of 100 in the shared lane", lanes)
		}
		if lanes := ask("sk-real-1", "sk-real-2"); lanes["acme/sonnet-5-5"] != 1 || lanes["new keys of pipe/other"] != 1 {
			b.Errorf("got %v, want the known key in its organization's lane, and the new one in the shared lane", lanes)
		}
		if lanes := ask("sk-real-1", "sk-real-2"); lanes["acme/sonnet-5-5"] != 2 {
			b.Errorf("got %v, want both keys in their organization's lane, after an answer", lanes)
		}
		if l := b.queue.KnownLimits(); len(l) != 1 || l["acme/sonnet-5-5"].Requests.PerMinute != 50 {
			b.Errorf("learned %v: want the organization's limit alone", l)
		}
	})
}

// What a shared lane's answer tells of an organization is no limit of the shared
// lane, whichever attempt it was.
func TestASharedLaneLearnsNoLimitOfAnOrganization(t *testing.T) {
	s := unspaced()
	s.Adaptive = true
	inBubble(t, s, func(b *bubble) {
		tries := 0
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.Header.Get("X-Api-Key"), "sk-real") {
				refusing(w, r)
				return
			}
			w.Header().Set("Anthropic-Organization-Id", "acme")
			w.Header().Set("Anthropic-Ratelimit-Requests-Limit", "50")
			w.Header().Set("Anthropic-Ratelimit-Requests-Remaining", "49")
			if tries++; tries == 1 {
				http.Error(w, `{"type":"error","error":{"type":"api_error","message":"once"}}`, http.StatusInternalServerError)
				return
			}
			_, _ = w.Write([]byte(`{"type":"message"}`))
		})
		for i := range 64 {
			b.ask("POST", "/v1/messages", hello, "X-Api-Key", fmt.Sprint("sk-invented-", i))
		}
		a := b.ask("POST", "/v1/messages", hello, "X-Api-Key", "sk-real-1")
		if a.status != 200 || a.header.Get("X-Paceline-Attempts") != "2" {
			b.Fatalf("got %d after %s attempts, want success with the second", a.status, a.header.Get("X-Paceline-Attempts"))
		}
		if l := b.queue.KnownLimits(); len(l) != 1 || l["acme/sonnet-5-5"].Requests.PerMinute != 50 {
			b.Errorf("learned %v: want the organization's limit alone", l)
		}
	})
}

// An organization has at most the lanes of known models, of maxModels others that
// the API has answered, and one for the rest.
func TestLanesOfAnOrganizationAreBounded(t *testing.T) {
	const known, answered = 2 * 23, 50 // each group of the table, and its fast mode
	inBubble(t, unspaced(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Anthropic-Organization-Id", "acme")
			_, _ = w.Write([]byte(`{"type":"message"}`))
		})
		names := []string{}
		for _, family := range []string{"opus", "sonnet", "haiku", "fable", "mythos", "saga"} {
			for major := range 10 {
				names = append(names, fmt.Sprintf("claude-%s-%d", family, major))
				for minor := range 10 {
					names = append(names, fmt.Sprintf("claude-%s-%d-%d", family, major, minor), fmt.Sprintf("claude-%s-%d-%d-fast", family, major, minor))
				}
			}
		}
		lanes, groups := map[string]bool{}, map[string]bool{}
		for _, name := range names {
			lanes[b.ask("POST", "/v1/messages", asking(name)).header.Get("X-Paceline-Lane")] = true
			groups[queue.ModelGroup(name)] = true
		}
		if most := known + answered + 1; len(groups) > known || len(lanes) > most || len(lanes) < answered {
			b.Errorf("%d lanes of %d groups, want at most %d of at most %d", len(lanes), len(groups), most, known)
		}
	})
}
