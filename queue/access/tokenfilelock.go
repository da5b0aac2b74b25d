package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockRetry = 10 * time.Millisecond
	lockWait  = 15 * time.Second // for others; a change takes milliseconds
)

// lock keeps other processes out until unlock, or until this one is gone. It
// waits while others have it.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := flock.New(path, flock.SetPermissions(0o600))
	_, err = l.TryLockContext(ctx, lockRetry)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil, fmt.Errorf("%w: it holds %s: try again", ErrLocked, path)
	case err != nil:
		return nil, fmt.Errorf("access: %w", err)
	default:
		return func() { _ = l.Close() }, nil // the file stays, for the next one
	}
}
