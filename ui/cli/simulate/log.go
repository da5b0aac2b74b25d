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
func (r *responseRecorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *responseRecorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.status >= http.StatusBadRequest && len(r.errorBody)+len(b) <= maxErrorBody {
		r.errorBody = append(r.errorBody, b...)
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets an http.ResponseController flush, and reset, the connection.
func (r *responseRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// logAttrs returns the level and the fields of a request's record.
func (r *responseRecorder) logAttrs(request *http.Request, took time.Duration) (slog.Level, []slog.Attr) {
	level := slog.LevelInfo
	if r.status == 0 || r.status >= http.StatusBadRequest {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.Int("status", r.status), slog.String("method", queue.Escape(request.Method)),
		slog.String("path", queue.Escape(request.URL.Path)), slog.Int64("tookMs", took.Milliseconds()),
	}
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, queue.Escape(value)))
		}
	}
	h := r.Header()
	text("org", h.Get("anthropic-organization-id"))
	text("requestsLeft", h.Get("anthropic-ratelimit-requests-remaining"))
	text("retryAfter", h.Get("retry-after"))
	text("error", r.failure(request.Context()))
	return level, attrs
}

// failure returns why a request failed, as far as the answer shows it; empty if it
// succeeded.
func (r *responseRecorder) failure(ctx context.Context) string {
	var body struct {
		Error struct{ Type, Message string }
	}
	switch {
	case json.Unmarshal(r.errorBody, &body) == nil && body.Error.Type != "":
		return body.Error.Type + ": " + body.Error.Message
	case r.status == 0 && ctx.Err() != nil:
		return "the connection ended before an answer"
	case r.status == 0:
		return "the connection was broken off, as chance or a header wanted it"
	default:
		return ""
	}
}
