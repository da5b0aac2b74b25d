package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"paceline/queue"
)

// Owners remembers which gateway token made which file or batch of the API. It
// keeps the last 100,000 of them, and forgets the oldest. Make one with
// [OpenOwners]. It is safe for concurrent use.
type Owners struct {
	say func(format string, args ...any)

	mu    sync.Mutex
	of    map[string]string // the token's name, by ID; guarded by mu
	order []string          // the IDs, the oldest first; guarded by mu

	disk    sync.Mutex
	path    string    // empty: nothing is written; guarded by disk, as what follows
	lock    io.Closer // nil once closed
	file    *os.File  // what is appended to; nil: write the whole first
	lines   int       // in it
	failing bool      // the last write failed, and that was said
}

const (
	maxOwners  = 100_000
	ownersHead = "paceline owners 1"
	// An ID and a name have at most 128 and 64 bytes. Old lines are taken out when
	// there are twice as many as owners at most.
	maxOwnersFile = 2 * maxOwners * 200
)

// OpenOwners takes the file at path, makes its directory if need be, and reads who
// owns what. The file has a line for each object, its ID and the token's name, and
// grows by one when one is made; another process cannot have it at the same time.
// Where it cannot be used, or path is empty, the owners are kept in memory alone.
// Say tells the operator so, in one line without a secret or a control character.
func OpenOwners(path string, say func(format string, args ...any)) *Owners {
	o := &Owners{path: path, say: say, of: map[string]string{}}
	if path == "" {
		return o
	}
	if err := o.open(); err != nil {
		say("who made which files and batches is not kept: %s: %s", queue.Escape(path), words(err))
		o.Close()
	}
	return o
}

func (o *Owners) open() (err error) {
	if err := os.MkdirAll(filepath.Dir(o.path), 0o700); err != nil {
		return err
	}
	if o.lock, err = lock(o.path + ".lock"); err != nil {
		return err
	}
	info, err := os.Stat(o.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Size() > maxOwnersFile:
		return errors.New("it is no list of owners: move it away")
	}
	text, err := os.ReadFile(o.path)
	if err != nil {
		return err
	}
	head, lines, _ := strings.Cut(string(text), "\n")
	if head != ownersHead {
		return errors.New("it is no list of owners, or a newer version's: move it away")
	}
	for line := range strings.Lines(lines) {
		line, whole := strings.CutSuffix(line, "\n")
		if id, token, ok := strings.Cut(line, " "); ok && whole && plainWord(id) && plainWord(token) { // one that a crash has cut is none
			o.add(id, token)
		}
	}
	return nil
}

// plainWord reports whether s can stand in a line of the file.
func plainWord(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f })
}

// Owner returns the name of the token that made the object of that ID; false if
// that is not known.
func (o *Owners) Owner(id string) (token string, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	token, known = o.of[id]
	return token, known
}

// Add remembers who made an object, and returns when that is written. What cannot
// stand in the file is not remembered; a write that fails is said once, and once
// more when it works again.
func (o *Owners) Add(id, token string) {
	if !plainWord(id) || !plainWord(token) {
		return
	}
	o.mu.Lock()
	o.add(id, token)
	o.mu.Unlock()

	o.disk.Lock()
	defer o.disk.Unlock()
	if o.lock == nil {
		return
	}
	err := o.write(id, token)
	switch {
	case err != nil && !o.failing:
		o.say("who made which files and batches cannot be written to %s: %s", queue.Escape(o.path), words(err))
	case err == nil && o.failing:
		o.say("who made which files and batches is written to %s again", queue.Escape(o.path))
	}
	o.failing = err != nil
}

// add requires that mu is held.
func (o *Owners) add(id, token string) {
	if _, known := o.of[id]; !known {
		o.order = append(o.order, id)
	}
	o.of[id] = token
	if len(o.order) > maxOwners {
		delete(o.of, o.order[0])
		o.order = o.order[1:]
	}
}

// write appends a line, or writes the whole file anew where there is none that
// can be appended to. It requires that disk is held.
func (o *Owners) write(id, token string) error {
	if o.file == nil || o.lines >= 2*maxOwners {
		return o.rewrite()
	}
	_, err := fmt.Fprintf(o.file, "%s %s\n", id, token)
	if err = errors.Join(err, o.file.Sync()); err != nil {
		o.closeFile() // half a line may stand there
		return err
	}
	o.lines++
	return nil
}

// rewrite replaces the file as a whole. It requires that disk is held.
func (o *Owners) rewrite() error {
	o.closeFile()
	o.mu.Lock()
	text := bytes.NewBufferString(ownersHead + "\n")
	for _, id := range o.order {
		_, _ = fmt.Fprintf(text, "%s %s\n", id, o.of[id])
	}
	lines := len(o.order)
	o.mu.Unlock()
	if err := replaceFile(o.path, text.Bytes()); err != nil {
		return err
	}
	file, err := os.OpenFile(o.path, os.O_WRONLY|os.O_APPEND, 0)
	o.file, o.lines = file, lines
	return err
}

func (o *Owners) closeFile() {
	if o.file != nil {
		_ = o.file.Close() // each line was synced
		o.file = nil
	}
}

// Close lets another process have the file. What is added from then on stays in
// memory. It may be called more than once.
func (o *Owners) Close() {
	o.disk.Lock()
	defer o.disk.Unlock()
	o.closeFile()
	if o.lock != nil {
		_ = o.lock.Close() // what would be lost by that is nothing
		o.lock = nil
	}
}
