package replay_test

import (
	"context"
	"fmt"
	"time"

	"paceline/queue"
	"paceline/queue/replay"
	"paceline/queue/sim"
)

// Three users ask twice each, all at once, and the account allows four requests a
// minute. What would a spacing of 10 s make of it?
func ExampleRun() {
	load := replay.Load{
		Name:    "three users",
		Users:   3,
		Account: replay.AccountWith(sim.Limits{RequestsPerMinute: 4}),
		Messages: func() (all []*replay.Message) {
			for i := range 6 {
				all = append(all, &replay.Message{
					User: i % 3, Number: i / 3, At: replay.WarmUp,
					Call: sim.Call{Model: "claude-haiku-5-5", InputTokens: 100, OutputTokens: 20, MaxTokens: 100, Took: time.Second},
				})
			}
			return all
		},
	}
	spaced := queue.DefaultSettings()
	spaced.MinDelay, spaced.Step = 10*time.Second, 0
	adaptive := queue.DefaultSettings()
	adaptive.Adaptive = true
	for _, pace := range []replay.Pace{
		replay.QueuePace("spaced", spaced, false),
		replay.QueuePace("adaptive", adaptive, true),
	} {
		result, err := replay.Run(context.Background(), &load, pace)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %d answers, the last after %v\n", pace.Name, len(result.Answers), result.MaxLatency().Round(time.Second))
	}
	// Output:
	// spaced: 6 answers, the last after 51s
	// adaptive: 6 answers, the last after 31s
}
