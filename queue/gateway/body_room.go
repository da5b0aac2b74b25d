package gateway

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
)

// DefaultBodyDisk is how many bytes of large bodies lie on the disk at most.
const DefaultBodyDisk = 2_000_000_000

const (
	// checkEvery is after how many bytes of a body the disk is looked at again.
	checkEvery = 4 << 20
	// keptFree is how many bytes of the disk stay free, or a twentieth of a small one.
	keptFree = 256 << 20
)

// errDiskFull says that there is no room for a body. What wraps it says why.
var errDiskFull = errors.New("gateway: no room for a large request")

// bodyRoom is the room on the disk for all bodies that are too large for memory. It is safe
// for concurrent use.
type bodyRoom struct {
	most     int64                    // bytes
	tempFile func() (*os.File, error) // creates a file for a body
	disk     func() (free, all int64) // of the disk of such files; zeros if not known
	taken    atomic.Int64             // bytes
}

func newBodyRoom(dir string, most int64) *bodyRoom {
	if dir == "" {
		dir = os.TempDir()
	}
	return &bodyRoom{
		most:     most,
		tempFile: func() (*os.File, error) { return privateFile(dir) },
		disk:     func() (free, all int64) { return diskSpace(dir) },
	}
}

// check returns an error if there is no room for a body of a claimed length now, so that
// nobody sends it in vain. It takes nothing.
func (r *bodyRoom) check(claimed int64) error {
	if claimed <= maxInMemory {
		return nil
	}
	if taken := r.taken.Load(); taken+claimed > r.most {
		return r.limitReached()
	}
	return r.checkDisk(claimed)
}

// take takes room for more bytes of a body, or returns an error that wraps errDiskFull.
func (r *bodyRoom) take(bytes int64) error {
	if r.taken.Add(bytes) > r.most {
		r.give(bytes)
		return r.limitReached()
	}
	return nil
}

// give gives room back.
func (r *bodyRoom) give(bytes int64) { r.taken.Add(-bytes) }

func (r *bodyRoom) limitReached() error {
	return fmt.Errorf("%w: those that wait take all of %d MB (--body-disk)", errDiskFull, r.most/1_000_000)
}

// checkDisk returns an error if the disk is nearly full, or would be after so many bytes.
func (r *bodyRoom) checkDisk(bytes int64) error {
	if free, all := r.disk(); all > 0 && free-bytes < min(keptFree, all/20) {
		return fmt.Errorf("%w: the disk for them is nearly full (TMPDIR names another)", errDiskFull)
	}
	return nil
}

// roomWriter writes a body to its file, in a room.
type roomWriter struct {
	file    *os.File
	room    *bodyRoom
	written int64 // and taken
	checked int64 // the size at which the disk was looked at
}

// Write implements io.Writer.
func (w *roomWriter) Write(b []byte) (int, error) {
	if w.written == 0 || w.written-w.checked >= checkEvery {
		if err := w.room.checkDisk(int64(len(b))); err != nil {
			return 0, err
		}
		w.checked = w.written
	}
	if err := w.room.take(int64(len(b))); err != nil {
		return 0, err
	}
	w.written += int64(len(b))
	n, err := w.file.Write(b)
	switch {
	case errors.Is(err, syscall.ENOSPC):
		err = fmt.Errorf("%w: the disk for them is full (TMPDIR names another)", errDiskFull)
	case err != nil:
		err = &diskError{err}
	}
	return n, err
}

// diskError is a failure to store a body, which is not the client's fault.
type diskError struct{ error }

func (e *diskError) Unwrap() error { return e.error }

// reason is the failure without the name of the file, which is a new one each time.
func (e *diskError) reason() string {
	if path, ok := errors.AsType[*fs.PathError](e.error); ok {
		return path.Op + ": " + path.Err.Error()
	}
	return e.Error()
}
