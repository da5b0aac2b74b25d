package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
)

// The forms of the log.
const (
	logPretty = "pretty" // the lines that operators know
	logJSON   = "json"
	logText   = "text"
)

func logFormats() []string { return []string{logPretty, logJSON, logText} }

// openLog opens a file to append to. Only its owner may read what it creates:
// user names stand in it.
func openLog(path string) (io.Writer, func() error, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, failf("the log cannot be written: %v: choose another --log-file", err)
	}
	return f, f.Close, nil
}

// observer returns a function that writes each event to w.
func observer(format string, w io.Writer) func(queue.Event) {
	if format == logPretty {
		return func(e queue.Event) {
			line := e.Line()
			if e.Stack != "" {
				line += "\n" + strings.TrimRight(e.Stack, "\n")
			}
			fmt.Fprintln(w, line)
		}
	}
	handler := newSlog(format, w).Handler()
	return func(e queue.Event) {
		record := slog.NewRecord(e.Time.Time, level(e.Kind), string(e.Kind), 0)
		record.AddAttrs(attrs(e)...)
		_ = handler.Handle(context.Background(), record) // a log that cannot be written has nobody to tell
	}
}

// newSlog returns a structured log; pretty, which it has not, is text.
func newSlog(format string, w io.Writer) *slog.Logger {
	if format == logJSON {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// level says how loud an event is.
func level(k queue.Kind) slog.Level {
	switch k {
	case queue.KindFailed, queue.KindTimedOut, queue.KindTrouble:
		return slog.LevelError
	case queue.KindRetry, queue.KindPaused, queue.KindRefused, queue.KindLost:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// attrs are what an event says beyond its time and kind. What came from outside
// is escaped: a log is read on a terminal, whatever its form.
func attrs(e queue.Event) []slog.Attr {
	if s := e.Brief; s != nil {
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
	text("class", e.Class)
	text("error", e.Error)
	text("by", e.By)
	if e.Stack != "" {
		list = append(list, slog.String("stack", e.Stack))
	}
	return list
}

// millisKey names what an event's Millis are; "" if it has none.
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
	case queue.KindLost:
		return "lines"
	default:
		return ""
	}
}

// loggedSource writes down when the source it wraps stops and begins to answer,
// and each reset.
type loggedSource struct {
	client.Source
	log  *slog.Logger
	down time.Time // since when it does not answer; zero while it does
}

// Poll implements client.Source. Like its own it is never called twice at the
// same time.
func (s *loggedSource) Poll(ctx context.Context) (client.Sample, error) {
	sample, err := s.Source.Poll(ctx)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled): // the monitor ends
	case err != nil && s.down.IsZero():
		s.down = time.Now()
		s.log.Warn("unreachable", "queue", s.Name(), "error", queue.Escape(err.Error()))
	case err == nil && !s.down.IsZero():
		s.log.Info("live again", "queue", s.Name(), "after", time.Since(s.down).Round(time.Millisecond).String())
		s.down = time.Time{}
	}
	return sample, err
}

// Reset implements client.Source.
func (s *loggedSource) Reset(ctx context.Context) error {
	err := s.Source.Reset(ctx)
	if err != nil {
		s.log.Warn("reset failed", "queue", s.Name(), "error", queue.Escape(err.Error()))
	} else {
		s.log.Info("reset", "queue", s.Name())
	}
	return err
}

// loggedTuner writes down each change of the settings.
type loggedTuner struct {
	client.Tuner
	source *loggedSource
}

// Tune implements client.Tuner.
func (t loggedTuner) Tune(ctx context.Context, c client.Change) error {
	err := t.Tuner.Tune(ctx, c)
	log := t.source.log.With("queue", t.source.Name(), "field", c.Field, "value", c.Value)
	if err != nil {
		log.Warn("setting not changed", "error", queue.Escape(err.Error()))
	} else {
		log.Info("setting changed")
	}
	return err
}

// loggedResumer writes down each pause that is ended.
type loggedResumer struct {
	client.Resumer
	source *loggedSource
}

// Resume implements client.Resumer.
func (r loggedResumer) Resume(ctx context.Context, lane string) error {
	err := r.Resumer.Resume(ctx, lane)
	log := r.source.log.With("queue", r.source.Name(), "lane", queue.Escape(lane))
	if err != nil {
		log.Warn("pause not ended", "error", queue.Escape(err.Error()))
	} else {
		log.Info("pause ended")
	}
	return err
}
