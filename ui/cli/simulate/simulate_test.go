package simulate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/ui/cli/command"
	"paceline/ui/cli/logging"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/spf13/cobra"
)

// said is what a program says, for a test that waits for a part of it. It is safe
// for concurrent use.
type said struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{}
}

func newSaid() *said { return &said{grown: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.grown <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *said) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// until returns the first group of a pattern when it is said.
func (s *said) until(t *testing.T, pattern string) string {
	t.Helper()
	tooLong := time.After(30 * time.Second)
	for {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(s.all()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-s.grown:
		case <-tooLong:
			t.Fatalf("%s was never said, only %s", pattern, s.all())
		}
	}
}

// beginSimulate runs the command until stop, which returns its exit code. Signals
// stay those of the test.
func beginSimulate(t *testing.T, args ...string) (base string, out *said, stop func() int) {
	t.Helper()
	out = newSaid()
	ctx, cancel := context.WithCancel(t.Context())
	program := func(a *command.App) *cobra.Command {
		root := &cobra.Command{Use: "paceline"}
		root.AddCommand(Command(a))
		return root
	}
	ended := make(chan int)
	go func() { // Execute writes the rest of the log before it returns
		ended <- command.Execute(ctx, append([]string{"simulate", "--addr", "127.0.0.1:0"}, args...),
			command.Streams{Out: io.Discard, Err: out}, nil, program)
	}()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { stop() })
	return out.until(t, `simulated API at (http://\S+)\n`), out, stop
}

const simulatedTestKey = "sk-sim-acme-lab-secret"

func simulatedClient(base string, options ...option.RequestOption) anthropic.Client {
	return anthropic.NewClient(append([]option.RequestOption{
		option.WithoutEnvironmentDefaults(), option.WithBaseURL(base), option.WithAPIKey(simulatedTestKey), option.WithMaxRetries(0),
	}, options...)...)
}

func simulatedAsk() anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model: anthropic.ModelClaudeHaiku5_5, MaxTokens: 20,
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("nobody's business"))},
	}
}

// The official SDK works with it, plain and streamed, and is told the limits.
func TestSimulateWithTheSDK(t *testing.T) {
	base, out, stop := beginSimulate(t, "--tier", "tier1", "--workspace", "lab=3", "--speed", "50", "--seed", "7")
	client := simulatedClient(base)

	var answer *http.Response
	message, err := client.Messages.New(t.Context(), simulatedAsk(), option.WithResponseInto(&answer))
	if err != nil {
		t.Fatal(err)
	}
	if len(message.Content) == 0 || message.Usage.OutputTokens != 20 {
		t.Errorf("got %s, want a text of 20 tokens", message.RawJSON())
	}
	for name, want := range map[string]string{
		"anthropic-ratelimit-requests-limit": "3", "anthropic-ratelimit-requests-remaining": "2",
		"anthropic-ratelimit-input-tokens-limit": "30000", "anthropic-ratelimit-output-tokens-limit": "8000",
		"x-paceline-simulated": "true", "anthropic-organization-id": "acme",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}

	stream, events := client.Messages.NewStreaming(t.Context(), simulatedAsk()), 0
	for stream.Next() {
		events++
	}
	if err := stream.Err(); err != nil || events < 20 {
		t.Errorf("got %d events and %v, want a stream", events, err)
	}

	// The log saw them, and a connection that is reset, and is still reset.
	_, err = client.Messages.New(t.Context(), simulatedAsk(), option.WithHeader("x-sim-error", "reset"))
	if err == nil || errors.As(err, new(*anthropic.Error)) {
		t.Errorf("got %v, want a broken connection", err)
	}
	if _, err := client.Messages.New(t.Context(), simulatedAsk()); err != nil {
		t.Fatal(err)
	}
	var refused *anthropic.Error
	if _, err := client.Messages.New(t.Context(), simulatedAsk()); !errors.As(err, &refused) || refused.StatusCode != http.StatusTooManyRequests {
		t.Errorf("got %v, want 429 from the workspace's limit", err)
	}
	if code := stop(); code != command.ExitOK {
		t.Errorf("got exit code %d, want %d", code, command.ExitOK)
	}
	log := out.all()
	for _, want := range []string{
		"🧪 \\[API\\] 200 POST /v1/messages in \\d+ms, organization acme, requests left: 2\n",
		"🧪 \\[API\\] – POST /v1/messages in \\d+ms, organization acme.*: the connection was broken off",
		"🧪 \\[API\\] 429 POST /v1/messages in \\d+ms, organization acme, requests left: 0, retry after \\d+s: rate_limit_error: .*workspace's rate limit of 3 requests",
	} {
		if !regexp.MustCompile(want).MatchString(log) {
			t.Errorf("got the log\n%s\nwant %s", log, want)
		}
	}
	for _, secret := range []string{"secret", "business"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log:\n%s", secret, log)
		}
	}
}

// What the flags want of the headers is on the wire, and the log has it.
func TestSimulateOddHeaders(t *testing.T) {
	base, out, stop := beginSimulate(t, "--tier", "tier1", "--rpm", "1", "--speed", "50", "--reset-rounding", "none",
		"--headers-only-on-429", "--date-skew", "-1h", "--retry-after-date", "--lacking-model", "claude-opus-4-8")
	client := simulatedClient(base)
	var answer *http.Response
	if _, err := client.Messages.New(t.Context(), simulatedAsk(), option.WithResponseInto(&answer)); err != nil {
		t.Fatal(err)
	}
	if got := answer.Header.Get("anthropic-ratelimit-requests-limit"); got != "" {
		t.Errorf("got a limit of %q on an answer, want none", got)
	}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err != nil || time.Since(date) < 59*time.Minute {
		t.Errorf("got the date %v, %v, want one an hour ago", date, err)
	}
	var refused *anthropic.Error
	if _, err := client.Messages.New(t.Context(), simulatedAsk()); !errors.As(err, &refused) || refused.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("got %v, want 429", err)
	}
	h := refused.Response.Header
	if h.Get("anthropic-ratelimit-requests-limit") != "1" || h.Get("anthropic-ratelimit-requests-reset") != "" {
		t.Errorf("got %v, want the limit and no reset", h)
	}
	if after, err := http.ParseTime(h.Get("retry-after")); err != nil || time.Since(after) < 58*time.Minute {
		t.Errorf("got a retry-after of %v, %v, want a date by the clock that is behind", after, err)
	}
	ask := simulatedAsk()
	ask.Model = anthropic.ModelClaudeOpus4_8
	if _, err := client.Messages.New(t.Context(), ask); err == nil || !strings.Contains(err.Error(), "Extra usage is required") {
		t.Errorf("got %v, want that the account lacks something", err)
	}
	stop()
	if want := regexp.MustCompile(`429 POST /v1/messages .*, retry after \w{3}, .* GMT: rate_limit_error`); !want.MatchString(out.all()) {
		t.Errorf("got the log\n%s\nwant %s", out.all(), want)
	}
}

// An answer under way ends well when the program is told to stop, and nobody else
// comes in.
func TestSimulateFinishesAnswers(t *testing.T) {
	base, out, stop := beginSimulate(t)
	answered := make(chan error, 1)
	client := simulatedClient(base)
	stream := client.Messages.NewStreaming(t.Context(), simulatedAsk(), option.WithHeader("x-sim-latency", "1s"))
	if !stream.Next() {
		t.Fatal(stream.Err())
	}
	go func() {
		for stream.Next() {
		}
		answered <- stream.Err()
	}()
	if code := stop(); code != command.ExitOK {
		t.Errorf("got exit code %d, want %d", code, command.ExitOK)
	}
	if err := <-answered; err != nil {
		t.Errorf("got %v, want the whole answer", err)
	}
	out.until(t, "(stopping: answers under way get 30s; once more to stop at once)")
	if _, err := http.Get(base + "/v1/models"); err == nil { //nolint:bodyclose,noctx // nobody answers
		t.Error("it still answers")
	}
}

// What is logged is still flushed, event by event.
func TestSimulateLogKeepsStreams(t *testing.T) {
	h := logRequests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "event: ping\n\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flush: got %v", err)
		}
	}), slog.New(slog.DiscardHandler))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/messages", http.NoBody))
	if !w.Flushed {
		t.Error("the event was not sent at once")
	}
}

// What is written to a log is in one line, whoever sent it.
func TestSimulateLogIsEscaped(t *testing.T) {
	for _, s := range []struct{ format, want string }{
		{logging.Pretty, "🧪 [API] 404 GET /\\x1b[2Ja\\nb in 0ms: not_found_error: x\\ny\n"},
		{logging.Text, `error="not_found_error: x\\ny"`},
		{logging.JSON, `"error":"not_found_error: x\\ny"`},
	} {
		var log bytes.Buffer
		h := logRequests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":{"type":"not_found_error","message":"x\ny"}}`)
		}), newLog(s.format, &log))
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.URL.Path = "/\x1b[2Ja\nb"
		h.ServeHTTP(httptest.NewRecorder(), r)
		got := regexp.MustCompile(`in \d+ms`).ReplaceAllString(log.String(), "in 0ms")
		if !strings.Contains(got, s.want) || strings.ContainsRune(got, '\x1b') || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: got %q, want %q", s.format, got, s.want)
		}
	}
}
