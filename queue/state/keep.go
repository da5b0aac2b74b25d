package state

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"paceline/queue"
)

const (
	interval = time.Second // between two writes, at least
	pause    = time.Minute // after a panic
	perWrite = 64 << 10    // bytes; a larger file takes that many intervals more, to spare the disk
)

// Keep writes the state of q whenever it has changed, at most once a second, and
// returns when ctx has ended and the last state is written. End ctx after the
// queue is shut down, and what finished last is in it. A file of many users is
// written less often: 64 KiB a second at most on average, so that one of 10,000
// users, about 1.3 MB, rests for 20 s. A write that fails is said once, and once
// more when it works again; a panic is a [queue.Trouble], and the next write a
// minute later. One Keep may run at a time; for a nil File it returns at once.
func (f *File) Keep(ctx context.Context, q *queue.Queue) {
	if f == nil {
		return
	}
	timer := time.NewTimer(interval)
	defer timer.Stop()
	written := uint64(0) // q's number when the file was written: what was restored is in it
	for last := false; !last; {
		select {
		case <-ctx.Done():
			last = true
		case <-timer.C:
		}
		changes := q.Changes() // before the state: what comes between is written twice
		rest := interval
		if changes != written {
			ok := q.Guard(queue.PartState, func() {
				if f.write(q.State()) {
					written = changes
				}
			})
			rest *= time.Duration(1 + f.size/perWrite)
			if !ok {
				rest = pause
			}
		}
		timer.Reset(rest)
	}
}

// write reports whether the file says s now. If not, it says what it said
// before.
func (f *File) write(s queue.State) bool {
	err := f.replace(s)
	switch {
	case err != nil && !f.failing:
		f.say("the counters cannot be written to %s: %s", queue.Escape(f.path), words(err))
	case err == nil && f.failing:
		f.say("the counters are written to %s again", queue.Escape(f.path))
	}
	f.failing = err != nil
	return err == nil
}

func (f *File) replace(s queue.State) error {
	b, err := encode(s, maxSize)
	if err != nil {
		return err
	}
	if err := replaceFile(f.path, b); err != nil {
		return err
	}
	f.size = len(b)
	return nil
}

// replaceFile puts a file with these bytes in the place of the one at path, so that
// a crash leaves the old one or the new one. Whoever holds the lock may call it.
func replaceFile(path string, b []byte) error {
	temp := tempOf(path)
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err == nil {
		err = file.Sync() // else a crash of the machine may leave the name without the bytes
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp)
	}
	return err
}
