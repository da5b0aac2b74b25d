package advice

import (
	"context"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// PlanRow is a row of the published capacity table beside what a computed one says
// of the same users: everybody presses enter at the same time, with one message.
type PlanRow struct {
	Band     queue.Band
	From, To int // users; To is From in the last row, which has no end
	Paces    []PlanBurst
}

// PlanBurst is how long users wait under one pace who ask all at once.
type PlanBurst struct {
	Pace     string // "published spacing", "spaced", "spaced, step 0" or "adaptive"
	From, To PlanCrowd
}

// PlanCrowd is how long so many users wait who ask all at once.
type PlanCrowd struct {
	Users      int
	Mean, Last time.Duration // of those who were answered
	Failed     int
}

// PlanAnswer is how long the answers of the table take: what the published figures
// were measured with.
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
		replay.Queue("spaced", queue.DefaultSettings(), false),
		replay.Queue("spaced, step 0", even, false),
		replay.Queue("adaptive", planAdaptive(), true),
	}
	from := 1
	for _, b := range queue.Bands() {
		row := PlanRow{Band: b, From: from, To: max(b.MaxUsers, from)}
		for _, pace := range paces {
			burst := PlanBurst{Pace: pace.Name}
			if burst.From, err = p.crowd(ctx, pace, row.From); err != nil {
				return nil, err
			}
			if burst.To, err = p.crowd(ctx, pace, row.To); err != nil {
				return nil, err
			}
			row.Paces = append(row.Paces, burst)
		}
		rows = append(rows, row)
		from = b.MaxUsers + 1
	}
	return rows, nil
}

// crowd lets so many users ask all at once.
func (p Plan) crowd(ctx context.Context, pace replay.Pace, users int) (PlanCrowd, error) {
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
	felt, err := replay.Run(ctx, load, pace)
	if err != nil {
		return PlanCrowd{}, err
	}
	return PlanCrowd{Users: users, Mean: felt.MeanWait(), Last: felt.WaitQuantiles(1)[0], Failed: felt.Failures}, nil
}
