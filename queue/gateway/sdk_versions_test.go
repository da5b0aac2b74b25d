package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// sdk is what a program does with the official SDK, in either of its versions.
type sdk interface {
	ask(context.Context, sdkQuestion) (sdkAnswer, error)
	stream(context.Context, sdkQuestion) (sdkAnswer, error)
	countTokens(ctx context.Context, text string) (int64, error)
	models(context.Context) (ids []string, err error)
	model(ctx context.Context, id string) (name string, err error)

	createBatch(context.Context, map[string]sdkQuestion) (sdkBatch, error)
	getBatch(ctx context.Context, id string) (sdkBatch, error)
	cancelBatch(ctx context.Context, id string) (sdkBatch, error)
	deleteBatch(ctx context.Context, id string) error
	batches(context.Context) (ids []string, err error)
	results(ctx context.Context, id string) (map[string]string, error)

	upload(ctx context.Context, name, mediaType, content string) (sdkFile, error)
	getFile(ctx context.Context, id string) (sdkFile, error)
	files(context.Context) (ids []string, err error)
	download(ctx context.Context, id string) (content string, err error)
	deleteFile(ctx context.Context, id string) error

	// apiError returns what the SDK's typed error says; not ok if err is none.
	apiError(err error) (status int, kind, requestID string, ok bool)
}

type sdkQuestion struct {
	text, file string
	tool       bool
	maxTokens  int64
}

type sdkAnswer struct {
	text, tool, stop, tier, speed, geo string
	input, output                      int64
}

type sdkBatch struct {
	id, status string
	counts     [5]int64 // processing, succeeded, errored, canceled, expired
}

type sdkFile struct {
	id, name, mediaType string
	size                int64
}

var sdks = map[string]func(over *http.Client, retries int, header ...string) sdk{"v1": newSDKV1, "v2": newSDKV2}

// withSDKs runs f with both versions of the SDK, each directly in front of the simulated
// API and through the gateway.
func withSDKs(t *testing.T, f func(b *bubble, client func(retries int, header ...string) sdk)) {
	t.Helper()
	for version, open := range sdks {
		for _, way := range []string{"direct", "gateway"} {
			t.Run(version+" "+way, func(t *testing.T) {
				inBubble(t, unspaced(), func(b *bubble) {
					over := b.http
					if way == "direct" {
						over = b.direct
					}
					f(b, func(retries int, header ...string) sdk { return open(over, retries, header...) })
				})
			})
		}
	}
}

func TestSDKsAskPlainAndStreamed(t *testing.T) {
	withSDKs(t, func(b *bubble, client func(int, ...string) sdk) {
		s := client(0, "x-sim-tokens", "50")
		for way, ask := range map[string]func(context.Context, sdkQuestion) (sdkAnswer, error){"plain": s.ask, "streamed": s.stream} {
			a, err := ask(b.Context(), sdkQuestion{text: "Hello", maxTokens: 1000})
			if err != nil {
				b.Fatalf("%s: %v", way, err)
			}
			if !strings.HasPrefix(a.text, "This is a simulated answer") || a.stop != "end_turn" || a.input < 1 || a.output != 50 || a.tier != "standard" || a.speed != "standard" || a.geo != "global" {
				b.Errorf("%s: got %+v", way, a)
			}
			a, err = ask(b.Context(), sdkQuestion{text: "What is the weather? Use the tool", tool: true, maxTokens: 1000})
			if err != nil || a.tool != `get_weather{"city":"simulated city"}` || a.stop != "tool_use" {
				b.Errorf("%s with a tool: got %+v, %v", way, a, err)
			}
			a, err = ask(b.Context(), sdkQuestion{text: "Hello"})
			if err != nil || a.text != "" || a.output != 0 || a.stop != "max_tokens" {
				b.Errorf("%s with max_tokens 0: got %+v, %v", way, a, err)
			}
		}
		want := "2023-06-01"
		if strings.Contains(b.Name(), "v2") {
			want = "2026-10-21"
		}
		if got := b.seen()[0].header.Get("Anthropic-Version"); got != want {
			b.Errorf("the API sees version %q, want %q", got, want)
		}
	})
}

func TestSDKsCountTokensAndListModels(t *testing.T) {
	withSDKs(t, func(b *bubble, client func(int, ...string) sdk) {
		s := client(0)
		if n, err := s.countTokens(b.Context(), strings.Repeat("word ", 100)); err != nil || n < 100 || n > 200 {
			b.Errorf("count of 100 words: got %d, %v", n, err)
		}
		if ids, err := s.models(b.Context()); err != nil || len(ids) < 10 || !slices.Contains(ids, "claude-fable-5-2") {
			b.Errorf("models: got %q, %v", ids, err)
		}
		if name, err := s.model(b.Context(), "claude-haiku-4-5-20251001"); err != nil || name != "Claude Haiku 4.5" {
			b.Errorf("one model: got %q, %v", name, err)
		}
	})
}

func TestSDKsMakeABatchAndReadItsResults(t *testing.T) {
	withSDKs(t, func(b *bubble, client func(int, ...string) sdk) {
		ctx, s := b.Context(), client(0)
		made, err := s.createBatch(ctx, map[string]sdkQuestion{
			"text": {text: "Hello", maxTokens: 100}, "tool": {text: "Use the tool", tool: true, maxTokens: 100}, "wrong": {text: "Hello", file: "file_x", maxTokens: 100},
		})
		if err != nil || made.status != "in_progress" || made.counts != [5]int64{3} {
			b.Fatalf("created: got %+v, %v", made, err)
		}
		for made.status != "ended" {
			time.Sleep(time.Second)
			if made, err = s.getBatch(ctx, made.id); err != nil {
				b.Fatal(err)
			}
		}
		if want := [5]int64{0, 2, 1}; made.counts != want {
			b.Errorf("ended: got %v, want %v", made.counts, want)
		}
		results, err := s.results(ctx, made.id)
		if got, want := fmt.Sprint(results), `map[text:succeeded batch tool:succeeded batchget_weather{"city":"simulated city"} wrong:errored: File not found: file_x]`; err != nil || got != want {
			b.Errorf("results: got %s, %v\nwant %s", got, err, want)
		}

		other, err := client(0, "x-sim-latency", "1m").createBatch(ctx, map[string]sdkQuestion{"a": {text: "Hello", maxTokens: 100}})
		if err != nil {
			b.Fatal(err)
		}
		if ids, err := s.batches(ctx); err != nil || !slices.Equal(ids, []string{other.id, made.id}) {
			b.Errorf("list: got %q, %v, want both, the newest first", ids, err)
		}
		if other, err = s.cancelBatch(ctx, other.id); err != nil || other.status != "canceling" {
			b.Errorf("canceled: got %+v, %v", other, err)
		}
		time.Sleep(time.Second)
		if results, err := s.results(ctx, other.id); err != nil || fmt.Sprint(results) != "map[a:canceled]" {
			b.Errorf("results of the canceled: got %v, %v", results, err)
		}
		if err := s.deleteBatch(ctx, made.id); err != nil {
			b.Errorf("deleted: %v", err)
		}
		_, err = s.results(ctx, made.id)
		if status, kind, _, ok := s.apiError(err); !ok || status != 404 || kind != "not_found_error" {
			b.Errorf("results of the deleted: got %v, want the SDK's 404", err)
		}
	})
}

func TestSDKsSendFilesUpAndDown(t *testing.T) {
	withSDKs(t, func(b *bubble, client func(int, ...string) sdk) {
		ctx, s := b.Context(), client(0)
		content := strings.Repeat("Hello\r\n--x\r\n", 100_000) // 1.2 MB
		up, err := client(0, "x-sim-downloadable", "true").upload(ctx, "notes.txt", "text/plain", content)
		if err != nil || up.name != "notes.txt" || up.mediaType != "text/plain" || up.size != int64(len(content)) {
			b.Fatalf("up: got %+v, %v", up, err)
		}
		if got, err := s.getFile(ctx, up.id); err != nil || got != up {
			b.Errorf("metadata: got %+v, %v, want %+v", got, err, up)
		}
		if got, err := s.download(ctx, up.id); err != nil || got != content {
			b.Errorf("down: got %d bytes, %v, want the %d that went up", len(got), err, len(content))
		}
		second, err := s.upload(ctx, "a.pdf", "application/pdf", "%PDF")
		if err != nil {
			b.Fatal(err)
		}
		if ids, err := s.files(ctx); err != nil || !slices.Equal(ids, []string{second.id, up.id}) {
			b.Errorf("list: got %q, %v, want both, the newest first", ids, err)
		}
		_, err = s.download(ctx, second.id)
		if status, kind, _, ok := s.apiError(err); !ok || status != 400 || kind != "invalid_request_error" {
			b.Errorf("down with what a client has sent up: got %v, want the SDK's 400", err)
		}
		q := sdkQuestion{text: "Hello", file: second.id, maxTokens: 100}
		if _, err := s.ask(ctx, q); err != nil {
			b.Errorf("a message that names it: %v", err)
		}
		if err := s.deleteFile(ctx, second.id); err != nil {
			b.Errorf("deleted: %v", err)
		}
		_, err = s.ask(ctx, q)
		if status, _, _, ok := s.apiError(err); !ok || status != 404 {
			b.Errorf("a message that names the deleted: got %v, want the SDK's 404", err)
		}
	})
}

// Each error is the SDK's own, with the API's request ID.
func TestSDKsRaiseTypedErrors(t *testing.T) {
	withSDKs(t, func(b *bubble, client func(int, ...string) sdk) {
		for outcome, want := range map[string]string{
			"400": "400 invalid_request_error", "401": "401 authentication_error", "402": "402 billing_error", "403": "403 permission_error",
			"404": "404 not_found_error", "413": "413 request_too_large", "500": "500 api_error", "529": "529 overloaded_error",
		} {
			s := client(0, "x-sim-error", outcome)
			for way, ask := range map[string]func(context.Context, sdkQuestion) (sdkAnswer, error){"plain": s.ask, "streamed": s.stream} {
				_, err := ask(b.Context(), sdkQuestion{text: "Hello", maxTokens: 10})
				status, kind, id, ok := s.apiError(err)
				calls := b.seen()
				if got := fmt.Sprint(status, " ", kind); !ok || got != want || id != calls[len(calls)-1].requestID {
					b.Errorf("%s %s: got %v, want %s", outcome, way, err, want)
				}
			}
		}
	})
}

// The SDK tries a message again, and so does the gateway in its place; it passes on
// everything else at once.
func TestSDKsRetry(t *testing.T) {
	withSDKs(t, func(b *bubble, client func(int, ...string) sdk) {
		if a, err := client(2, "x-sim-error", "529*2", "x-sim-id", "message").ask(b.Context(), sdkQuestion{text: "Hello", maxTokens: 10}); err != nil || a.text == "" {
			b.Errorf("a message: got %+v, %v", a, err)
		}
		if n, err := client(2, "x-sim-error", "500*2", "x-sim-id", "count").countTokens(b.Context(), "Hello"); err != nil || n < 1 {
			b.Errorf("a count: got %d, %v", n, err)
		}
		if got := len(b.seen()); got != 6 {
			b.Errorf("the API was called %d times, want 3 for each", got)
		}
	})
}

// The creation of a batch is made again only after a 429 or without a connection: by version
// 2 of the SDK, and never by the gateway.
func TestTheCreationOfABatchIsNotMadeTwice(t *testing.T) {
	batch := map[string]sdkQuestion{"a": {text: "Hello", maxTokens: 10}}
	withSDKs(t, func(b *bubble, client func(int, ...string) sdk) {
		for _, outcome := range []string{"500", "529", "reset", "408"} {
			before := len(b.seen())
			if _, err := client(0, "x-sim-error", outcome).createBatch(b.Context(), batch); err == nil {
				b.Errorf("%s: got a batch", outcome)
			}
			if got := len(b.seen()) - before; got != 1 {
				b.Errorf("%s: the API was called %d times without retries of the SDK's, want once", outcome, got)
			}
			if !strings.Contains(b.Name(), "v2") {
				continue
			}
			before = len(b.seen())
			if _, err := client(2, "x-sim-error", outcome).createBatch(b.Context(), batch); err == nil {
				b.Errorf("%s: got a batch", outcome)
			}
			if got := len(b.seen()) - before; got != 1 {
				b.Errorf("%s: the API was called %d times, want once", outcome, got)
			}
		}
		before := len(b.seen())
		if made, err := client(2, "x-sim-error", "429*2", "x-sim-id", "batch").createBatch(b.Context(), batch); err != nil || made.status != "in_progress" {
			b.Errorf("after two 429s: got %+v, %v", made, err)
		}
		if got := len(b.seen()) - before; got != 3 {
			b.Errorf("two 429s: the API was called %d times, want 3 times", got)
		}
		if ids, err := client(0).batches(b.Context()); err != nil || len(ids) != 1 {
			b.Errorf("got %q, %v, want one batch", ids, err)
		}
	})
}
