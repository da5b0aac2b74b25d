package api_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue/api"
	"paceline/queue/pipe"
)

// A connection stays open where the body was read to its end, and ends elsewhere,
// soon, however the client goes on.
func TestConnectionsStayOpenWhereTheNextRequestIsFound(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: x\r\n"
	for _, c := range []struct {
		name, raw string
		read      int64 // of the body, by the handler
		closed    bool
		within    time.Duration // until the server hangs up
	}{
		{name: "no body", raw: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{name: "empty body", raw: post + "Content-Length: 0\r\n\r\n"},
		{name: "whole body", raw: post + "Content-Length: 4\r\n\r\nbody", read: 5},
		{name: "whole body on demand", raw: post + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody", read: 5},
		{name: "half a body", raw: post + "Content-Length: 4\r\n\r\nbody", read: 2, closed: true},
		{name: "body unread", raw: post + "Content-Length: 4\r\n\r\nbody", closed: true},
		{name: "body that never comes", raw: post + "Content-Length: 4\r\n\r\nbo", closed: true, within: 5 * time.Second},
		{name: "body that is not asked for", raw: post + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n", closed: true},
		{name: "body that is asked for and stops", raw: post + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbo", read: 2, closed: true, within: 5 * time.Second},
		{name: "chunks", raw: post + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", read: 5, closed: true},
		{name: "chunks unread", raw: post + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", closed: true},
		{name: "old HTTP", raw: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", closed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ln := pipe.Listen()
				server := api.NewHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.CopyN(io.Discard, r.Body, c.read)
					w.Header().Set("Content-Length", "2")
					_, _ = io.WriteString(w, "ok")
				}))
				go func() { _ = server.Serve(ln) }()
				defer func() { _ = server.Close() }()
				conn := dial(t, ln)
				defer func() { _ = conn.Close() }()
				go func() { _, _ = io.WriteString(conn, c.raw) }()
				in := bufio.NewReader(conn)
				a, err := http.ReadResponse(in, nil)
				for err == nil && a.StatusCode == http.StatusContinue {
					a, err = http.ReadResponse(in, nil)
				}
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(a.Body)
				_ = a.Body.Close()
				if string(text) != "ok" || err != nil || a.StatusCode != 200 {
					t.Errorf("got %d %q %v", a.StatusCode, text, err)
				}
				if closed := a.Close || a.ProtoMinor == 0 && !strings.EqualFold(a.Header.Get("Connection"), "keep-alive"); closed != c.closed {
					t.Errorf("the connection ends: got %v, want %v", closed, c.closed)
				}
				answered := time.Now()
				if !c.closed {
					return
				}
				rest, _ := io.ReadAll(in)
				if took := time.Since(answered); len(rest) > 0 || took > c.within+time.Second {
					t.Errorf("got %q more, and the end after %v, want it within %v", rest, took, c.within)
				}
			})
		})
	}
}
