package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paceline/queue/gateway"
)

// nginxConfig is a proxy as it comes, which buffers answers, with one line of its own: where to.
const nginxConfig = `daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
	access_log off; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server { listen %[2]s; location / { proxy_pass %[3]s; } }
}`

// behindNginx serves a gateway behind an nginx until the test ends, and returns its URL.
func behindNginx(t *testing.T, gateway string) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("there is no nginx here: ", err)
	}
	ln := listenLoopback(t)
	address := ln.Addr().String()
	_ = ln.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, dir, address, gateway), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "-e", filepath.Join(dir, "error.log"), "-p", dir, "-c", file)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	eventually(t, "nginx listens", func() bool {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return "http://" + address
}

// Once nginx kept a stream's first event until the stream had ended: the API here goes on only
// when the client has what came before.
func TestNginxPassesEachEventOn(t *testing.T) {
	for name, early := range map[string]bool{"of the API": false, "early": true} {
		t.Run(name, func(t *testing.T) {
			goOn := make(chan struct{})
			r := newRig(t, newHostile(t, func(w *wire) {
				if _, ok := w.request(); !ok {
					return
				}
				if early {
					<-goOn
				}
				w.say(sseChunked + chunk(oneStart))
				<-goOn
				w.say(chunk(oneStop) + chunk(""))
			}), unspaced(), func(o *gateway.Options) {
				if early {
					o.KeepAlive = 100 * time.Millisecond
				}
			})
			url := behindNginx(t, r.url)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // so that a failure ends
			defer cancel()
			context.AfterFunc(ctx, func() { close(goOn) })
			q, err := http.NewRequestWithContext(ctx, "POST", url+"/v1/messages", strings.NewReader(streamHello))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("X-Api-Key", "sk-test")
			transport := &http.Transport{DisableKeepAlives: true}
			a, err := transport.RoundTrip(q)
			if err != nil {
				t.Fatal("nothing came before the API had sent all: ", err)
			}
			defer func() { _ = a.Body.Close() }()
			lines := bufio.NewScanner(a.Body)
			want := []string{"event: message_start", "event: message_stop"}
			if early {
				want = append([]string{"event: ping"}, want...)
			}
			for i, line := range want {
				for lines.Scan() && lines.Text() != line {
				}
				if lines.Text() != line {
					t.Fatalf("%q has not come before the API went on: %v", line, lines.Err())
				}
				if i < len(want)-1 {
					goOn <- struct{}{}
				}
			}
		})
	}
}

// Every stream asks the proxies on its way for each event as it comes, and as it is.
func TestStreamsForbidBuffering(t *testing.T) {
	check := func(t *testing.T, a answer, want bool) {
		t.Helper()
		const noBuffer, noTransform = "no", "no-cache, no-transform"
		got := a.header.Get("X-Accel-Buffering") == noBuffer && strings.Join(a.header.Values("Cache-Control"), "; ") == noTransform
		if got != want || a.status != 200 {
			t.Errorf("got %d %v, want it forbidden: %v", a.status, a.header, want)
		}
	}
	stream := sseHead + "Cache-Control: no-store\r\nX-Accel-Buffering: yes\r\nContent-Length: " + itoa(len(oneStart+oneStop)) + "\r\n\r\n" + oneStart + oneStop
	for name, c := range map[string]struct {
		path, body, say string
		want            bool
	}{
		"a message":            {"/v1/messages", streamHello, stream, true},
		"another route":        {"/v1/messages/batches/msgbatch_1/results", "", stream, true},
		"the chat route":       {"/api/between/chat?stream=true", `{"message":"hello","userId":"u"}`, stream, true},
		"a message as a whole": {"/v1/messages", hello, okay, false},
	} {
		t.Run(name, func(t *testing.T) {
			inHostileBubble(t, unspaced(), func(w *wire) {
				if _, ok := w.request(); ok {
					w.say(c.say)
				}
			}, func(b *hostileBubble) {
				method := "POST"
				if c.body == "" {
					method = "GET"
				}
				check(t, b.ask(method, c.path, c.body), c.want)
			}, func(o *gateway.Options) { o.Chat.Key = bubbleKey })
		})
	}
	inLine(t, []string{whole(oneStart + oneStop)}, func(b *hostileBubble) {
		check(t, b.ask("POST", "/v1/messages", streamHello), true)
	})
}
