package access_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/access"

	"github.com/gofrs/flock"
)

// names returns who has a token, in order.
func names(t *testing.T, f access.TokenFile) string {
	t.Helper()
	list, err := f.List()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, token := range list {
		all = append(all, token.Name)
	}
	return strings.Join(all, " ")
}

func TestTokensAreMadeListedAndRevoked(t *testing.T) {
	f := newFile(t)
	if got := names(t, f); got != "" {
		t.Fatalf("no file: got %q, want nobody", got)
	}
	before := time.Now().Add(-time.Second)
	team := add(t, f, "team", queue.Low, false)
	ops, err := f.Add(t.Context(), access.Token{Name: "ops", Priority: queue.High, Admin: true, Weight: 2})
	if err != nil {
		t.Fatal(err)
	}
	if team == ops {
		t.Fatal("two tokens are the same")
	}
	list, err := f.List()
	if err != nil || len(list) != 2 {
		t.Fatalf("List: got %v, %v, want two", list, err)
	}
	for i, want := range []access.Token{{Name: "team", Priority: queue.Low, Weight: 1}, {Name: "ops", Priority: queue.High, Admin: true, Weight: 2}} {
		got := list[i]
		if got.Name != want.Name || got.Priority != want.Priority || got.Admin != want.Admin || got.Weight != want.Weight ||
			got.Created.Before(before) || got.Created.After(time.Now()) {
			t.Errorf("token %d: got %+v, want %+v, made now", i, got, want)
		}
	}
	b, err := os.ReadFile(string(f))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{team, ops, strings.TrimPrefix(team, "pl_"), strings.TrimPrefix(ops, "pl_")} {
		if strings.Contains(string(b), secret) {
			t.Errorf("the file tells a secret:\n%s", b)
		}
	}

	if _, err := f.Add(t.Context(), access.Token{Name: "team"}); !errors.Is(err, access.ErrExists) {
		t.Errorf("the same name: got %v, want %v", err, access.ErrExists)
	}
	if _, err := f.Add(t.Context(), access.Token{Name: "a b"}); !errors.Is(err, access.ErrName) {
		t.Errorf("a bad name: got %v, want %v", err, access.ErrName)
	}
	if _, err := f.Add(t.Context(), access.Token{Name: "odd", Priority: 7}); err == nil {
		t.Error("a priority that there is not: got no error, want one")
	}
	if _, err := f.Add(t.Context(), access.Token{Name: "odd", Weight: -1}); !errors.Is(err, access.ErrWeight) {
		t.Errorf("a bad weight: got %v, want %v", err, access.ErrWeight)
	}
	if _, err := f.Revoke(t.Context(), "nobody"); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("revoke nobody: got %v, want %v", err, access.ErrUnknown)
	}
	left, err := f.Revoke(t.Context(), "team")
	if err != nil || len(left) != 1 || left[0].Name != "ops" || names(t, f) != "ops" {
		t.Errorf("revoke team: got %v, %v, want ops left", left, err)
	}
}

func TestTheFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	f := newFile(t)
	add(t, f, "team", queue.Normal, false)
	if _, err := f.Revoke(t.Context(), "team"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{string(f): 0o600, string(f) + ".lock": 0o600, filepath.Dir(string(f)): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(string(f)))
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder: got %v, %v, want nothing but the file and its lock", entries, err)
	}
}

func TestALinkToTheFileStays(t *testing.T) {
	target := newFile(t)
	add(t, target, "team", queue.Normal, false)
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(string(target), link); err != nil {
		t.Skip(err)
	}
	add(t, access.TokenFile(link), "ops", queue.Normal, false)
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 || names(t, target) != "team ops" {
		t.Errorf("got %v, %v and %q behind the link, want a link to both tokens", info, err, names(t, target))
	}
}

// A file that is not understood stays as it is: it may be all that there is.
func TestWhatIsNotUnderstoodIsNotWrittenOver(t *testing.T) {
	for _, c := range []struct {
		text string
		want error
		says string
	}{
		{`{"version":1,"tok`, access.ErrDamaged, "put back a copy of it"},
		{"", access.ErrDamaged, "put back a copy of it"},
		{`{"version":4,"tokens":[]}`, access.ErrNewer, "--tokens"},
		{strings.Repeat(" ", 2<<20) + `{"version":1,"tokens":[]}`, access.ErrDamaged, "put back a copy of it"},
	} {
		f := newFile(t)
		if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(string(f), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, listErr := f.List()
		_, newErr := f.Add(t.Context(), access.Token{Name: "team"})
		_, revokeErr := f.Revoke(t.Context(), "team")
		_, openErr := access.OpenTokens(f, nil)
		for name, err := range map[string]error{"List": listErr, "New": newErr, "Revoke": revokeErr, "OpenTokens": openErr} {
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) || !strings.Contains(fmt.Sprint(err), string(f)) {
				t.Errorf("%s of %.30q: got %v, want %v with the path and %q", name, c.text, err, c.want, c.says)
			}
		}
		if got, err := os.ReadFile(string(f)); err != nil || string(got) != c.text {
			t.Errorf("%.30q: got %.30q, %v, want it untouched", c.text, got, err)
		}
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	f := newFile(t)
	const writers = 4
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range 4 {
				if _, err := f.Add(t.Context(), access.Token{Name: fmt.Sprintf("w%d-%d", w, i)}); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
			if _, err := f.Revoke(t.Context(), fmt.Sprintf("w%d-0", w)); err != nil {
				t.Errorf("writer %d: %v", w, err)
			}
		})
	}
	all.Wait()
	if got := len(strings.Fields(names(t, f))); got != 3*writers {
		t.Errorf("got %d tokens, want %d", got, 3*writers)
	}
}

func TestALockIsWaitedForAndEndsWithItsOwner(t *testing.T) {
	f := newFile(t)
	add(t, f, "team", queue.Normal, false)
	held := flock.New(string(f) + ".lock")
	if ok, err := held.TryLock(); !ok || err != nil {
		t.Fatalf("the lock cannot be had: %v, %v", ok, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := f.Add(ctx, access.Token{Name: "ops"}); !errors.Is(err, access.ErrLocked) || !strings.Contains(err.Error(), held.Path()) {
		t.Errorf("locked: got %v, want %v with the path", err, access.ErrLocked)
	}
	if got := names(t, f); got != "team" {
		t.Errorf("locked: got %q, want team alone, and to be read", got)
	}
	if err := held.Close(); err != nil { // as the system does for one that died
		t.Fatal(err)
	}
	add(t, f, "ops", queue.Normal, false)
	if got := names(t, f); got != "ops team" && got != "team ops" {
		t.Errorf("after it: got %q, want both", got)
	}
}

func TestAFileThatCannotBeMade(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := access.TokenFile(filepath.Join(blocked, "tokens.json"))
	if _, err := f.Add(t.Context(), access.Token{Name: "team"}); err == nil || !strings.Contains(err.Error(), blocked) {
		t.Errorf("got %v, want an error with the path", err)
	}
}
