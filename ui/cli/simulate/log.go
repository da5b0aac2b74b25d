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

// logRequests logs each answer of h, without keys and messages.
func logRequests(h http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := &responseRecorder{ResponseWriter: w}
		defer func() { // also when h breaks the connection off, which is a panic
			level, attrs := seen.logAttrs(r, time.Since(start))
			log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
		}()
		h.ServeHTTP(seen, r)
	})
}

// maxErrorBody is the size of the longest error body that is read, in bytes.
const maxErrorBody = 4 << 10

// responseRecorder keeps the status of an answer, and the body of an error.
type responseRecorder struct {
	http.ResponseWriter
	status    int    // 0: none was given, as when the connection was reset
	errorBody []byte // the body of an error
}

// WriteHeader implements http.ResponseWriter.
func (s *responseRecorder) WriteHeader(status int) {
	if s.status == 0 && status >= http.StatusOK {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (s *responseRecorder) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	if s.status >= http.StatusBadRequest && len(s.errorBody)+len(b) <= maxErrorBody {
		s.errorBody = append(s.errorBody, b...)
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap lets an http.ResponseController flush, and reset, the connection.
func (s *responseRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// logAttrs returns the level and the fields of a request's record.
func (s *responseRecorder) logAttrs(r *http.Request, took time.Duration) (slog.Level, []slog.Attr) {
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
	text("error", s.failure(r.Context()))
	return level, attrs
}

// failure returns why a request failed, as far as the answer shows it; empty if it
// succeeded.
func (s *responseRecorder) failure(ctx context.Context) string {
	var body struct {
		Error struct{ Type, Message string }
	}
	switch {
	case json.Unmarshal(s.errorBody, &body) == nil && body.Error.Type != "":
		return body.Error.Type + ": " + body.Error.Message
	case s.status == 0 && ctx.Err() != nil:
		return "the connection ended before an answer"
	case s.status == 0:
		return "the connection was broken off, as chance or a header wanted it"
	default:
		return ""
	}
}
