package access_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/access"
)

func TestRoles(t *testing.T) {
	file := newFile(t)
	h, _ := newGuard(t, access.GuardOptions{Tokens: openTokens(t, file)})
	if w := do(h, "GET", "/api/queue/metrics"); w.Header().Get("x-paceline-role") != "admin" {
		t.Errorf("where no token is needed: got %v, want an admin", w.Header())
	}
	secrets := map[string]string{}
	add := func(token access.Token) {
		secret, err := file.Add(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		secrets[token.Name] = secret
	}
	check := func(name, role string, changes bool, viewer queue.Viewer) {
		t.Helper()
		guard, err := access.NewGuard(access.GuardOptions{Tokens: openTokens(t, file)})
		if err != nil {
			t.Fatal(err)
		}
		var seen queue.Viewer
		h = guard.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/healthz" { // whose sender nobody asks for
				seen = access.ViewerOf(r)
			}
		}))
		for _, path := range []string{"/api/queue/metrics", "/api/queue/stream", "/api/queue/waiting/x", "/api/queue/nothing"} {
			if w := do(h, "GET", path, "x-paceline-token", secrets[name]); w.Header().Get("x-paceline-role") != role || w.Code != 200 {
				t.Errorf("%s, %s: got %d %q, want %q", name, path, w.Code, w.Header().Get("x-paceline-role"), role)
			}
		}
		if seen != viewer {
			t.Errorf("%s: sees %+v, want %+v", name, seen, viewer)
		}
		if w := do(h, "POST", "/api/queue/metrics", "x-paceline-token", secrets[name]); (w.Code == 200) != changes {
			t.Errorf("%s: a change got %d, want allowed %v", name, w.Code, changes)
		}
		for _, path := range []string{"/v1/messages", "/healthz"} {
			if w := do(h, "GET", path, "x-paceline-token", secrets[name]); w.Header().Get("x-paceline-role") != "" {
				t.Errorf("%s, %s: it has a role", name, path)
			}
		}
	}
	all := queue.Viewer{}
	add(access.Token{Name: "team"})
	add(access.Token{Name: "wall", SeeAll: true})
	check("team", "admin", true, all) // until there is an admin's
	check("wall", "admin", true, all)
	add(access.Token{Name: "ops", Admin: true})
	check("ops", "admin", true, all)
	check("wall", "viewer", false, all)
	check("team", "member", false, queue.Viewer{OwnOnly: true, Group: "team"})
	if _, err := file.Revoke(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	check("team", "member", false, queue.Viewer{OwnOnly: true, Group: "team"})
	if w := do(h, "GET", "/api/queue/metrics"); w.Code != 401 || w.Header().Get("x-paceline-role") != "" {
		t.Errorf("nobody: got %d, %v, want no role", w.Code, w.Header())
	}
	if got := access.ViewerOf(httptest.NewRequest("GET", "/", nil)); got != all {
		t.Errorf("without a guard: got %+v, want all", got)
	}
}

// While a request is answered, its sender may lose what it was let in for.
func TestWhatChangesDuringAnAnswer(t *testing.T) {
	for _, c := range []struct {
		name   string
		tokens []string // before
		change func(context.Context, access.TokenFile) error
		want   bool
	}{
		{"nothing", []string{"team"}, func(context.Context, access.TokenFile) error { return nil }, true},
		{"another token", []string{"team"}, func(ctx context.Context, f access.TokenFile) error {
			_, err := f.Add(ctx, access.Token{Name: "other"})
			return err
		}, true},
		{"the token is revoked", []string{"team"}, func(ctx context.Context, f access.TokenFile) error {
			_, err := f.Revoke(ctx, "team")
			return err
		}, false},
		{"there is an admin", []string{"team"}, func(ctx context.Context, f access.TokenFile) error {
			_, err := f.Add(ctx, access.Token{Name: "ops", Admin: true})
			return err
		}, false},
		{"a token is needed", nil, func(ctx context.Context, f access.TokenFile) error {
			_, err := f.Add(ctx, access.Token{Name: "team"})
			return err
		}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			file, secret := newFile(t), ""
			for _, name := range c.tokens {
				var err error
				if secret, err = file.Add(t.Context(), access.Token{Name: name}); err != nil {
					t.Fatal(err)
				}
			}
			guard, err := access.NewGuard(access.GuardOptions{Tokens: openTokens(t, file)})
			if err != nil {
				t.Fatal(err)
			}
			before, after := false, false
			h := guard.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				before = access.Unchanged(r)
				if err := c.change(t.Context(), file); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
				after = access.Unchanged(r)
			}))
			header := []string{}
			if secret != "" {
				header = []string{"x-paceline-token", secret}
			}
			if w := do(h, "GET", "/api/queue/stream", header...); w.Code != 200 || !before || after != c.want {
				t.Errorf("%s: got %d, unchanged %v and then %v, want %v", c.name, w.Code, before, after, c.want)
			}
		})
	}
	if !access.Unchanged(httptest.NewRequest("GET", "/", nil)) {
		t.Error("without a guard something has changed")
	}
}
