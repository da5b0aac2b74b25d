package gateway_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/gateway"
	"paceline/queue/sim"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a gateway on a loopback port, with a queue of its own.
type rig struct {
	t       *testing.T
	queue   *queue.Queue
	gateway *gateway.Gateway
	url     string
	log     *logBuffer
}

// logBuffer holds what was logged.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// unspaced are settings without pace, for tests of something else.
func unspaced() queue.Settings {
	s := queue.DefaultSettings()
	s.MinDelay, s.Step, s.MaxInFlight = 0, 0, 10_000
	return s
}

// newRig serves a gateway in front of upstream until the test ends.
func newRig(t *testing.T, upstream string, s queue.Settings, change ...func(*gateway.Options)) *rig {
	t.Helper()
	q, err := queue.New(s)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	log := &logBuffer{}
	transport := gateway.NewTransport()
	o := gateway.Options{Upstream: u, Transport: transport, Log: slog.New(slog.NewJSONHandler(log, nil))}
	for _, f := range change {
		f(&o)
	}
	g, err := gateway.New(q, o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewHTTPServer(g)
	server.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = q.Shutdown(ctx)
		server.Close()
		transport.CloseIdleConnections()
	})
	return &rig{t: t, queue: q, gateway: g, url: server.URL, log: log}
}

// simulated serves a simulated API that answers at once, until the test ends.
func simulated(t *testing.T) string {
	t.Helper()
	api, err := sim.NewAPI(1, sim.Conditions{Median: time.Millisecond, P99: 2 * time.Millisecond, PerMinute: 1_000_000, Burst: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.NewHandler(api))
	t.Cleanup(server.Close)
	return server.URL
}

// answer is an answer that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // why the body did not come to its end
}

const hello = `{"model":"claude-sonnet-5-5","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}`

// post sends a body to a path of the gateway.
func (r *rig) post(path, body string, header ...string) answer {
	r.t.Helper()
	return send(r.t.Context(), r.t, "POST", r.url+path, strings.NewReader(body), header...)
}

func send(ctx context.Context, t *testing.T, method, to string, body io.Reader, header ...string) answer {
	t.Helper()
	q, err := http.NewRequestWithContext(ctx, method, to, body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("X-Api-Key", "sk-test")
	q.Header.Set("Anthropic-Version", "2023-06-01")
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	a, err := client.Do(q)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	return answer{status: a.StatusCode, header: a.Header, body: string(text), err: err}
}

func readAll(to io.Writer, r *http.Request) (int64, error) { return io.Copy(to, r.Body) }
