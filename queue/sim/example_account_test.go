package sim_test

import (
	"fmt"
	"time"

	"paceline/queue/sim"
)

// An organization of the old lowest tier sends a long prompt twice.
func ExampleAccount() {
	tier, err := sim.Tier("tier1")
	if err != nil {
		fmt.Println(err)
		return
	}
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	account, err := sim.NewAccount(sim.AccountSettings{Epoch: noon, Limits: tier.Limits, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	call := sim.Call{ID: 1, Model: "claude-sonnet-4-6", InputTokens: 20_000, OutputTokens: 500, Took: 8 * time.Second}
	for range 2 {
		d := account.Arrive(noon, call)
		fmt.Println(d.Status, d.RefusedBy, d.RetryAfter, d.Headers.InputTokens.Remaining, d.Headers.Requests.Remaining)
		call.ID++
	}
	wait, _ := account.Wait(noon, call)
	fmt.Println(wait, account.Arrive(noon.Add(wait), call).Status)
	// Output:
	// 200  0s 10000 49
	// 429 input-tokens 20s 10000 49
	// 20s 200
}
