package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"
)

// slowWriter takes its time for the header of an answer that is no success.
type slowWriter struct{ *httptest.ResponseRecorder }

func (w slowWriter) WriteHeader(status int) {
	if status >= 400 {
		time.Sleep(time.Minute)
	}
	w.ResponseRecorder.WriteHeader(status)
}

// Once a ping could begin the answer while the queue's refusal was on its way.
func TestNoPingComesIntoARefusal(t *testing.T) {
	inLine(t, nil, func(b *hostileBubble) {
		g, err := gateway.New(b.queue, b.options)
		if err != nil {
			b.Fatal(err)
		}
		r := httptest.NewRequestWithContext(b.Context(), "POST", "/v1/messages", strings.NewReader(streamHello))
		r.Header.Set("X-Api-Key", bubbleKey)
		r.Header.Set("X-Paceline-Request-Id", "mine")
		w := slowWriter{httptest.NewRecorder()}
		served := b.background(func() { g.ServeHTTP(w, r) })
		time.Sleep(10 * time.Second)
		_ = b.queue.Cancel(queue.RequestQuery{ID: "mine"}, "a test")
		served()
		if w.Code != http.StatusServiceUnavailable || apiErrorType(w.Body.String()) != "api_error" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("got %d %q %q", w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	})
}
