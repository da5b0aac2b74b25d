package api_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"paceline/queue/api"
)

func TestLoopbackIsServedUnderLoopbackNamesOnly(t *testing.T) {
	q := newQueue(t)
	for _, c := range []struct {
		host   string
		status int
	}{
		{"localhost", 200},
		{"localhost:3000", 200},
		{"LocalHost:3000", 200},
		{"localhost.", 200},
		{"127.0.0.1:3000", 200},
		{"127.8.9.1", 200},
		{"[::1]:3000", 200},
		{"[::1]", 200},
		{"[::ffff:127.0.0.1]:3000", 200},
		{"queue.example.com", 200}, // allowed by the options, in another case
		{"queue.example.com:8443", 200},
		{"", 403},
		{"evil.example", 403},
		{"evil.example:3000", 403},
		{"localhost.evil.example", 403},
		{"127.0.0.1.evil.example", 403},
		{"a.queue.example.com", 403},
		{"192.168.1.10:3000", 403},
		{"0.0.0.0:3000", 403},
		{"[::]:3000", 403},
	} {
		for _, path := range []string{"/api/queue/metrics", "/healthz", "/nothing"} {
			w := do(q, "GET", path, "Host", c.host)
			if refused := w.Code == 403; refused != (c.status == 403) {
				t.Errorf("Host %q, %s: got %d, want %d", c.host, path, w.Code, c.status)
			}
		}
	}
}

func TestRefusedHostSaysWhatToType(t *testing.T) {
	q := newQueue(t)
	for _, c := range []struct{ host, want string }{
		{"queue.internal:3000", "--allow-host queue.internal"},
		{"$(reboot)", "--allow-host NAME"},
		{"-rf", "--allow-host NAME"},
		{"a b", "--allow-host NAME"},
		{"", "--allow-host NAME"},
	} {
		w := do(q, "GET", "/api/queue/metrics", "Host", c.host)
		if !strings.Contains(w.Body.String(), c.want+`"`) {
			t.Errorf("Host %q: got %s, want it to end in %q", c.host, w.Body, c.want)
		}
	}
}

func TestOtherAddressesAreServedUnderAnyName(t *testing.T) {
	handler := api.New(newQueue(t), api.Options{})
	for _, c := range []struct {
		local  string
		status int
	}{
		{"192.168.1.10", 200},
		{"127.0.0.1", 403}, // a server on every address is reached over this one, too
		{"::1", 403},
	} {
		r := httptest.NewRequest("GET", "/api/queue/metrics", nil)
		r.Host = "queue.internal"
		local := net.Addr(&net.TCPAddr{IP: net.ParseIP(c.local), Port: 3000})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local)))
		if w.Code != c.status {
			t.Errorf("over %s: got %d, want %d", c.local, w.Code, c.status)
		}
	}
}

func TestForeignPagesMayNotReset(t *testing.T) {
	q := newQueue(t)
	for _, c := range []struct {
		header []string
		status int
	}{
		{nil, 200},
		{[]string{"Origin", "http://localhost:3000"}, 200},
		{[]string{"Origin", "http://localhost:5173"}, 200},
		{[]string{"Origin", "https://127.0.0.1"}, 200},
		{[]string{"Origin", "http://[::1]:3000"}, 200},
		{[]string{"Host", "queue.example.com", "Origin", "https://queue.example.com"}, 200},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Sec-Fetch-Site", "none"}, 200},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", ""}, 403},
		{[]string{"Origin", "http://evil.example"}, 403},
		{[]string{"Origin", "http://localhost.evil.example"}, 403},
		{[]string{"Origin", "http://localhost@evil.example"}, 403},
		{[]string{"Origin", "file://localhost"}, 403},
		{[]string{"Origin", "http://%zz"}, 403},
		{[]string{"Origin", "http://evil.example", "Origin", "http://localhost"}, 403},
		{[]string{"Origin", "http://localhost", "Origin", "http://evil.example"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
	} {
		before := q.Report().Detail.Resets
		w := do(q, "POST", "/api/queue/metrics", c.header...)
		if w.Code != c.status {
			t.Errorf("POST with %q: got %d %s, want %d", c.header, w.Code, w.Body, c.status)
		}
		if reset := q.Report().Detail.Resets > before; reset != (c.status == 200) {
			t.Errorf("POST with %q: counters reset: got %v, want %v", c.header, reset, c.status == 200)
		}
	}
	if w := do(q, "GET", "/api/queue/metrics", "Origin", "http://evil.example"); w.Code != 200 {
		t.Errorf("GET with a foreign Origin: got %d, want 200: a browser keeps the answer from the page", w.Code)
	}
}
