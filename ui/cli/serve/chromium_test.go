//go:build unix

package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/api"
	"paceline/queue/gateway"
)

// browserTime is how long the browser may take in all.
const browserTime = 90 * time.Second

// told is what a page has found out, and sent home.
type told struct {
	Plain, Stream struct {
		Status         int
		ID, Limit      string // headers of the answer, as the page can read them
		Refused, Error string
		Body           string
	}
}

// page, with another page in it, asks the server at a base URL, whole and streamed, in every way in which a page can, and
// sends home what it could read.
const page = `<!doctype html><title>page</title><body>%s<script>
const base = %q;
const send = (body) => fetch(base + "/v1/messages", {method: "POST", body: JSON.stringify(body), headers: {
	"content-type": "application/json", "x-api-key": "sk-page", "anthropic-version": "2023-06-01",
	"anthropic-dangerous-direct-browser-access": "true", "x-paceline-user": "ann"}});
const heads = (a) => ({Status: a.status, ID: a.headers.get("x-paceline-request-id"), Limit: a.headers.get("anthropic-ratelimit-requests-limit"),
	Refused: a.headers.get("x-paceline-refused")});
const hidden = async () => {
	await fetch(base + "/v1/messages", {method: "POST", mode: "no-cors", headers: {"content-type": "text/plain"}, body: "{}"}).catch(() => 0);
	await fetch(base + "/v1/models", {mode: "no-cors"}).catch(() => 0);
	await new Promise((done) => { const i = new Image(); i.onload = i.onerror = done; i.src = base + "/v1/models"; });
	await new Promise((done) => {
		const frame = document.createElement("iframe"); frame.name = "hidden"; frame.onload = done; document.body.append(frame);
		const form = document.createElement("form"); form.method = "post"; form.enctype = "text/plain"; form.target = "hidden";
		form.action = base + "/v1/messages"; document.body.append(form); form.submit();
	});
};
(async () => {
	const told = {Plain: {}, Stream: {}};
	const message = {model: "m", max_tokens: 5, messages: [{role: "user", content: "hello"}]};
	try {
		const a = await send(message);
		told.Plain = {...heads(a), Body: await a.text()};
	} catch (e) { told.Plain.Error = String(e); }
	try {
		const a = await send({...message, stream: true});
		told.Stream = heads(a);
		const reader = a.body.getReader(), text = new TextDecoder();
		let body = "";
		for (;;) {
			const {done, value} = await reader.read();
			if (done) break;
			if (!body) await fetch("/first", {method: "POST"});
			body += text.decode(value);
		}
		told.Stream.Body = body;
	} catch (e) { told.Stream.Error = String(e); }
	if (%v) await hidden();
	await fetch("/done", {method: "POST", body: JSON.stringify(told)});
})();
</script>`

// A page whose origin is named sends and reads, whole and streamed, in a real browser, and one
// that is not named gets nothing, and costs nothing.
func TestPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes some seconds; TestPagesByRoute has the same rules without")
	}
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("there is no Chromium on this machine")
	}

	first, asked := make(chan struct{}, 10), atomic.Int64{}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body, _ := io.ReadAll(r.Body)
		h := w.Header()
		h.Set("Anthropic-Ratelimit-Requests-Limit", "50")
		h.Set("Access-Control-Allow-Origin", "https://api.example")
		h.Set("Set-Cookie", "api=1")
		if !strings.Contains(string(body), `"stream":true`) {
			h.Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"type":"message"}`)
			return
		}
		h.Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: message_start\ndata: {\"type\":\"message_start\"}\n\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-first: // the page has read it
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
	}))
	defer upstream.Close()

	var base atomic.Value // of the gateway, a string: it knows the named page before
	home := func(inner string) (*httptest.Server, <-chan told) {
		done := make(chan told, 1)
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/":
				w.Header().Set("Content-Type", "text/html")
				_, _ = fmt.Fprintf(w, page, inner, base.Load(), inner == "")
			case "/first":
				first <- struct{}{}
			case "/done":
				var got told
				if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
					t.Error(err)
				}
				done <- got
			default:
				http.NotFound(w, r)
			}
		})), done
	}
	foreign, bad := home("")
	defer foreign.Close()
	named, good := home(`<iframe src="` + foreign.URL + `/"></iframe>`)
	defer named.Close()
	base.Store("http://" + serveFor(t, upstream.URL, access.Origin(named.URL)))

	open(t, browser, named.URL)
	select {
	case got := <-good:
		if p := got.Plain; p.Status != 200 || p.ID == "" || p.Limit != "50" || p.Body != `{"type":"message"}` || p.Error != "" {
			t.Errorf("a named page, whole: got %+v", p)
		}
		if s := got.Stream; s.Status != 200 || s.ID == "" || s.Limit != "50" || strings.Count(s.Body, "data:") != 2 || s.Error != "" {
			t.Errorf("a named page, streamed: got %+v", s)
		}
	case <-time.After(browserTime):
		t.Fatal("the named page did not come to its end")
	}
	select {
	case got := <-bad:
		for _, r := range []any{got.Plain, got.Stream} {
			if text := fmt.Sprintf("%+v", r); !strings.Contains(text, "TypeError") || strings.Contains(text, "message") {
				t.Errorf("a page that is not named: got %s, want nothing", text)
			}
		}
	case <-time.After(browserTime):
		t.Fatal("the foreign page did not come to its end")
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("the API was asked %d times, want 2: by the named page alone", n)
	}
}

// serveFor serves in front of an upstream, for pages of an origin, until the test ends.
func serveFor(t *testing.T, upstream string, origin access.Origin) (address string) {
	t.Helper()
	u, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	server, err := newServer(t.Context(), q, nil, nil, gateway.Options{Upstream: u, Caller: gatewayCaller})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := access.NewGuard(access.GuardOptions{AllowOrigins: []access.Origin{origin}})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(nil)
	front.Config = api.NewHTTPServer(guard.Wrap(server))
	front.Start()
	t.Cleanup(func() {
		front.Close()
		server.close()
		_ = q.Shutdown(context.Background())
	})
	return front.Listener.Addr().String()
}

// open opens an address in a browser without a screen, which is gone when the test ends, with
// all of its processes and files.
func open(t *testing.T, browser string, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*browserTime)
	folder, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, browser,
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server", "--disable-extensions",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad", "--user-data-dir="+folder, address)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.Stderr = new(bytes.Buffer) // a pipe: Wait waits for all who have it, the first process's children too
	c.WaitDelay = browserTime
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = c.Wait() // it was killed
		if t.Failed() {
			t.Logf("the browser says: %s", c.Stderr)
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
}
