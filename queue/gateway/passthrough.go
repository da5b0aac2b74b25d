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
	if route.owned != uploads && !x.readable() || !x.read(route.maxBody) {
		return
	}
	x.user, x.lane = userOf(x.r, ""), unpaced
	if route.owned != "" {
		x.passOwned(route.owned)
		return
	}
	x.passAny()
}

// passAny sends a request on that its token may send.
func (x *exchange) passAny() {
	ctx := x.r.Context()
	answer := x.call(ctx)
	if answer == nil {
		return
	}
	defer func() { _ = answer.Body.Close() }()
	x.passOn(ctx, answer)
}

// call sends a request on. Without an answer it returns nil, and has told the
// client.
func (x *exchange) call(ctx context.Context) *http.Response {
	if x.attempts == 0 {
		x.startAttempt()
	}
	answer, err := x.send(ctx)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = answer.Body.Close()
		}
		x.status, x.why = statusHungUp, context.Cause(ctx).Error()
		return nil
	case err != nil:
		x.why = connectionWords(err).Error()
		unreachable := ofQueue(err)
		unreachable.again = true // nobody has tried again yet
		x.fail(unreachable)
		return nil
	}
	return answer
}

// passOn passes an answer on as it comes.
func (x *exchange) passOn(ctx context.Context, answer *http.Response) {
	x.sendHeader(answer)
	err := x.copyBody(ctx, answer)
	switch {
	case errors.Is(err, errHungUp), errors.Is(err, errBroken) && ctx.Err() != nil:
		x.status, x.why = statusHungUp, errHungUp.Error()
		panic(http.ErrAbortHandler)
	case errors.Is(err, errBroken):
		x.why = cut(err.Error(), 300)
		panic(http.ErrAbortHandler)
	}
}
