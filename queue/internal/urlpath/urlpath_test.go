package urlpath_test

import (
	"net/url"
	"strings"
	"testing"

	"paceline/queue/internal/urlpath"
)

func TestClean(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/messages":                   "/v1/messages",
		"//v1/messages":                  "/v1/messages",
		"/v1//messages///":               "/v1/messages",
		"/v1/messages/":                  "/v1/messages",
		"/":                              "/",
		"":                               "/",
		"//":                             "/",
		"/v1":                            "/v1",
		"/v1/":                           "/v1",
		"/v1/v1/messages":                "/v1/messages",
		"/v1/v1":                         "/v1",
		"/anthropic/v1/messages":         "/v1/messages",
		"/a/b/v1/v1/files/v1/x":          "/v1/files/v1/x",
		"/v10/messages":                  "/v10/messages",
		"/v1beta/models":                 "/v1beta/models",
		"/V1/messages":                   "/V1/messages",
		"/%76%31/m%65ssages":             "/v1/messages",
		"/v1/models/a%2fb":               "/v1/models/a%2Fb",
		"/v1/models/a!b%21":              "/v1/models/a!b%21",
		"/v1%2Fmessages":                 "/v1%2Fmessages",
		"/api%2fqueue/metrics":           "/api%2Fqueue/metrics",
		"/api/queue/waiting/%2e%2e":      "/api/queue/waiting/%2e%2e",
		"/api/queue/waiting/..%2F..%2Fx": "/api/queue/waiting/..%2F..%2Fx",
		"/api/queue/waiting/a%2Eb":       "/api/queue/waiting/a.b",
		"/api//queue/v1/x":               "/api/queue/v1/x",
		"//api/queue/waiting//":          "/api/queue/waiting/",
		"/healthz/":                      "/healthz/",
		"/x/v1/messages/":                "/v1/messages",
		"/%61pi/v1/messages":             "/api/v1/messages",
		"/v1/../api/queue/metrics":       "/v1/../api/queue/metrics",
		"/x/../v1/messages":              "/v1/messages", // before /v1 nothing is resolved, only dropped
		"/v1/%2E%2E/secret":              "/v1/%2E%2E/secret",
		"/models/v1":                     "/v1",
	} {
		u, err := url.ParseRequestURI("http://x" + path)
		if err != nil {
			t.Fatal(err)
		}
		got := urlpath.Clean(u)
		if got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
		// Who reads what another has cleaned reads the same.
		if again := urlpath.Clean(&url.URL{Path: unescaped(t, got), RawPath: got}); again != got {
			t.Errorf("%q: cleaned again it is %q", got, again)
		}
	}
}

func unescaped(t *testing.T, path string) string {
	t.Helper()
	plain, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestUnder(t *testing.T) {
	for path, want := range map[string]bool{"/v1": true, "/v1/x": true, "/v10": false, "/": false, "/v1%2Fx": false} {
		if got := urlpath.Under(path, "/v1"); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestHasDots(t *testing.T) {
	for path, want := range map[string]bool{
		"/v1/..": true, "/v1/./x": true, "/v1/%2e%2E/x": true, "/v1/a%2F..%2Fb": true, `/v1/a\..\b`: true, "/v1/%5c..": true, "/v1/.%2e": true,
		"/v1/...": false, "/v1/a..b": false, "/v1/.a": false, "/v1/%252e%252e": false, "/v1/x": false,
	} {
		if got := urlpath.HasDots(path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

// A path of any bytes is read the same, whoever reads it and however often.
func FuzzClean(f *testing.F) {
	for _, path := range []string{"/v1/messages", "//v1/%2e%2e/x", "/a%2fb//", "/%", "/%zz", "/v1/v1/%76%31"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" || u.Opaque != "" {
			return
		}
		got := urlpath.Clean(u)
		if !strings.HasPrefix(got, "/") || strings.Contains(got, "//") {
			t.Fatalf("%q: got %q", path, got)
		}
		again, err := url.ParseRequestURI(got)
		if err != nil || urlpath.Clean(again) != got {
			t.Fatalf("%q: got %q, and cleaned again %v, %v", path, got, again, err)
		}
	})
}
