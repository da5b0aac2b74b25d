package serve

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/gateway"
)

// The gateway learns of a request what its token says.
func TestGatewayCaller(t *testing.T) {
	file := access.TokenFile(filepath.Join(t.TempDir(), "tokens.json"))
	tokens, err := access.OpenTokens(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		token access.Token // zero: none is made
		want  gateway.Caller
	}{
		{"no tokens", access.Token{}, gateway.Caller{Priority: queue.High, Operator: true}},
		{"a team's, before an admin's", access.Token{Name: "first", Priority: queue.Low}, gateway.Caller{Token: "first", Priority: queue.Low, Weight: 1, Operator: true}},
		{"an admin's", access.Token{Name: "ops", Priority: queue.High, Admin: true}, gateway.Caller{Token: "ops", Priority: queue.High, Weight: 1, Admin: true, Operator: true}},
		{"a team's", access.Token{Name: "team", Priority: queue.Low, Weight: 2}, gateway.Caller{Token: "team", Priority: queue.Low, Weight: 2}},
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1/messages", nil)
		r.Host = "localhost"
		if c.token != (access.Token{}) {
			secret, err := file.Add(t.Context(), c.token)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Paceline-Token", secret)
			if tokens, err = access.OpenTokens(file, nil); err != nil {
				t.Fatal(err)
			}
		}
		guard, err := access.NewGuard(access.GuardOptions{Tokens: tokens})
		if err != nil {
			t.Fatal(err)
		}
		var got gateway.Caller
		w := httptest.NewRecorder()
		guard.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = gatewayCaller(r) })).ServeHTTP(w, r)
		if w.Code != http.StatusOK || got != c.want {
			t.Errorf("%s: got %d and %+v, want %+v", c.name, w.Code, got, c.want)
		}
	}
}
