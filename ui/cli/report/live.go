package report

import (
	"context"
	"errors"
	"time"

	"paceline/client"
	"paceline/client/report"
	"paceline/ui"
	"paceline/ui/cli/command"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// watchFlags say how long and how often a queue is polled.
type watchFlags struct {
	set      *pflag.FlagSet
	duration time.Duration
	interval time.Duration
}

func (f *watchFlags) addTo(c *cobra.Command) {
	f.set = pflag.NewFlagSet("live", pflag.ContinueOnError)
	f.set.DurationVar(&f.duration, "for", 0, "watch the queue at URL for so long, up to 24h (default: ask once)")
	f.set.DurationVar(&f.interval, "interval", ui.DefaultInterval, "time between two polls, 500ms to 1m")
	c.Flags().AddFlagSet(f.set)
}

func (f *watchFlags) check() error {
	if f.interval < ui.MinInterval || f.interval > ui.MaxInterval {
		return command.Usagef("--interval is %v: must be from %v to %v", f.interval, ui.MinInterval, ui.MaxInterval)
	}
	if f.duration < 0 || f.duration > 24*time.Hour {
		return command.Usagef("--for is %v: must be from 0s to 24h", f.duration)
	}
	return nil
}

// adviceRetries is how often a server is polled again that computes its advice only
// since it was polled.
const adviceRetries = 3

// awaitsAdvice reports whether a server computes its advice and has not finished.
func awaitsAdvice(s client.Sample) bool {
	return s.Detail != nil && s.Detail.OffersAdvice && s.Detail.Advice == nil
}

// watch makes the report of a queue that is polled, once or for a while.
func (p *process) watch(ctx context.Context, address string) (*summary, error) {
	source, err := p.remoteFlags.Source(p.App, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Close() }()
	builder, end := report.NewBuilder(), time.Now().Add(p.watchFlags.duration)
	var failed *client.Failure
	for polls := 0; ; polls++ {
		started := time.Now()
		sample, err := source.Poll(ctx)
		if ctx.Err() != nil && polls > 0 {
			break // stopped: the report is of what there is
		}
		entry := client.Entry{At: sample.At, Sample: sample}
		if err != nil {
			if ok := errors.As(err, &failed); !ok {
				failed = &client.Failure{Words: err.Error(), Err: err}
			}
			entry = client.Entry{Kind: client.EntryFailed, At: time.Now(), Failed: failed}
		}
		if p.watchFlags.duration == 0 {
			builder = report.NewBuilder() // only the last answer counts
		}
		builder.Add(entry)
		next := started.Add(p.watchFlags.interval)
		if next.After(end) && (p.watchFlags.duration > 0 || polls == adviceRetries || !awaitsAdvice(sample)) {
			break
		}
		command.Sleep(ctx, time.Until(next))
	}
	s := &summary{Report: builder.Report(), source: source.Name(), live: true}
	if s.Answers == 0 {
		return nil, command.Failf("unreachable: %s: %s", source.Name(), command.JoinNonEmpty("; ", failed.Words, failed.Hint))
	}
	return s, nil
}
