package access_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"paceline/queue"
	"paceline/queue/access"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// behind stands behind a guard and remembers what reached it.
type behind struct {
	requests int
	header   http.Header // of the last one
	caller   access.Caller
	known    bool
}

func (b *behind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.requests++
	b.header = r.Header
	b.caller, b.known = access.CallerFrom(r.Context())
	w.WriteHeader(http.StatusOK)
}

// newGuard returns a guard with the options, and what stands behind it.
func newGuard(t *testing.T, o access.GuardOptions) (http.Handler, *behind) {
	t.Helper()
	g, err := access.NewGuard(o)
	if err != nil {
		t.Fatal(err)
	}
	b := &behind{}
	return g.Wrap(b), b
}

// do sends a request that never leaves the process. Without a connection the
// guard takes it as one over a loopback address.
func do(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost:3000"
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// newFile returns a file of tokens that is not there yet.
func newFile(t *testing.T) access.TokenFile {
	t.Helper()
	return access.TokenFile(filepath.Join(t.TempDir(), "paceline", "tokens.json"))
}

// add makes a token and returns its secret.
func add(t *testing.T, f access.TokenFile, name string, p queue.Priority, admin bool) string {
	t.Helper()
	secret, err := f.Add(t.Context(), access.Token{Name: name, Priority: p, Admin: admin})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// openTokens returns a server's view of a file. A problem fails the test.
func openTokens(t *testing.T, f access.TokenFile) *access.Tokens {
	t.Helper()
	tokens, err := access.OpenTokens(f, func(err error) { t.Errorf("reported: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}
