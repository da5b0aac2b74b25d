package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"
)

// Every source that tells of the past behaves alike.
func TestHistorians(t *testing.T) {
	for _, what := range []string{"HTTP", "Embedded"} {
		t.Run(what, func(t *testing.T) {
			q := newQueue(t)
			source := Source(NewEmbedded(q, nil))
			if what == "HTTP" {
				source = newHTTP(t, serve(t, api.New(q, api.Options{}).ServeHTTP).URL, HTTPOptions{})
			}
			historian := source.(Historian)
			for _, since := range []time.Time{{}, time.Now().Add(-time.Minute)} {
				past, err := historian.History(t.Context(), since, time.Time{}, 10*time.Second)
				check(t, "error", err, nil)
				successful, failed := int64(0), int64(0)
				for _, s := range past.Slices {
					successful, failed = successful+s.Successful.Value, failed+s.Failed.Value
				}
				check(t, "successful", successful, int64(3))
				check(t, "failed", failed, int64(1))
				check(t, "troubles", len(past.Troubles), 1)
				check(t, "kind", past.Troubles[0].Kind, queue.KindFailed)
				check(t, "gaps", len(past.Gaps), 1)
				check(t, "since", past.Since.Value, past.Gaps[0].Since.Value)
				check(t, "step", past.Step.Value >= 10*time.Second, true)
				check(t, "until", time.Since(past.Until.Value) < time.Minute, true)
			}
			_ = source.Close()
			_, err := historian.History(t.Context(), time.Time{}, time.Time{}, 0)
			says(t, err, "closed", "")
		})
	}
}

func TestHTTPHistoryAnswers(t *testing.T) {
	since := time.Date(2026, 11, 23, 14, 0, 0, 5e6, time.UTC)
	for _, c := range []struct {
		status      int
		body        string
		words, hint string
	}{
		{200, `{"slices":[]}`, "", ""},
		{200, `{}`, "this JSON is not the history of a queue", "address"},
		{200, `{"metrics":{}}`, "this JSON is not the history of a queue", "address"},
		{200, `{"slices":`, "the JSON breaks off", ""},
		{200, `<html>`, "HTML came instead of JSON", ""},
		{200, `{"slices":[]}` + strings.Repeat(" ", maxHistory), "the answer is larger than 8 MiB", ""},
		{200, `{"slices":[]}` + strings.Repeat(" ", 2*maxBody), "", ""},
		{200, `{"error":"broken","details":"it is\u001b[2J"}`, "the server failed: broken", "log"},
		{400, `{"error":"Bad request","details":"since is wrong"}`, "400 bad request", ""},
		{403, ``, "403 forbidden", "token"},
		{404, `{"error":"Not found","details":"nothing is at x"}`, "this server keeps no history", "older"},
		{405, ``, "this server keeps no history", "older"},
		{501, ``, "this server keeps no history", "older"},
		{500, ``, "the server failed (500", "log"},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			check(t, "asked", r.Method+" "+r.URL.String(), "GET /p/api/queue/history?since=2026-11-23T14%3A00%3A00.005Z&step=1m0s&until=2026-11-23T14%3A01%3A00Z")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		_, err := newHTTP(t, server.URL+"/p", HTTPOptions{}).History(t.Context(), since, since.Truncate(time.Minute).Add(time.Minute), time.Minute)
		if c.words == "" {
			check(t, "error", err, nil)
			continue
		}
		says(t, err, c.words, c.hint)
		check(t, "not offered", errors.Is(err, ErrNotOffered), c.hint == "older")
		if strings.Contains(err.Error(), "\x1b") {
			t.Errorf("got %q, want it clean", err)
		}
	}
	s := newHTTP(t, "http://127.0.0.1:1/export.json", HTTPOptions{})
	_, err := s.History(t.Context(), since, since, 0)
	says(t, err, "nothing of the past can be told at this address", "the server itself")
	check(t, "not offered", errors.Is(err, ErrNotOffered), true)
}

// fullHistory is a history with all of its fields.
func fullHistory() queue.History {
	var h queue.History
	n := 0
	invent(reflect.ValueOf(&h).Elem(), &n)
	for i := range h.Slices {
		h.Slices[i].Level = Level(i).String()
		for j := range h.Slices[i].Lanes {
			for k := range h.Slices[i].Lanes[j].Limits {
				limit := &h.Slices[i].Lanes[j].Limits[k]
				limit.Free = new(limit.PerMinute - 1200*k)
			}
		}
	}
	return h
}

// Every figure that a server writes is read, and written again as it was; but for the
// events, which become words.
func TestHistoryRoundTrip(t *testing.T) {
	h := fullHistory()
	body, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	past, err := DecodePast(body)
	check(t, "error", err, nil)
	if missing := unknowns("Past", reflect.ValueOf(past)); len(missing) > 0 {
		t.Errorf("a full history leaves unknown: %v", missing)
	}
	check(t, "troubles", len(past.Troubles), len(h.Troubles))
	got, want := leaves(t, past), leaves(t, h)
	for path, v := range want {
		if !strings.HasPrefix(path, ".troubles") && got[path] != v {
			t.Errorf("%s: got %v, want %v", path, got[path], v)
		}
	}
}

// An answer without end is cut, and what makes no sense is left out.
func TestPastHasBounds(t *testing.T) {
	row := `{"at":"2026-11-23T14:00:00Z","lengthMs":5000,"waiting":-1,"waits":[` + strings.Repeat(`{"atMostMs":10,"count":1},`, 100) + `{}],"longest":[` + strings.Repeat(`{},`, 50) + `{}]}`
	trouble := `{"time":"2026-11-23T14:00:00Z","kind":"failed","user":"a\u001b[2J"}`
	past, err := DecodePast([]byte(`{"since":"soon","stepMs":-1,"slices":[7,{},` + strings.Repeat(row+",", 1500) + row + `],"gaps":[{"since":"2026-11-23T14:00:00Z","until":"2026-11-23T13:00:00Z"}],"troubles":[` +
		strings.Repeat(trouble+",", 6000) + trouble + `]}`))
	check(t, "error", err, nil)
	check(t, "since", past.Since.Known || past.Step.Known, false)
	check(t, "slices", len(past.Slices), 1000)
	check(t, "waits", len(past.Slices[0].Waits), 64)
	check(t, "longest", len(past.Slices[0].LongestWaits), 10)
	check(t, "waiting", past.Slices[0].Waiting.Known, false)
	check(t, "gaps", len(past.Gaps), 0)
	check(t, "troubles", len(past.Troubles), 5000)
	check(t, "text", past.Troubles[0].Text, Clean(past.Troubles[0].Text))
}

func FuzzDecodePast(f *testing.F) {
	body, err := json.Marshal(fullHistory())
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(body), string(body[:len(body)/2]), "", "null", `{"slices":null}`, `{"slices":[{}]}`, `{"error":"\u001b[2J"}`, `{"slices":[{"at":"2026-11-23T14:00:00Z","lengthMs":1e300,"waits":[{"count":-1}]}],"gaps":[{}],"troubles":[{"kind":"\u202e"}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := DecodePast(body)
		if err != nil {
			failure, ok := errors.AsType[*Failure](err)
			if !ok || failure.Words == "" || failure.Words != Clean(failure.Words) || failure.Err == nil {
				t.Fatalf("got %#v, want a Failure in clean words", err)
			}
			return
		}
		if bad := dirty(reflect.ValueOf(p)); bad != nil {
			t.Errorf("let through: %+q", bad)
		}
		if paths := unknownValues("Past", reflect.ValueOf(p)); paths != nil {
			t.Errorf("unknown, but with a value: %v", paths)
		}
		for _, s := range p.Slices {
			if !s.At.Known || s.Length.Value <= 0 || s.Starts.Value < 0 || s.Waiting.Value < 0 {
				t.Errorf("a slice that cannot be: %+v", s)
			}
		}
		for _, g := range p.Gaps {
			if !g.Until.Value.After(g.Since.Value) {
				t.Errorf("a gap that cannot be: %+v", g)
			}
		}
	})
}

// Whoever asks for the history of a demo gets it with the past, or learns that it is not
// there.
func TestHistoryAwaitsThePast(t *testing.T) {
	s := NewEmbedded(newQueue(t), nil)
	awaited := error(nil)
	asked := 0
	s.AwaitPast(func(context.Context) error {
		asked++
		return awaited
	})
	if _, err := s.History(t.Context(), time.Time{}, time.Time{}, 0); err != nil || asked != 1 {
		t.Errorf("got %v, asked %d times, want the history after one", err, asked)
	}
	awaited = errors.New("not yet")
	var f *Failure
	if _, err := s.History(t.Context(), time.Time{}, time.Time{}, 0); !errors.As(err, &f) || !errors.Is(err, awaited) {
		t.Errorf("got %v, want a *Failure with the cause", err)
	}
}
