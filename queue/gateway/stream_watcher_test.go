package gateway_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/queue/api"
	"paceline/queue/gateway"
	"paceline/queue/pipe"
)

// openStream asks for a stream, and returns when its header is here.
func openStream(t *testing.T, client *http.Client, url string) *http.Response {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), "POST", url+"/v1/messages", strings.NewReader(streamHello))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("X-Api-Key", "sk-test")
	a, err := client.Do(q)
	if err != nil {
		t.Error(err)
		return nil
	}
	return a
}

// Nothing that has come is held back: the API sends the next piece only when the
// client has the one before, be it the header, an event or half of one.
func TestEachEventIsFlushedWhenItComes(t *testing.T) {
	for name, head := range map[string]string{
		"stream":             "text/event-stream",
		"stream, with words": "Text/Event-Stream; charset=utf-8",
		"chunked JSON":       "application/json",
	} {
		t.Run(name, func(t *testing.T) {
			arrived := make(chan struct{})
			pieces := []string{oneStart, oneDelta, oneDelta[:20], oneDelta[20:], ": comment\n", "\n", oneStop}
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				control := http.NewResponseController(w)
				w.Header().Set("Content-Type", head)
				if strings.Contains(head, "json") {
					_, _ = io.WriteString(w, "{}")
				}
				_ = control.Flush()
				<-arrived // the header
				for _, p := range pieces {
					_, _ = io.WriteString(w, p)
					_ = control.Flush()
					<-arrived
				}
			}))
			defer upstream.Close()
			r := newRig(t, upstream.URL, unspaced())
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			a := openStream(t, client, r.url)
			defer func() { _ = a.Body.Close() }()
			if strings.Contains(head, "json") {
				_, _ = io.ReadFull(a.Body, make([]byte, 2))
			}
			arrived <- struct{}{}
			for _, p := range pieces {
				got := make([]byte, len(p))
				if _, err := io.ReadFull(a.Body, got); err != nil || string(got) != p {
					t.Fatalf("got %q %v, want %q", got, err, p)
				}
				arrived <- struct{}{}
			}
			if _, err := a.Body.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the end is %v", err)
			}
		})
	}
}

// No deadline is for the whole of a stream.
func TestStreamLastsAsLongAsItLasts(t *testing.T) {
	inHostileBubble(t, unspaced(), func(w *wire) {
		if _, ok := w.request(); !ok || !w.say(sseChunked) {
			return
		}
		for range 200 {
			time.Sleep(5 * time.Minute)
			if !w.say(chunk(oneDelta)) {
				return
			}
		}
		w.say(chunk(oneStop) + chunk(""))
	}, func(b *hostileBubble) {
		a := b.askWith(b.Context(), "POST", "/v1/messages", streamHello)
		if want := strings.Repeat(oneDelta, 200) + oneStop; a.body != want || a.err != nil {
			t.Errorf("got %d bytes of %d, %v", len(a.body), len(want), a.err)
		}
	})
}

// A client that reads no more is given up, and its slot is the next one's.
func TestClientThatReadsNoMoreIsGivenUp(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	for name, ask := range map[string]func(*hostileBubble) (stop func()){
		"HTTP/1.1": func(b *hostileBubble) func() {
			c := b.dialFront()
			_, _ = io.WriteString(c, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+bubbleKey+"\r\nContent-Length: "+itoa(len(streamHello))+"\r\n\r\n"+streamHello)
			_, _ = io.ReadFull(c, make([]byte, 100))
			return func() { _ = c.Close() }
		},
		"HTTP/2": func(b *hostileBubble) func() {
			client, stop := b.http2()
			ctx, cancel := context.WithCancel(b.Context())
			q, _ := http.NewRequestWithContext(ctx, "POST", "http://gateway/v1/messages", strings.NewReader(streamHello))
			q.Header.Set("X-Api-Key", bubbleKey)
			a, err := client.Do(q) //nolint:bodyclose // it is closed by what is returned
			if err != nil {
				b.Fatal(err)
			}
			return func() { cancel(); _ = a.Body.Close(); stop() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			var over chan time.Duration
			inHostileBubble(t, s, func(w *wire) {
				if _, ok := w.request(); !ok || w.n > 0 {
					w.say(jsonHead + "Content-Length: 2\r\n\r\n{}")
					return
				}
				began := time.Now()
				for w.say(sseChunked); w.say(chunk(strings.Repeat(oneDelta, 100))); {
				}
				over <- time.Since(began)
			}, func(b *hostileBubble) {
				over = make(chan time.Duration, 1)
				stop := ask(b)
				defer stop()
				b.counts()
				if a := b.ask("POST", "/v1/messages", hello); a.status != 200 {
					t.Errorf("the next one got %d %v", a.status, a.err)
				}
				if gone := <-over; gone < 10*time.Second || gone > 12*time.Second {
					t.Errorf("it was given up after %v, want ten seconds", gone)
				}
				if got := b.counts(); got != (counts{successful: 1, cancelled: 1}) {
					t.Errorf("counted %+v", got)
				}
				if text := b.log.String(); !strings.Contains(text, `"status":499`) || !strings.Contains(text, "less than 4 kB/s") {
					t.Errorf("the log says %s", text)
				}
			})
		})
	}
}

// dialFront connects to a gateway of its own, without a client between.
func (b *hostileBubble) dialFront() net.Conn {
	g, err := gateway.New(b.queue, b.options)
	if err != nil {
		b.Fatal(err)
	}
	front := pipe.Listen()
	server := api.NewHTTPServer(g)
	go func() { _ = server.Serve(front) }()
	b.Cleanup(func() { _ = server.Close() })
	c, err := front.Dial(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// An API that answers at once, before it has read the request, once made one
// stream in sixty end early (golang/go issue 40747).
func TestThousandsOfShortStreamsAreComplete(t *testing.T) {
	n := 10_000
	if testing.Short() || raceEnabled {
		n = 1000
	}
	want := oneStart + strings.Repeat(oneDelta, 3) + oneStop
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		control := http.NewResponseController(w)
		for event := range strings.SplitAfterSeq(want, "\n\n") {
			_, _ = io.WriteString(w, event)
			_ = control.Flush()
		}
	}))
	defer upstream.Close()
	r := newRig(t, upstream.URL, unspaced())
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	body := streamHello + strings.Repeat(" ", 2000)
	var left, bad atomic.Int64
	left.Store(int64(n))
	var clients sync.WaitGroup
	for range 64 {
		clients.Go(func() {
			for left.Add(-1) >= 0 {
				q, _ := http.NewRequestWithContext(t.Context(), "POST", r.url+"/v1/messages", strings.NewReader(body))
				a, err := client.Do(q)
				if err != nil {
					bad.Add(1)
					continue
				}
				text, err := io.ReadAll(a.Body)
				_ = a.Body.Close()
				if err != nil || string(text) != want {
					bad.Add(1)
				}
			}
		})
	}
	clients.Wait()
	if bad.Load() > 0 {
		t.Errorf("%d of %d were not whole", bad.Load(), n)
	}
	eventually(t, "all are counted as successes", func() bool { return r.queue.Report().Metrics.Successful == int64(n) })
	if got := r.queue.Report().Detail.Resent; got != 0 {
		t.Errorf("%d were resent", got)
	}
}

// An API that answers before it has read a large body does not spoil its answer.
func TestAnswerBeforeTheBodyIsReadIsComplete(t *testing.T) {
	r := newRig(t, newHostile(t, func(w *wire) {
		if _, err := http.ReadRequest(w.in); err != nil {
			return
		}
		w.say("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nearly")
		_, _ = io.Copy(io.Discard, w.in)
	}), unspaced())
	a := r.post("/v1/messages", strings.Replace(hello, "hello", strings.Repeat("hello", 1<<20), 1))
	if a.status != 400 || a.body != "early" || a.header.Get("X-Paceline-Attempts") != "1" {
		t.Errorf("got %d %q %v", a.status, a.body, a.err)
	}
}

func TestAThousandStreamsAtOnce(t *testing.T) {
	n := 1000
	if raceEnabled {
		n = 200
	}
	go1, go2 := make(chan struct{}), make(chan struct{})
	var open atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		control := http.NewResponseController(w)
		_, _ = io.WriteString(w, oneStart)
		_ = control.Flush()
		if open.Add(1) == int64(n) {
			close(go1)
		}
		<-go2
		_, _ = io.WriteString(w, oneDelta+oneStop)
	}))
	defer upstream.Close()
	r := newRig(t, upstream.URL, unspaced())
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport}
	var clients sync.WaitGroup
	var whole atomic.Int64
	for range n {
		clients.Go(func() {
			a := openStream(t, client, r.url)
			if a == nil {
				return
			}
			defer func() { _ = a.Body.Close() }()
			text, err := io.ReadAll(bufio.NewReaderSize(a.Body, 512))
			if err == nil && string(text) == oneStart+oneDelta+oneStop {
				whole.Add(1)
			}
		})
	}
	<-go1
	if got := r.queue.Report().Detail.Running; got != n {
		t.Errorf("%d are running, want %d", got, n)
	}
	close(go2)
	clients.Wait()
	if got := whole.Load(); got != int64(n) {
		t.Errorf("%d of %d came whole", got, n)
	}
	eventually(t, "all are counted as successes", func() bool { return r.queue.Report().Metrics.Successful == int64(n) })
}
