package gateway_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/gateway"
	"paceline/queue/pipe"
	"paceline/queue/sim"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

// bubble is a gateway in front of a simulated API, both served without a network,
// so that time is virtual: for use inside synctest.
type bubble struct {
	*testing.T
	queue   *queue.Queue
	gateway *gateway.Gateway
	api     *sim.Handler
	http    *http.Client // to the gateway, whatever the host
	direct  *http.Client // to the upstream, whatever the host
	log     *logBuffer
	answers http.Handler // in place of the simulated API; nil for it

	mu    sync.Mutex
	calls []*upstreamCall
}

// upstreamCall is a request as the upstream saw it.
type upstreamCall struct {
	method, path, query string
	header              http.Header
	body                string
	requestID           string        // of its answer
	at                  time.Duration // since the bubble began
	ended               chan struct{} // closed when the upstream has done with it
	ctx                 context.Context
}

const bubbleKey = "sk-sim-acme-1"

// inBubble runs f with a gateway of these settings.
func inBubble(t *testing.T, s queue.Settings, f func(*bubble), change ...func(*gateway.Options)) {
	t.Helper()
	s.MaxDelay = max(s.MaxDelay, s.MinDelay)
	synctest.Test(t, func(t *testing.T) { newBubble(t, s, f, change) })
}

func newBubble(t *testing.T, s queue.Settings, f func(*bubble), change []func(*gateway.Options)) {
	q, err := queue.New(s, queue.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	simulated, err := sim.NewAPI(1, sim.Conditions{Median: time.Second, P99: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	b := &bubble{T: t, queue: q, api: sim.NewHandler(simulated), log: &logBuffer{}}
	began := time.Now()
	upstream := pipe.Listen()
	upstreamServer := &http.Server{ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.record(w, r, time.Since(began))
	})}
	transport := gateway.NewTransport()
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return upstream.Dial(ctx)
	}
	o := gateway.Options{
		Upstream: &url.URL{Scheme: "http", Host: "upstream"}, Transport: transport,
		Log: slog.New(slog.NewJSONHandler(b.log, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	g, err := gateway.New(q, o)
	if err != nil {
		t.Fatal(err)
	}
	b.gateway = g
	front := pipe.Listen()
	server := api.NewHTTPServer(g)
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	go func() { _ = server.Serve(front) }()
	go func() { _ = upstreamServer.Serve(upstream) }()
	clients := &http.Transport{
		DialContext:        front.DialContext,
		DisableCompression: true,
	}
	b.http = &http.Client{Transport: clients}
	directly := &http.Transport{DialContext: upstream.DialContext, DisableCompression: true}
	b.direct = &http.Client{Transport: directly}

	defer func() {
		clients.CloseIdleConnections()
		directly.CloseIdleConnections()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = q.Shutdown(ctx)
		_ = server.Close()
		transport.CloseIdleConnections()
		_ = upstreamServer.Close()
		time.Sleep(time.Second) // net/http lingers before it closes a connection
	}()
	f(b)
}

// record lets the simulated API answer, and notes what it saw.
func (b *bubble) record(w http.ResponseWriter, r *http.Request, at time.Duration) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	c := &upstreamCall{
		method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, header: r.Header.Clone(), body: string(body),
		at: at, ended: make(chan struct{}), ctx: r.Context(),
	}
	b.mu.Lock()
	b.calls = append(b.calls, c)
	b.mu.Unlock()
	defer close(c.ended)
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		c.requestID = w.Header().Get("Request-Id")
	}()
	if b.answers != nil {
		b.answers.ServeHTTP(w, r)
		return
	}
	b.api.ServeHTTP(w, r)
}

// seen returns what the upstream saw until now, when nothing moves any more.
func (b *bubble) seen() []*upstreamCall {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}

// sdk returns the official client, pointed at the gateway as its users do it.
func (b *bubble) sdk(options ...option.RequestOption) anthropic.Client {
	return anthropic.NewClient(append([]option.RequestOption{
		option.WithoutEnvironmentDefaults(), option.WithBaseURL("http://gateway"), option.WithAPIKey(bubbleKey),
		option.WithHTTPClient(b.http),
	}, options...)...)
}

// ask sends a request without an SDK, and reads its answer to the end.
func (b *bubble) ask(method, path, body string, header ...string) answer {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 15*time.Minute) // a client of some patience
	defer cancel()
	return b.askWith(ctx, method, path, body, header...)
}

func (b *bubble) askWith(ctx context.Context, method, path, body string, header ...string) answer {
	b.Helper()
	r, err := http.NewRequestWithContext(ctx, method, "http://gateway"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Api-Key", bubbleKey)
	r.Header.Set("Anthropic-Version", "2023-06-01")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a, err := b.http.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	return answer{status: a.StatusCode, header: a.Header, body: string(text), err: err}
}

// background calls f on a goroutine, and returns what waits for its end.
func (b *bubble) background(f func()) (wait func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	return func() { <-done }
}

// counts are the counters of the queue that tell what became of the requests.
type counts struct {
	successful, failed, cancelled, refused, retries, rateLimited, resent int64
}

func (b *bubble) counts() counts {
	synctest.Wait()
	r := b.queue.Report()
	return counts{
		r.Metrics.Successful, r.Metrics.Failed, r.Detail.Cancelled, r.Detail.Refused,
		r.Detail.Retries, r.Detail.RateLimited, r.Detail.Resent,
	}
}
