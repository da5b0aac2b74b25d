package access

import (
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is how often files are looked at, at most.
const lookEvery = time.Second

// reloaded is what was read from files, and is read again when they change. It
// has no goroutine: whoever asks for it looks at the files, once a second. It is
// safe for concurrent use.
type reloaded[T any] struct {
	files  []string
	read   func(old *T) (*T, error) // old is nil the first time
	report func(error)              // told once of each problem; never nil

	value atomic.Pointer[T]
	begin time.Time
	next  atomic.Int64 // when to look, in nanoseconds since begin

	mu   sync.Mutex
	seen []fs.FileInfo // the files that value was read from, nil for those not there; guarded by mu
	said string        // the last problem, empty after a success; guarded by mu
}

// reload reads the files for the first time.
func reload[T any](read func(old *T) (*T, error), report func(error), files ...string) (*reloaded[T], error) {
	if report == nil {
		report = func(error) {}
	}
	r := &reloaded[T]{files: files, read: read, report: report, begin: time.Now()}
	r.seen = r.stat()
	value, err := read(nil)
	if err != nil {
		return nil, err
	}
	r.value.Store(value)
	r.next.Store(int64(lookEvery))
	return r, nil
}

// get returns what the files held when they were last looked at and whole.
func (r *reloaded[T]) get() *T {
	if int64(time.Since(r.begin)) >= r.next.Load() {
		if err := r.look(); err != nil {
			r.report(err)
		}
	}
	return r.value.Load()
}

// look reads the files again if they changed, or could not be read before. It
// returns a problem that is new.
func (r *reloaded[T]) look() error {
	if !r.mu.TryLock() {
		return nil // somebody is at it
	}
	defer r.mu.Unlock()
	defer func() { r.next.Store(int64(time.Since(r.begin) + lookEvery)) }()
	// Looked at before they are read: what changes in between is seen next time.
	now := r.stat()
	if r.said == "" && same(r.seen, now) {
		return nil
	}
	value, err := r.read(r.value.Load())
	if err != nil {
		if err.Error() == r.said {
			return nil
		}
		r.said = err.Error()
		return err
	}
	r.value.Store(value)
	r.seen, r.said = now, ""
	return nil
}

func (r *reloaded[T]) stat() []fs.FileInfo {
	infos := make([]fs.FileInfo, len(r.files))
	for i, file := range r.files {
		if info, err := os.Stat(file); err == nil {
			infos[i] = info
		}
	}
	return infos
}

// same reports whether files look untouched.
func same(a, b []fs.FileInfo) bool {
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
