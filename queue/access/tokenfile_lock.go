package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockRetry   = 10 * time.Millisecond
	lockTimeout = 15 * time.Second // a change takes milliseconds
)

// lock excludes other processes until unlock, or until this process ends. It waits
// while another one has the lock.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	l := flock.New(path, flock.SetPermissions(0o600))
	_, err = l.TryLockContext(ctx, lockRetry)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil, fmt.Errorf("%w: it holds %s: try again", ErrLocked, path)
	case err != nil:
		return nil, fmt.Errorf("access: %w", err)
	default:
		return func() { _ = l.Close() }, nil // the file remains, for the next lock
	}
}
