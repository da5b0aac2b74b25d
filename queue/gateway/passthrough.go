package gateway

import (
	"context"
	"errors"
	"net/http"
)

// unpaced is the lane of what does not wait.
const unpaced = "unpaced"

// passThrough sends a request on at once, and its answer back.
func (x *exchange) passThrough(route route) {
	if !x.read(route.maxBody) {
		return
	}
	x.user, x.lane = userOf(x.r, ""), unpaced
	ctx := x.r.Context()
	x.startAttempt()
	answer, err := x.send(ctx)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = answer.Body.Close()
		}
		x.status, x.why = statusHungUp, context.Cause(ctx).Error()
		return
	case err != nil:
		x.why = connectionWords(err).Error()
		unreachable := ofQueue(err)
		unreachable.again = true // nobody has tried again yet
		x.fail(unreachable)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	x.sendHeader(answer)
	err = x.copyBody(ctx, answer)
	switch {
	case errors.Is(err, errHungUp), errors.Is(err, errBroken) && ctx.Err() != nil:
		x.status, x.why = statusHungUp, errHungUp.Error()
		panic(http.ErrAbortHandler)
	case errors.Is(err, errBroken):
		x.why = cut(err.Error(), 300)
		panic(http.ErrAbortHandler)
	}
}
