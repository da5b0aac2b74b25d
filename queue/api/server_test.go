package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newQueue returns a queue that starts one request at once and the next only
// after an hour, so that what waits goes on waiting.
func newQueue(t *testing.T) *queue.Queue {
	t.Helper()
	s := queue.DefaultSettings()
	s.MinDelay, s.Step, s.MaxDelay, s.MaxWait = 0, 0, 0, 24*time.Hour
	s.MaxInFlight = 1
	q, err := queue.New(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = q.Shutdown(ctx)
	})
	return q
}

// hold makes n requests wait behind one that runs, and returns a function that
// makes them all leave. It returns when all of them wait.
func hold(t *testing.T, q *queue.Queue, n int) (release func()) {
	t.Helper()
	if n == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	running := make(chan struct{})
	request := func(user string, f func(context.Context) (int, error)) {
		defer func() { done <- struct{}{} }()
		_, _ = queue.Do(ctx, q, queue.Request{User: user}, f)
	}
	go request("first", func(ctx context.Context) (int, error) {
		close(running)
		<-ctx.Done()
		return 0, ctx.Err()
	})
	<-running
	for i := range n {
		go request("user_"+string(rune('a'+i%26)), func(context.Context) (int, error) { return 0, nil })
	}
	for q.Report().Metrics.CurrentQueueLength < n {
		runtime.Gosched() // the goroutines above have yet to join the queue
	}
	return func() {
		cancel()
		for range n + 1 {
			<-done
		}
	}
}

// finish has one more request succeed, on a lane of its own.
func finish(t *testing.T, q *queue.Queue) {
	t.Helper()
	_, err := queue.Do(context.Background(), q, queue.Request{Lane: "other"},
		func(context.Context) (int, error) { return 0, nil })
	if err != nil {
		t.Fatal(err)
	}
}

// serve answers for q on a real port and returns its base URL.
func serve(t *testing.T, q *queue.Queue) string {
	t.Helper()
	s := httptest.NewServer(api.New(q, api.Options{Version: "v1.2.3", Simulated: api.AlwaysSimulated}))
	t.Cleanup(s.Close)
	return s.URL
}

// get asks over the network.
func get(t *testing.T, url string) (int, http.Header, []byte) {
	t.Helper()
	return request(t, "GET", url)
}

func request(t *testing.T, method, url string) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, body
}

// do sends a request that never leaves the process.
func do(q *queue.Queue, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	api.New(q, api.Options{}).ServeHTTP(w, r)
	return w
}

func TestMethodsAndPaths(t *testing.T) {
	q := newQueue(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/api/queue/metrics", 200, ""},
		{"HEAD", "/api/queue/metrics", 200, ""},
		{"POST", "/api/queue/metrics", 200, ""},
		{"PUT", "/api/queue/metrics", 405, "GET, HEAD, POST"},
		{"DELETE", "/api/queue/metrics", 405, "GET, HEAD, POST"},
		{"OPTIONS", "/api/queue/metrics", 405, "GET, HEAD, POST"},
		{"get", "/api/queue/metrics", 405, "GET, HEAD, POST"},
		{"GET", "/api/queue/waiting", 200, ""},
		{"HEAD", "/api/queue/waiting", 200, ""},
		{"POST", "/api/queue/waiting", 405, "GET, HEAD, PATCH, DELETE"},
		{"PATCH", "/api/queue/waiting", 400, ""}, // of nobody
		{"GET", "/api/queue/waiting/nobody", 404, ""},
		{"DELETE", "/api/queue/waiting/nobody", 404, ""},
		{"PUT", "/api/queue/waiting/nobody", 405, "GET, HEAD, PATCH, DELETE"},
		{"PATCH", "/api/queue/waiting/nobody", 400, ""}, // without a body
		{"HEAD", "/api/queue/waiting/nobody", 404, ""},
		{"GET", "/api/queue/waiting/", 404, ""},
		{"DELETE", "/api/queue/waiting/a/b", 404, ""},
		{"GET", "/api/queue/settings", 200, ""},
		{"HEAD", "/api/queue/settings", 200, ""},
		{"PATCH", "/api/queue/settings", 400, ""}, // without a body
		{"POST", "/api/queue/settings", 405, "GET, HEAD, PATCH"},
		{"POST", "/api/queue/stream", 405, "GET, HEAD"},
		{"PATCH", "/api/queue/metrics", 405, "GET, HEAD, POST"},
		{"DELETE", "/api/queue/waiting", 400, ""}, // of nobody
		{"GET", "/healthz", 200, ""},
		{"GET", "/readyz", 200, ""},
		{"POST", "/readyz", 405, "GET, HEAD"},
		{"GET", "/", 200, ""},
		{"HEAD", "/api/hello", 200, ""},
		{"POST", "/", 405, "GET, HEAD"},
		{"GET", "//api//queue/metrics", 200, ""},
		{"GET", "/api%2fqueue/metrics", 404, ""},
		{"DELETE", "/api/queue/waiting/?user=x", 404, ""}, // an ID that is empty is not all of them
		{"GET", "/api/queue/metrics/", 404, ""},
		{"GET", "/api/queue/../queue/metrics", 404, ""},
		{"POST", "/nothing", 404, ""},
	} {
		w := do(q, c.method, c.path)
		if w.Code != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: got %d, Allow %q, want %d, Allow %q", c.method, c.path, w.Code, w.Header().Get("Allow"), c.status, c.allow)
		}
		if got := w.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("%s %s: got Content-Type %q", c.method, c.path, got)
		}
		if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s %s: got X-Content-Type-Options %q, want nosniff", c.method, c.path, got)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s %s: got Cache-Control %q, want no-store", c.method, c.path, got)
		}
	}
}

func TestHeadSendsNoBody(t *testing.T) {
	status, header, body := request(t, "HEAD", serve(t, newQueue(t))+"/api/queue/metrics")
	if length := header.Get("Content-Length"); status != 200 || len(body) != 0 || length == "" || length == "0" {
		t.Errorf("HEAD: got status %d, %d bytes, length %q, want 200, no byte and the length of GET", status, len(body), length)
	}
}

func TestDetailSaysWhatTheQueueCannotKnow(t *testing.T) {
	_, _, body := get(t, serve(t, newQueue(t))+"/api/queue/metrics")
	var report queue.Report
	if err := json.Unmarshal(body, &report); err != nil {
		t.Fatal(err)
	}
	if report.Detail == nil || report.Detail.Version != "v1.2.3" || report.Detail.Simulated == nil || !*report.Detail.Simulated {
		t.Errorf("detail: got %+v, want version v1.2.3, simulated", report.Detail)
	}
}

// What has not answered yet is neither simulated nor real.
func TestDetailSaysThatItDoesNotKnowItsAPI(t *testing.T) {
	var known bool
	for _, c := range []struct {
		options api.Options
		known   bool
		want    string
	}{
		{api.Options{}, false, "null"},
		{api.Options{Simulated: func() (bool, bool) { return true, known }}, false, "null"},
		{api.Options{Simulated: func() (bool, bool) { return true, known }}, true, "true"},
		{api.Options{Simulated: func() (bool, bool) { return false, known }}, true, "false"},
	} {
		known = c.known
		s := httptest.NewServer(api.New(newQueue(t), c.options))
		_, _, body := get(t, s.URL+"/api/queue/metrics")
		_, _, figures := get(t, s.URL+"/metrics")
		s.Close()
		if want := `"simulated":` + c.want + `,"pace":"spaced"`; !strings.Contains(string(body), want) {
			t.Errorf("%+v: the detail lacks %s: %s", c, want, body)
		}
		if got := strings.Contains(string(figures), "\npaceline_simulated "); got != c.known {
			t.Errorf("%+v: Prometheus is told: %v, want %v", c, got, c.known)
		}
	}
}

func TestResetSetsTheCountersToZeroAndNamesTheCaller(t *testing.T) {
	q := newQueue(t)
	finish(t, q)
	if w := do(q, "POST", "/api/queue/metrics"); w.Code != 200 {
		t.Fatalf("POST: got %d, want 200: %s", w.Code, w.Body)
	}
	report := q.Report()
	if report.Metrics.Successful != 0 || report.Detail.Resets != 1 {
		t.Errorf("after a reset: got %d successful, %d resets, want 0 and 1", report.Metrics.Successful, report.Detail.Resets)
	}
	events := report.Detail.Events
	if last := events[len(events)-1]; last.Kind != queue.KindReset || last.By != "192.0.2.1" {
		t.Errorf("last event: got %s by %q, want reset by the caller's address 192.0.2.1", last.Kind, last.By)
	}
}

func TestReadyUntilDraining(t *testing.T) {
	q := newQueue(t)
	if w := do(q, "GET", "/readyz"); w.Code != 200 {
		t.Errorf("/readyz of a working queue: got %d, want 200", w.Code)
	}
	if err := q.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if w := do(q, "GET", "/readyz"); w.Code != 503 || !strings.Contains(w.Body.String(), "draining") {
		t.Errorf("/readyz after Shutdown: got %d %s, want 503 that says why", w.Code, w.Body)
	}
	if w := do(q, "GET", "/healthz"); w.Code != 200 {
		t.Errorf("/healthz after Shutdown: got %d, want 200: it is still alive", w.Code)
	}
}
