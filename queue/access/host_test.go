package access_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"paceline/queue/access"
)

func TestLoopbackIsServedUnderLoopbackNamesOnly(t *testing.T) {
	h, b := newGuard(t, access.GuardOptions{AllowHosts: []string{"Queue.example.com"}})
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
		for _, path := range []string{"/v1/messages", "/api/queue/metrics", "/healthz", "/nothing"} {
			b.requests = 0
			w := do(h, "GET", path, "Host", c.host)
			if w.Code != c.status || b.requests == 1 != (c.status == 200) {
				t.Errorf("Host %q, %s: got %d and %d requests behind it, want %d", c.host, path, w.Code, b.requests, c.status)
			}
		}
	}
}

func TestRefusedHostSaysWhatToType(t *testing.T) {
	h, _ := newGuard(t, access.GuardOptions{})
	for _, c := range []struct{ host, want string }{
		{"queue.internal:3000", "--allow-host queue.internal"},
		{"$(reboot)", "--allow-host NAME"},
		{"-rf", "--allow-host NAME"},
		{"a b", "--allow-host NAME"},
		{"", "--allow-host NAME"},
	} {
		w := do(h, "GET", "/api/queue/metrics", "Host", c.host)
		if !strings.Contains(w.Body.String(), c.want+`"`) {
			t.Errorf("Host %q: got %s, want it to end in %q", c.host, w.Body, c.want)
		}
	}
}

func TestOtherAddressesAreServedUnderAnyName(t *testing.T) {
	handler, _ := newGuard(t, access.GuardOptions{})
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

func TestHostsThatAreNoNamesAreRefused(t *testing.T) {
	for _, name := range []string{"", "http://queue.example.com", "*", "a b", "user@host", ":3000"} {
		if _, err := access.NewGuard(access.GuardOptions{AllowHosts: []string{name}}); err == nil {
			t.Errorf("allowed host %q: got no error, want one", name)
		}
	}
}
