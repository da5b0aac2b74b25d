package access

import (
	"context"

	"paceline/queue"
)

// Caller is who sends a request, as its gateway token says.
type Caller struct {
	Name     string         // the token's
	Priority queue.Priority // the highest that it may ask for
	Admin    bool           // may change the queue: reset, settings, cancel
}

type callerKey struct{} // of the Caller in a context

// From returns who sends the request that ctx belongs to. It reports false where
// no token was asked for.
func From(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
