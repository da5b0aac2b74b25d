package gateway_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"
)

// digests is an upstream that answers with the length and the digest of the body
// that it got.
func digests(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		n, err := io.Copy(h, r.Body)
		_, _ = fmt.Fprintf(w, "%d %d %x %v", r.ContentLength, n, h.Sum(nil), err)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func digestOf(body string) string {
	return fmt.Sprintf("%d %d %x <nil>", len(body), len(body), sha256.Sum256([]byte(body)))
}

// unsized hides the length of a reader, so that it is sent in chunks.
type unsized struct{ io.Reader }

// sized is a message of exactly so many bytes.
func sized(n int) string {
	text := strings.Replace(hello, "hello", "", 1)
	return strings.Replace(hello, "hello", strings.Repeat("x", n-len(text)), 1)
}

func TestBodiesOfAnySizeAreTakenUpTo32MB(t *testing.T) {
	const most = 32 << 20
	dir := t.TempDir()
	r := newRig(t, digests(t), unspaced(), func(o *gateway.Options) { o.TempDir = dir })
	for _, size := range []int{len(hello), 256 << 10, 256<<10 + 1, 1 << 20, most} {
		body := sized(size)
		for _, chunked := range []bool{false, true} {
			var in io.Reader = strings.NewReader(body)
			if chunked {
				in = unsized{in}
			}
			if a := send(t.Context(), t, "POST", r.url+"/v1/messages", in); a.status != 200 || a.body != digestOf(body) {
				t.Errorf("%d bytes, chunked: %v: got %d %q %v", size, chunked, a.status, a.body, a.err)
			}
		}
	}
	for _, chunked := range []bool{false, true} {
		var in io.Reader = strings.NewReader(sized(most + 1))
		if chunked {
			in = unsized{in}
		}
		a := send(t.Context(), t, "POST", r.url+"/v1/messages", in)
		if a.status != 413 || apiErrorType(a.body) != "request_too_large" || a.header.Get("X-Paceline-Refused") != "too-large" || a.header.Get("X-Should-Retry") != "false" {
			t.Errorf("one more, chunked: %v: got %d %q %v, want 413 in the API's shape", chunked, a.status, a.body, a.err)
		}
	}
	if m := r.queue.Report().Metrics; m.TotalRequests != 10 {
		t.Errorf("the queue counts %d, want the 10 that were taken", m.TotalRequests)
	}
	nothingIn(t, dir)
}

func nothingIn(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d files in the directory for bodies, want none: %v %v", len(left), left, err)
	}
}

// A client that writes its whole request before it reads gets the refusal, too.
func TestTooLargeReachesAClientThatWritesFirst(t *testing.T) {
	r := newRig(t, digests(t), unspaced())
	a := r.talk("POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: " + itoa(33<<20) + "\r\n\r\n" + sized(33<<20))
	if !strings.HasPrefix(a, "HTTP/1.1 413 ") || !strings.Contains(a, "request_too_large") {
		t.Errorf("got %.200q", a)
	}
}

func TestExpectContinue(t *testing.T) {
	url, heads := recorder(t, okay)
	r := newRig(t, url, unspaced())
	const head = "POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
	a := r.talk(head + "Content-Length: 2\r\n\r\n{}")
	if !strings.HasPrefix(a, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n") {
		t.Errorf("got %q", a)
	}
	if got := <-heads; strings.Contains(got, "Expect") {
		t.Errorf("the API got %q", got)
	}
	// Who is refused anyway need not send it.
	if a := r.talk(head + "Content-Length: " + itoa(33<<20) + "\r\n\r\n"); !strings.HasPrefix(a, "HTTP/1.1 413 ") {
		t.Errorf("got %q, want 413 at once", a)
	}
}

// Half a request is never sent on.
func TestBodyThatBreaksOffIsNotSentOn(t *testing.T) {
	url, heads := recorder(t, okay)
	dir := t.TempDir()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would close the files, too
	r := newRig(t, url, unspaced(), func(o *gateway.Options) { o.TempDir = dir })
	for _, raw := range []string{
		"Content-Length: 100\r\n\r\n" + `{"model":`,
		"Content-Length: 1000000\r\n\r\n" + strings.Repeat("x", 900_000),
		"Transfer-Encoding: chunked\r\n\r\n" + chunk(`{"model":`),
		"Transfer-Encoding: chunked\r\n\r\n" + chunk(strings.Repeat("x", 900_000)) + "zz\r\n",
	} {
		c := r.dial()
		_, _ = io.WriteString(c, "POST /v1/messages HTTP/1.1\r\nHost: x\r\n"+raw)
		_ = c.CloseWrite()
		text, _ := io.ReadAll(c)
		_ = c.Close()
		if !strings.HasPrefix(string(text), "HTTP/1.1 400 ") {
			t.Errorf("got %.100q, want 400", text)
		}
	}
	if len(heads) > 0 {
		t.Errorf("the API was asked %q", <-heads)
	}
	eventually(t, "no file is open", func() bool { return len(filesOf(t, dir)) == 0 })
	nothingIn(t, dir)
}

// Many large requests that wait cost disk and not memory: files without a name,
// that nobody else can read, and that are gone with the requests.
func TestLargeRequestsThatWaitAreNotInMemory(t *testing.T) {
	n, size := 200, 5<<20
	if raceEnabled || testing.Short() {
		n = 50
	}
	dir := t.TempDir()
	s := unspaced()
	s.MaxInFlight = 1
	here, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(here) })
		_, _ = io.Copy(io.Discard, r.Body)
		<-release
	}))
	defer upstream.Close()
	r := newRig(t, upstream.URL, s, func(o *gateway.Options) { o.TempDir = dir })
	body := sized(size)
	before := heap()
	ctx, leave := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range n {
		clients.Go(func() { send(ctx, t, "POST", r.url+"/v1/messages", strings.NewReader(body)) })
	}
	<-here
	eventually(t, "all wait", func() bool { return r.queue.Report().Metrics.CurrentQueueLength == n-1 })
	grown := heap() - before
	t.Logf("%d requests of %d MB wait: the heap has grown by %d MB", n, size>>20, grown>>20)
	if grown > int64(n)*int64(size)/20 {
		t.Errorf("the heap has grown by %d MB", grown>>20)
	}
	nothingIn(t, dir)
	if runtime.GOOS == "linux" {
		if files := filesOf(t, dir); len(files) != n {
			t.Errorf("%d files are open, want %d", len(files), n)
		} else if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("a file has the mode %v, want 0600: %v", info.Mode(), err)
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would close the files, too
	leave()
	close(release)
	clients.Wait()
	eventually(t, "nothing runs", func() bool { return r.queue.Report().Detail.Running == 0 })
	eventually(t, "no file is open", func() bool { return len(filesOf(t, dir)) == 0 })
}

// eventually waits until something is so; a slow machine may take its time.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// filesOf returns what this process has open in dir.
func filesOf(t *testing.T, dir string) (open []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range all {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, dir) {
			open = append(open, fd)
		}
	}
	return open
}

// Without a place for large bodies the small ones still work.
func TestNoPlaceForLargeBodies(t *testing.T) {
	r := newRig(t, digests(t), unspaced(), func(o *gateway.Options) { o.TempDir = filepath.Join(t.TempDir(), "none") })
	if a := r.post("/v1/messages", hello); a.status != 200 {
		t.Errorf("a small one got %d", a.status)
	}
	a := r.post("/v1/messages", sized(1<<20))
	if a.status != 500 || apiErrorType(a.body) != "api_error" || a.header.Get("X-Paceline-Refused") != "disk" || strings.Contains(a.body, "none") {
		t.Errorf("got %d %q %v", a.status, a.body, a.header)
	}
	eventually(t, "the log says why", func() bool {
		return strings.Contains(r.log.String(), "could not") || strings.Contains(r.log.String(), "paceline-")
	})
	if m := r.queue.Report().Metrics; m.TotalRequests != 1 {
		t.Errorf("the queue counts %d", m.TotalRequests)
	}
}

// A body in a file is sent again with each attempt, from its beginning.
func TestLargeBodyIsSentAgain(t *testing.T) {
	body := sized(2 << 20)
	inHostileBubble(t, queue.DefaultSettings(), func(w *wire) {
		r, err := http.ReadRequest(w.in)
		if err != nil {
			return
		}
		if w.n < 2 { // in the middle of it
			_, _ = io.ReadFull(r.Body, make([]byte, 1<<20))
			return
		}
		h := sha256.New()
		n, _ := io.Copy(h, r.Body)
		text := fmt.Sprintf("%d %d %x <nil>", r.ContentLength, n, h.Sum(nil))
		w.say(jsonHead + "Content-Length: " + itoa(len(text)) + "\r\n\r\n" + text)
	}, func(b *hostileBubble) {
		if a := b.ask("POST", "/v1/messages", body); a.body != digestOf(body) || a.header.Get("X-Paceline-Attempts") != "3" {
			t.Errorf("got %d %q after %s attempts", a.status, a.body, a.header.Get("X-Paceline-Attempts"))
		}
		if got := b.counts(); got.resent != 2 {
			t.Errorf("counted %+v, want two that were resent", got)
		}
	})
}

// The chat route is as patient with whoever sends too much.
func TestTooLargeForTheChat(t *testing.T) {
	r := newRig(t, digests(t), unspaced())
	for range 5 {
		a := send(t.Context(), t, "POST", r.url+"/api/between/chat", strings.NewReader(sized(8<<20)))
		if a.status != 413 || a.err != nil {
			t.Errorf("got %d %q %v, want 413", a.status, a.body, a.err)
		}
	}
}
