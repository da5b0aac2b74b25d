package gateway_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/gateway"
	"paceline/queue/pipe"
)

// http2 returns a client that speaks HTTP/2 with a gateway of the same queue and
// upstream, and what ends both.
func (b *hostileBubble) http2() (client *http.Client, stop func()) {
	b.Helper()
	g, err := gateway.New(b.queue, b.options)
	if err != nil {
		b.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	front := pipe.Listen()
	server := api.NewHTTPServer(g)
	server.Protocols, server.ErrorLog = &protocols, slog.NewLogLogger(slog.DiscardHandler, 0)
	go func() { _ = server.Serve(front) }()
	transport := &http.Transport{
		Protocols: &protocols, DisableCompression: true,
		DialContext: front.DialContext,
	}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	}
}

func askHTTP2(b *hostileBubble, body string) answer {
	client, stop := b.http2()
	defer stop()
	r, err := http.NewRequestWithContext(b.Context(), "POST", "http://gateway/v1/messages", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Api-Key", bubbleKey)
	a, err := client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if a.ProtoMajor != 2 {
		b.Errorf("the answer came over %s", a.Proto)
	}
	return answer{status: a.StatusCode, header: a.Header, body: string(text), err: err}
}

// A deadline for a flush once stayed behind it, and over HTTP/2 it ends a stream
// that has nothing to flush.
func TestStreamThatPausesLastsOverHTTP2(t *testing.T) {
	for name, early := range map[string]time.Duration{"": 0, "early": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inHostileBubble(t, unspaced(), func(w *wire) {
				if _, ok := w.request(); !ok || !w.say(sseChunked) {
					return
				}
				for _, event := range []string{oneStart, oneDelta, oneDelta, oneStop} {
					time.Sleep(9 * time.Minute)
					w.say(chunk(event))
				}
				w.say(chunk(""))
			}, func(b *hostileBubble) {
				a := askHTTP2(b, streamHello)
				if pings := strings.Count(a.body, onePing); early > 0 && pings < 4*26 { // in 9 minutes each
					t.Errorf("got %d pings", pings)
				}
				a.body = strings.ReplaceAll(a.body, onePing, "")
				if a.body != oneStart+oneDelta+oneDelta+oneStop || a.err != nil {
					t.Errorf("got %q, %v", a.body, a.err)
				}
			}, func(o *gateway.Options) { o.KeepAlive = early })
		})
	}
}

// A ping's deadline must not outlive it either.
func TestPingsAreNoDeadlineOverHTTP2(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	inHostileBubble(t, s, func(w *wire) {
		for {
			if _, ok := w.request(); !ok {
				return
			}
			time.Sleep(9 * time.Minute)
			w.say(sseHead + "Content-Length: " + strconv.Itoa(len(oneStop)) + "\r\n\r\n" + oneStop)
		}
	}, func(b *hostileBubble) {
		first := b.background(func() { b.ask("POST", "/v1/messages", streamHello, "X-Paceline-Priority", "high") })
		b.counts()
		a := askHTTP2(b, streamHello)
		if a.err != nil || !strings.HasPrefix(a.body, "event: ping\n") || !strings.HasSuffix(a.body, oneStop) {
			t.Errorf("got %q, %v", a.body, a.err)
		}
		first()
	}, func(o *gateway.Options) { o.KeepAlive = 2 * time.Minute })
}

// Clients and APIs that speak HTTP/2 over TLS, as they do in earnest.
func TestHTTP2OnBothSides(t *testing.T) {
	var saw http.Header
	var proto, host string
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		saw, proto, host = r.Header.Clone(), r.Proto, r.Host
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, oneStart)
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, oneStop)
	}))
	upstream.EnableHTTP2 = true
	upstream.StartTLS()
	defer upstream.Close()

	q, err := queue.New(unspaced())
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(upstream.URL)
	transport := gateway.NewTransport()
	defer transport.CloseIdleConnections()
	transport.TLSClientConfig = upstream.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	g, err := gateway.New(q, gateway.Options{Upstream: u, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(nil)
	front.Config = api.NewHTTPServer(g)
	front.EnableHTTP2 = true
	front.StartTLS()
	defer front.Close()

	r, err := http.NewRequestWithContext(t.Context(), "POST", front.URL+"/v1/messages", strings.NewReader(streamHello))
	if err != nil {
		t.Fatal(err)
	}
	r.Header["User-Agent"] = nil
	r.Header.Set("X-Api-Key", "sk-test")
	r.Header.Set("Te", "trailers")
	a, err := front.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if a.ProtoMajor != 2 || a.StatusCode != 200 || string(text) != oneStart+oneStop || err != nil {
		t.Errorf("got %s %d %q %v", a.Proto, a.StatusCode, text, err)
	}
	if proto != "HTTP/2.0" || host != u.Host || saw.Get("X-Api-Key") != "sk-test" {
		t.Errorf("the API was asked over %s at %q with %v", proto, host, saw)
	}
	for _, name := range []string{"User-Agent", "Te", "X-Forwarded-For"} {
		if v, ok := saw[name]; ok {
			t.Errorf("the API got %s: %q", name, v)
		}
	}
}
