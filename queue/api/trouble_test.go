package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/gateway"
	"paceline/queue/pipe"
	"paceline/queue/sim"
	kept "paceline/queue/state"
)

// rig is a server with all of its parts, in virtual time.
type rig struct {
	*testing.T
	queue   *queue.Queue
	server  *Server
	gateway *gateway.Gateway
	http    *http.Client
}

// broken is where a part panics; nil where none does.
type broken struct {
	observe   func(queue.Event)
	log       slog.Handler
	options   Options
	decorate  func(*queue.Report)
	beginning func(r *rig) (end func())
	ask       string // and the status of the answer
	status    int
	part      string
}

// breaks panics.
func breaks() { panic("broken") }

// brokenLog is a log that panics.
type brokenLog struct{ slog.Handler }

func (brokenLog) Enabled(context.Context, slog.Level) bool  { return true }
func (brokenLog) Handle(context.Context, slog.Record) error { breaks(); return nil }

// Whatever panics beside the requests, they get their answers, the process goes on,
// and the endpoint tells which part it was. A nil dereference in the computing of the
// advice ended the gateway.
func TestNothingThatDecoratesEndsARequest(t *testing.T) {
	for name, b := range map[string]broken{
		"the log of events":    {observe: func(queue.Event) { breaks() }, part: queue.PartLog},
		"the log of requests":  {log: brokenLog{slog.DiscardHandler}, part: queue.PartLog},
		"the advice":           {options: Options{Advice: func() *queue.Advice { breaks(); return nil }}, part: queue.PartAdvice},
		"whether it simulates": {options: Options{Simulated: func() (bool, bool) { breaks(); return false, false }}, part: queue.PartMetrics},
		"who asks": {
			options: Options{Caller: func(*http.Request) string { breaks(); return "" }}, ask: "POST /api/queue/metrics", status: 500, part: queue.PartMetrics,
		},
		"a report":       {decorate: func(*queue.Report) { breaks() }, ask: "GET /api/queue/metrics", status: 500, part: queue.PartMetrics},
		"a scrape":       {decorate: func(*queue.Report) { breaks() }, ask: "GET /metrics", status: 500, part: queue.PartMetrics},
		"a stream":       {decorate: func(*queue.Report) { breaks() }, ask: "GET /api/queue/stream", status: 200, part: queue.PartStream},
		"the file":       {beginning: keepBrokenly, part: queue.PartState},
		"simulated ones": {beginning: simulateBrokenly, part: queue.PartUsers},
		"the limits": {
			beginning: func(r *rig) func() {
				return r.background(func(ctx context.Context) {
					r.gateway.FollowLimits(ctx, func(gateway.AccountLimits, error) { breaks() })
				})
			}, part: queue.PartLimits,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newRig(t, b, func(r *rig) { r.survives(b) }) })
		})
	}
}

// survives checks that requests are answered whatever is asked beside them.
func (r *rig) survives(b broken) {
	for range 3 {
		if status, body := r.do("POST /v1/messages"); status != http.StatusOK || body != "hello" {
			r.Errorf("a request got %d %q", status, body)
		}
		if b.ask != "" {
			status, body := r.do(b.ask)
			if status != b.status {
				r.Errorf("%s: got %d %q, want %d", b.ask, status, body, b.status)
			}
			if status == http.StatusInternalServerError && (!strings.Contains(body, "detail.troubles") || strings.Contains(body, "goroutine")) {
				r.Errorf("%s: got %q, want words and no stack", b.ask, body)
			}
			if b.ask == "GET /api/queue/metrics" {
				var p problem
				if err := json.Unmarshal([]byte(body), &p); err != nil || p.Error == "" || p.Details == "" {
					r.Errorf("%s: got %q, want the endpoint's own error", b.ask, body)
				}
			}
		}
		known := len(r.queue.Troubles()) > 0 // some parts come later
		if status, body := r.do("GET /api/queue/metrics"); status != http.StatusOK && b.decorate == nil {
			r.Errorf("the metrics got %d %q", status, body)
		} else if known && b.decorate == nil && b.part != queue.PartStream {
			r.tells(body, b.part)
		}
		if status, _ := r.do("GET /healthz"); status != http.StatusOK {
			r.Errorf("the health check got %d", status)
		}
		time.Sleep(2 * time.Minute)
	}
	told := 0
	for _, e := range r.queue.Report().Detail.Events {
		if e.Kind == queue.KindTrouble {
			told++
		}
	}
	if told == 0 || told > 2 {
		r.Errorf("it was said %d times, want once for each part and reason", told)
	}
	for _, of := range r.queue.Troubles() {
		if of.Part == b.part {
			return
		}
	}
	r.Errorf("got %+v, want a trouble of %q", r.queue.Troubles(), b.part)
}

// tells checks that an answer tells of a trouble.
func (r *rig) tells(body, part string) {
	var report queue.Report
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		r.Error(err)
		return
	}
	if list := report.Detail.Troubles; len(list) != 1 || list[0].Part != part || list[0].Reason == "" || list[0].Count == 0 {
		r.Errorf("the answer tells %+v, want a trouble of %q", list, part)
	}
}

// do asks over the connection. Of a stream it reads the beginning.
func (r *rig) do(what string) (status int, body string) {
	r.Helper()
	method, path, _ := strings.Cut(what, " ")
	ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://server"+path, strings.NewReader(`{"model":"claude-sonnet-5-5","max_tokens":9,"messages":[]}`))
	if err != nil {
		r.Fatal(err)
	}
	answer, err := r.http.Do(request)
	if err != nil {
		r.Fatal(what, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if strings.HasSuffix(path, "/stream") {
		first := make([]byte, 16)
		_, err := io.ReadFull(answer.Body, first)
		if err != nil || !strings.HasPrefix(string(first), ": no snapshot") {
			r.Errorf("the stream sends %q, %v", first, err)
		}
		return answer.StatusCode, string(first)
	}
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		r.Fatal(what, err)
	}
	return answer.StatusCode, string(all)
}

// background runs f until end.
func (r *rig) background(f func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	return func() { cancel(); <-done }
}

// keepBrokenly keeps the state in a file that cannot be written, and panics when that
// is said.
func keepBrokenly(r *rig) (end func()) {
	path := filepath.Join(r.TempDir(), "here", "state.json")
	file, _ := kept.Open(path, func(string, ...any) { breaks() })
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		r.Fatal(err)
	}
	stop := r.background(func(ctx context.Context) { file.Keep(ctx, r.queue) })
	return func() { stop(); file.Close() }
}

// simulateBrokenly has users who find no queue.
func simulateBrokenly(r *rig) (end func()) {
	world, err := sim.StartDemo(nil, sim.DemoOptions{Users: 3, OnPanic: func(v any, stack []byte) { r.queue.ReportPanic(queue.PartUsers, v, stack) }})
	if err != nil {
		r.Fatal(err)
	}
	return world.Close
}

func newRig(t *testing.T, b broken, f func(*rig)) {
	var options []queue.Option
	if b.observe != nil {
		options = append(options, queue.Observe(b.observe))
	}
	q, err := queue.New(queue.DefaultSettings(), options...)
	if err != nil {
		t.Fatal(err)
	}
	behind, front := pipe.Listen(), pipe.Listen()
	transport := gateway.NewTransport()
	transport.DialContext = behind.DialContext
	o := gateway.Options{Upstream: &url.URL{Scheme: "http", Host: "api"}, Transport: transport, AdminKey: "admin"}
	if b.log != nil {
		o.Log = slog.New(b.log)
	}
	r := &rig{T: t, queue: q, server: New(q, b.options)}
	if b.decorate != nil {
		r.server.decorate = b.decorate
	}
	if r.gateway, err = gateway.New(q, o); err != nil {
		t.Fatal(err)
	}
	clients := &http.Transport{DialContext: front.DialContext}
	r.http = &http.Client{Transport: clients}
	quiet := slog.NewLogLogger(slog.DiscardHandler, 0)
	api := &http.Server{ErrorLog: quiet, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })}
	server := &http.Server{ErrorLog: quiet, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if gateway.Handles(req.URL) {
			r.gateway.ServeHTTP(w, req)
			return
		}
		r.server.ServeHTTP(w, req)
	})}
	go func() { _ = api.Serve(behind) }()
	go func() { _ = server.Serve(front) }()
	end := func() {}
	if b.beginning != nil {
		end = b.beginning(r)
	}
	f(r)
	end()
	clients.CloseIdleConnections()
	_ = q.Shutdown(t.Context())
	_ = server.Close()
	transport.CloseIdleConnections()
	_ = api.Close()
	time.Sleep(time.Second) // net/http lingers before it closes a connection
}
