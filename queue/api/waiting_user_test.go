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

// waits has a request wait, and returns what its Do returns.
func waits(t *testing.T, q *queue.Queue, r queue.Request) <-chan error {
	t.Helper()
	left := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() {
		_, err := queue.Do(ctx, q, r, func(context.Context) (int, error) { return 0, nil })
		left <- err
	}()
	for {
		if _, err := q.Find(queue.RequestQuery{ID: r.ID, User: r.User, Group: &r.Group}); err == nil {
			return left
		}
		runtime.Gosched() // the goroutine above has yet to join the queue
	}
}

// runs has a request of that ID run until the test ends.
func runs(t *testing.T, q *queue.Queue, id string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	running, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = queue.Do(ctx, q, queue.Request{ID: id}, func(ctx context.Context) (int, error) {
			close(running)
			<-ctx.Done()
			return 0, ctx.Err()
		})
	}()
	<-running
	t.Cleanup(func() { cancel(); <-done })
}

// list returns the answer to a query of the list of who waits.
func list(t *testing.T, s *api.Server, query string) queue.WaitingPage {
	t.Helper()
	w := send(s, "GET", "/api/queue/waiting"+query, "")
	var page queue.WaitingPage
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 {
		t.Fatalf("%s: got %d, %v: %s", query, w.Code, err, w.Body)
	}
	return page
}

// oddNames are names of users that are hard to write into an address.
var oddNames = []string{
	"alice", "Alice", " alice", "a b+c", "a%20b", "a&user=b", "a/b?c=d#e", "a;b", "é\u202e", "\x1b[2J\r\n", "\x00", "..", strings.Repeat("x", 5000), "user", "*",
}

func TestAllOfAUser(t *testing.T) {
	q := newQueue(t)
	runs(t, q, "first")
	s := api.New(q, api.Options{Caller: func(r *http.Request) string { return "token " + r.Method }})
	left := map[string]<-chan error{}
	for _, name := range oddNames {
		for _, group := range []string{"", "team"} {
			id := name[:min(len(name), 100)] + group
			left[id] = waits(t, q, queue.Request{ID: id, User: name, Group: group})
		}
	}
	waiting := 2 * len(oddNames)
	for _, name := range oddNames {
		target := "?user=" + url.QueryEscape(name)
		if page := list(t, s, target); page.Matching != 2 || len(page.Waiting) != 2 || page.Total != waiting {
			t.Errorf("%.20q: %d of %d match, want 2 of %d", name, page.Matching, page.Total, waiting)
		}
		var done struct {
			Success   bool
			Requests  int
			Timestamp queue.Time
		}
		w := send(s, "PATCH", "/api/queue/waiting"+target, `{"priority":"high"}`)
		if err := json.Unmarshal(w.Body.Bytes(), &done); err != nil || w.Code != 200 || !done.Success || done.Requests != 2 || done.Timestamp.IsZero() {
			t.Errorf("PATCH %.20q: got %d, %v: %s", name, w.Code, err, w.Body)
		}
		if high := list(t, s, "?text=high"); high.Matching != 2 || high.Waiting[0].User != name {
			t.Errorf("PATCH %.20q: %+v have high priority now, want its 2", name, high)
		}
		w = send(s, "DELETE", "/api/queue/waiting"+target, "")
		if err := json.Unmarshal(w.Body.Bytes(), &done); err != nil || w.Code != 200 || !done.Success || done.Requests != 2 {
			t.Errorf("DELETE %.20q: got %d, %v: %s", name, w.Code, err, w.Body)
		}
		for _, group := range []string{"", "team"} {
			if err := <-left[name[:min(len(name), 100)]+group]; !errors.Is(err, queue.ErrCancelled) {
				t.Errorf("%.20q: its caller got %v, want %v", name, err, queue.ErrCancelled)
			}
		}
		waiting -= 2
		if w := send(s, "DELETE", "/api/queue/waiting"+target, ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"requests":0`) {
			t.Errorf("DELETE %.20q again: got %d: %s, want none", name, w.Code, w.Body)
		}
	}
	if page := list(t, s, ""); page.Total != 0 {
		t.Errorf("%d still wait", page.Total)
	}
	kinds := map[queue.Kind]int{}
	for _, e := range q.Report().Detail.Events {
		switch {
		case e.Kind == queue.KindCancelled && e.By != "token DELETE", e.Kind == queue.KindPriority && (e.By != "token PATCH" || e.Count != 2 || e.To != "high"):
			t.Errorf("got %+v", e)
		default:
			kinds[e.Kind]++
		}
	}
	if kinds[queue.KindCancelled] != 2*len(oddNames) || kinds[queue.KindPriority] != len(oddNames) {
		t.Errorf("got %v", kinds)
	}
}

// What does not name one user hits nobody, and what seems to narrow it down is refused.
func TestAChangeOfAllNamesOneUser(t *testing.T) {
	q := newQueue(t)
	defer hold(t, q, 3)()
	s := api.New(q, api.Options{})
	for _, query := range []string{
		"", "?", "?user", "?user=", "?user=user_a&user=user_b", "?user=user_a&user=user_a", "?user=user_a&lane=default", "?User=user_a",
		"?user=user_a&text=x", "?user=user_a&limit=1", "?user=user_a&", "?user=user_a;lane=x", "?user=%zz", "?=user_a", "?user=user_a&=",
	} {
		for method, body := range map[string]string{"DELETE": "", "PATCH": `{"priority":"low"}`} {
			w := send(s, method, "/api/queue/waiting"+query, body)
			if ok := query == "?user=user_a&"; !ok && (w.Code != 400 || !json.Valid(w.Body.Bytes())) {
				t.Errorf("%s %s: got %d %s, want 400", method, query, w.Code, w.Body)
			}
		}
	}
	if page := list(t, s, ""); page.Total != 2 { // "user=user_a&" names one
		t.Errorf("%d wait, want the 2 others", page.Total)
	}
	if page := list(t, s, "?text=low"); page.Matching != 0 {
		t.Errorf("%d were lowered", page.Matching)
	}
	if w := send(s, "DELETE", "/api/queue/waiting?user=user_b", strings.Repeat("x", 64<<10+1)); w.Code != 413 {
		t.Errorf("DELETE with a large body: got %d, want 413", w.Code)
	}
}

func TestThePriorityOfOne(t *testing.T) {
	q := newQueue(t)
	runs(t, q, "runs")
	s := api.New(q, api.Options{Caller: func(*http.Request) string { return "ops" }})
	for _, id := range []string{"req_1", "a b/c?d=é&%", "..", "\x1b[2J", strings.Repeat("é", 128)} {
		waits(t, q, queue.Request{ID: id, User: "ann"})
		target := "/api/queue/waiting/" + url.PathEscape(id)
		for _, priority := range []string{"high", "low", "normal"} {
			w := send(s, "PATCH", target, `{"priority":"`+priority+`"}`)
			if w.Code != 200 || !strings.Contains(w.Body.String(), `"success":true,"message":"Request has `+priority+` priority"`) {
				t.Errorf("%q: got %d: %s", id, w.Code, w.Body)
			}
			if got, _ := q.Find(queue.RequestQuery{ID: id}); got.Priority != priority {
				t.Errorf("%q: it has priority %s, want %s", id, got.Priority, priority)
			}
		}
		for _, body := range []string{
			"", "{}", "null", "[]", "high", `"high"`, `{"priority":null}`, `{"priority":""}`, `{"priority":"High"}`, `{"priority":1}`,
			`{"priority":"urgent"}`, `{"priority":"high"}x`, `{"priority":"high"}{}`, `{"priority":"high","lane":"x"}`, `{"priority":"high`,
			`{"priority":"` + strings.Repeat("\u202e", 1000) + `"}`,
		} {
			w := send(s, "PATCH", target, body)
			if got := w.Body.String(); w.Code != 400 || len(got) > 1000 || strings.ContainsAny(got, "\x1b\u202e") || !strings.Contains(got, `send {\"priority\":\"high\"}`) {
				t.Errorf("%q: got %d: %s, want 400 and what to send", body, w.Code, got)
			}
		}
		if got, _ := q.Find(queue.RequestQuery{ID: id}); got.Priority != "normal" {
			t.Errorf("%q: it has priority %s after bodies that are refused", id, got.Priority)
		}
	}
	events := q.Report().Detail.Events
	if last := events[len(events)-1]; last.Kind != queue.KindPriority || last.By != "ops" || last.From != "low" || last.To != "normal" || last.User != "ann" {
		t.Errorf("last event: got %+v", last)
	}
	if w := send(s, "PATCH", "/api/queue/waiting/req_1", strings.Repeat("x", 64<<10+1)); w.Code != 413 {
		t.Errorf("a large body: got %d, want 413", w.Code)
	}
	for _, c := range []struct {
		id, want string
		status   int
	}{
		{"runs", `"error":"Started"`, 409}, {"nobody", `"error":"Not waiting"`, 404}, {"%1b", `"error":"Not waiting"`, 404}, {strings.Repeat("x", 129), `"error":"Not found"`, 404},
	} {
		for method, body := range map[string]string{"DELETE": "", "PATCH": `{"priority":"low"}`} {
			w := send(s, method, "/api/queue/waiting/"+c.id, body)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%s %.20s: got %d %s, want %d %s", method, c.id, w.Code, w.Body, c.status, c.want)
			}
		}
	}
}

func TestTheListIsSortedAndSearched(t *testing.T) {
	q := newQueue(t)
	runs(t, q, "runs")
	s := api.New(q, api.Options{})
	waits(t, q, queue.Request{ID: "1st", User: "ann", Priority: queue.Low, Session: "s", Subagent: true, Group: "team"})
	waits(t, q, queue.Request{ID: "2nd", User: "bob"})
	waits(t, q, queue.Request{ID: "3rd", User: "ann", Priority: queue.High})
	for query, want := range map[string]string{
		"":                                  "3rd 2nd 1st",
		"?order=turn":                       "3rd 2nd 1st",
		"?order=wait":                       "1st 2nd 3rd",
		"?order=wait&limit=1&offset=1":      "2nd",
		"?user=ann":                         "3rd 1st",
		"?order=wait&user=ann":              "1st 3rd",
		"?user=":                            "3rd 2nd 1st",
		"?user=nobody":                      "",
		"?lane=default&text=AN":             "3rd 1st",
		"?lane=other":                       "",
		"?text=2ND":                         "2nd",
		"?text=%00":                         "",
		"?text=" + strings.Repeat("x", 128): "",
	} {
		var got []string
		page := list(t, s, query)
		for _, w := range page.Waiting {
			got = append(got, w.ID)
		}
		if strings.Join(got, " ") != want || page.Total != 3 || strings.Contains(query, "limit") == (page.Matching == len(got)) {
			t.Errorf("%s: got %v, %d matching of %d, want %s", query, got, page.Matching, page.Total, want)
		}
		if w := send(s, "HEAD", "/api/queue/waiting"+query, ""); w.Code != 200 {
			t.Errorf("HEAD %s: got %d", query, w.Code)
		}
	}
	one := list(t, s, "?text=1st").Waiting[0]
	if one.Group != "team" || one.Session != "s" || !one.Subagent || one.Since.IsZero() || one.CameBack || one.Class != "" {
		t.Errorf("got %+v", one)
	}
	for _, query := range []string{"?order=", "?order=Wait", "?order=%1b[2J", "?order=longest", "?text=" + strings.Repeat("x", 129)} {
		w := send(s, "GET", "/api/queue/waiting"+query, "")
		if query == "?order=" {
			if w.Code != 200 {
				t.Errorf("%s: got %d", query, w.Code)
			}
			continue
		}
		if w.Code != 400 || strings.Contains(w.Body.String(), "\x1b") {
			t.Errorf("%s: got %d %s, want 400", query, w.Code, w.Body)
		}
	}
}
