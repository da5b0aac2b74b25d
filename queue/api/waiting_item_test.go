package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"paceline/queue"
	"paceline/queue/api"
)

// wait has a request of that ID wait, and returns what its Do returns.
func wait(t *testing.T, q *queue.Queue, id string) <-chan error {
	t.Helper()
	left := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() {
		_, err := queue.Do(ctx, q, queue.Request{ID: id, User: "ann"}, func(context.Context) (int, error) { return 0, nil })
		left <- err
	}()
	for {
		if _, err := q.Find(queue.RequestQuery{ID: id}); err == nil {
			return left
		}
		runtime.Gosched() // the goroutine above has yet to join the queue
	}
}

func TestOneThatWaits(t *testing.T) {
	q := newQueue(t)
	defer hold(t, q, 2)()
	s := api.New(q, api.Options{})
	for _, id := range []string{"req_1", "a b/c?d=é&%", "..", strings.Repeat("é", 128)} {
		left := wait(t, q, id)
		target := "/api/queue/waiting/" + url.PathEscape(id)
		w := send(s, "GET", target, "")
		var got queue.WaitingRequest
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatalf("%q: got %d, %v: %s", id, w.Code, err, w.Body)
		}
		if got.ID != id || got.User != "ann" || got.Position != 3 {
			t.Errorf("%q: got %+v, want it, of ann, third", id, got)
		}

		w = send(s, "DELETE", target, "")
		var done struct {
			Success   bool
			Timestamp queue.Time
		}
		if err := json.Unmarshal(w.Body.Bytes(), &done); err != nil || w.Code != 200 || !done.Success || done.Timestamp.IsZero() {
			t.Errorf("DELETE %q: got %d, %v: %s", id, w.Code, err, w.Body)
		}
		if err := <-left; !errors.Is(err, queue.ErrCancelled) {
			t.Errorf("%q: its caller got %v, want %v", id, err, queue.ErrCancelled)
		}
		for _, method := range []string{"GET", "DELETE"} {
			if w := send(s, method, target, ""); w.Code != 404 || !strings.Contains(w.Body.String(), "Not waiting") {
				t.Errorf("%s %q once it has left: got %d %s, want 404 Not waiting", method, id, w.Code, w.Body)
			}
		}
	}
	if got := q.Report().Metrics.CurrentQueueLength; got != 2 {
		t.Errorf("got %d waiting, want the 2 others", got)
	}
}

func TestCancelNamesTheCaller(t *testing.T) {
	q := newQueue(t)
	defer hold(t, q, 1)()
	left := wait(t, q, "req_1")
	s := api.New(q, api.Options{Caller: func(r *http.Request) string { return "token " + r.Method }})
	if w := send(s, "DELETE", "/api/queue/waiting/req_1", ""); w.Code != 200 {
		t.Fatalf("got %d: %s", w.Code, w.Body)
	}
	if err := <-left; err == nil {
		t.Error("its caller got no error")
	}
	events := q.Report().Detail.Events
	if last := events[len(events)-1]; last.Kind != queue.KindCancelled || last.By != "token DELETE" {
		t.Errorf("last event: got %+v, want cancelled by token DELETE", last)
	}
}

func TestNothingWaitsAtOddAddresses(t *testing.T) {
	q := newQueue(t)
	s := api.New(q, api.Options{})
	for _, path := range []string{
		"nobody", "", "/", "a/b", "a/", "%2F", "%00", "%ff", strings.Repeat("x", 129), "%1b%5b2J",
	} {
		w := send(s, "GET", "/api/queue/waiting/"+path, "")
		if got := w.Body.String(); w.Code != 404 || strings.ContainsAny(got, "\x1b\x00") || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: got %d %q, want 404 in clean JSON", path, w.Code, got)
		}
	}
	defer hold(t, q, 1)()
	long := strings.Repeat("x", 129) // no ID that the gateway takes
	for _, id := range []string{"a/b", long} {
		wait(t, q, id)
		if w := send(s, "DELETE", "/api/queue/waiting/"+id, ""); w.Code != 404 {
			t.Errorf("DELETE %q: got %d, want 404", id, w.Code)
		}
	}
	if w := send(s, "DELETE", "/api/queue/waiting/x", strings.Repeat("x", 64<<10+1)); w.Code != 413 {
		t.Errorf("DELETE with a large body: got %d, want 413", w.Code)
	}
}
