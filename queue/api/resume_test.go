package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"
)

// pause has the API pause a lane for two days, which is longer than its caller may wait.
func pause(t *testing.T, q *queue.Queue, lane string) {
	t.Helper()
	_, err := queue.Do(t.Context(), q, queue.Request{User: "ann", Lane: lane}, func(context.Context) (int, error) {
		return 0, &queue.Error{Class: queue.RateLimited, RetryAfter: 48 * time.Hour}
	})
	if !errors.Is(err, queue.ErrWaitTooLong) {
		t.Fatalf("got %v, want that the pause is too long to wait for", err)
	}
}

func paused(q *queue.Queue, lane string) bool {
	for _, l := range q.Report().Detail.Lanes {
		if l.Name == lane {
			return l.PausedUntil != nil
		}
	}
	return false
}

func TestLanesAreListed(t *testing.T) {
	q := newQueue(t)
	s := api.New(q, api.Options{})
	if w := send(s, "GET", "/api/queue/lanes", ""); w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"lanes":[],"otherLanes":null}` {
		t.Errorf("an idle queue: got %d %s, want no lanes", w.Code, w.Body)
	}
	pause(t, q, "org_1/sonnet-5")
	w := send(s, "GET", "/api/queue/lanes", "")
	var got struct{ Lanes []queue.Lane }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Lanes) != 1 {
		t.Fatalf("got %v: %s, want one lane", err, w.Body)
	}
	want := q.Report().Detail.Lanes[0]
	if l := got.Lanes[0]; l.Name != want.Name || l.PausedUntil == nil || !reflect.DeepEqual(l.Limits, want.Limits) || l.Waiting != 0 {
		t.Errorf("got %+v, want it as in the detail, %+v", l, want)
	}
}

// An operator can end a pause that a wrong answer of the API began.
func TestResume(t *testing.T) {
	const lane = "org_1/sonnet-5"
	q := newQueue(t)
	s := api.New(q, api.Options{Caller: func(*http.Request) string { return "token ops" }})
	pause(t, q, lane)
	pause(t, q, "other")
	const body = `{"lane":"org_1/sonnet-5","resume":true}`
	w := send(s, "POST", "/api/queue/lanes", body)
	var done struct {
		Success   bool
		Timestamp queue.Time
	}
	if err := json.Unmarshal(w.Body.Bytes(), &done); err != nil || w.Code != 200 || !done.Success || done.Timestamp.IsZero() {
		t.Fatalf("got %d, %v: %s", w.Code, err, w.Body)
	}
	if !paused(q, "other") {
		t.Error("the pause of another lane has ended, too")
	}
	by := ""
	for _, e := range q.Report().Detail.Events {
		if e.Kind == queue.KindResumed && e.Lane == lane {
			by = e.By
		}
	}
	if by != "token ops" {
		t.Errorf("the events say that %q ended it, want token ops", by)
	}
}

func TestResumeRefuses(t *testing.T) {
	q := newQueue(t)
	s := api.New(q, api.Options{})
	pause(t, q, "org_1/sonnet-5")
	for _, c := range []struct {
		body   string
		status int
		says   string
	}{
		{`{"lane":"org_1","resume":true}`, 409, `no lane \"org_1\" is paused`},
		{`{"lane":"` + strings.Repeat("x", 60_000) + `","resume":true}`, 409, "GET /api/queue/lanes"},
		{`{"lane":"\u001b[2J","resume":true}`, 409, "is paused"},
		{`{"lane":"org_1/sonnet-5"}`, 400, "what to do"},
		{`{"lane":"org_1/sonnet-5","resume":false}`, 400, "what to do"},
		{`{"resume":true}`, 400, "names no lane"},
		{`{"lane":"","resume":true}`, 400, "names no lane"},
		{`{"lane":7,"resume":true}`, 400, "not as wanted"},
		{`{"lane":"org_1/sonnet-5","resume":"yes"}`, 400, "not as wanted"},
		{`{"lane":"org_1/sonnet-5","resume":true,"until":3}`, 400, "not as wanted"},
		{`{"lane":"org_1/sonnet-5","resume":true} x`, 400, "goes on"},
		{`{"lane":"org_1/sonnet-5","resume":true`, 400, "not as wanted"},
		{`["org_1/sonnet-5"]`, 400, "not as wanted"},
		{``, 400, `send {\"lane\":\"NAME\",\"resume\":true}`},
		{strings.Repeat(" ", 64<<10+1), 413, `send {\"lane\":`},
	} {
		w := send(s, "POST", "/api/queue/lanes", c.body)
		got := w.Body.String()
		if w.Code != c.status || !strings.Contains(got, c.says) || len(got) > 1000 || strings.Contains(got, "\x1b") || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%.60s: got %d %.200s, want %d and %q", c.body, w.Code, got, c.status, c.says)
		}
	}
	if !paused(q, "org_1/sonnet-5") {
		t.Error("a refused request has ended the pause")
	}
	if w := send(s, "PATCH", "/api/queue/lanes", "{}"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("PATCH: got %d, %q", w.Code, w.Header().Get("Allow"))
	}
}
