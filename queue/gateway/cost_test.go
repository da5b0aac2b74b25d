package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"
)

// perMinute is each limit of the API in these tests, and left what it says that
// remains of it.
const perMinute, left = 600_000, 300_000

// adaptive are settings that follow what the answers tell.
func adaptive() queue.Settings {
	s := unspaced()
	s.Adaptive = true
	return s
}

// tellLimits writes the API's limits.
func tellLimits(h http.Header) {
	h.Set("Anthropic-Organization-Id", "org_1")
	for _, name := range []string{"requests", "input-tokens", "output-tokens"} {
		h.Set("anthropic-ratelimit-"+name+"-limit", strconv.Itoa(perMinute))
		h.Set("anthropic-ratelimit-"+name+"-remaining", strconv.Itoa(left))
	}
}

// free returns what the queue thinks that is left of a limit; false if it knows
// nothing of it.
func (b *bubble) free(kind string) (int, bool) {
	b.Helper()
	b.seen()
	for _, lane := range b.queue.Report().Detail.Lanes {
		for _, l := range lane.Limits {
			if l.Kind == kind && l.Free != nil {
				return *l.Free, true
			}
		}
	}
	return 0, false
}

// apiThat is an API that tells usage in an answer that takes 10 s, plain or
// streamed. It tells no limits.
func apiThat(usage string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Anthropic-Organization-Id", "org_1")
		flush := func() { _ = http.NewResponseController(w).Flush() }
		if !strings.Contains(string(body), `"stream":true`) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"content":[{"type":"text","text":"hi"}],`)
			flush()
			time.Sleep(10 * time.Second)
			_, _ = io.WriteString(w, `"usage":`+usage+`}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"+usage+"}}\n\n")
		flush()
		time.Sleep(10 * time.Second)
		_, _ = io.WriteString(w, "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":"+usage+"}\n\n"+oneStop)
	})
}

const chatHello = `{"message":"hello","userId":"ann"}`

// ways are the ways to ask for a message.
var ways = map[string]struct{ path, body string }{
	"plain":         {"/v1/messages", hello},
	"streamed":      {"/v1/messages", streamHello},
	"chat":          {chatPath, chatHello},
	"chat streamed": {chatPath + "?stream=true", chatHello},
}

// spentOf returns what the queue thinks that is free 5 s into a second call, with
// an answer of this usage, and a second after it.
func spentOf(t *testing.T, path, body, kind, usage string) (during, after int) {
	inBubble(t, adaptive(), func(b *bubble) {
		api := apiThat(usage)
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the first tells only the limits
			tellLimits(w.Header())
			w.WriteHeader(http.StatusBadRequest)
		})
		_ = b.ask("POST", path, body)
		b.answers = api
		wait := b.background(func() {
			if a := b.ask("POST", path, body); a.status != 200 {
				b.Errorf("%s %s: got %d %s", path, usage, a.status, a.body)
			}
		})
		time.Sleep(5 * time.Second)
		var ok bool
		if during, ok = b.free(kind); !ok {
			b.Fatalf("%s: the queue knows of no limit of %s", path, kind)
		}
		wait()
		time.Sleep(time.Second)
		after, _ = b.free(kind)
	}, chatKey)
	return during, after
}

// What a call has really cost reaches the queue: what counts, and not what does
// not; in a stream the input as soon as it begins.
func TestCallsReportTheirCost(t *testing.T) {
	usage := func(input, written, read, output int) string {
		return fmt.Sprintf(`{"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,"output_tokens":%d}`, input, written, read, output)
	}
	base := usage(1000, 0, 0, 1000)
	for name, way := range ways {
		inputAt5s, input := spentOf(t, way.path, way.body, "input tokens", base)
		outputAt5s, output := spentOf(t, way.path, way.body, "output tokens", base)
		for _, c := range []struct {
			kind, usage string
			more        int
		}{
			{"input tokens", usage(21_000, 0, 0, 1000), 20_000},
			{"input tokens", usage(1000, 30_000, 0, 1000), 30_000},
			{"input tokens", usage(1000, 0, 90_000, 1000), 0},
			{"output tokens", usage(1000, 0, 0, 5000), 4000},
			{"output tokens", usage(9000, 0, 90_000, 1000), 0},
		} {
			during, after := spentOf(t, way.path, way.body, c.kind, c.usage)
			base5s, base := inputAt5s, input
			if c.kind == "output tokens" {
				base5s, base = outputAt5s, output
			}
			if got := base - after; got != c.more {
				t.Errorf("%s, %s of %s: %d more were taken, want %d", name, c.kind, c.usage, got, c.more)
			}
			early := 0 // what of it is known while the answer still comes
			if strings.Contains(name, "streamed") && c.kind == "input tokens" {
				early = c.more
			}
			if got := base5s - during; got != early {
				t.Errorf("%s, %s of %s: %d more were taken in the middle, want %d", name, c.kind, c.usage, got, early)
			}
		}
	}
}

// Limits are read from every answer, a refusal too, before its body is here.
func TestAnswersReportTheLimits(t *testing.T) {
	for name, way := range ways {
		for _, status := range []int{200, 400, 429, 529} {
			s := adaptive()
			s.Attempts = 1
			inBubble(t, s, func(b *bubble) {
				b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					tellLimits(w.Header())
					w.WriteHeader(status)
					_ = http.NewResponseController(w).Flush()
					select { // what is not what was asked for is given up at its header
					case <-r.Context().Done():
					case <-time.After(10 * time.Second):
					}
				})
				wait := b.background(func() { _ = b.ask("POST", way.path, way.body) })
				time.Sleep(time.Second)
				if _, ok := b.free("input tokens"); !ok {
					b.Errorf("%s, %d: the queue knows no limits", name, status)
				}
				wait()
			}, chatKey)
		}
	}
}

// What a request will cost is taken from the limits when it starts: as estimated,
// and the estimate is what the calls before it tell.
func TestRequestIsEstimated(t *testing.T) {
	for name, way := range ways {
		inBubble(t, adaptive(), func(b *bubble) {
			answer := apiThat(`{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":70}`)
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tellLimits(w.Header())
				answer.ServeHTTP(w, r)
			})
			for range 40 {
				if a := b.ask("POST", way.path, way.body); a.status != 200 {
					b.Fatalf("%s: got %d %s", name, a.status, a.body)
				}
			}
			b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // thinks before its header
				time.Sleep(10 * time.Second)
				answer.ServeHTTP(w, r)
			})
			for kind, want := range map[string]int{"input tokens": 5, "output tokens": 70} {
				before, ok := b.free(kind)
				if !ok {
					b.Fatalf("%s: the queue knows of no limit of %s", name, kind)
				}
				wait := b.background(func() { _ = b.ask("POST", way.path, way.body) })
				during, _ := b.free(kind)
				if got := before - during; got < want*8/10 || got > want*12/10+1 {
					b.Errorf("%s: %d %s were taken at the start, want about %d", name, got, kind, want)
				}
				wait()
			}
		}, chatKey)
	}
}

// An answer in a coding that nobody here reads tells only its limits.
func TestCompressedAnswerCostsWhatWasEstimated(t *testing.T) {
	inBubble(t, adaptive(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			tellLimits(w.Header())
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, `{"usage":{"input_tokens":99000,"output_tokens":99000}}`)
		})
		if a := b.ask("POST", "/v1/messages", hello); a.status != 200 {
			b.Fatalf("got %d %s", a.status, a.body)
		}
		if got, ok := b.free("input tokens"); !ok || got < left-2000 {
			b.Errorf("%d input tokens are left, %v, want about %d", got, ok, left)
		}
	})
}

// No answer is longer than was asked for.
func TestEstimateOfTheChatIsBounded(t *testing.T) {
	inBubble(t, adaptive(), func(b *bubble) {
		b.answers = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			tellLimits(w.Header())
			w.WriteHeader(http.StatusBadRequest)
		})
		_ = b.ask("POST", chatPath, chatHello)
		b.answers = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) })
		before, _ := b.free("output tokens")
		wait := b.background(func() { _ = b.ask("POST", chatPath, chatHello) })
		during, _ := b.free("output tokens")
		if got := before - during; got != 7 {
			b.Errorf("%d output tokens were taken at the start, want 7", got)
		}
		wait()
	}, chatKey, func(o *gateway.Options) { o.Chat.MaxTokens = 7 })
}
