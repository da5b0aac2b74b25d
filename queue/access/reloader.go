package access

import (
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// checkInterval is the least time between two checks of the files.
const checkInterval = time.Second

// reloader is a value read from files, which is read again when they change. It has
// no goroutine: get checks the files, at most once a second. It is safe for
// concurrent use.
type reloader[T any] struct {
	files  []string
	read   func(old *T) (*T, error) // old is nil the first time
	report func(error)              // called once for each problem; never nil

	value     atomic.Pointer[T]
	begin     time.Time
	nextCheck atomic.Int64 // time of the next check, in nanoseconds since begin

	mu        sync.Mutex
	seen      []fs.FileInfo // of the files that value was read from, nil for missing ones; guarded by mu
	lastError string        // empty after a success; guarded by mu
}

// newReloader reads the files for the first time.
func newReloader[T any](read func(old *T) (*T, error), report func(error), files ...string) (*reloader[T], error) {
	if report == nil {
		report = func(error) {}
	}
	r := &reloader[T]{files: files, read: read, report: report, begin: time.Now()}
	r.seen = r.stat()
	value, err := read(nil)
	if err != nil {
		return nil, err
	}
	r.value.Store(value)
	r.nextCheck.Store(int64(checkInterval))
	return r, nil
}

// get returns the last value that could be read.
func (r *reloader[T]) get() *T {
	if int64(time.Since(r.begin)) >= r.nextCheck.Load() {
		if err := r.refresh(); err != nil {
			r.report(err)
		}
	}
	return r.value.Load()
}

// refresh reads the files again if they have changed, or could not be read before.
// It returns an error that is new.
func (r *reloader[T]) refresh() error {
	if !r.mu.TryLock() {
		return nil // another goroutine does it
	}
	defer r.mu.Unlock()
	defer func() { r.nextCheck.Store(int64(time.Since(r.begin) + checkInterval)) }()
	// Stat before the read, so that a change in between is noticed next time.
	now := r.stat()
	if r.lastError == "" && unchanged(r.seen, now) {
		return nil
	}
	value, err := r.read(r.value.Load())
	if err != nil {
		if err.Error() == r.lastError {
			return nil
		}
		r.lastError = err.Error()
		return err
	}
	r.value.Store(value)
	r.seen, r.lastError = now, ""
	return nil
}

func (r *reloader[T]) stat() []fs.FileInfo {
	infos := make([]fs.FileInfo, len(r.files))
	for i, file := range r.files {
		if info, err := os.Stat(file); err == nil {
			infos[i] = info
		}
	}
	return infos
}

// unchanged reports whether files look untouched.
func unchanged(a, b []fs.FileInfo) bool {
	for i := range a {
		switch {
		case a[i] == nil && b[i] == nil:
		case a[i] == nil || b[i] == nil,
			!os.SameFile(a[i], b[i]), !a[i].ModTime().Equal(b[i].ModTime()), a[i].Size() != b[i].Size():
			return false
		}
	}
	return true
}
