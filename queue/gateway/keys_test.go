package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"

	"github.com/anthropics/anthropic-sdk-go/option"
)

// ownKey gives the gateway a key of its own, for the chat route, too.
func ownKey(o *gateway.Options) { o.Key = "sk-sim-ours-1" }

func TestKeysGoUpstreamUnchanged(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		key, bearer := b.sdk(), b.sdk(option.WithHeaderDel("X-Api-Key"), option.WithAuthToken("sk-sim-acme-2"))
		if _, err := key.Messages.New(b.Context(), question("hello")); err != nil {
			b.Error(err)
		}
		if _, err := bearer.Messages.New(b.Context(), question("hello")); err != nil {
			b.Error(err)
		}
		calls := b.seen()
		for i, want := range [][2]string{{bubbleKey, ""}, {"", "Bearer sk-sim-acme-2"}} {
			if got := [2]string{calls[i].header.Get("X-Api-Key"), calls[i].header.Get("Authorization")}; got != want {
				b.Errorf("call %d: got the keys %q, want %q", i+1, got, want)
			}
		}
	})
}

func TestOwnKeyTakesThePlaceOfTheClients(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		for _, header := range [][]string{nil, {"Authorization", "Bearer secret"}, {"X-Api-Key", "", "Authorization", "Basic secret"}} {
			for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens"} {
				a := b.ask("POST", path, hello, header...)
				if a.status != 200 || path == "/v1/messages" && a.header.Get("X-Paceline-Lane") != "ours/sonnet-5-5" {
					b.Errorf("%s %q: got %d %q", path, header, a.status, a.header)
				}
			}
		}
		for _, call := range b.seen() {
			if got := call.header["X-Api-Key"]; len(got) != 1 || got[0] != "sk-sim-ours-1" || call.header["Authorization"] != nil {
				b.Errorf("got the keys %q and %q, want ours alone", got, call.header["Authorization"])
			}
		}
	}, ownKey)
}

func TestOwnHeadersAreNotForwarded(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens"} {
			a := b.ask("POST", path, hello, "X-Paceline-Token", "secret", "x-paceline-user", "ann", "X-PACELINE-PRIORITY", "high",
				"X-Paceline-Request-Id", "mine", "X-Paceline-Anything", "x", "X-Other", "stays")
			if a.status != 200 || a.header.Get("X-Paceline-Request-Id") != "mine" {
				b.Errorf("%s: got %d %q", path, a.status, a.header)
			}
		}
		for _, call := range b.seen() {
			for name := range call.header {
				if strings.HasPrefix(strings.ToLower(name), "x-paceline") {
					b.Errorf("%s has gone upstream", name)
				}
			}
			if call.header.Get("X-Other") != "stays" {
				b.Error("a header that is not ours has not gone upstream")
			}
		}
	})
}

// A key that cannot be a header would fail each call in a way that nobody
// understands: New says so.
func TestKeyOfSeveralLinesIsRefused(t *testing.T) {
	for _, key := range []string{"sk-1\n", "sk-1\r\nX: y", "sk\x00", "sk\x7f"} {
		for name, change := range map[string]func(*gateway.Options){
			"key":  func(o *gateway.Options) { o.Key = key },
			"chat": func(o *gateway.Options) { o.Chat.Key = key },
		} {
			o := gateway.Options{Upstream: mustURL("http://127.0.0.1:1")}
			change(&o)
			q, err := queue.New(unspaced())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := gateway.New(q, o); err == nil || strings.Contains(err.Error(), key) {
				t.Errorf("%s %q: got %v, want an error without the key", name, key, err)
			}
		}
	}
}

// The secrets of these tests: none of them may be in a log, an event or an error
// of ours.
const (
	secretKey  = "sk-sim-SECRETORG-SECRETKEY"
	secretText = "SECRETTEXT"
)

var secrets = []string{"SECRETKEY", secretText, "SECRETTOKEN"}

// echo is an upstream that quotes all that it was sent wherever it can.
func echo(status int, header string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := fmt.Sprintf("you sent %s %s: 5 %s", r.Header.Get("X-Api-Key"), secretText, secretText)
		if raw, ok := strings.CutPrefix(header, "raw "); ok {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte(strings.ReplaceAll(raw, "SAID", said)))
				_ = conn.Close()
			}
			return
		}
		body, _ := json.Marshal(map[string]any{"type": "error", "error": map[string]any{"type": said, "message": said}})
		w.Header().Set("Request-Id", said)
		w.Header().Set("Anthropic-Organization-Id", said)
		w.Header().Set("Content-Type", header)
		w.WriteHeader(status)
		if header == "text/event-stream" {
			_, _ = fmt.Fprintf(w, "event: error\ndata: %s\n\n", body)
			return
		}
		_, _ = w.Write(body)
	})
}

func TestNoSecretReachesALogAnEventOrAnErrorOfOurs(t *testing.T) {
	s := unspaced()
	s.MaxWait, s.MaxRun = 20*time.Second, 20*time.Second
	type outcome struct {
		name    string
		answers http.Handler // nil: the simulation's, by name
	}
	all := []outcome{
		{"echo 200", echo(200, "application/json")}, {"echo 302", echo(302, "text/html")}, {"echo 400", echo(400, "application/json")},
		{"echo 401", echo(401, "application/json")}, {"echo 403", echo(403, "application/json")}, {"echo 429", echo(429, "application/json")},
		{"echo 500", echo(500, "application/json")}, {"echo 529", echo(529, "application/json")}, {"echo as text", echo(500, "text/plain")},
		{"echo in a stream", echo(200, "text/event-stream")}, {"no HTTP", echo(0, "raw SAID\r\n\r\n")}, {"no header", echo(0, "raw HTTP/1.1 200 OK\r\nSAID without colon\r\n\r\n")},
		{"no header's name", echo(0, "raw HTTP/1.1 200 OK\r\nSAID\r\n\r\n")}, {"no length", echo(0, "raw HTTP/1.1 200 OK\r\nContent-Length: SAID\r\n\r\n")},
		{"no first header", echo(0, "raw HTTP/1.1 200 OK\r\n SAID\r\n\r\n")},
		{"no coding", echo(0, "raw HTTP/1.1 200 OK\r\nTransfer-Encoding: SAID\r\n\r\n")}, {"no status", echo(0, "raw HTTP/1.1 SAID\r\n\r\n")},
		{"no chunk", echo(0, "raw HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nSAID\r\n\r\n")},
	}
	for _, name := range []string{
		"none", "400", "401", "402", "403", "404", "408", "409", "413", "429", "429-bare", "spend_cap", "500", "504", "529", "400-spend",
		"reset", "silence", "half-body", "reset-mid-stream", "silence-mid-stream", "stream-error", "garbage",
	} {
		all = append(all, outcome{name: name})
	}
	body := strings.Replace(hello, `"hello"`, `"`+secretText+`"`, 1)
	streamedBody := strings.Replace(body, "{", `{"stream":true,`, 1)
	chat := `{"message":"` + secretText + `","userId":"u","conversationHistory":[{"role":"user","content":"` + secretText + `"}]}`
	for _, o := range all {
		t.Run(o.name, func(t *testing.T) {
			inBubble(t, s, func(b *bubble) {
				b.answers = o.answers
				header := []string{"X-Api-Key", secretKey, "X-Paceline-Token", "SECRETTOKEN", "X-Sim-Error", o.name}
				if o.answers != nil {
					header = header[:4]
				} else if err := b.api.FailNext("none"); err != nil { // the first one works
					b.Fatal(err)
				}
				for _, ask := range [][2]string{
					{"/v1/messages", body}, {"/v1/messages", body}, {"/v1/messages", streamedBody}, {"/v1/messages", body[:len(body)-5]},
					{"/v1/messages/count_tokens", body}, {"/api/between/chat", chat}, {"/api/between/chat?stream=true", chat},
					{"/api/between/chat", chat[:40]}, {"/v1/nothing?key=SECRETKEY", body},
				} {
					a := b.ask("POST", ask[0], ask[1], header...)
					ours := a.body
					if strings.HasPrefix(ask[0], "/v1/") && a.header.Get("X-Paceline-Refused") == "" {
						ours = "" // the API's own words to its own caller
					}
					for _, secret := range secrets {
						if strings.Contains(ours, secret) {
							b.Errorf("%s: the answer tells %s: %s", ask[0], secret, ours)
						}
					}
				}
				b.seen()
				report, err := json.Marshal(b.queue.Report())
				if err != nil {
					b.Fatal(err)
				}
				for _, secret := range secrets {
					for where, text := range map[string]string{"log": b.log.String(), "report": string(report)} {
						if at := strings.Index(text, secret); at >= 0 {
							b.Errorf("the %s tells %s: …%s…", where, secret, text[max(0, at-200):min(len(text), at+50)])
						}
					}
				}
			}, func(o *gateway.Options) { o.Chat.Key = secretKey })
		})
	}
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}
