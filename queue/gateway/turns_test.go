package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"
)

// named says whose token a request of these tests has; in earnest, somebody has
// checked it before.
func named(o *gateway.Options) {
	o.Caller = func(r *http.Request) gateway.Caller {
		token := r.Header.Get("X-Test-Token")
		most := map[string]queue.Priority{"chief": queue.High, "guest": queue.Low}
		return gateway.Caller{Token: token, Priority: most[token], Weight: map[string]float64{"heavy": 2}[token], Admin: token == "ops"}
	}
}

// inOrder sends requests while the queue is held up, and returns in which order
// their turns came. Each is a text of token, user and priority.
func inOrder(t *testing.T, asks [][3]string) (order []int) {
	all := []message{{hello, []string{"X-Test-Token", "first"}}}
	for _, a := range asks {
		all = append(all, message{hello, []string{"X-Test-Token", a[0], "X-Paceline-User", a[1], "X-Paceline-Priority", a[2]}})
	}
	return turns(t, all, named)
}

// message is a request of a client.
type message struct {
	body   string
	header []string
}

// turns sends the first request, and the others while the queue is held up by it, each with a
// text of its own. It returns in which order their turns came, counted from 0.
func turns(t *testing.T, all []message, change ...func(*gateway.Options)) (order []int) {
	s := unspaced()
	s.MinDelay, s.MaxWait = 5*time.Second, time.Hour
	inBubble(t, s, func(b *bubble) {
		b.ask("POST", "/v1/messages", all[0].body, all[0].header...)
		var waits []func()
		for i, m := range all[1:] {
			waits = append(waits, b.background(func() {
				body := strings.ReplaceAll(m.body, "hello", fmt.Sprint("hello ", i))
				answer := b.ask("POST", "/v1/messages", body, append([]string{"X-Number", strconv.Itoa(i)}, m.header...)...)
				if answer.status != 200 {
					b.Errorf("request %d: got %d %s", i, answer.status, answer.body)
				}
			}))
			b.seen()
		}
		for _, wait := range waits {
			wait()
		}
		for _, call := range b.seen()[1:] {
			number, err := strconv.Atoi(call.header.Get("X-Number"))
			if err != nil {
				b.Fatal(err)
			}
			order = append(order, number)
		}
	}, change...)
	return order
}

func TestTurnsGoRoundAmongTokensFirstThenUsers(t *testing.T) {
	got := inOrder(t, [][3]string{
		{"x", "ann"}, {"x", "ann"}, {"x", "ben"}, {"x", "cid"}, // a token with three users
		{"y", "ann"}, {"y", "ann"}, // another one's ann is somebody else
	})
	if want := []int{0, 4, 2, 5, 3, 1}; !slices.Equal(got, want) {
		t.Errorf("got the turns %v, want %v", got, want)
	}
}

// No header takes another one's share: neither many names nor a high priority.
func TestPriorityIsAtMostWhatTheTokenAllows(t *testing.T) {
	got := inOrder(t, [][3]string{
		{"guest", "g", "high"}, {"team", "t", "high"}, {"team", "t", "low"}, {"chief", "c", ""}, {"chief", "c", "high"},
	})
	if want := []int{4, 1, 3, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("got the turns %v, want %v: high, normal of two tokens, low of two tokens", got, want)
	}
}

// A token of weight 2 has two turns for each of another one.
func TestTurnsFollowTheWeightsOfTokens(t *testing.T) {
	var asks [][3]string
	for range 6 {
		asks = append(asks, [3]string{"heavy", "h"}, [3]string{"team", "t"})
	}
	heavy := 0
	for _, i := range inOrder(t, asks)[:9] {
		heavy += 1 - i%2
	}
	if heavy != 6 {
		t.Errorf("%d of the first 9 turns are the heavy token's, want 6", heavy)
	}
}

// The promise: who asks Claude Code something waits for the turns of others, and not
// for the subagents that the same session has sent.
func TestAMainThreadGoesBeforeItsSubagents(t *testing.T) {
	agent, nested, main := message{claudeCodeUser, claudeCodeAgent}, message{claudeCodeUser, claudeCodeNested}, message{claudeCodeUser, claudeCodeMain}
	got := turns(t, []message{main, agent, agent, nested, main, main})
	if want := []int{3, 4, 0, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("got the turns %v, want %v: the main thread's first", got, want)
	}
}

// The same where a session uses two keys of its organization, as clients behind a load
// balancer of their own do.
func TestASessionOverTwoKeysIsOneSession(t *testing.T) {
	s := unspaced()
	s.MinDelay, s.MaxWait = 5*time.Second, time.Hour
	inBubble(t, s, func(b *bubble) {
		ask := func(key string, header []string) func() {
			return b.background(func() {
				b.ask("POST", "/v1/messages", claudeCodeUser, append([]string{"X-Api-Key", key}, header...)...)
			})
		}
		for _, key := range []string{"sk-sim-acme-1", "sk-sim-acme-2"} { // whose they are is not known before
			ask(key, claudeCodeMain)()
		}
		var waits []func()
		for _, r := range []struct {
			key    string
			header []string
		}{
			{"sk-sim-acme-1", claudeCodeAgent}, {"sk-sim-acme-2", claudeCodeAgent}, {"sk-sim-acme-1", claudeCodeAgent}, {"sk-sim-acme-2", claudeCodeMain}, {"sk-sim-acme-1", claudeCodeMain},
		} {
			waits = append(waits, ask(r.key, r.header))
			b.seen()
		}
		for _, wait := range waits {
			wait()
		}
		var order []bool // whether it was the main thread's
		for _, call := range b.seen()[2:] {
			order = append(order, call.header.Get("X-Claude-Code-Agent-Id") == "")
		}
		if want := []bool{true, true, false, false, false}; !slices.Equal(order, want) {
			b.Errorf("got the turns %v, want %v: the main thread's first", order, want)
		}
	})
}

// The promise: without tokens a flood with a fresh name for each request has a few turns, and
// then one for each of a user that was served, as if it had no names.
func TestInventedNamesShareATurn(t *testing.T) {
	const ownTurns, invented = 32, 52
	polite := message{hello, []string{"X-Paceline-User", "polite"}}
	for name, invent := range map[string]func(i string) message{
		"no names": func(string) message { return message{body: hello} },
		"users":    func(i string) message { return message{hello, []string{"X-Paceline-User", "u" + i}} },
		"metadata": func(i string) message { return message{body: asUser("u" + i)} },
		"devices": func(i string) message {
			return message{body: asUser(`{"device_id":"` + i + `","account_uuid":"","session_id":"s"}`)}
		},
		"accounts":         func(i string) message { return message{body: asUser("user_0_account_" + i + "_session_s")} },
		"sessions":         func(i string) message { return message{hello, []string{"X-Claude-Code-Session-Id", "s" + i}} },
		"sessions as JSON": func(i string) message { return message{body: asUser(`{"session_id":"s` + i + `"}`)} },
		"agents of a session": func(i string) message {
			return message{hello, append([]string{"X-Claude-Code-Agent-Id", i}, claudeCodeMain...)}
		},
		"users of a session": func(i string) message {
			return message{hello, []string{"X-Paceline-User", "u" + i, "X-Claude-Code-Session-Id", "s"}}
		},
		"addresses": func(i string) message {
			return message{hello, []string{"X-Paceline-User", "u" + i, "X-Forwarded-For", "192.0.2." + i}}
		},
		"tokens": func(i string) message { // the gateway asks for none
			return message{hello, []string{"X-Paceline-User", "u" + i, "X-Paceline-Token", "t" + i}}
		},
		"request IDs": func(i string) message {
			return message{hello, []string{"X-Paceline-User", "u" + i, "X-Paceline-Request-Id", "r" + i}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := []message{polite}
			for i := range invented {
				all = append(all, invent(strconv.Itoa(i)))
			}
			for range 4 {
				all = append(all, polite)
			}
			order, before := turns(t, all), 0
			for own := 0; own < 4; before++ {
				if order[before] >= invented {
					own++
				}
			}
			if before -= 4; before > ownTurns+5 {
				t.Errorf("%d invented names start before the user that was served has had 4 turns, want %d and one for each: %v", before, ownTurns, order)
			}
		})
	}
}
