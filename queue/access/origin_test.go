package access_test

import (
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"

	"paceline/queue"
	"paceline/queue/access"
)

// A page of another origin gets nothing, whatever it asks for, and what it asks for is not
// begun: another port of this machine is another origin, too.
func TestForeignPagesAreRefused(t *testing.T) {
	h, behind := newGuard(t, access.GuardOptions{AllowHosts: []string{"queue.example.com"}})
	for _, c := range []struct {
		header []string
		status int
	}{
		{nil, 200},
		{[]string{"Origin", "http://localhost:3000"}, 200},
		{[]string{"Origin", "https://localhost:3000"}, 200}, // a proxy may have the TLS
		{[]string{"Host", "queue.example.com", "Origin", "https://queue.example.com"}, 200},
		{[]string{"Host", "queue.example.com:443", "Origin", "https://queue.example.com"}, 200},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Sec-Fetch-Site", "none"}, 200},
		{[]string{"Origin", "http://localhost:5173"}, 403},
		{[]string{"Origin", "http://localhost"}, 403},
		{[]string{"Origin", "http://127.0.0.1:3000"}, 403},
		{[]string{"Origin", "https://queue.example.com"}, 403}, // but for a Host of the same name
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", ""}, 403},
		{[]string{"Origin", "http://evil.example"}, 403},
		{[]string{"Origin", "http://localhost.evil.example"}, 403},
		{[]string{"Origin", "http://localhost:3000@evil.example"}, 403},
		{[]string{"Origin", "http://localhost:3000/"}, 403},
		{[]string{"Origin", "http://localhost:3000 "}, 403},
		{[]string{"Origin", "file://localhost:3000"}, 403},
		{[]string{"Origin", "http://%zz"}, 403},
		{[]string{"Origin", "vscode-webview://0a1b"}, 403},
		{[]string{"Origin", "http://evil.example", "Origin", "http://localhost:3000"}, 403},
		{[]string{"Origin", "http://localhost:3000", "Origin", "http://evil.example"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain"}, 403},
	} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE", "BREW"} {
			for _, path := range []string{"/api/queue/metrics", "/api/queue/stream", "/v1/messages", "/v1/models", "/nothing", "/healthz"} {
				behind.requests = 0
				w := do(h, method, path, c.header...)
				if w.Code != c.status || behind.requests == 1 != (c.status == 200) {
					t.Errorf("%s %s with %q: got %d and %d requests behind it, want %d", method, path, c.header, w.Code, behind.requests, c.status)
				}
				for name := range w.Header() {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s: got %s: a browser would give the answer to the page", method, name)
					}
				}
			}
		}
	}
}

// Somebody may follow a link to our figures, but a link that calls the API leads nowhere.
func TestLinksAreFollowedToWhatOnlyReads(t *testing.T) {
	h, _ := newGuard(t, access.GuardOptions{})
	for _, c := range []struct {
		method, path, site, mode, dest string
		status                         int
	}{
		{"GET", "/api/queue/metrics", "cross-site", "navigate", "document", 200},
		{"GET", "/", "same-site", "navigate", "document", 200},
		{"POST", "/api/queue/metrics", "cross-site", "navigate", "document", 403},
		{"GET", "/v1/models", "cross-site", "navigate", "document", 403},
		{"GET", "//v1/models", "cross-site", "navigate", "document", 403},
		{"GET", "/api/between/chat", "cross-site", "navigate", "document", 403},
		{"GET", "/api/queue/stream", "cross-site", "no-cors", "image", 403},
		{"GET", "/api/queue/metrics", "cross-site", "navigate", "iframe", 403},
	} {
		w := do(h, c.method, c.path, "Sec-Fetch-Site", c.site, "Sec-Fetch-Mode", c.mode, "Sec-Fetch-Dest", c.dest)
		if w.Code != c.status {
			t.Errorf("%+v: got %d", c, w.Code)
		}
	}
}

// A page that is named may send, and read the answer: also that it is refused, and why.
func TestNamedPagesMayRead(t *testing.T) {
	file := newFile(t)
	secret := add(t, file, "team", queue.Normal, false)
	h, behind := newGuard(t, access.GuardOptions{Tokens: openTokens(t, file), AllowOrigins: []access.Origin{
		"https://App.example:443", "http://localhost:5173", "vscode-webview:", "chrome-extension://abcdef", "null",
	}})
	for origin, allowed := range map[string]bool{
		"https://app.example": true, "http://localhost:5173": true, "vscode-webview://0a1b-2c": true, "chrome-extension://abcdef": true, "null": true,
		"http://app.example": false, "https://app.example:8443": false, "https://app.example.evil.example": false, "https://evil.example": false,
		"https://x.app.example": false, "http://localhost": false, "http://localhost:51730": false, "chrome-extension://other": false,
		"vscode-webview:": false, "file://": false, "NULL": false,
	} {
		for _, c := range []struct {
			name, method string
			header       []string
			status       int
			reaches      bool
		}{
			{"with a token", "POST", []string{"X-Paceline-Token", secret}, 200, true},
			{"without a token", "POST", nil, 401, false},
			{"preflight", "OPTIONS", []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-paceline-token,content-type", "Access-Control-Request-Private-Network", "true"}, 204, false},
			{"no preflight", "OPTIONS", nil, 401, false},
		} {
			behind.requests = 0
			w := do(h, c.method, "/v1/messages", append(c.header, "Origin", origin)...)
			got, want := w.Header().Get("Access-Control-Allow-Origin"), origin
			if !allowed {
				c.status, c.reaches, want = 403, false, ""
			}
			if w.Code != c.status || behind.requests == 1 != c.reaches || got != want || (w.Header().Get("Access-Control-Expose-Headers") == "*") != allowed {
				t.Errorf("%s, %s: got %d and %v, want %d, and allowed %v", origin, c.name, w.Code, w.Header(), c.status, allowed)
			}
			if w.Header()["Vary"] == nil || w.Header()["Vary"][0] != "Origin" || w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s, %s: got %v, want Vary: Origin, and no credentials", origin, c.name, w.Header())
			}
			if c.status == 204 && (w.Header().Get("Access-Control-Allow-Headers") != "x-paceline-token,content-type" ||
				w.Header().Get("Access-Control-Allow-Methods") != "POST" || w.Header().Get("Access-Control-Max-Age") == "" || w.Header().Get("Access-Control-Allow-Private-Network") != "true") {
				t.Errorf("%s, %s: got %v", origin, c.name, w.Header())
			}
		}
	}
	// Who sends no Origin is no page, and an answer that is stored is not given to one.
	if w := do(h, "GET", "/healthz"); w.Code != 200 || w.Header().Get("Vary") != "Origin" || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("no page: got %d %v", w.Code, w.Header())
	}
	if w := do(h, "GET", "/healthz", "Origin", "http://localhost:3000"); w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("its own page: got %d %v", w.Code, w.Header())
	}
	if w := do(h, "GET", "/healthz", "Origin", "https://app.example", "Host", "evil.example"); w.Code != 403 || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("under a foreign name: got %d %v", w.Code, w.Header())
	}
}

// Where there is TLS, a page without it is another one: it may be anybody's on the way.
func TestPlainPagesAreForeignOverTLS(t *testing.T) {
	h, _ := newGuard(t, access.GuardOptions{})
	for origin, want := range map[string]int{"https://localhost:3000": 200, "http://localhost:3000": 403} {
		r := httptest.NewRequest("POST", "/v1/messages", nil)
		r.Host, r.TLS = "localhost:3000", &tls.ConnectionState{}
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", origin, w.Code, want)
		}
	}
}

// A refused page is told what to type, and nothing that a shell would run.
func TestRefusedPageSaysWhatToType(t *testing.T) {
	h, _ := newGuard(t, access.GuardOptions{})
	for origin, want := range map[string]string{
		"https://App.example": "--allow-origin https://app.example", "null": "--allow-origin null", "https://$(reboot)": "--allow-origin ORIGIN",
		"vscode-webview://0a1b": "--allow-origin vscode-webview://0a1b", "https://a;b": "--allow-origin ORIGIN",
	} {
		if w := do(h, "GET", "/v1/models", "Origin", origin); !strings.Contains(w.Body.String(), want+`"`) {
			t.Errorf("%s: got %s, want it to end in %q", origin, w.Body, want)
		}
	}
}

func TestOriginsThatAreNoneAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "*", "app.example", "https://", "https://app.example/", "https://app.example/x", "https://*.app.example", "https://u@app.example", "https://a b",
		"https:", "http:", ":", "a b:", "https://app.example?x", "https://app.example#x",
	} {
		if o, err := access.ParseOrigin(text); err == nil {
			t.Errorf("%q: got %q, want an error", text, o)
		}
		if _, err := access.NewGuard(access.GuardOptions{AllowOrigins: []access.Origin{access.Origin(text)}}); err == nil {
			t.Errorf("%q: the guard takes it", text)
		}
	}
	for text, want := range map[string]access.Origin{
		"https://App.Example:443": "https://app.example", "http://localhost:80": "http://localhost", "http://[::1]:3000": "http://[::1]:3000",
		"VSCode-Webview:": "vscode-webview:", "null": "null", "chrome-extension://abc": "chrome-extension://abc", "https://app.example:8443": "https://app.example:8443",
	} {
		if o, err := access.ParseOrigin(text); o != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", text, o, err, want)
		}
	}
}
