package loadtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"paceline/client"
	"paceline/client/loadtest"
	"paceline/queue"
	"paceline/ui/cli/command"
)

const (
	emptyTime  = 5 * time.Minute // for a queue to be empty between two loads
	emptyEvery = 500 * time.Millisecond
	// serviceOff is how far the answers' own time may lie from the usual one
	// before the figures are computed with it, too.
	serviceOff = 0.1
)

// loadRun is one load's results, with what they are compared with.
type loadRun struct {
	result    loadtest.Result
	before    *client.Sample // nil where the queue did not tell
	after     *client.Sample
	unread    *client.Failure // why after is nil
	published *loadtest.Figures
	settings  queue.Settings
	told      bool              // the endpoint told its settings
	account   loadtest.Account  // behind an adaptive queue
	learning  time.Duration     // the average of one that had yet to learn its limits, if the measured one lies between; else zero
	usual     loadtest.Expected // with answers of the usual time
	service   time.Duration     // the time of the answers, as the queue measured it; zero if it is as usual, or not told
	expected  loadtest.Expected // with answers of that time; else as usual
	judgement loadtest.Judgement
	off       float64 // of the measured average, as a share of the computed one
	notes     []string
}

// run runs the loads one after another and reports.
func (t *process) run(ctx context.Context) error {
	defer func() { _ = t.source.Close() }() // it always returns nil
	ctx, t.stop = context.WithCancel(ctx)
	defer t.stop()
	start, _ := t.poll(ctx)
	simulated := t.own || saysSimulated(start)
	if err := t.resolveRoute(ctx, simulated); err != nil {
		return err
	}
	if err := t.confirmCost(simulated, start); err != nil {
		return err
	}
	report := report{base: t.target.Base, own: t.own, simulated: simulated, target: t.target}
	for i, plan := range t.plans {
		if i > 0 && !t.waitUntilEmpty(ctx) {
			break
		}
		run, err := t.one(ctx, plan)
		if err != nil {
			return command.Failf("%v", err)
		}
		report.runs = append(report.runs, run)
		report.simulated = report.simulated || saysSimulated(run.after) // it may have heard from its API only now
		if !t.flags.json {
			if err := report.print(t.Out, run, i == 0); err != nil {
				return err
			}
		}
	}
	report.stopped = len(report.runs) < len(t.plans)
	t.Code = report.exit()
	if t.flags.json {
		return report.printJSON(t.Out)
	}
	return nil
}

// one runs one load.
func (t *process) one(ctx context.Context, plan loadtest.Plan) (loadRun, error) {
	r := loadRun{settings: queue.DefaultSettings()}
	r.before, _ = t.poll(ctx)
	var err error
	if r.result, err = t.show(ctx, plan); err != nil {
		return r, err
	}
	// The figures are wanted after ctrl-c, too.
	r.after, r.unread = t.poll(context.WithoutCancel(ctx))
	r.reckon()
	return r, nil
}

// ruleOf returns the settings that a sample tells, to compute with.
func ruleOf(s *client.Sample) client.Opt[queue.Settings] {
	if s == nil || s.Detail == nil {
		return client.Opt[queue.Settings]{}
	}
	return s.Detail.Settings.Rule()
}

// reckon computes what was to be expected, and compares.
func (r *loadRun) reckon() {
	if f, ok := loadtest.Published(r.result.Plan.Name); ok {
		r.published = &f
	}
	for _, s := range []*client.Sample{r.before, r.after} {
		if rule := ruleOf(s); rule.Known {
			r.settings, r.told = rule.Value, true
			r.settings.Adaptive = s.Detail.Pace.Value == queue.PaceAdaptive
		}
	}
	if r.settings.Adaptive {
		r.account = r.limits()
	}
	if err := r.expect(); err != nil { // it was checked: nothing to expect
		r.judgement = loadtest.Incomparable
		return
	}
	if r.judgement == loadtest.Faster && r.account.PerMinute > 0 && !r.account.Learned { // of a lane that rests nobody tells
		learning := r.expected.Average
		r.account.Learned = true
		_ = r.expect() // it was fine a moment ago
		if r.judgement == loadtest.Slower {
			r.judgement, r.learning = loadtest.AsComputed, learning
		}
	}
	r.notes = r.remarks()
}

// expect computes what was to be expected of the account as it is known, and
// compares.
func (r *loadRun) expect() error {
	plan := r.result.Plan
	usual, err := loadtest.Expect(r.settings, plan, loadtest.UsualService, r.account)
	if err != nil {
		return err
	}
	r.usual, r.expected = usual, usual
	if r.after != nil && r.after.Detail != nil {
		measured := r.after.Detail.Response.Average
		off := float64(measured.Value-loadtest.UsualService) / float64(loadtest.UsualService)
		if measured.Known && measured.Value > 0 && max(off, -off) > serviceOff {
			if e, err := loadtest.Expect(r.settings, plan, measured.Value, r.account); err == nil {
				r.service, r.expected = measured.Value, e
			}
		}
	}
	r.judgement, r.off = loadtest.Compare(r.result, r.expected)
	return nil
}

// remarks says what else could be the reason for a difference.
func (r *loadRun) remarks() []string {
	var notes []string
	note := func(n int64, one, many string) {
		if n == 1 {
			notes = append(notes, one)
		} else if n > 1 {
			notes = append(notes, fmt.Sprintf(many, n))
		}
	}
	if r.before != nil {
		note(int64(r.before.Waiting.Value), "1 request was waiting when it began", "%d requests were waiting when it began")
	}
	if r.before != nil && r.after != nil {
		note(grown(r.before.Total, r.after.Total)-int64(r.result.Sent),
			"1 request of others came in the meantime", "%d requests of others came in the meantime")
	}
	if r.before != nil && r.after != nil && r.before.Detail != nil && r.after.Detail != nil {
		before, after := r.before.Detail, r.after.Detail
		note(grown(before.Retries, after.Retries), "the queue tried 1 request again", "the queue tried again %d times")
		note(grown(before.RateLimited, after.RateLimited), "the API refused 1 for its rate limit, which paused the queue",
			"the API refused %d for its rate limit, which paused the queue")
	}
	if !r.told {
		notes = append(notes, "the endpoint does not tell its settings: the computed figures are those of the defaults")
	}
	return notes
}

// grown is by how much a counter grew; 0 if that is not known.
func grown(before, after client.Opt[int64]) int64 {
	if !before.Known || !after.Known {
		return 0
	}
	return max(after.Value-before.Value, 0)
}

// poll asks for the queue's figures once.
func (t *process) poll(ctx context.Context) (*client.Sample, *client.Failure) {
	sample, err := t.source.Poll(ctx)
	if err == nil {
		return &sample, nil
	}
	failed, ok := errors.AsType[*client.Failure](err)
	if !ok {
		failed = &client.Failure{Words: err.Error(), Err: err}
	}
	return nil, failed
}

// waitUntilEmpty waits until the queue is empty and its next start is free; false if it is
// not to go on. Where the queue does not tell, everything was answered, which has
// to do.
func (t *process) waitUntilEmpty(ctx context.Context) bool {
	limit, told := time.Now().Add(emptyTime), false
	for time.Now().Before(limit) && ctx.Err() == nil {
		s, failed := t.poll(ctx)
		if failed != nil || s.Waiting.Value == 0 && (s.Detail == nil || s.Detail.Running.Value+s.Detail.InBackoff.Value == 0) {
			free := ruleOf(s).Or(queue.DefaultSettings()).MinDelay
			command.Sleep(ctx, free)
			break
		}
		if !told {
			t.Say("waiting until the queue is empty")
			told = true
		}
		command.Sleep(ctx, emptyEvery)
	}
	return ctx.Err() == nil
}

// saysSimulated reports whether a queue says that the API behind it is simulated.
func saysSimulated(s *client.Sample) bool {
	return s != nil && s.Detail != nil && s.Detail.Simulated.Value
}
