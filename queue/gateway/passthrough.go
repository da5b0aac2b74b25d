package gateway

import (
	"context"
	"errors"
	"net/http"

	"paceline/queue"
)

// unpaced is the lane of requests that do not wait.
const unpaced = "unpaced"

// passThrough forwards a request at once, and passes its answer back.
func (x *exchange) passThrough(route route) {
	if !x.readBody(route) {
		return
	}
	x.setSender("")
	x.lane = unpaced
	if route.owned {
		x.forwardOwned(route.path)
		return
	}
	x.forward()
}

// forward sends a request upstream without further checks, and passes its answer
// back.
func (x *exchange) forward() {
	ctx := x.r.Context()
	answer := x.roundTrip(ctx)
	if answer == nil {
		return
	}
	defer func() { _ = answer.Body.Close() }()
	x.forwardAnswer(ctx, answer)
}

// roundTrip sends a request upstream. Without an answer it returns nil, after an
// error to the client.
func (x *exchange) roundTrip(ctx context.Context) *http.Response {
	if x.attempts == 0 {
		x.startAttempt()
	}
	answer, err := x.send(ctx)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = answer.Body.Close()
		}
		x.status, x.failure = statusHungUp, context.Cause(ctx).Error()
		return nil
	case err != nil:
		x.failure = connectionError(err).Error()
		unreachable := queueError(err)
		unreachable.retryable = true // it was not retried
		x.writeError(unreachable)
		return nil
	}
	if answer.StatusCode < 300 && x.path == batchesPath && x.r.Method == http.MethodPost {
		if x.batched = x.fields.requests; x.batched > 0 {
			x.gateway.figures.countBatch(x.token, x.batched)
		}
	}
	return answer
}

// forwardAnswer passes an answer on as it arrives.
func (x *exchange) forwardAnswer(ctx context.Context, answer *http.Response) {
	x.sendHeader(answer)
	err := x.copyBody(ctx, answer)
	switch {
	case errors.Is(err, errHungUp):
		x.status, x.failure = statusHungUp, err.Error()
		panic(http.ErrAbortHandler)
	case errors.Is(err, errBroken) && ctx.Err() != nil:
		x.status, x.failure = statusHungUp, errHungUp.Error()
		panic(http.ErrAbortHandler)
	case errors.Is(err, errBroken):
		x.failure = queue.Truncate(err.Error(), 300)
		panic(http.ErrAbortHandler)
	}
}
