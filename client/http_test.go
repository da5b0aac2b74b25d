package client

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue/human"
)

// serve starts a server; plain functions are enough.
func serve(t *testing.T, f http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return server
}

func newHTTP(t *testing.T, address string, o HTTPOptions) *HTTP {
	t.Helper()
	s, err := NewHTTP(address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// says fails the test unless err is a Failure whose words and hint have these parts.
func says(t *testing.T, err error, words, hint string) {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) || !strings.Contains(f.Words, words) || !strings.Contains(f.Hint, hint) || f.Err == nil {
		t.Errorf("got %#v, want a Failure with %q and %q", err, words, hint)
	}
}

const good = `{"status":"healthy","metrics":{"totalRequests":3}}`

func TestHTTPPoll(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for key, want := range map[string]string{
			"Accept": "application/json", "Cache-Control": "no-cache", "X-Team": "a", "User-Agent": "paceline", "Authorization": "Bearer s3cr3t",
		} {
			if got := r.Header.Get(key); got != want {
				t.Errorf("%s: got %q, want %q", key, got, want)
			}
		}
		if r.Method != http.MethodGet || r.URL.Path != "/p/api/queue/metrics" || r.Host != "other.test" {
			t.Errorf("got %s %s of %s", r.Method, r.URL, r.Host)
		}
		w.Header().Set("Content-Type", "text/plain") // what counts is the body
		_, _ = io.WriteString(w, good)
	})
	header := http.Header{"X-Team": {"a"}, "Host": {"other.test"}, "Authorization": {"Basic no"}}
	s := newHTTP(t, server.URL+"/p", HTTPOptions{Token: " s3cr3t\n", Header: header})
	before := time.Now()
	sample, err := s.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "total", sample.Total, Some[int64](3))
	check(t, "received after the start", !sample.At.Before(before) && sample.Took > 0, true)
	check(t, "name", s.Name(), server.URL+"/p")
	check(t, "the caller's header", header.Get("Accept"), "")
}

func TestHTTPBasicAuth(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		check(t, "user", user+":"+password, "ops:pä/ss")
		http.Error(w, "no", http.StatusForbidden)
	})
	s := newHTTP(t, strings.Replace(server.URL, "http://", "http://ops:p%C3%A4%2Fss@", 1)+"?key=s3cr3t", HTTPOptions{})
	_, err := s.Poll(t.Context())
	says(t, err, "403 forbidden", "the token was refused")
	check(t, "name", s.Name(), server.URL)
}

func TestHTTPAnswers(t *testing.T) {
	html := "<html><title>nginx</title></html>"
	for _, c := range []struct {
		status      int
		body        string
		words, hint string
	}{
		{200, html, "HTML came instead of JSON", "proxy or a login page"},
		{200, `{"status":"heal`, "the JSON breaks off after 15 bytes", "poll again"},
		{200, "", "the answer is empty", ""},
		{200, `{"error":"Failed to fetch metrics","details":"Unknown error"}`, "the server failed: Failed to fetch metrics (Unknown error)", "log"},
		{204, "", "204 no content", "right address"},
		{304, "", "304 not modified", ""},
		{400, "no", "400 bad request", "right address"},
		{400, "Client sent an HTTP request to an HTTPS server.", "the server speaks TLS here", "https://"},
		{401, html, "401 unauthorized", "PACELINE_TOKEN"},
		{403, `{"error":"not you"}`, "403 forbidden: not you", "--token"},
		{404, html, "404 not found", "is this the right address? http://"},
		{405, `{"error":"GET only"}`, "405 method not allowed: GET only", "right address"},
		{407, "", "407 proxy authentication required", "HTTP_PROXY"},
		{429, "", "429 too many requests", "poll less often"},
		{500, string(wire(t, "error-500")), "the server failed (500): Failed to fetch metrics (Unknown error)", "log"},
		{500, html, "the server failed (500 internal server error)", "log"},
		{500, `{"error":"\u001b[2Jwiped\u202e"}`, "the server failed (500): wiped", "log"},
		{502, html, "502 bad gateway: the server behind the proxy does not answer", "running"},
		{503, "", "503 service unavailable", "running"},
		{599, "", "the server failed (599 )", ""},
	} {
		t.Run(fmt.Sprintf("%d %.12s", c.status, c.body), func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := newHTTP(t, server.URL, HTTPOptions{}).Poll(t.Context())
			says(t, err, c.words, c.hint)
		})
	}
}

// Each string that comes from a server is fit for a terminal.
func TestHTTPCleans(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"healthy","metrics":{},"health":{"message":"fine\u001b]0;owned\u0007 \u001b[31mred"},"detail":{"users":[{"name":"a\u202e\u0000b"}]}}`)
	})
	s, err := newHTTP(t, server.URL, HTTPOptions{}).Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "message", s.Message.Value, "fine red")
	check(t, "user", s.Detail.Users[0].Name.String(), "a‹202e›‹00›b")
}

func TestHTTPHostileBodies(t *testing.T) {
	for _, c := range []struct {
		what        string
		f           http.HandlerFunc
		words, hint string
	}{
		{"half a body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, good)
		}, "the answer broke off", "restarting"},
		{"an endless body", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
					return
				}
			}
		}, "the answer is larger than 1 MiB", "right address"},
		{"a gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			zeros := make([]byte, 1<<20)
			for range 64 {
				if _, err := z.Write(zeros); err != nil {
					return
				}
			}
			_ = z.Close()
		}, "the answer is larger than 1 MiB", "right address"},
		{"no gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, good)
		}, "its compression is damaged", "proxy"},
		{"damaged gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00not deflate")
		}, "its compression is damaged", "proxy"},
		{"headers without end", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
		}, "headers", ""},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"the server closed the connection without an answer", "restarting"},
	} {
		t.Run(c.what, func(t *testing.T) {
			server := serve(t, c.f)
			_, err := newHTTP(t, server.URL, HTTPOptions{}).Poll(t.Context())
			says(t, err, c.words, c.hint)
		})
	}
}

func TestHTTPReset(t *testing.T) {
	for _, c := range []struct {
		status      int
		body, words string
	}{
		{200, string(wire(t, "reset")), ""},
		{200, `{"success":false,"error":"not now"}`, "the server refused: not now"},
		{200, `{"success":false,"message":"read only"}`, "the server refused: read only"},
		{200, good, "the answer does not say that the counters were reset"},
		{200, "<html>", "HTML came instead of JSON"},
		{403, `{"error":"read only"}`, "403 forbidden: read only"},
		{405, "", "405 method not allowed"},
		{500, string(wire(t, "error-500")), "the server failed (500): Failed to fetch metrics (Unknown error)"},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			check(t, "method", r.Method, http.MethodPost)
			check(t, "idempotency key", len(r.Header["Idempotency-Key"]), 0)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		err := newHTTP(t, server.URL, HTTPOptions{}).Reset(t.Context())
		if c.words == "" {
			check(t, "error", err, nil)
			continue
		}
		says(t, err, c.words, "")
	}
}

func TestHTTPRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, err = newHTTP(t, address, HTTPOptions{}).Poll(t.Context())
	says(t, err, "connection refused", "nothing listens at "+address)
}

// hang is a dialer whose connections take what is written and say nothing.
func hang(open *[]net.Conn) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		*open = append(*open, there)
		go func() { _, _ = io.Copy(io.Discard, there) }()
		return here, nil
	}
}

func TestHTTPTimeout(t *testing.T) {
	for _, timeout := range []time.Duration{0, 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s, err := NewHTTP("http://host", HTTPOptions{Timeout: timeout})
			if err != nil {
				t.Fatal(err)
			}
			var open []net.Conn
			s.client.Transport.(*http.Transport).DialContext = hang(&open)
			want := timeout
			if want == 0 {
				want = 5 * time.Second
			}
			start := time.Now()
			_, err = s.Poll(t.Context())
			says(t, err, "time-out: no whole answer within "+human.Exact(want), "firewall")
			check(t, "after", time.Since(start), want)
			_ = s.Close()
			for _, c := range open {
				_ = c.Close()
			}
		})
	}
}

func TestHTTPCloseEndsAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := NewHTTP("http://host", HTTPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var open []net.Conn
		s.client.Transport.(*http.Transport).DialContext = hang(&open)
		polled := make(chan error)
		go func() {
			_, err := s.Poll(context.Background())
			polled <- err
		}()
		synctest.Wait()
		_ = s.Close()
		says(t, <-polled, "cancelled", "")
		for _, c := range open {
			_ = c.Close()
		}
	})
}

func TestNewHTTPRefuses(t *testing.T) {
	for _, c := range []struct {
		address string
		o       HTTPOptions
		want    string
	}{
		{"", HTTPOptions{}, "client: no address"},
		{"host", HTTPOptions{Timeout: -1}, "client: the time-out is -1ns: must be above zero"},
		{"host", HTTPOptions{Token: "s3cr3t\r\nX: y"}, "client: the token has a blank"},
		{"host", HTTPOptions{Token: "s3cr3tä"}, "client: the token has a blank"},
	} {
		_, err := NewHTTP(c.address, c.o)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("got %v, want %s…", err, c.want)
		}
	}
}

// The environment is read once a process, so the proxy is tried in one of its own.
func TestHTTPProxy(t *testing.T) {
	if address := os.Getenv("PACELINE_TEST_POLL"); address != "" {
		s, err := newHTTP(t, address, HTTPOptions{}).Poll(t.Context())
		fmt.Printf("got %v, %v\n", s.Total.Value, err)
		return
	}
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		check(t, "asked of the proxy", r.URL.String(), "http://queue.test/api/queue/metrics")
		_, _ = io.WriteString(w, good)
	})
	for _, c := range []struct{ proxy, want string }{
		{proxy.URL, "got 3, <nil>"},
		{"http://127.0.0.1:1", "got 0, the proxy: connection refused"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHTTPProxy$")
		cmd.Env = append(os.Environ(), "PACELINE_TEST_POLL=http://queue.test", "HTTP_PROXY="+c.proxy, "http_proxy="+c.proxy, "NO_PROXY=", "no_proxy=")
		out, _ := cmd.CombinedOutput()
		if !strings.Contains(string(out), c.want) {
			t.Errorf("through %s: got %s, want %s", c.proxy, out, c.want)
		}
	}
}
