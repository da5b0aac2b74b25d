package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"paceline/queue"
	"paceline/ui/cli/logging"
)

// newLog returns the log of a simulated API's requests.
func newLog(format string, w io.Writer) *slog.Logger {
	return logging.NewRequests(format, w, slog.LevelInfo, logLine)
}

func logLine(field map[string]string) string {
	if field["status"] == "0" {
		field["status"] = "–"
	}
	line := fmt.Sprintf("🧪 [API] %s %s %s in %sms", field["status"], field["method"], field["path"], field["tookMs"])
	if org := field["org"]; org != "" {
		line += ", organization " + org
	}
	if left := field["requestsLeft"]; left != "" {
		line += ", requests left: " + left
	}
	if after := field["retryAfter"]; after != "" {
		if _, err := strconv.Atoi(after); err == nil {
			after += "s"
		}
		line += ", retry after " + after // seconds, or a date
	}
	if text := field["error"]; text != "" {
		line += ": " + text
	}
	return line
}

// logged writes down what h answers: neither keys nor messages.
func logged(h http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := &seenAnswer{ResponseWriter: w}
		defer func() { // also when h breaks the connection off, which is a panic
			level, attrs := seen.tell(r, time.Since(start))
			log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
		}()
		h.ServeHTTP(seen, r)
	})
}

// maxSeenError is how much of an error is looked at, in bytes.
const maxSeenError = 4 << 10

// seenAnswer remembers what an answer begins with.
type seenAnswer struct {
	http.ResponseWriter
	status int    // 0: none was given, as when the connection was reset
	failed []byte // the body of an error
}

// WriteHeader implements http.ResponseWriter.
func (s *seenAnswer) WriteHeader(status int) {
	if s.status == 0 && status >= http.StatusOK {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (s *seenAnswer) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	if s.status >= http.StatusBadRequest && len(s.failed)+len(b) <= maxSeenError {
		s.failed = append(s.failed, b...)
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap lets an http.ResponseController flush, and reset, the connection.
func (s *seenAnswer) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// tell says in fields what became of a request.
func (s *seenAnswer) tell(r *http.Request, took time.Duration) (slog.Level, []slog.Attr) {
	level := slog.LevelInfo
	if s.status == 0 || s.status >= http.StatusBadRequest {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.Int("status", s.status), slog.String("method", queue.Escape(r.Method)),
		slog.String("path", queue.Escape(r.URL.Path)), slog.Int64("tookMs", took.Milliseconds()),
	}
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, queue.Escape(value)))
		}
	}
	h := s.Header()
	text("org", h.Get("anthropic-organization-id"))
	text("requestsLeft", h.Get("anthropic-ratelimit-requests-remaining"))
	text("retryAfter", h.Get("retry-after"))
	text("error", s.problem(r.Context()))
	return level, attrs
}

// problem returns why a request got no good answer, as far as it shows; empty if
// it got one.
func (s *seenAnswer) problem(ctx context.Context) string {
	var body struct {
		Error struct{ Type, Message string }
	}
	switch {
	case json.Unmarshal(s.failed, &body) == nil && body.Error.Type != "":
		return body.Error.Type + ": " + body.Error.Message
	case s.status == 0 && ctx.Err() != nil:
		return "the connection ended before an answer"
	case s.status == 0:
		return "the connection was broken off, as chance or a header wanted it"
	default:
		return ""
	}
}
