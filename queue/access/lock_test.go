package access

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Who was taken for dead and wakes up again changes nothing, and leaves the lock
// to its new owner.
func TestWhoLostTheLockChangesNothing(t *testing.T) {
	f := TokenFile(filepath.Join(t.TempDir(), "tokens.json"))
	if _, err := f.New(t.Context(), Token{Name: "team"}); err != nil {
		t.Fatal(err)
	}
	held := string(f) + ".lock"
	err := f.change(t.Context(), func(l *tokenList) error {
		l.tokens = nil
		other := held + ".other"
		return errors.Join(os.WriteFile(other, nil, 0o600), os.Rename(other, held))
	})
	if !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want %v", err, ErrLocked)
	}
	if list, err := f.List(); err != nil || len(list) != 1 {
		t.Errorf("got %v, %v, want the token that was there", list, err)
	}
	entries, err := os.ReadDir(filepath.Dir(string(f)))
	if err != nil || len(entries) != 2 {
		t.Errorf("got %v, %v, want the file and the other's lock", entries, err)
	}
}
