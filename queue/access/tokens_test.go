package access_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/access"
)

// passes reports whether a token is let in.
func passes(h http.Handler, secret string) bool {
	return do(h, "GET", "/v1/models", "x-paceline-token", secret).Code == 200
}

func TestARunningServerFollowsTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFile(t)
		tokens := openTokens(t, f)
		h, _ := newGuard(t, access.GuardOptions{Tokens: tokens})
		if !passes(h, "") || tokens.Asked() || tokens.Len() != 0 {
			t.Fatal("before the first token: refused, want all served")
		}
		team := add(t, f, "team", queue.Normal, false)
		time.Sleep(time.Second)
		if passes(h, "") || !passes(h, team) || !tokens.Asked() || tokens.Len() != 1 {
			t.Error("after the first token: want it to be asked for")
		}
		ops := add(t, f, "ops", queue.Normal, false)
		if passes(h, ops) {
			t.Error("at once: the new token is known, want at most one look a second")
		}
		time.Sleep(time.Second)
		if !passes(h, ops) || !passes(h, team) {
			t.Error("a second later: want both tokens known")
		}
		if _, err := f.Revoke(t.Context(), "team"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if passes(h, team) || !passes(h, ops) {
			t.Error("a second after it was revoked: want that token refused, and the other not")
		}
		if _, err := f.Revoke(t.Context(), "ops"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if passes(h, ops) || passes(h, "") || tokens.Len() != 0 {
			t.Error("after the last one was revoked: somebody is let in, want nobody")
		}
	})
}

func TestARunningServerFollowsAWeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFile(t)
		h, b := newGuard(t, access.GuardOptions{Tokens: openTokens(t, f)})
		for _, weight := range []float64{1, 2.5, 0.5} {
			secret, err := f.Add(t.Context(), access.Token{Name: "team", Weight: weight})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if !passes(h, secret) || b.caller.Weight != weight {
				t.Errorf("got %+v, want the weight %g", b.caller, weight)
			}
			if _, err := f.Revoke(t.Context(), "team"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Of the same size and the same time, but another file.
func TestAFileThatWasReplacedIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFile(t)
		old := add(t, f, "team", queue.Normal, false)
		info, err := os.Stat(string(f))
		if err != nil {
			t.Fatal(err)
		}
		h, _ := newGuard(t, access.GuardOptions{Tokens: openTokens(t, f)})
		other := newFile(t)
		fresh := add(t, other, "team", queue.Normal, false)
		if err := errors.Join(
			os.Chtimes(string(other), info.ModTime(), info.ModTime()),
			os.Rename(string(other), string(f)),
		); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if passes(h, old) || !passes(h, fresh) {
			t.Error("got the old token, want the new one")
		}
	})
}

func TestALostFileLetsNobodyIn(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(path string) error
		want  error
		says  string
	}{
		{"damaged", func(path string) error { return os.WriteFile(path, []byte("{"), 0o600) }, access.ErrDamaged, "known so far"},
		{"newer", func(path string) error { return os.WriteFile(path, []byte(`{"version":9}`), 0o600) }, access.ErrNewer, "known so far"},
		{"gone", os.Remove, nil, "is gone"},
		{"a folder", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, nil, "known so far"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFile(t)
				team := add(t, f, "team", queue.Normal, false)
				var reported []error
				tokens, err := access.OpenTokens(f, func(err error) { reported = append(reported, err) })
				if err != nil {
					t.Fatal(err)
				}
				h, _ := newGuard(t, access.GuardOptions{Tokens: tokens})
				good, err := os.ReadFile(string(f))
				if err != nil {
					t.Fatal(err)
				}
				if err := c.spoil(string(f)); err != nil {
					t.Fatal(err)
				}
				for range 5 {
					time.Sleep(time.Second)
					if !passes(h, team) || passes(h, "") {
						t.Fatal("got another answer, want the token known before")
					}
				}
				if len(reported) != 1 || c.want != nil && !errors.Is(reported[0], c.want) || !strings.Contains(fmt.Sprint(reported), c.says) {
					t.Errorf("reported %q, want once, %q", reported, c.says)
				}
				if err := errors.Join(os.RemoveAll(string(f)), os.WriteFile(string(f), good, 0o600)); err != nil {
					t.Fatal(err)
				}
				ops := add(t, f, "ops", queue.Normal, false)
				time.Sleep(time.Second)
				if !passes(h, ops) || !passes(h, team) {
					t.Error("after it was put back: want both tokens known")
				}
				if err := c.spoil(string(f)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				if passes(h, team); len(reported) != 2 {
					t.Errorf("spoiled again: reported %q, want it told again", reported)
				}
			})
		})
	}
}

func TestNoTokensAtAll(t *testing.T) {
	var none *access.Tokens
	if none.Asked() || none.Len() != 0 {
		t.Errorf("got asked %v, %d tokens, want none", none.Asked(), none.Len())
	}
}

// While requests run, tokens come and go: one that stays is always good, one that
// never was never.
func TestRequestsWhileTheFileChanges(t *testing.T) {
	f := newFile(t)
	stays := add(t, f, "stays", queue.Normal, false)
	tokens, err := access.OpenTokens(f, func(err error) { t.Errorf("reported: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	g, err := access.NewGuard(access.GuardOptions{Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	h := g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := access.CallerFrom(r.Context()); !ok || c.Name != "stays" {
			t.Errorf("got caller %+v %v, want stays", c, ok)
		}
		w.WriteHeader(http.StatusOK)
	}))
	var done atomic.Bool
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for !done.Load() {
				access.LookNow(tokens)
				if !passes(h, stays) || passes(h, stays[:len(stays)-1]+"x") || passes(h, "") {
					t.Error("the wrong one was let in, or the right one not")
					return
				}
			}
		})
	}
	for range 20 {
		add(t, f, "comes", queue.Normal, true)
		if _, err := f.Revoke(t.Context(), "comes"); err != nil {
			t.Error(err)
		}
	}
	done.Store(true)
	all.Wait()
}
