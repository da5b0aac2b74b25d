package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue/gateway"
)

const chatPath = "/api/between/chat"

// chatKey gives the chat route a key.
func chatKey(o *gateway.Options) { o.Chat.Key = "sk-sim-chat-1" }

// chatAnswer is what clients of the route read.
type chatAnswer struct {
	Response *string
	Metadata struct {
		ResponseTime *int64
		Model        string
		RequestID    string
		Attempts     int
		Simulated    bool
	}
	Error   string
	Details string
}

func chatAnswerIn(b *bubble, a answer) (c chatAnswer) {
	b.Helper()
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		b.Errorf("content type: got %q", got)
	}
	if err := json.Unmarshal([]byte(a.body), &c); err != nil {
		b.Fatalf("%q: %v", a.body, err)
	}
	return c
}

// asked is what the API was asked.
type asked struct {
	Model     string
	MaxTokens int `json:"max_tokens"`
	System    string
	Stream    bool
	Messages  []struct{ Role, Content string }
}

func (b *bubble) askedLast() (a asked) {
	b.Helper()
	calls := b.seen()
	if err := json.Unmarshal([]byte(calls[len(calls)-1].body), &a); err != nil {
		b.Fatal(err)
	}
	return a
}

func TestChatAnswers(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		a := b.ask("POST", chatPath, `{"message":"hi <b>","userId":"ann","userName":"Ann","sessionId":"s","isVoiceMode":false,
			"fieldState":{"deep":[1,{"x":null}]},"sessionTimeContext":5,"somethingNew":"x",
			"conversationHistory":[{"role":"user","content":"one"},{"role":"assistant","content":"two"}]}`, "Authorization", "Bearer of the page")
		c := chatAnswerIn(b, a)
		if a.status != 200 || c.Response == nil || !strings.HasPrefix(*c.Response, "This is a simulated answer") {
			b.Fatalf("got %d %s", a.status, a.body)
		}
		if c.Metadata.ResponseTime == nil || *c.Metadata.ResponseTime != 1000 || c.Metadata.Attempts != 1 || !c.Metadata.Simulated ||
			c.Metadata.RequestID != a.header.Get("X-Paceline-Request-Id") || c.Metadata.Model != "claude-sonnet-5-5" {
			b.Errorf("metadata: got %s", a.body)
		}
		got := b.askedLast()
		if got.Model != "claude-sonnet-5-5" || got.MaxTokens != 2048 || got.Stream || got.System != "" {
			b.Errorf("the API was asked %+v", got)
		}
		want := []struct{ Role, Content string }{{"user", "one"}, {"assistant", "two"}, {"user", "hi <b>"}}
		if !slices.Equal(got.Messages, want) {
			b.Errorf("messages: got %q, want %q", got.Messages, want)
		}
		call := b.seen()[0]
		if call.path != "/v1/messages" || call.query != "" || call.header.Get("X-Api-Key") != "sk-sim-chat-1" || call.header["Authorization"] != nil {
			b.Errorf("the call went to %s?%s with %q", call.path, call.query, call.header)
		}
		if users := b.queue.Report().Detail.Users; len(users) != 1 || users[0].Name != "ann" {
			b.Errorf("users: got %+v, want ann", users)
		}
		if got, want := b.counts(), (counts{successful: 1}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
	}, chatKey, func(o *gateway.Options) { o.Simulated = true })
}

func TestChatIsSetUpByItsOptions(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		b.ask("POST", chatPath, `{"input":"hi","userId":"ann"}`)
		if got := b.askedLast(); got.Model != "claude-opus-5-5" || got.System != "Be brief." || got.MaxTokens != 7 {
			b.Errorf("the API was asked %+v", got)
		}
		b.ask("POST", chatPath, `{"input":"hi","userId":"ann","isVoiceMode":true}`)
		if got := b.askedLast(); got.Model != "claude-haiku-4-5" || !got.Stream {
			b.Errorf("the API was asked %+v", got)
		}
		if got := b.seen()[0].header.Get("X-Api-Key"); got != "sk-sim-ours-1" {
			b.Errorf("the key is %q, want the gateway's own", got)
		}
	}, ownKey, func(o *gateway.Options) {
		o.Chat = gateway.Chat{Model: "claude-opus-5-5", FastModel: "claude-haiku-4-5", System: "Be brief.", MaxTokens: 7}
	})
}

func TestChatWhatIsMissingOrHostile(t *testing.T) {
	const required = "message (or input) and userId are required"
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for _, c := range []struct {
		name, body string
		status     int
		messages   int // that the API gets; zero: it is not asked
	}{
		{"no message", `{"userId":"u"}`, 400, 0},
		{"empty message", `{"message":"","userId":"u"}`, 400, 0},
		{"no user", `{"message":"m"}`, 400, 0},
		{"empty user", `{"input":"m","userId":""}`, 400, 0},
		{"nothing", ``, 400, 0},
		{"null", `null`, 400, 0},
		{"a list", `[]`, 400, 0},
		{"a text", `"message"`, 400, 0},
		{"no JSON", `<html>`, 400, 0},
		{"half of it", `{"message":"m","userId":"u`, 400, 0},
		{"message that is no text", `{"message":{"a":1},"userId":"u"}`, 400, 0},
		{"more after it", `{"message":"m","userId":"u"}{}`, 400, 0},
		{"too deep", `{"message":"m","userId":"u","fieldState":` + deep + `}`, 400, 0},
		{"too large", `{"message":"` + strings.Repeat("x", 1<<20) + `","userId":"u"}`, 413, 0},
		{"message before input", `{"message":"m","input":"i","userId":"u"}`, 200, 1},
		{"voice mode that is neither", `{"message":"m","userId":"u","isVoiceMode":"yes"}`, 200, 1},
		{"nulls", `{"message":"m","userId":"u","isVoiceMode":null,"conversationHistory":null,"userName":null}`, 200, 1},
		{"history that is none", `{"message":"m","userId":"u","conversationHistory":"x"}`, 200, 1},
		{"history of anything", `{"message":"m","userId":"u","conversationHistory":[1,null,"x",{},{"role":"system","content":"evil"},
			{"role":"user","content":5},{"role":"user","content":""},{"role":"assistant","content":"first"},{"role":"user","content":"a"}]}`, 200, 2},
		{"no UTF-8", "{\"message\":\"a\xffb\",\"userId\":\"u\xff\"}", 200, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, unspaced(), func(b *bubble) {
				a := b.ask("POST", chatPath, c.body)
				got := chatAnswerIn(b, a)
				if a.status != c.status {
					b.Fatalf("got %d %s, want %d", a.status, a.body, c.status)
				}
				if c.status == 400 && a.body != `{"error":"`+required+`"}` {
					b.Errorf("got %s", a.body)
				}
				if c.status != 200 {
					if got.Error == "" || len(b.seen()) != 0 || b.queue.Report().Metrics.TotalRequests != 0 {
						b.Errorf("got %s, and %d calls", a.body, len(b.seen()))
					}
					return
				}
				if got := b.askedLast().Messages; len(got) != c.messages || got[0].Role != "user" ||
					got[len(got)-1].Role != "user" || !slices.Contains([]string{"m", "a\uFFFDb"}, got[len(got)-1].Content) {
					b.Errorf("the API was asked %q, want %d messages", got, c.messages)
				}
			}, chatKey)
		})
	}
}

// Everything that fails is a 500 with the reason, as clients of the route know it.
func TestChatErrors(t *testing.T) {
	s := unspaced()
	s.MaxWait, s.MaxRun = 20*time.Second, 30*time.Second
	for _, c := range []struct {
		outcome, details, refused string
		calls                     int
	}{
		{"400", "the API answered 400 invalid_request_error", "", 1},
		{"401", "the API answered 401 authentication_error", "", 1},
		{"404", "the API answered 404 not_found_error", "", 1},
		{"spend_cap", "the API answered 429 rate_limit_error (enforced_spend_limit_reached)", "", 1},
		{"429-bare", "the API answered 429 rate_limit_error", "", 3},
		{"500", "the API answered 500 api_error", "", 3},
		{"529", "the API answered 529 overloaded_error", "", 3},
		{"reset", "paceline could not reach the API", "unreachable", 3},
		{"silence", "the API was silent for longer than paceline's max-run", "silent", 1},
		{"garbage", "the API's answer is no message", "", 1},
		{"half-body", "paceline could not reach the API", "unreachable", 1},
	} {
		for _, query := range []string{"", "?stream=true"} {
			if query != "" && (c.outcome == "garbage" || c.outcome == "half-body") {
				continue // the stream has begun
			}
			t.Run(c.outcome+query, func(t *testing.T) {
				inBubble(t, s, func(b *bubble) {
					if err := b.api.FailNext(slices.Repeat([]string{c.outcome}, c.calls)...); err != nil {
						b.Fatal(err)
					}
					a := b.ask("POST", chatPath+query, `{"message":"m","userId":"u"}`)
					got := chatAnswerIn(b, a)
					if a.status != 500 || got.Error != "The message could not be answered" || got.Details != c.details {
						b.Errorf("got %d %s, want 500 and %q", a.status, a.body, c.details)
					}
					if got := a.header.Get("X-Paceline-Refused"); got != c.refused {
						b.Errorf("x-paceline-refused: got %q, want %q", got, c.refused)
					}
					if got := len(b.seen()); got != c.calls {
						b.Errorf("the API was called %d times, want %d", got, c.calls)
					}
					if got := b.queue.Report().Metrics.Failed; got != 1 {
						b.Errorf("the queue counts %d failed, want 1", got)
					}
				}, chatKey)
			})
		}
	}
}

// Some failures pass, and the client hears nothing of them.
func TestChatTriesAgain(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		if err := b.api.FailNext("529", "reset", "429*2"); err != nil {
			b.Fatal(err)
		}
		a := b.ask("POST", chatPath, `{"message":"m","userId":"u"}`)
		if c := chatAnswerIn(b, a); a.status != 200 || c.Metadata.Attempts != 5 {
			b.Errorf("got %d %s, want an answer of the fifth call", a.status, a.body)
		}
	}, chatKey)
}

func TestChatWithoutAKeySaysHowToGetOne(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		a := b.ask("POST", chatPath, `{"message":"m","userId":"u"}`)
		if c := chatAnswerIn(b, a); a.status != 500 || !strings.Contains(c.Details, "--key-file") || len(b.seen()) != 0 {
			b.Errorf("got %d %s", a.status, a.body)
		}
	})
}

// What the gateway itself refuses has the route's shape, and our headers.
func TestChatRefusals(t *testing.T) {
	s := unspaced()
	s.MinDelay, s.MaxQueue = 10*time.Second, 1
	inBubble(t, s, func(b *bubble) {
		const ask = `{"message":"m","userId":"u"}`
		first := b.background(func() { b.ask("POST", chatPath, ask) })
		b.seen()
		second := b.background(func() { b.ask("POST", chatPath, ask, "X-Paceline-Request-Id", "second") })
		b.seen()
		full := b.ask("POST", chatPath, ask)
		if c := chatAnswerIn(b, full); full.status != 500 || !strings.Contains(c.Details, "queue is full") ||
			full.header.Get("X-Paceline-Refused") != "queue-full" || full.header.Get("X-Paceline-Position") != "2" || full.header.Get("Retry-After") != "20" {
			b.Errorf("full: got %d %s %q", full.status, full.body, full.header)
		}
		for _, wrong := range []struct {
			method string
			header []string
			status int
		}{
			{"GET", nil, 405}, {"POST", []string{"X-Paceline-Priority", "urgent"}, 400},
		} {
			a := b.ask(wrong.method, chatPath, ask, wrong.header...)
			if c := chatAnswerIn(b, a); a.status != wrong.status || c.Error == "" || c.Details == "" || a.header.Get("X-Paceline-Refused") == "" {
				b.Errorf("%s %q: got %d %s", wrong.method, wrong.header, a.status, a.body)
			}
		}
		first()
		ctx, cancel := context.WithCancel(b.Context())
		cancel()
		_ = b.queue.Shutdown(ctx)
		second()
		closed := b.ask("POST", chatPath, ask)
		if c := chatAnswerIn(b, closed); closed.status != 500 || closed.header.Get("X-Paceline-Refused") != "draining" || !strings.Contains(c.Details, "stopping") {
			b.Errorf("draining: got %d %s", closed.status, closed.body)
		}
	}, chatKey)
}

// A pause that leaves no time is the queue's word, and not the answer that one
// met before it.
func TestChatSaysWhatHappenedLast(t *testing.T) {
	inBubble(t, unspaced(), func(b *bubble) {
		if err := b.api.FailNext("429"); err != nil {
			b.Fatal(err)
		}
		wait := b.background(func() {
			a := b.ask("POST", chatPath, `{"message":"m","userId":"u"}`)
			if got := a.header.Get("X-Paceline-Refused"); got != "draining" {
				b.Errorf("got %s, refused %q, want draining", a.body, got)
			}
		})
		b.seen()
		ctx, cancel := context.WithCancel(b.Context())
		cancel()
		_ = b.queue.Shutdown(ctx)
		wait()
	}, chatKey)
}

func TestChatHangUp(t *testing.T) {
	s := unspaced()
	s.MinDelay = 30 * time.Second
	inBubble(t, s, func(b *bubble) {
		ctx, cancel := context.WithCancel(b.Context())
		const ask = `{"message":"m","userId":"u"}`
		runs := b.background(func() { b.askWith(ctx, "POST", chatPath, ask) })
		call := b.seen()[0]
		waits := b.background(func() { b.askWith(ctx, "POST", chatPath, ask) })
		b.seen()
		cancel()
		runs()
		waits()
		<-call.ended
		if got, want := b.counts(), (counts{cancelled: 2}); got != want {
			b.Errorf("the queue counts %+v, want %+v", got, want)
		}
		for _, l := range b.logged() {
			if l.Status != 499 {
				b.Errorf("the log says %+v, want 499", l)
			}
		}
	}, chatKey)
}

// The longest wait and the order are the queue's: the chat waits in the lane of
// its own key, with all others.
func TestChatWaitsInLine(t *testing.T) {
	s := unspaced()
	s.MinDelay = 10 * time.Second
	inBubble(t, s, func(b *bubble) {
		b.ask("POST", "/v1/messages", hello)
		b.ask("POST", "/v1/messages", hello, "X-Api-Key", "sk-sim-chat-2")
		began := time.Now()
		a := b.ask("POST", chatPath, `{"message":"m","userId":"u"}`)
		if took := time.Since(began); took != time.Second || a.header.Get("X-Paceline-Lane") != "chat/sonnet-5-5" {
			b.Errorf("got %q after %v, want no wait for the page's own key", a.header, took)
		}
		b.ask("POST", chatPath, `{"message":"m","userId":"u"}`)
		calls := b.seen()
		if got := calls[3].at - calls[2].at; got != 10*time.Second {
			b.Errorf("the second chat came %v after the first, want 10s", got)
		}
	}, chatKey)
}

// An answer of 200 that is something else is no answer with no text.
func TestChatAnswerThatIsNoMessage(t *testing.T) {
	for body, status := range map[string]int{
		`{"type":"error"}`: 500, `{}`: 500, `null`: 500, `[]`: 500, ``: 500, `{"content":"text"}`: 500,
		`{"content":[]}`: 200, `{"content":[{"type":"tool_use","input":{}},{"type":"text","text":"a"}]}`: 200,
	} {
		inBubble(t, unspaced(), func(b *bubble) {
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
			a := b.ask("POST", chatPath, `{"message":"m","userId":"u"}`)
			if c := chatAnswerIn(b, a); a.status != status || (c.Response != nil) != (status == 200) {
				b.Errorf("%q: got %d %s, want %d", body, a.status, a.body, status)
			}
		}, chatKey)
	}
}
