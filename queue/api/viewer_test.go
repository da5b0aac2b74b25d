package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/pipe"
)

const marker = "m4rker"

// viewerOf takes a viewer from a header: a group, all, or nobody.
func viewerOf(r *http.Request) queue.Viewer {
	group := r.Header.Get("x-viewer")
	return queue.Viewer{OwnOnly: group != "all", Group: group}
}

// markedQueue has users of two groups. Those of the one are named by the marker, in all that
// can happen to a request.
func markedQueue(t *testing.T) (q *queue.Queue, end func()) {
	t.Helper()
	s := queue.DefaultSettings()
	s.MaxQueue, s.MaxRun, s.Attempts = 40, 20*time.Second, 2
	q, err := queue.New(s)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	ask := func(ctx context.Context, group, user, lane string, f func(context.Context) (int, error)) {
		all.Go(func() {
			_, _ = queue.Do(ctx, q, queue.Request{ID: user + " asks " + rest(), Group: group, User: user, Lane: lane}, f)
		})
		synctest.Wait()
	}
	works := func(context.Context) (int, error) { return 0, nil }
	fails := func(c queue.Class) func(context.Context) (int, error) {
		return func(context.Context) (int, error) {
			return 0, &queue.Error{Class: c, Err: errors.New("of " + marker + " the API says no")}
		}
	}
	for i, c := range []queue.Class{queue.ServerError, queue.KeyRefused, queue.NetworkError, queue.ClientError, queue.Timeout} {
		ask(ctx, "red", marker+fmt.Sprint(i), "failing", fails(c))
		time.Sleep(4 * time.Second)
	}
	silent := func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }
	ask(ctx, "red", marker, "silent", silent)
	time.Sleep(30 * time.Second)

	// A flood, of which the verdict names the user, and the door refuses some.
	ask(ctx, "blue", "bob", "busy", works)
	for range 42 {
		ask(ctx, "red", marker, "busy", works)
	}
	leaving, leave := context.WithCancel(ctx)
	time.Sleep(10 * time.Second)
	ask(leaving, "red", marker, "busy", works)
	leave()
	time.Sleep(30 * time.Second)
	q.Reset(marker)
	ask(ctx, "red", marker, "failing", fails(queue.ServerError))
	ask(ctx, "red", marker, "failing", fails(queue.ClientError))
	time.Sleep(5 * time.Second)
	ask(ctx, "blue", "bob", "another", works)
	ask(ctx, "blue", "bob", "another", works) // it waits
	return q, func() {
		cancel()
		all.Wait()
		_ = q.Shutdown(ctx)
	}
}

var restNumber int

// rest makes IDs differ.
func rest() string {
	restNumber++
	return fmt.Sprint(restNumber)
}

// answers asks for all that there is to ask for, as a viewer.
func answers(t *testing.T, q *queue.Queue, viewer string) map[string]string {
	t.Helper()
	s := api.New(q, api.Options{Viewer: viewerOf})
	p := pipe.Listen()
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(p) }()
	waits := q.Waiting(queue.WaitingQuery{Limit: 1, Offset: 1}).Waiting
	one := "/api/queue/waiting/" + strings.ReplaceAll(waits[0].ID, " ", "%20")
	found := map[string]string{}
	for _, path := range []string{
		"/api/queue/metrics", "/api/queue/metrics?events_since=0", "/api/queue/metrics?events_since=20", "/api/queue/stream", "/api/queue/stream?events_since=3",
		"/api/queue/waiting?limit=1000", "/api/queue/waiting?order=wait", "/api/queue/waiting?lane=busy", one,
		"/api/queue/history", "/api/queue/settings", "/api/queue/lanes", "/metrics", "/healthz", "/nowhere",
	} {
		answer := asked(t, p, "GET", path, "x-viewer", viewer)
		var body []byte
		if strings.Contains(path, "stream") { // it has no end: two frames
			lines := bufio.NewReader(answer.Body)
			for range 8 {
				line, err := lines.ReadBytes('\n')
				if err != nil {
					t.Fatal(err)
				}
				body = append(body, line...)
			}
		} else if all, err := io.ReadAll(answer.Body); err != nil {
			t.Fatal(err)
		} else {
			body = all
		}
		_ = answer.Body.Close()
		if path == one && answer.StatusCode == http.StatusNotFound { // it repeats what was asked for
			body = []byte(strings.ReplaceAll(string(body), waits[0].ID, "ID"))
		}
		found[path] = fmt.Sprint(answer.Header) + string(body)
	}
	_ = server.Close()
	<-done
	return found
}

// A viewer finds no trace of the users of another group in any answer, and their own group
// finds them.
func TestOthersAreNotNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, end := markedQueue(t)
		report := q.Report()
		if f := report.Detail.Findings; len(f) == 0 || f[0].User != marker || !strings.Contains(f[0].Message+f[0].Recommendation, marker) ||
			report.Detail.Crowd == nil || report.Detail.Oldest == nil || len(report.Detail.Failures) == 0 {
			t.Errorf("the verdict does not name the user: %+v", report)
		}
		for _, viewer := range []string{"blue", "nobody", ""} {
			all := answers(t, q, viewer)
			if one := all["/api/queue/metrics"]; !strings.Contains(one, "Very long wait times for one user, another user") {
				t.Errorf("%q: got %.600s", viewer, one)
			}
			for path, answer := range all {
				if i := strings.Index(answer, marker); i >= 0 {
					t.Errorf("%q sees of %s: …%.300s…", viewer, path, answer[max(0, i-200):])
				}
			}
		}
		for _, viewer := range []string{"red", "all"} {
			for path, answer := range answers(t, q, viewer) {
				names := strings.Contains(path, "/metrics?") || strings.Contains(path, "stream") || strings.Contains(path, "waiting")
				if strings.Contains(answer, marker) != names && path != "/api/queue/metrics" && path != "/api/queue/history" {
					t.Errorf("%q of %s: got %.300s", viewer, path, answer)
				}
			}
		}
		end()
	})
}

// Nor can anybody find out a name by looking for it.
func TestOthersAreNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, end := markedQueue(t)
		s := api.New(q, api.Options{Viewer: viewerOf})
		all := q.Waiting(queue.WaitingQuery{Limit: 1}).Total
		for _, step := range []struct {
			viewer, query string
			matching      int
		}{
			{"all", "user=" + marker, all - 1}, {"red", "user=" + marker, all - 1}, {"blue", "user=" + marker, 0},
			{"all", "text=M4RK", all - 1}, {"red", "text=m4rk", all - 1}, {"blue", "text=m4rk", 0}, {"blue", "text=%20asks%20", 1},
			{"blue", "user=bob", 1}, {"red", "user=bob", 0}, {"red", "text=bob", 0}, {"blue", "text=normal", all}, {"blue", "", all},
			{"blue", "user=another+user", all - 1}, {"nobody", "text=bob&order=wait", 0}, {"blue", "text=bob&order=wait", 1},
		} {
			r := httptest.NewRequest("GET", "/api/queue/waiting?"+step.query, nil)
			r.Header.Set("x-viewer", step.viewer)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			var page queue.WaitingPage
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || page.Matching != step.matching || page.Total != all {
				t.Errorf("%s, %s: got %d of %d, %v, want %d of %d", step.viewer, step.query, page.Matching, page.Total, err, step.matching, all)
			}
		}
		end()
	})
}
