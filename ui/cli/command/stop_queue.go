package command

import (
	"context"

	"paceline/queue"
)

// StopQueue shuts a queue down at once: requests that wait fail.
func StopQueue(q *queue.Queue) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = q.Shutdown(ctx) // the error says that not everything finished, which is wanted
}
