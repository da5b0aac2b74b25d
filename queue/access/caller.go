package access

import (
	"context"

	"paceline/queue"
)

// Caller is the sender of a request, by its gateway token.
type Caller struct {
	Name     string         // the token's
	Priority queue.Priority // the highest allowed
	Admin    bool           // it is an admin's token
	Role     Role           // what it may see and do beside its requests
	Weight   float64        // how many turns the token gets for each turn of one of weight 1
}

type callerKey struct{} // the context key of the Caller

// CallerFrom returns the caller of the request with this context. It is false if no
// token was required.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
