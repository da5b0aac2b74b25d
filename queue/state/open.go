package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"paceline/queue"
)

// File is a file that keeps a queue's state. This process holds it until
// [File.Close]. A nil *File keeps nothing, which is no error.
type File struct {
	path string
	logf func(format string, args ...any)
	lock io.Closer // nil once closed

	failing bool // the last write failed, and that was logged
	size    int  // bytes of the last written file
}

// Open opens the file at path, makes its directory if needed, and returns its
// state: the zero State if there is no file yet. A file that cannot be read is set
// aside under another name. If that is not possible, or another process has the
// file, or this one may not use it, the File is nil and keeps nothing. logf gets
// each problem, in one line without secrets or control characters; none is a reason
// to stop.
func Open(path string, logf func(format string, args ...any)) (*File, queue.State) {
	f := &File{path: path, logf: logf}
	before, err := f.open()
	if err != nil {
		logf("the counters begin at zero and will not outlast this run: %s: %s", queue.Escape(path), describe(err))
		f.Close()
		return nil, queue.State{}
	}
	return f, before
}

func (f *File) open() (s queue.State, err error) {
	var b []byte
	f.lock, b, err = hold(f.path, maxSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case errors.Is(err, errTooLarge): // set aside
	case err != nil:
		return s, err
	default:
		if s, err = decode(b); err == nil {
			return s, nil
		}
	}
	kind := "damaged"
	if errors.Is(err, errNewer) {
		kind = "newer"
	}
	aside, asideErr := setAside(f.path, kind)
	if asideErr != nil {
		return queue.State{}, fmt.Errorf("%w, and it cannot be set aside: %s", err, describe(asideErr))
	}
	f.logf("the counters begin at zero: %s cannot be used, %s; it is now %s", queue.Escape(f.path), describe(err), queue.Escape(filepath.Base(aside)))
	return queue.State{}, nil
}

var errTooLarge = errors.New("it is larger than")

// hold makes the directory of a file if needed, keeps other processes from the file until the
// lock is closed, and returns its content, of at most so many bytes. The lock is nil if another
// process has the file.
func hold(path string, most int64) (held io.Closer, content []byte, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	if held, err = lock(path + ".lock"); err != nil {
		return nil, nil, err
	}
	if err := os.Remove(tempPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a process that was killed
		return held, nil, err
	}
	content, err = read(path, most)
	return held, content, err
}

// read returns the content of a regular file of at most so many bytes.
func read(path string, most int64) ([]byte, error) {
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // opening a named pipe would block
		return nil, errors.New("it is not a file")
	case info.Size() > most:
		return nil, fmt.Errorf("%w %d MiB", errTooLarge, most>>20)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%w %d MiB", errTooLarge, most>>20)
	}
	return b, err
}

// setAside renames the file at path to a free name, and returns that name.
func setAside(path, kind string) (string, error) {
	first := path + "." + kind + "-" + time.Now().UTC().Format("20060102T150405Z")
	aside := first
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(path, aside)
		} else if err != nil {
			return "", err
		}
		aside = fmt.Sprintf("%s-%d", first, n)
	}
}

// tempPath is the name of a file while it is being written, under the lock.
func tempPath(path string) string { return path + ".tmp" }

// Close gives the file free for other processes. It may be called more than once,
// and for a nil File, but not while [File.Keep] runs.
func (f *File) Close() {
	if f != nil && f.lock != nil {
		_ = f.lock.Close() // nothing can be lost
		f.lock = nil
	}
}

// describe returns an error without its path, which the message has already, and
// without line breaks and control characters.
func describe(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return queue.Escape(p.Op + ": " + p.Err.Error())
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return queue.Escape(l.Op + ": " + l.Err.Error())
	}
	return queue.Escape(err.Error())
}
