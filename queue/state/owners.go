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
// keeps the last 100,000 of them. Make one with [OpenOwners]. It is safe for
// concurrent use.
type Owners struct {
	logf func(format string, args ...any)

	mu     sync.Mutex
	tokens map[string]string // token names by ID; guarded by mu
	order  []string          // the IDs, the oldest first; guarded by mu

	disk    sync.Mutex
	path    string    // empty: nothing is written; guarded by disk, as the rest
	lock    io.Closer // nil once closed
	file    *os.File  // open for appending; nil: the file must be rewritten first
	lines   int       // in the file
	failing bool      // the last write failed, and that was logged
}

const (
	maxOwners  = 100_000
	ownersHead = "paceline owners 1"
	// An ID and a name have at most 128 and 64 bytes. The file is rewritten when
	// it has twice maxOwners lines.
	maxOwnersFile = 2 * maxOwners * 200
)

// OpenOwners opens the file at path, makes its directory if needed, and reads the
// owners. The file has a line for each object, its ID and the token's name; lines
// are appended. No other process can have it at the same time. If it cannot be
// used, or path is empty, the owners are kept in memory only. logf gets each
// problem, in one line without secrets or control characters.
func OpenOwners(path string, logf func(format string, args ...any)) *Owners {
	o := &Owners{path: path, logf: logf, tokens: map[string]string{}}
	if path == "" {
		return o
	}
	if err := o.open(); err != nil {
		logf("who made which files and batches is not kept: %s: %s", queue.Escape(path), describe(err))
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
		if id, token, ok := strings.Cut(line, " "); ok && whole && plainWord(id) && plainWord(token) { // skip a line that a crash has cut
			o.add(id, token)
		}
	}
	return nil
}

// plainWord reports whether s can be a word in the file.
func plainWord(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f })
}

// Owner returns the name of the token that made the object of an ID; false if that
// is not known.
func (o *Owners) Owner(id string) (token string, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	token, known = o.tokens[id]
	return token, known
}

// Add notes the token that made an object, and returns when that is written. An ID
// or name that cannot be written is ignored; a failing write is logged once, and
// its recovery once.
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
		o.logf("who made which files and batches cannot be written to %s: %s", queue.Escape(o.path), describe(err))
	case err == nil && o.failing:
		o.logf("who made which files and batches is written to %s again", queue.Escape(o.path))
	}
	o.failing = err != nil
}

// add requires that mu is held.
func (o *Owners) add(id, token string) {
	if _, known := o.tokens[id]; !known {
		o.order = append(o.order, id)
	}
	o.tokens[id] = token
	if len(o.order) > maxOwners {
		delete(o.tokens, o.order[0])
		o.order = o.order[1:]
	}
}

// write appends a line, or rewrites the file if it cannot be appended to. It
// requires that disk is held.
func (o *Owners) write(id, token string) error {
	if o.file == nil || o.lines >= 2*maxOwners {
		return o.rewrite()
	}
	_, err := fmt.Fprintf(o.file, "%s %s\n", id, token)
	if err = errors.Join(err, o.file.Sync()); err != nil {
		o.closeFile() // it may end with half a line
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
		_, _ = fmt.Fprintf(text, "%s %s\n", id, o.tokens[id])
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

// Close gives the file free for other processes. Later owners stay in memory. It
// may be called more than once.
func (o *Owners) Close() {
	o.disk.Lock()
	defer o.disk.Unlock()
	o.closeFile()
	if o.lock != nil {
		_ = o.lock.Close() // nothing can be lost
		o.lock = nil
	}
}
