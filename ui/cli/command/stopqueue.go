package command

import (
	"context"

	"paceline/queue"
)

// StopQueue ends a queue that nobody needs any more: what waits leaves at once.
func StopQueue(q *queue.Queue) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = q.Shutdown(ctx) // it says that not everything finished, as wanted
}
