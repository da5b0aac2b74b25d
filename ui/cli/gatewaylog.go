package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// gatewayLog returns the log of the gateway's requests. In the pretty form the
// queue's own lines tell what goes well, so that only the rest is written.
func gatewayLog(format string, w io.Writer) *slog.Logger {
	if format == logPretty {
		return slog.New(prettyGateway{w})
	}
	return newSlog(format, w)
}

// prettyGateway writes a line for each request that did not go well.
type prettyGateway struct{ w io.Writer }

// Enabled implements slog.Handler.
func (h prettyGateway) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

// Handle implements slog.Handler. What came from outside is escaped already.
func (h prettyGateway) Handle(_ context.Context, r slog.Record) error {
	field := map[string]string{}
	r.Attrs(func(a slog.Attr) bool {
		field[a.Key] = a.Value.String()
		return true
	})
	_, err := fmt.Fprintf(h.w, "🌐 [GATEWAY] %s %s %s for %s (waited %sms, attempts: %s, id: %s): %s\n",
		field["status"], field["method"], field["path"], field["user"], field["waitedMs"], field["attempts"], field["id"], field["error"])
	return err
}

// WithAttrs implements slog.Handler. The gateway uses none.
func (h prettyGateway) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler. The gateway uses none.
func (h prettyGateway) WithGroup(string) slog.Handler { return h }

// lockedWriter lets several write whole lines to one place.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
