package cli

import (
	"context"
	"paceline/queue"
)

// stopQueue ends a queue that nobody needs any more: what waits leaves at once.
func stopQueue(q *queue.Queue) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = q.Shutdown(ctx) // it says that not everything finished, as wanted
}
