package state

import (
	"errors"
	"io"

	"github.com/gofrs/flock"
)

// errBusy is the error of a lock that another process holds.
var errBusy = errors.New("another process keeps its own there")

// lock locks the file at path until it is closed, or the process ends.
func lock(path string) (io.Closer, error) {
	l := flock.New(path, flock.SetPermissions(0o600))
	switch held, err := l.TryLock(); {
	case err != nil:
		return nil, err
	case !held:
		return nil, errBusy
	default:
		return l, nil
	}
}
