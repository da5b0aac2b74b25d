package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"
)

const (
	lockRetry = 10 * time.Millisecond
	lockStale = 10 * time.Second // after which its owner is taken for dead; a change takes milliseconds
	lockWait  = 15 * time.Second // for others, one that died among them
)

// lockFile keeps other processes out by being there. It is a plain file so that
// it works on every system and file system.
type lockFile struct {
	path string
	info fs.FileInfo
}

// lock creates the file, waiting while others have it.
func lock(ctx context.Context, path string) (*lockFile, error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		l, err := tryLock(path)
		if err == nil {
			return l, nil
		}
		if !taken(err) {
			return nil, fmt.Errorf("access: %w", err)
		}
		breakStale(path)
		select {
		case <-time.After(lockRetry):
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: try again, and if none is, delete %s", ErrLocked, path)
		}
	}
}

// taken reports whether err says that the file is there. Windows denies access
// to one that is being deleted.
func taken(err error) bool {
	return errors.Is(err, fs.ErrExist) || runtime.GOOS == "windows" && errors.Is(err, fs.ErrPermission)
}

func tryLock(path string) (*lockFile, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return &lockFile{path, info}, nil
}

// breakStale removes a lock whose owner died. Two that do so at once could
// remove a new one, too; its owner notices, see ours.
func breakStale(path string) {
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > lockStale {
		_ = os.Remove(path)
	}
}

// ours reports whether nobody has taken the lock for one of the dead.
func (l *lockFile) ours() bool {
	info, err := os.Stat(l.path)
	return err == nil && os.SameFile(info, l.info)
}

func (l *lockFile) release() {
	if l.ours() {
		_ = os.Remove(l.path)
	}
}
