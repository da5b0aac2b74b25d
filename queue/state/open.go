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

// File is a file that keeps a queue's state. It is this process's own until
// [File.Close]. A nil *File keeps nothing, and that is no error.
type File struct {
	path string
	say  func(format string, args ...any)
	lock io.Closer // nil once closed

	failing bool // the last write failed, and that was said
	size    int  // of the last file written
}

// Open takes the file at path, makes its directory if need be, and returns what
// it says: the zero State if there is no file yet. What cannot be read is set
// aside under another name beside it. Where even that is not possible, or another
// process has the file, or this one may not use it, the File is nil and keeps
// nothing. Say tells the operator each such thing, in one line without a secret
// or a control character; nothing of it is a reason to stop.
func Open(path string, say func(format string, args ...any)) (*File, queue.State) {
	f := &File{path: path, say: say}
	before, err := f.open()
	if err != nil {
		say("the counters begin at zero and will not outlast this run: %s: %s", queue.Escape(path), words(err))
		f.Close()
		return nil, queue.State{}
	}
	return f, before
}

func (f *File) open() (s queue.State, err error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return s, err
	}
	if f.lock, err = lock(f.path + ".lock"); err != nil {
		return s, err
	}
	if err := os.Remove(tempOf(f.path)); err != nil && !errors.Is(err, fs.ErrNotExist) { // of one that was killed
		return s, err
	}
	b, err := read(f.path)
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
	aside, asideErr := f.setAside(kind)
	if asideErr != nil {
		return queue.State{}, fmt.Errorf("%w, and it cannot be set aside: %s", err, words(asideErr))
	}
	f.say("the counters begin at zero: %s cannot be used, %s; it is now %s", queue.Escape(f.path), words(err), queue.Escape(filepath.Base(aside)))
	return queue.State{}, nil
}

var errTooLarge = fmt.Errorf("it is larger than %d MiB", maxSize>>20)

// read returns the bytes of a file that is one, and not too large.
func read(path string) ([]byte, error) {
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // opening a pipe would wait for its writer
		return nil, errors.New("it is not a file")
	case info.Size() > maxSize:
		return nil, errTooLarge
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(b) > maxSize {
		err = errTooLarge
	}
	return b, err
}

// setAside gives the file a name that is free: nothing is overwritten. It
// returns that name.
func (f *File) setAside(kind string) (string, error) {
	first := f.path + "." + kind + "-" + time.Now().UTC().Format("20060102T150405Z")
	aside := first
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(f.path, aside)
		} else if err != nil {
			return "", err
		}
		aside = fmt.Sprintf("%s-%d", first, n)
	}
}

// tempOf is the name of a file while it is being written. Whoever holds the lock
// is the only one who uses it.
func tempOf(path string) string { return path + ".tmp" }

// Close lets another process have the file. It may be called more than once, and
// for a nil File, but not while [File.Keep] runs.
func (f *File) Close() {
	if f != nil && f.lock != nil {
		_ = f.lock.Close() // what would be lost by that is nothing
		f.lock = nil
	}
}

// words returns an error without the path, which has been said, and without
// anything that breaks out of a line.
func words(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return queue.Escape(p.Op + ": " + p.Err.Error())
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return queue.Escape(l.Op + ": " + l.Err.Error())
	}
	return queue.Escape(err.Error())
}
