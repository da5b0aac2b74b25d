package sim_test

import (
	"context"
	"fmt"

	"paceline/queue"
	"paceline/queue/sim"
)

func ExampleStartDemo() {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		fmt.Println(err)
		return
	}
	demo, err := sim.StartDemo(q, sim.DemoOptions{Users: sim.DefaultUsers, Scene: "burst", Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	demo.SetOutage(true)
	fmt.Println(demo.Scene(), demo.Outage())

	demo.Close() // first the users, then the queue
	if err := q.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: burst true
}
