package sim

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Who accepts gzip gets it, event by event; an answer that breaks off is no whole gzip.
func TestAnswersInGzip(t *testing.T) {
	h, err := NewAccountHandler(newAPI(t, 1, fast()), AccountSettings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Configure(HTTPSettings{Compress: true}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	for _, c := range []struct {
		accept, outcome, body string
		gzip                  bool
		want                  string
		err                   error
	}{
		{"gzip", "none", hello, true, `{"id":"msg_`, nil},
		{"br, GZIP;q=0.5", "none", streamed, true, "event: message_start\n", nil},
		{"gzip", "529", hello, true, `{"type":"error"`, nil},
		{"gzip", "half-body", streamed, true, "event: message_start\n", io.ErrUnexpectedEOF},
		{"gzip", "cut", hello, true, `{"id":"msg_`, nil},
		{"gzip", "empty", hello, true, "", nil},
		{"gzip;q=0", "none", hello, false, `{"id":"msg_`, nil},
		{"identity", "none", streamed, false, "event: message_start\n", nil},
	} {
		r := newRequest(t, "POST", server.URL+"/v1/messages", c.body, "x-sim-error", c.outcome, "x-sim-latency", "0s")
		r.Header.Set("Accept-Encoding", c.accept)
		a, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Header.Get("Content-Encoding") == "gzip"; got != c.gzip {
			t.Errorf("%s, %s: in gzip: %v, want %v", c.accept, c.outcome, got, c.gzip)
		}
		var body io.Reader = a.Body
		if c.gzip {
			if body, err = gzip.NewReader(a.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		_ = a.Body.Close()
		if !strings.HasPrefix(string(text), c.want) || !errors.Is(err, c.err) {
			t.Errorf("%s, %s: got %.60q, %v, want %q, %v", c.accept, c.outcome, text, err, c.want, c.err)
		}
	}
}
