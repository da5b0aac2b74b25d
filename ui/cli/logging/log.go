package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"paceline/queue"
)

// The forms of the log.
const (
	Pretty = "pretty" // the lines that operators know
	JSON   = "json"
	Text   = "text"
)

// Formats returns the names of the forms.
func Formats() []string { return []string{Pretty, JSON, Text} }

// Observer returns a function that writes each event to w.
func Observer(format string, w io.Writer) func(queue.Event) {
	if format == Pretty {
		return func(e queue.Event) {
			line := e.Line()
			if e.Stack != "" {
				line += "\n" + strings.TrimRight(e.Stack, "\n")
			}
			fmt.Fprintln(w, line)
		}
	}
	handler := New(format, w).Handler()
	return func(e queue.Event) {
		record := slog.NewRecord(e.Time.Time, level(e.Kind), string(e.Kind), 0)
		record.AddAttrs(attrs(e)...)
		_ = handler.Handle(context.Background(), record) // a log that cannot be written has nobody to tell
	}
}

// New returns a structured log. [Pretty] has no structured form: it is written as
// [Text].
func New(format string, w io.Writer) *slog.Logger {
	if format == JSON {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// level returns the level of an event.
func level(k queue.Kind) slog.Level {
	switch k {
	case queue.KindFailed, queue.KindTimedOut, queue.KindTrouble, queue.KindOutage:
		return slog.LevelError
	case queue.KindRetry, queue.KindPaused, queue.KindRefused, queue.KindLost:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// attrs returns the fields of an event beyond its time and kind. Text from outside is
// escaped: a log is read on a terminal, whatever its form.
func attrs(e queue.Event) []slog.Attr {
	if s := e.Metrics; s != nil {
		return []slog.Attr{
			slog.Int64("total", s.Total), slog.Int64("successful", s.Successful), slog.Int64("failed", s.Failed),
			slog.String("successRate", s.SuccessRate), slog.String("averageWait", s.AverageWait),
			slog.Int("waiting", s.Waiting), slog.Bool("healthy", s.Healthy),
		}
	}
	var list []slog.Attr
	text := func(key, value string) {
		if value != "" {
			list = append(list, slog.String(key, queue.Escape(value)))
		}
	}
	text("user", e.User)
	if e.Lane != queue.DefaultLane {
		text("lane", e.Lane)
	}
	list = append(list, slog.Int("waiting", e.Waiting))
	if key := millisKey(e.Kind); key != "" {
		list = append(list, slog.Int64(key, e.Millis))
	}
	text("class", string(e.Class))
	text("error", e.Error)
	text("by", e.By)
	if e.Stack != "" {
		list = append(list, slog.String("stack", e.Stack))
	}
	return list
}

// millisKey returns the key of an event's Millis; empty if it has none.
func millisKey(k queue.Kind) string {
	switch k {
	case queue.KindStarted:
		return "waitedMs"
	case queue.KindSpacing:
		return "spacingMs"
	case queue.KindRetry:
		return "backoffMs"
	case queue.KindPaused:
		return "pauseMs"
	case queue.KindTimedOut:
		return "silentMs"
	case queue.KindRecovered:
		return "outageMs"
	case queue.KindLost:
		return "lines"
	default:
		return ""
	}
}
