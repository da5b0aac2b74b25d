package loadtest

import (
	"context"
	"errors"
	"time"

	"paceline/client"
	"paceline/client/loadtest"
	"paceline/queue"
	"paceline/ui/cli/command"
)

const (
	emptyTimeout      = 5 * time.Minute // for a queue to be empty between two loads
	emptyPollInterval = 500 * time.Millisecond
)

// loadRun is one load's result, with what was to be expected of it.
type loadRun struct {
	loadtest.Assessment
	result      loadtest.Result
	after       *client.Sample  // nil where the queue did not answer
	pollFailure *client.Failure // why after is nil
}

// run runs the loads one after another and reports.
func (p *process) run(ctx context.Context) error {
	defer func() { _ = p.source.Close() }() // it always returns nil
	ctx, p.stop = context.WithCancel(ctx)
	defer p.stop()
	start, _ := p.poll(ctx)
	simulated := p.ownServer || isSimulated(start)
	if err := p.resolveRoute(ctx, simulated); err != nil {
		return err
	}
	if err := p.confirmCost(simulated, start); err != nil {
		return err
	}
	report := report{base: p.target.Base, ownServer: p.ownServer, simulated: simulated, target: p.target}
	for i, plan := range p.plans {
		if i > 0 && !p.waitUntilEmpty(ctx) {
			break
		}
		run, err := p.runPlan(ctx, plan)
		if err != nil {
			return command.Failf("%v", err)
		}
		report.runs = append(report.runs, run)
		report.simulated = report.simulated || isSimulated(run.after) // it may have heard from its API only now
		if !p.flags.json {
			if err := report.print(p.Out, run, i == 0); err != nil {
				return err
			}
		}
	}
	report.stopped = len(report.runs) < len(p.plans)
	p.Code = report.exit()
	if p.flags.json {
		return report.printJSON(p.Out)
	}
	return nil
}

// runPlan runs one load.
func (p *process) runPlan(ctx context.Context, plan loadtest.Plan) (r loadRun, err error) {
	before, _ := p.poll(ctx)
	if r.result, err = p.runWithProgress(ctx, plan); err != nil {
		return r, err
	}
	// The figures are wanted after ctrl-c, too.
	r.after, r.pollFailure = p.poll(context.WithoutCancel(ctx))
	r.Assessment = loadtest.Assess(r.result, before, r.after)
	return r, nil
}

// poll polls the queue once.
func (p *process) poll(ctx context.Context) (*client.Sample, *client.Failure) {
	sample, err := p.source.Poll(ctx)
	if err == nil {
		return &sample, nil
	}
	failed, ok := errors.AsType[*client.Failure](err)
	if !ok {
		failed = &client.Failure{Words: err.Error(), Err: err}
	}
	return nil, failed
}

// waitUntilEmpty waits until the queue is empty and its next start is free, or ctx
// ends: then it returns false. A queue that does not answer is taken to be empty,
// for every message of the load before has its answer.
func (p *process) waitUntilEmpty(ctx context.Context) bool {
	limit, announced := time.Now().Add(emptyTimeout), false
	for time.Now().Before(limit) && ctx.Err() == nil {
		s, failed := p.poll(ctx)
		if failed != nil || s.Waiting.Value == 0 && (s.Detail == nil || s.Detail.Running.Value+s.Detail.InBackoff.Value == 0) {
			settings := queue.DefaultSettings()
			if s != nil && s.Detail != nil {
				settings = s.Detail.QueueSettings().Or(settings)
			}
			command.Sleep(ctx, settings.MinDelay)
			break
		}
		if !announced {
			p.Say("waiting until the queue is empty")
			announced = true
		}
		command.Sleep(ctx, emptyPollInterval)
	}
	return ctx.Err() == nil
}

// isSimulated reports whether a queue tells that its API is simulated.
func isSimulated(s *client.Sample) bool {
	return s != nil && s.Detail != nil && s.Detail.Simulated.Value
}
