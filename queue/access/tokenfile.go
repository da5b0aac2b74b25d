package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"paceline/queue"
)

// The errors of names, tokens and token files. The errors that wrap them say what
// to do.
var (
	ErrName    = errors.New("access: bad token name")
	ErrWeight  = errors.New("access: bad weight of a token")
	ErrExists  = errors.New("access: there is a token of that name")
	ErrUnknown = errors.New("access: there is no token of that name")
	ErrFull    = errors.New("access: too many tokens")
	ErrDamaged = errors.New("access: the file of tokens is damaged")
	ErrNewer   = errors.New("access: the file of tokens was written by a newer paceline")
	ErrLocked  = errors.New("access: the file of tokens is being changed by another process")
)

// TokenFile is the path of a file with hashed gateway tokens. It is private (0600,
// in a folder of 0700), replaced as a whole, and never overwritten when it is
// damaged or newer than this program. Several processes may use its methods at
// once.
type TokenFile string

// List returns the tokens in the order in which they were made; none if there is no
// file.
func (f TokenFile) List() ([]Token, error) {
	l, err := f.read()
	if err != nil {
		return nil, err
	}
	return l.tokens, nil
}

// Add adds a token with the name, priority, rights and weight of t, and returns its
// secret, which is stored nowhere. It fails with [ErrName], [ErrWeight], [ErrExists],
// [ErrFull], [ErrDamaged], [ErrNewer] or [ErrLocked]. It waits for other processes as
// long as ctx allows.
func (f TokenFile) Add(ctx context.Context, t Token) (secret string, err error) {
	if err := CheckName(t.Name); err != nil {
		return "", err
	}
	if _, err := queue.ParsePriority(t.Priority.String()); err != nil {
		return "", fmt.Errorf("access: %w", err)
	}
	t.Weight, t.SeeAll = cmp.Or(t.Weight, 1), t.SeeAll || t.Admin
	if err := CheckWeight(t.Weight); err != nil {
		return "", err
	}
	t.Created = time.Now().UTC().Truncate(time.Second)
	secret, t.hash = newSecret()
	err = f.change(ctx, func(l *tokenList) error {
		if l.index(t.Name) >= 0 {
			return fmt.Errorf("%w, %s: choose another, or revoke it first", ErrExists, t.Name)
		}
		if len(l.tokens) >= maxTokens {
			return fmt.Errorf("%w: there are %d, the most: revoke one first", ErrFull, maxTokens)
		}
		l.tokens, l.hadAdmin = append(l.tokens, t), l.hadAdmin || t.Admin
		return nil
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Revoke removes the token of a name and returns the remaining ones. It fails with
// [ErrUnknown], [ErrDamaged], [ErrNewer] or [ErrLocked].
func (f TokenFile) Revoke(ctx context.Context, name string) (left []Token, err error) {
	err = f.change(ctx, func(l *tokenList) error {
		i := l.index(name)
		if i < 0 {
			return fmt.Errorf("%w: see paceline token list", ErrUnknown)
		}
		l.tokens = slices.Delete(l.tokens, i, i+1)
		left = l.tokens
		return nil
	})
	return left, err
}

// index returns the index of the token of a name, or -1.
func (l *tokenList) index(name string) int {
	return slices.IndexFunc(l.tokens, func(t Token) bool { return t.Name == name })
}

// read reads the file. A missing file is an empty list.
func (f TokenFile) read() (*tokenList, error) {
	file, err := os.Open(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return &tokenList{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	defer func() { _ = file.Close() }()
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	l, err := decode(b)
	switch {
	case errors.Is(err, ErrNewer):
		return nil, fmt.Errorf("%w: %s: use that paceline, or another file with --tokens", err, f)
	case err != nil:
		return nil, fmt.Errorf("%w: %s: put back a copy of it, or move it away and make new tokens", err, f)
	}
	return l, nil
}

// change reads the file, lets edit change the list, and writes it, under the lock.
func (f TokenFile) change(ctx context.Context, edit func(*tokenList) error) error {
	if target, err := filepath.EvalSymlinks(string(f)); err == nil {
		f = TokenFile(target) // the file is replaced, not the link to it
	}
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return fmt.Errorf("access: %w", err)
	}
	unlock, err := lock(ctx, string(f)+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	l, err := f.read()
	if err != nil {
		return err
	}
	if err := edit(l); err != nil {
		return err
	}
	b, err := l.encode()
	if err != nil {
		return err
	}
	return f.replace(b)
}

// rename renames a file. Windows refuses while the old one is being read, which
// takes only a moment.
func rename(from, to string) error {
	err := os.Rename(from, to)
	for tries := 0; tries < 50 && runtime.GOOS == "windows" && errors.Is(err, fs.ErrPermission); tries++ {
		time.Sleep(lockRetry)
		err = os.Rename(from, to)
	}
	return err
}

// replace replaces the file, so that a reader, and a reboot after a power cut, sees
// either the old or the new one.
func (f TokenFile) replace(b []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(string(f)), filepath.Base(string(f))+".*.tmp") // it is 0600
	if err != nil {
		return fmt.Errorf("access: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(b)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("access: %w", err)
	}
	if err = rename(temp.Name(), string(f)); err != nil {
		return fmt.Errorf("access: %w", err)
	}
	if dir, err := os.Open(filepath.Dir(string(f))); err == nil {
		_ = dir.Sync() // fails where a folder cannot be synced
		_ = dir.Close()
	}
	return nil
}
