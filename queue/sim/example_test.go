package sim_test

import (
	"context"
	"fmt"

	"paceline/queue"
	"paceline/queue/sim"
)

func ExampleStart() {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		fmt.Println(err)
		return
	}
	world, err := sim.Start(q, sim.Options{Users: sim.DefaultUsers, Scene: "burst", Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	world.SetOutage(true)
	fmt.Println(world.Scene(), world.Outage())

	world.Close() // first the users, then the queue
	if err := q.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: burst true
}
