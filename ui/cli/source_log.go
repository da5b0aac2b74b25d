package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/ui/cli/command"
)

// openLog opens a log file to append to. Only its owner may read a file that it
// creates: a log has the names of users.
func openLog(path string) (io.Writer, func() error, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, command.Failf("the log cannot be written: %v: choose another --log-file", err)
	}
	return f, f.Close, nil
}

// loggedSource logs when the source that it wraps stops and begins to answer, and
// each reset.
type loggedSource struct {
	client.Source
	log  *slog.Logger
	down time.Time // since when it does not answer; zero while it does
}

// Poll implements client.Source. It is never called twice at the same time.
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

// loggedTuner logs each change of the settings.
type loggedTuner struct {
	client.Tuner
	source *loggedSource
}

// Tune implements client.Tuner.
func (t loggedTuner) Tune(ctx context.Context, changes []client.Change) error {
	err := t.Tuner.Tune(ctx, changes)
	for _, c := range changes {
		log := t.source.log.With("queue", t.source.Name(), "field", c.Field, "value", c.Value)
		if err != nil {
			log.Warn("setting not changed", "error", queue.Escape(err.Error()))
		} else {
			log.Info("setting changed")
		}
	}
	return err
}

// SetPace implements client.Tuner.
func (t loggedTuner) SetPace(ctx context.Context, pace string) error {
	err := t.Tuner.SetPace(ctx, pace)
	log := t.source.log.With("queue", t.source.Name(), "pace", queue.Escape(pace))
	if err != nil {
		log.Warn("pace not changed", "error", queue.Escape(err.Error()))
	} else {
		log.Info("pace changed")
	}
	return err
}

// loggedResumer logs each pause that is ended.
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

// loggedLine logs each change of who waits.
type loggedLine struct {
	client.Line
	source *loggedSource
}

// Cancel implements client.Line.
func (l loggedLine) Cancel(ctx context.Context, r client.RequestRef) error {
	err := l.Line.Cancel(ctx, r)
	l.log(err, "request cancelled", "id", r.ID, "user", r.User)
	return err
}

// CancelUser implements client.Line.
func (l loggedLine) CancelUser(ctx context.Context, user client.Name) (int, error) {
	n, err := l.Line.CancelUser(ctx, user)
	l.log(err, "requests cancelled", "user", user, "requests", n)
	return n, err
}

// SetPriority implements client.Line.
func (l loggedLine) SetPriority(ctx context.Context, r client.RequestRef, priority string) error {
	err := l.Line.SetPriority(ctx, r, priority)
	l.log(err, "priority changed", "id", r.ID, "user", r.User, "priority", priority)
	return err
}

// SetUserPriority implements client.Line.
func (l loggedLine) SetUserPriority(ctx context.Context, user client.Name, priority string) (int, error) {
	n, err := l.Line.SetUserPriority(ctx, user, priority)
	l.log(err, "priorities changed", "user", user, "priority", priority, "requests", n)
	return n, err
}

// log logs what was changed, or that it was not.
func (l loggedLine) log(err error, what string, args ...any) {
	for i, a := range args {
		if name, ok := a.(client.Name); ok {
			args[i] = queue.Escape(name.String())
		}
	}
	log := l.source.log.With("queue", l.source.Name()).With(args...)
	if err != nil {
		log.Warn("not done: "+what, "error", queue.Escape(err.Error()))
	} else {
		log.Info(what)
	}
}
