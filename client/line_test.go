package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"paceline/queue"
	"paceline/queue/api"
)

// oddNames are names that show otherwise than they are written, or are hard to send.
var oddNames = []string{"alice", "al\u200bice", "a/b?c=d&user=x#%20", "é\x1b[2J", "..", " x ", "\x01", strings.Repeat("x", 128)}

// lineOf makes requests of these names, of users of the same names, wait behind one that runs
// and is called so.
func lineOf(t *testing.T, q *queue.Queue, names ...string) {
	t.Helper()
	requests := make([]queue.Request, len(names))
	for i, name := range names {
		requests[i] = queue.Request{ID: name, User: name}
	}
	lineOfRequests(t, q, requests...)
}

// lineOfRequests makes requests wait behind one that runs, and is called so.
func lineOfRequests(t *testing.T, q *queue.Queue, requests ...queue.Request) {
	t.Helper()
	if _, err := q.ChangeSettings(map[string]float64{"maxInFlight": 1}, "", ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	do := func(r queue.Request) {
		_, _ = queue.Do(ctx, q, r, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, nil })
		done <- struct{}{}
	}
	go do(queue.Request{ID: "runs", User: "first"})
	for i, request := range requests {
		for r := q.Report(); r.Detail.Running+r.Metrics.CurrentQueueLength <= i; r = q.Report() {
			runtime.Gosched() // the goroutine above has yet to join the queue
		}
		go do(request)
	}
	for q.Report().Metrics.CurrentQueueLength < len(requests) {
		runtime.Gosched()
	}
	t.Cleanup(func() {
		cancel()
		for range len(requests) + 1 {
			<-done
		}
	})
}

// everyLine calls test with each source that is a Line.
func everyLine(t *testing.T, test func(t *testing.T, q *queue.Queue, source Source)) {
	t.Helper()
	for _, what := range []string{"HTTP", "Embedded"} {
		t.Run(what, func(t *testing.T) {
			q := newQueue(t)
			source := Source(NewEmbedded(q, nil))
			if what == "HTTP" {
				source = newHTTP(t, serve(t, api.New(q, api.Options{}).ServeHTTP).URL, HTTPOptions{})
			}
			test(t, q, source)
			_ = source.Close()
			line, id := source.(Line), NameOf("x")
			one := RequestRef{ID: id}
			_, err := line.Waiting(t.Context(), WaitingQuery{})
			says(t, err, "closed", "")
			says(t, line.Cancel(t.Context(), one), "closed", "")
			says(t, line.SetPriority(t.Context(), one, "low"), "closed", "")
			_, err = line.CancelUser(t.Context(), id)
			says(t, err, "closed", "")
			_, err = line.SetUserPriority(t.Context(), id, "low")
			says(t, err, "closed", "")
		})
	}
}

// refOf means the request of that ID, whoever's it is.
func refOf(id string) RequestRef { return RequestRef{ID: NameOf(id)} }

// rows are the IDs of a page, as they came.
func rows(p WaitingPage) string {
	var ids []string
	for _, w := range p.Waiting {
		ids = append(ids, w.ID.raw)
	}
	return strings.Join(ids, " ")
}

// A zero is a name and a text as others are.
func TestLinesFindZero(t *testing.T) {
	everyLine(t, func(t *testing.T, q *queue.Queue, source Source) {
		lineOf(t, q, "a", "0", "b")
		for _, query := range []WaitingQuery{{User: NameOf("0")}, {Text: "0"}} {
			page, err := source.(Line).Waiting(t.Context(), query)
			check(t, "error", err, nil)
			check(t, "matching", page.Matching, Some(1))
			check(t, "rows", rows(page), "0")
		}
		page, err := source.(Line).Waiting(t.Context(), WaitingQuery{Lane: "0"})
		check(t, "error", err, nil)
		check(t, "rows of a lane that is not there", rows(page), "")
	})
}

// What a row shows is clean, and what is done to it hits it alone, however it is written.
func TestLinesHitWhatTheirRowsAre(t *testing.T) {
	everyLine(t, func(t *testing.T, q *queue.Queue, source Source) {
		lineOf(t, q, oddNames...)
		line := source.(Line)
		page, err := line.Waiting(t.Context(), WaitingQuery{})
		check(t, "error", err, nil)
		check(t, "total", page.Total, Some(len(oddNames)))
		check(t, "matching", page.Matching, Some(len(oddNames)))
		check(t, "rows", rows(page), strings.Join(oddNames, " "))
		for i, w := range page.Waiting {
			id := oddNames[i]
			check(t, "shown", Clean(w.ID.String()), w.ID.String())
			check(t, "user", w.User, NameOf(id))
			check(t, "priority", w.Priority, "normal")
			check(t, "position", w.Position, Some(i+1))
			check(t, "since", w.Since.Known && w.Waited.Known && w.ETA.Known && w.Attempt.Value == 1, true)
			check(t, "error", line.SetPriority(t.Context(), w.Ref(), "high"), nil)
			n, err := line.SetUserPriority(t.Context(), w.User, "high")
			check(t, "error", err, nil)
			check(t, "hit", n, 1)
			high, err := line.Waiting(t.Context(), WaitingQuery{Text: "HIGH"})
			check(t, "error", err, nil)
			check(t, "raised", rows(high), id)
			own, err := line.Waiting(t.Context(), WaitingQuery{User: w.User, LongestFirst: true, Lane: "default", Limit: 1})
			check(t, "error", err, nil)
			check(t, "of the user", rows(own), id)
			if i%2 == 0 {
				check(t, "error", line.Cancel(t.Context(), w.Ref()), nil)
			} else {
				n, err = line.CancelUser(t.Context(), w.User)
				check(t, "error", err, nil)
				check(t, "hit", n, 1)
			}
			_, err = q.Find(queue.RequestQuery{ID: id})
			check(t, "still waits", err == nil, false)
			says(t, line.Cancel(t.Context(), w.Ref()), "it waits no more", "has left")
			says(t, line.SetPriority(t.Context(), w.Ref(), "low"), "it waits no more", "has left")
			check(t, "waiting", q.Report().Metrics.CurrentQueueLength, len(oddNames)-i-1)
		}
		n, err := line.CancelUser(t.Context(), NameOf("alice"))
		check(t, "error", err, nil)
		check(t, "hit", n, 0)
	})
}

// Of several rows with one ID the one that is meant is hit, and without its user none is.
func TestLinesHitTheUsersOfTheirRows(t *testing.T) {
	everyLine(t, func(t *testing.T, q *queue.Queue, source Source) {
		var requests []queue.Request
		for _, name := range oddNames {
			requests = append(requests, queue.Request{ID: "x", User: name, Group: "red"}, queue.Request{ID: "x", User: name, Group: "blue"}, queue.Request{ID: "x", User: name})
		}
		lineOfRequests(t, q, requests...)
		line := source.(Line)
		for left := len(requests); left > 0; left-- {
			page, err := line.Waiting(t.Context(), WaitingQuery{})
			check(t, "error", err, nil)
			check(t, "rows", len(page.Waiting), left)
			if left > 1 {
				says(t, line.Cancel(t.Context(), refOf("x")), "several users have a request of this ID", "whose it is")
				says(t, line.SetPriority(t.Context(), refOf("x"), "high"), "several users have a request of this ID", "whose it is")
			}
			one := page.Waiting[left/2]
			check(t, "error", line.SetPriority(t.Context(), one.Ref(), "high"), nil)
			high, err := line.Waiting(t.Context(), WaitingQuery{Text: "high"})
			check(t, "error", err, nil)
			if len(high.Waiting) != 1 || high.Waiting[0].Ref() != one.Ref() {
				t.Fatalf("raised are %+v, want %+v", high.Waiting, one)
			}
			check(t, "error", line.Cancel(t.Context(), one.Ref()), nil)
			says(t, line.Cancel(t.Context(), one.Ref()), "it waits no more", "has left")
		}
	})
}

func TestLinesRefuse(t *testing.T) {
	everyLine(t, func(t *testing.T, q *queue.Queue, source Source) {
		lineOf(t, q, "a", "b")
		line := source.(Line)
		says(t, line.Cancel(t.Context(), refOf("runs")), "it has started meanwhile", "")
		says(t, line.SetPriority(t.Context(), refOf("runs"), "low"), "it has started meanwhile", "")
		for _, priority := range []string{"", "urgent", "High", "\x1b[2J"} {
			says(t, line.SetPriority(t.Context(), refOf("a"), priority), "a priority is high, normal or low", "")
			_, err := line.SetUserPriority(t.Context(), NameOf("a"), priority)
			says(t, err, "a priority is high, normal or low", "")
		}
		says(t, line.Cancel(t.Context(), RequestRef{User: NameOf("a")}), "no request is named", "")
		says(t, line.SetPriority(t.Context(), RequestRef{}, "low"), "no request is named", "")
		_, err := line.CancelUser(t.Context(), Name{})
		says(t, err, "no user is named", "")
		_, err = line.SetUserPriority(t.Context(), Name{}, "low")
		says(t, err, "no user is named", "")
		page, err := line.Waiting(t.Context(), WaitingQuery{Offset: 1})
		check(t, "error", err, nil)
		check(t, "rows", rows(page), "b")

		over, end := context.WithCancel(t.Context())
		end()
		says(t, line.Cancel(over, refOf("a")), "cancelled", "")
		check(t, "waiting", q.Report().Metrics.CurrentQueueLength, 2)
	})
}

func TestHTTPLineAnswers(t *testing.T) {
	const page, gone = `{"total":3,"matching":1,"waiting":[]}`, `{"error":"Not waiting","details":"no request \"a\" waits"}`
	for _, c := range []struct {
		status             int
		body, token        string
		list, one, all     string // the words of the failure; empty: there is none
		listHint, lineHint string
	}{
		{200, page, "", "", "the answer does not say that it was done", "the answer does not say that it was done", "", "paceline"},
		{200, `{"success":true}`, "", "not the list of who waits", "", "the answer does not say that it was done", "", ""},
		{200, `{"success":true,"requests":3}`, "", "not the list of who waits", "", "", "", ""},
		{200, `{"total":3,"waiting":[]}`, "", "cannot sort and search", "the answer does not say", "the answer does not say", "older", ""},
		{200, `<html>`, "", "HTML came instead of JSON", "HTML came instead of JSON", "HTML came instead of JSON", "", ""},
		{403, `{"error":"Admin token needed","details":"use an admin's"}`, "t", "this token may not do that", "this token may not do that", "this token may not do that", "", "needs an admin token"},
		{403, ``, "", "403 forbidden", "403 forbidden", "403 forbidden", "give a token", "give one with --token"},
		{404, gone, "", "it waits no more", "it waits no more", "it waits no more", "", ""},
		{404, `{"error":"Not found","details":"\u001b[2J"}`, "", "does not tell who waits", "this server cannot do that", "this server cannot do that", "older", "older"},
		{405, `{"error":"Method not allowed"}`, "", "does not tell who waits", "this server cannot do that", "this server cannot do that", "older", "older"},
		{409, `{"error":"Started"}`, "", "", "it has started meanwhile", "it has started meanwhile", "", ""},
		{409, `{"error":"Several users"}`, "", "", "several users have a request of this ID", "several users have a request of this ID", "", "says whose it is"},
		{500, "", "", "the server failed (500", "the server failed (500", "the server failed (500", "log", "log"},
	} {
		asked := ""
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked = r.Method + " " + r.URL.String() + " " + string(body)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		s := newHTTP(t, server.URL+"/p?k=v", HTTPOptions{Token: c.token})
		for _, call := range []struct {
			asks, words, hint string
			err               func() error
		}{
			{"GET /p/api/queue/waiting?k=v&lane=l&limit=5&offset=2&order=wait&text=%26&user=a+b ", c.list, c.listHint, func() error {
				_, err := s.Waiting(t.Context(), WaitingQuery{Limit: 5, Offset: 2, LongestFirst: true, User: NameOf("a b"), Lane: "l", Text: "&"})
				return err
			}},
			{"DELETE /p/api/queue/waiting/a%2Fb?k=v ", c.one, c.lineHint, func() error { return s.Cancel(t.Context(), refOf("a/b")) }},
			{`PATCH /p/api/queue/waiting/%2E%2E?group=g%26&k=v&user=a+b {"priority":"low"}`, c.one, c.lineHint, func() error {
				return s.SetPriority(t.Context(), RequestRef{NameOf(".."), NameOf("a b"), NameOf("g&")}, "low")
			}},
			{"DELETE /p/api/queue/waiting?k=v&user=a%2Fb ", c.all, c.lineHint, func() error { _, err := s.CancelUser(t.Context(), NameOf("a/b")); return err }},
			{`PATCH /p/api/queue/waiting?k=v&user=%1B {"priority":"high"}`, c.all, c.lineHint, func() error {
				_, err := s.SetUserPriority(t.Context(), NameOf("\x1b"), "high")
				return err
			}},
		} {
			if c.status == 409 && strings.HasPrefix(call.asks, "GET") {
				continue
			}
			err := call.err()
			check(t, "asked", asked, call.asks)
			if call.words == "" {
				check(t, call.asks, err, nil)
				continue
			}
			says(t, err, call.words, call.hint)
			if strings.Contains(err.Error(), "\x1b") {
				t.Errorf("got %q, want it clean", err)
			}
		}
	}
	s := newHTTP(t, "http://127.0.0.1:1/export.json", HTTPOptions{})
	says(t, s.Cancel(t.Context(), refOf("a")), "who waits is not told at this address", "the server itself")
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there", http.StatusFound) })
	says(t, newHTTP(t, server.URL, HTTPOptions{}).Cancel(t.Context(), refOf("a")), "redirect", "")
}

// A list is read leniently: what makes no sense is unknown, and a row without an ID is none.
func TestWaitingIsReadLeniently(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"total":-1,"matching":"x","waiting":[null,{},{"id":7},{"id":""},
			{"id":"a\u001b[2J","user":5,"lane":"l\u001b[2J","position":-3,"waitedMs":1e300,"etaMs":null,"attempt":"2","subagent":"yes","since":"now","class":"\u202ehigh","guess":1},
			{"id":"b","waitedMs":1500,"cameBack":true,"since":"2026-11-30T12:00:00Z"}]}`)
	})
	page, err := newHTTP(t, server.URL, HTTPOptions{}).Waiting(t.Context(), WaitingQuery{})
	check(t, "error", err, nil)
	check(t, "total", page.Total, Opt[int]{})
	check(t, "rows", rows(page), "a\x1b[2J b")
	if len(page.Waiting) == 2 {
		check(t, "first", page.Waiting[0], WaitingRequest{ID: NameOf("a\x1b[2J"), Lane: "l", Class: "high"})
		check(t, "waited", page.Waiting[1].Waited.Value.Milliseconds(), 1500)
		check(t, "came back", page.Waiting[1].CameBack && page.Waiting[1].Since.Known, true)
	}
	body, _ := json.Marshal(page.Waiting)
	if strings.Contains(string(body), `\u001b`) {
		t.Errorf("%s is written, want it clean", body)
	}
}
