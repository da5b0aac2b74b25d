package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"paceline/queue"
)

// What the metrics count the history tells of, over HTTP.
func TestHistoryOverHTTP(t *testing.T) {
	q := newQueue(t)
	finish(t, q)
	finish(t, q)
	defer hold(t, q, 3)()
	q.Reset("ops")
	w := do(q, "GET", "/api/queue/history?since=10m&step=1m")
	var h queue.History
	if err := json.Unmarshal(w.Body.Bytes(), &h); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d, %v: %s", w.Code, err, w.Body)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	var arrivals, starts, successful int64
	for _, s := range h.Slices {
		arrivals, starts, successful = arrivals+s.Arrivals, starts+s.Starts, successful+s.Successful
	}
	last := h.Slices[len(h.Slices)-1]
	if h.StepMs != 60_000 || arrivals != 6 || starts != 3 || successful != 2 || last.Waiting != 3 || len(last.Longest) == 0 || len(last.Lanes) == 0 {
		t.Errorf("got %s", w.Body)
	}
	if len(h.Troubles) != 1 || h.Troubles[0].Kind != queue.KindReset || h.Troubles[0].By != "ops" {
		t.Errorf("the troubles are %+v", h.Troubles)
	}
	if len(h.Gaps) != 1 || !h.Gaps[0].Since.Equal(h.Since.Time) {
		t.Errorf("before the queue was there: %+v", h.Gaps)
	}
	if w := do(q, "HEAD", "/api/queue/history"); w.Code != http.StatusOK {
		t.Errorf("HEAD: %d", w.Code)
	}
	if w := do(q, "POST", "/api/queue/history"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, %q", w.Code, w.Header().Get("Allow"))
	}
	if w := do(q, "GET", "/api/queue/history?since=soon"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "such as 30m") {
		t.Errorf("since=soon: %d %s", w.Code, w.Body)
	}
}
