package client

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"
)

// Every source that tunes behaves alike.
func TestTuners(t *testing.T) {
	for _, what := range []string{"HTTP", "Embedded"} {
		t.Run(what, func(t *testing.T) {
			q := newQueue(t)
			source := Source(NewEmbedded(q, nil))
			if what == "HTTP" {
				source = newHTTP(t, serve(t, api.New(q, api.Options{}).ServeHTTP).URL, HTTPOptions{})
			}
			tuner := source.(Tuner)
			for _, c := range []struct {
				change Change
				words  string // none: it works
			}{
				{Change{Field: "minDelayMs", Value: 2000}, ""},
				{Change{Field: "thresholds.warnWaiting", Value: 8}, ""},
				{Change{Field: "thresholds.warnSuccess", Value: 0.5}, ""},
				{Change{Field: "minDelayMs", Value: -1}, "minDelayMs is -1: must be from 0 to 3600000"},
				{Change{Field: "minDelayMs", Value: 20000}, "maxDelayMs is 10000: must be from 20000 to 3600000"},
				{Change{Field: "attempts", Value: 1.5}, "attempts is 1.5: must be a whole number"},
				{Change{Field: "stepMs", Value: math.NaN()}, "stepMs"},
				{Change{Field: "stepMs", Value: math.Inf(1)}, "stepMs"},
				{Change{Field: "nothing", Value: 1}, `there is no setting "nothing"`},
				{Change{Field: "thresholds.nothing", Value: 1}, `there is no setting "thresholds.nothing"`},
				{Change{Field: "thresholds", Value: 1}, "thresholds"},
				{Change{Field: "\x1b[2Jx", Value: 1}, "there is no setting"},
			} {
				before := q.Settings()
				err := tuner.Tune(t.Context(), []Change{c.change})
				if c.words == "" {
					check(t, c.change.Field, err, nil)
					continue
				}
				says(t, err, c.words, "")
				if strings.Contains(err.Error(), "\x1b") || strings.HasPrefix(err.Error(), "queue: ") || strings.HasPrefix(err.Error(), "400") {
					t.Errorf("%v: got %q, want plain words", c.change, err)
				}
				check(t, "changed all the same", q.Settings() != before, false)
			}
			got := q.Settings()
			check(t, "minDelay", got.MinDelay, 2*time.Second)
			check(t, "warnWaiting", got.Thresholds.WarnWaiting, 8)
			check(t, "warnSuccess", got.Thresholds.WarnSuccess, 0.5)

			check(t, "pace off", tuner.SetPace(t.Context(), queue.PaceOff), nil)
			says(t, tuner.SetPace(t.Context(), "fast\x1b[2J"), "must be off, spaced or adaptive", "")
			sample, err := source.Poll(t.Context())
			check(t, "error", err, nil)
			off := sample.Detail.PaceOff
			if off == nil || off.Rule.Value != queue.PaceSpaced || !off.Since.Known || sample.Detail.Pace.Value != queue.PaceOff {
				t.Errorf("got the pace %v, %+v, want it off", sample.Detail.Pace, off)
			}
			if s := sample.Detail.QueueSettings().Value; !s.Off || s.Adaptive {
				t.Errorf("got %+v, want the pace off, and spaced before", s)
			}
			check(t, "told", sample.Detail.QueueSettings().Value.MinDelay, 2*time.Second)

			ended, end := context.WithCancel(t.Context())
			end()
			says(t, tuner.Tune(ended, []Change{{Field: "stepMs", Value: 1}}), "cancelled", "")
			_ = source.Close()
			says(t, tuner.Tune(t.Context(), []Change{{Field: "stepMs", Value: 1}}), "closed", "")
		})
	}
}

// Several changes are one request: all of them are made, or none.
func TestTuneSeveral(t *testing.T) {
	for _, what := range []string{"HTTP", "Embedded"} {
		t.Run(what, func(t *testing.T) {
			q, patches := newQueue(t), 0
			check(t, "settings", q.SetSettings(queue.DefaultSettings()), nil)
			source := Source(NewEmbedded(q, nil))
			if what == "HTTP" {
				server := api.New(q, api.Options{})
				source = newHTTP(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPatch {
						patches++
					}
					server.ServeHTTP(w, r)
				}).URL, HTTPOptions{})
			}
			tuner, before := source.(Tuner), q.Settings()
			from := func(field string, v, from float64) Change { return Change{Field: field, Value: v, From: Some(from)} }
			for _, c := range []struct {
				words   string // none: it works
				changes []Change
			}{
				{"maxQueue is 0: must be from 1", []Change{from("minDelayMs", 20_000, 1500), from("maxDelayMs", 30_000, 10_000), from("maxQueue", 0, 1000)}},
				{"minDelay is 1.5 s now, no longer 1.4 s", []Change{from("stepMs", 300, 200), from("minDelayMs", 1600, 1400)}},
				{"minDelay is 1.5 s now, no longer 1.4 s; warnSuccess is 80% now, no longer 70%", []Change{
					from("minDelayMs", 1600, 1400), from("thresholds.warnSuccess", 0.9, 0.7),
				}},
			} {
				err := tuner.Tune(t.Context(), c.changes)
				says(t, err, c.words, "")
				check(t, "somebody else's", errors.Is(err, ErrChangedMeanwhile), strings.Contains(c.words, "no longer"))
				check(t, "changed all the same", q.Settings() != before, false)
			}
			patches = 0
			check(t, "error", tuner.Tune(t.Context(), []Change{
				from("minDelayMs", 20_000, 1500), from("maxDelayMs", 30_000, 10_000), from("thresholds.warnWaiting", 8, 6), {Field: "thresholds.warnSuccess", Value: 0.5},
			}), nil)
			got := q.Settings()
			check(t, "delays", [2]time.Duration{got.MinDelay, got.MaxDelay}, [2]time.Duration{20 * time.Second, 30 * time.Second})
			check(t, "thresholds", got.Thresholds.WarnWaiting == 8 && got.Thresholds.WarnSuccess == 0.5, true)
			if what == "HTTP" {
				check(t, "requests", patches, 1)
			}
		})
	}
}

func TestHTTPTuneAnswers(t *testing.T) {
	for _, c := range []struct {
		status            int
		body, token       string
		words, hint, left string
	}{
		{200, `{"minDelayMs":2000}`, "", "", "", ""},
		{200, `{}`, "", "the answer does not say that the setting was changed", "paceline", ""},
		{200, `<html>`, "", "HTML came instead of JSON", "", ""},
		{400, `{"error":"Bad request","details":"stepMs is 9: no"}`, "", "stepMs is 9: no", "", "Bad request"},
		{400, `nonsense`, "", "400 bad request", "", ""},
		{401, "", "", "401 unauthorized", "give a token with --token", ""},
		{403, `{"type":"error","error":{"type":"permission_error","message":"not an admin's token"}}`, "t", "403 forbidden: not an admin's token", "needs an admin token: is", ""},
		{403, "", "", "403 forbidden", "needs an admin token: give one with --token", ""},
		{404, "", "", "this server's settings cannot be changed", "older", ""},
		{405, `{"error":"GET only"}`, "", "this server's settings cannot be changed", "older", ""},
		{500, "", "", "the server failed (500", "log", ""},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			check(t, "asked", r.Method+" "+r.URL.String()+" "+string(body), `PATCH /p/api/queue/settings?k=v {"stepMs":9}`)
			check(t, "type", r.Header.Get("Content-Type"), "application/json")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		s := newHTTP(t, server.URL+"/p?k=v", HTTPOptions{Token: c.token})
		err := s.Tune(t.Context(), []Change{{Field: "stepMs", Value: 9}})
		if c.words == "" {
			check(t, "error", err, nil)
			continue
		}
		says(t, err, c.words, c.hint)
		if c.left != "" && strings.Contains(err.Error(), c.left) {
			t.Errorf("got %q, want it without %q", err, c.left)
		}
	}
	s := newHTTP(t, "http://127.0.0.1:1/export.json", HTTPOptions{})
	says(t, s.Tune(t.Context(), []Change{{Field: "stepMs", Value: 9}}), "no settings can be changed at this address", "the server itself")
}

// A change follows a redirect on its host with its body, and goes to no other.
func TestHTTPTuneRedirects(t *testing.T) {
	got := ""
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/p/api/queue/settings":
			http.Redirect(w, r, "/there", http.StatusPermanentRedirect)
		case "/there":
			body, _ := io.ReadAll(r.Body)
			got = r.Method + string(body)
			_, _ = io.WriteString(w, `{"minDelayMs":1}`)
		case "/q/api/queue/settings":
			http.Redirect(w, r, "/there", http.StatusFound)
		default:
			http.Redirect(w, r, "http://elsewhere.test/", http.StatusPermanentRedirect)
		}
	})
	check(t, "error", newHTTP(t, server.URL+"/p", HTTPOptions{}).Tune(t.Context(), []Change{{Field: "minDelayMs", Value: 1}}), nil)
	check(t, "asked", got, `PATCH{"minDelayMs":1}`)
	says(t, newHTTP(t, server.URL+"/q", HTTPOptions{}).Tune(t.Context(), []Change{{Field: "minDelayMs", Value: 1}}), "where nothing can be changed", "")
	says(t, newHTTP(t, server.URL, HTTPOptions{}).Tune(t.Context(), []Change{{Field: "minDelayMs", Value: 1}}), "redirected to http://elsewhere.test/", "")
}

// The gateway's refusals have the shape of the Claude API's errors.
func TestHTTPShowsTheErrorsOfTheAPI(t *testing.T) {
	for body, words := range map[string]string{
		`{"type":"error","error":{"type":"authentication_error","message":"the gateway token is missing"},"request_id":"r"}`: "401 unauthorized: the gateway token is missing",
		`{"type":"error","error":{"type":"authentication_error"}}`:                                                           "401 unauthorized: authentication_error",
		`{"type":"error","error":{"type":"x","message":"\u001b[2Jwiped"}}`:                                                   "401 unauthorized: wiped",
		`{"type":"error","error":{"message":7}}`:                                                                             "401 unauthorized",
		`{"type":"error","error":{}}`:                                                                                        "401 unauthorized",
		`{"type":"error","error":null,"details":"why"}`:                                                                      "401 unauthorized: why",
	} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, body)
		})
		_, err := newHTTP(t, server.URL, HTTPOptions{}).Poll(t.Context())
		var f *Failure
		if !errors.As(err, &f) || f.Words != words || !strings.Contains(f.Hint, "--token") {
			t.Errorf("%s: got %#v, want %q", body, err, words)
		}
	}
}
