package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// NewRequests returns a log for the requests of a server. In the pretty form, line
// formats the fields of each record at the level or above; the other forms are those
// of [New].
func NewRequests(format string, w io.Writer, level slog.Level, line func(field map[string]string) string) *slog.Logger {
	if format == Pretty {
		return slog.New(prettyRequests{w, level, line})
	}
	return New(format, w)
}

// prettyRequests writes a record as a line.
type prettyRequests struct {
	w     io.Writer
	level slog.Level
	line  func(field map[string]string) string
}

// Enabled implements slog.Handler.
func (h prettyRequests) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler. What came from outside is escaped already.
func (h prettyRequests) Handle(_ context.Context, r slog.Record) error {
	field := map[string]string{}
	r.Attrs(func(a slog.Attr) bool {
		field[a.Key] = a.Value.String()
		return true
	})
	_, err := fmt.Fprintln(h.w, h.line(field))
	return err
}

// WithAttrs implements slog.Handler. It is not used here.
func (h prettyRequests) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler. It is not used here.
func (h prettyRequests) WithGroup(string) slog.Handler { return h }
