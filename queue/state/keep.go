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
	interval   = time.Second // between two writes, at least
	panicPause = time.Minute // after a panic
	perWrite   = 64 << 10    // bytes; a larger file is written less often, to spare the disk
)

// Keep writes the state of q whenever it has changed, at most once a second, and
// returns when ctx has ended and the last state is written. End ctx after the queue
// is shut down, so that the last state is complete. A large file is written less
// often: at most 64 KiB a second on average, so that one of 10,000 users, about 1.3
// MB, is written every 20 s. A failing write is reported once, and its recovery
// once; a panic is a [queue.Trouble], and the next write follows a minute later.
// Only one Keep may run at a time; for a nil File it returns at once.
func (f *File) Keep(ctx context.Context, q *queue.Queue) {
	if f == nil {
		return
	}
	timer := time.NewTimer(interval)
	defer timer.Stop()
	written := uint64(0) // q.StateVersion() of the written state; the restored state has zero
	for last := false; !last; {
		select {
		case <-ctx.Done():
			last = true
		case <-timer.C:
		}
		changes := q.StateVersion() // before the state: a change in between is written again
		rest := interval
		if changes != written {
			ok := q.Guard(queue.PartState, func() {
				if f.write(q.State()) {
					written = changes
				}
			})
			rest *= time.Duration(1 + f.size/perWrite)
			if !ok {
				rest = panicPause
			}
		}
		timer.Reset(rest)
	}
}

// write writes s, and reports whether that worked. It logs the first failure, and
// the recovery.
func (f *File) write(s queue.State) bool {
	err := f.replace(s)
	switch {
	case err != nil && !f.failing:
		f.logf("the counters cannot be written to %s: %s", queue.Escape(f.path), describe(err))
	case err == nil && f.failing:
		f.logf("the counters are written to %s again", queue.Escape(f.path))
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

// replaceFile replaces the file at path, so that a crash leaves the old one or the
// new one. It requires the lock.
func replaceFile(path string, b []byte) error {
	temp := tempPath(path)
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err == nil {
		err = file.Sync() // otherwise a crash of the machine may leave the new name without its bytes
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp)
	}
	return err
}
