package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"
)

// Every source that resumes behaves alike.
func TestResumers(t *testing.T) {
	for _, what := range []string{"HTTP", "Embedded"} {
		for _, lane := range []string{"", "org_1/sonnet-5"} {
			t.Run(what+lane, func(t *testing.T) {
				q := newQueue(t)
				source := Source(NewEmbedded(q, nil))
				if what == "HTTP" {
					source = newHTTP(t, serve(t, api.New(q, api.Options{}).ServeHTTP).URL, HTTPOptions{})
				}
				resumer := source.(Resumer)
				says(t, resumer.Resume(t.Context(), lane), "any more", "")
				_, err := queue.Do(t.Context(), q, queue.Request{User: "ann", Lane: lane}, func(context.Context) (int, error) {
					return 0, &queue.Error{Class: queue.RateLimited, RetryAfter: time.Hour} // longer than ann may wait
				})
				check(t, "too long", errors.Is(err, queue.ErrWaitTooLong), true)
				says(t, resumer.Resume(t.Context(), "other\x1b[2J"), "other", "")
				sample, err := source.Poll(t.Context())
				check(t, "error", err, nil)
				paused := slices.IndexFunc(sample.Detail.Lanes, func(l Lane) bool { return l.PausedUntil.Known })
				if paused < 0 {
					t.Fatalf("no lane is paused: %+v", sample.Detail.Lanes)
				}
				check(t, "error", resumer.Resume(t.Context(), sample.Detail.Lanes[paused].Name), nil)
				ended := false
				for _, e := range q.Report().Detail.Events {
					ended = ended || e.Kind == queue.KindResumed && e.By != ""
				}
				check(t, "the pause has ended", ended, true)

				over, end := context.WithCancel(t.Context())
				end()
				says(t, resumer.Resume(over, lane), "cancelled", "")
				_ = source.Close()
				says(t, resumer.Resume(t.Context(), lane), "closed", "")
			})
		}
	}
}

func TestHTTPResumeAnswers(t *testing.T) {
	for _, c := range []struct {
		status      int
		body        string
		words, hint string
	}{
		{200, `{"success":true}`, "", ""},
		{200, `{}`, "the answer does not say that the pause was ended", "paceline"},
		{200, `<html>`, "HTML came instead of JSON", ""},
		{400, `{"error":"Bad request","details":"the body names no lane"}`, "400 bad request", ""},
		{403, `{"error":"Admin token needed","details":"use an admin's"}`, "403 forbidden", "needs an admin token: give one with --token"},
		{404, `{"error":"Not found","details":"nothing is at x"}`, "this server cannot end a pause", "older"},
		{405, "", "this server cannot end a pause", "older"},
		{409, `{"error":"Not paused","details":"no lane \"a\" is paused\u001b[2J"}`, "nothing holds back the lane org/a any more", ""},
		{409, "", "nothing holds back the lane org/a any more", ""},
		{500, "", "the server failed (500", "log"},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			check(t, "asked", r.Method+" "+r.URL.String()+" "+string(body), `POST /p/api/queue/lanes?k=v {"lane":"org/a","resume":true}`)
			check(t, "type", r.Header.Get("Content-Type"), "application/json")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		err := newHTTP(t, server.URL+"/p?k=v", HTTPOptions{}).Resume(t.Context(), "org/a")
		if c.words == "" {
			check(t, "error", err, nil)
			continue
		}
		says(t, err, c.words, c.hint)
		if strings.Contains(err.Error(), "\x1b") {
			t.Errorf("got %q, want it clean", err)
		}
	}
	s := newHTTP(t, "http://127.0.0.1:1/export.json", HTTPOptions{})
	says(t, s.Resume(t.Context(), "a"), "no pause can be ended at this address", "the server itself")

	server := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there", http.StatusFound) })
	says(t, newHTTP(t, server.URL, HTTPOptions{}).Resume(t.Context(), "a"), "where nothing can be resumed", "")
}
