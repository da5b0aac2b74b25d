package loadtest

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/pipe"
)

// paced is a server that answers both routes through a queue, after service.
type paced struct {
	queue   *queue.Queue
	service time.Duration
	seed    maphash.Seed // of the fingerprints

	mu    sync.Mutex
	users []string // who asked, in the order of the starts; guarded by mu
}

func newPaced(t testing.TB, s queue.Settings, service time.Duration) *paced {
	t.Helper()
	q, err := queue.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return &paced{queue: q, service: service, seed: maphash.MakeSeed()}
}

// ServeHTTP implements http.Handler.
func (p *paced) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		UserID   string `json:"userId"`
		Stream   bool   `json:"stream"`
		Metadata struct {
			UserID string `json:"user_id"`
		} `json:"metadata"`
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &asked)
	user := asked.UserID + asked.Metadata.UserID
	request := queue.Request{User: user, Fingerprint: maphash.Bytes(p.seed, body), IdempotencyKey: r.Header.Get("Idempotency-Key")}
	_, err := queue.Do(r.Context(), p.queue, request, func(ctx context.Context) (int, error) {
		p.mu.Lock()
		p.users = append(p.users, user)
		p.mu.Unlock()
		if asked.Stream {
			w.Header().Set("Content-Type", "text/event-stream")
			half(ctx, p.service)
			_, _ = io.WriteString(w, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"hi\"}}\n\n")
			w.(http.Flusher).Flush()
			half(ctx, p.service)
			_, _ = io.WriteString(w, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
			return 0, ctx.Err()
		}
		pause(ctx, p.service)
		return 0, ctx.Err()
	})
	switch {
	case err != nil:
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"type":"error","error":{"type":"rate_limit_error","message":"the queue is full"}}`)
	case !asked.Stream:
		_, _ = io.WriteString(w, `{"type":"message","content":[{"type":"text","text":"hi"}],"response":"hi"}`)
	}
}

func half(ctx context.Context, d time.Duration) { pause(ctx, d/2) }

// serve serves h without a network. The target is complete but for its route.
func serve(t *testing.T, h http.Handler) (target Target, stop func()) {
	t.Helper()
	ln := pipe.Listen()
	server := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(ln) // it says that it was closed
	}()
	transport := &http.Transport{DialContext: ln.DialContext, MaxIdleConnsPerHost: 100}
	return Target{Base: "http://queue.test", Route: Messages, Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	}
}
