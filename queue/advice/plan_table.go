package advice

import (
	"context"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// PlanRow is a row of the published capacity table with computed waits: all users
// send one message at the same time.
type PlanRow struct {
	Band     queue.Band
	From, To int // users; the last row has no end, and To is From
	Paces    []PlanBurst
}

// PlanBurst is how long users who ask at the same time wait under one pace.
type PlanBurst struct {
	Pace     string // "published spacing", "spaced", "spaced, step 0" or "adaptive"
	From, To PlanBurstWait
}

// PlanBurstWait is how long a number of users who ask at the same time wait.
type PlanBurstWait struct {
	Users      int
	Mean, Last time.Duration // of the answered messages
	Failed     int
}

// PlanAnswer is how long the answers of the table take, as in the published
// measurement.
const PlanAnswer = 1500 * time.Millisecond

// The tokens of a message of the table.
const (
	burstInput  = 200
	burstOutput = 40
)

// table returns the published capacity table, computed.
func (p Plan) table(ctx context.Context) (rows []PlanRow, err error) {
	even := queue.DefaultSettings()
	even.Step = 0
	paces := []replay.Pace{
		replay.Published(),
		replay.QueuePace("spaced", queue.DefaultSettings(), false),
		replay.QueuePace("spaced, step 0", even, false),
		replay.QueuePace("adaptive", planAdaptive(), true),
	}
	from := 1
	for _, b := range queue.Bands() {
		row := PlanRow{Band: b, From: from, To: max(b.MaxUsers, from)}
		for _, pace := range paces {
			burst := PlanBurst{Pace: pace.Name}
			if burst.From, err = p.burst(ctx, pace, row.From); err != nil {
				return nil, err
			}
			if burst.To, err = p.burst(ctx, pace, row.To); err != nil {
				return nil, err
			}
			row.Paces = append(row.Paces, burst)
		}
		rows = append(rows, row)
		from = b.MaxUsers + 1
	}
	return rows, nil
}

// burst lets that many users ask at the same time.
func (p Plan) burst(ctx context.Context, pace replay.Pace, users int) (PlanBurstWait, error) {
	call := sim.Call{
		Model: p.Model, InputTokens: min(burstInput, p.largestInput()), OutputTokens: burstOutput, MaxTokens: 1024,
		FirstToken: PlanAnswer / 3, Took: PlanAnswer,
	}
	load := &replay.Load{Name: "all at once", Users: users, Account: replay.AccountWith(p.Limits), Messages: func() (all []*replay.Message) {
		for u := range users {
			all = append(all, &replay.Message{User: u, At: replay.WarmUp, Call: call, Bytes: 3 * call.InputTokens})
		}
		return all
	}}
	result, err := replay.Run(ctx, load, pace)
	if err != nil {
		return PlanBurstWait{}, err
	}
	return PlanBurstWait{Users: users, Mean: result.MeanWait(), Last: result.WaitQuantiles(1)[0], Failed: result.Failures}, nil
}
