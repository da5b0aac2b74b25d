package client

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"reflect"
	"testing"
	"time"

	"paceline/queue"
)

// newQueue returns a queue in which three requests succeeded and one failed.
func newQueue(t *testing.T) *queue.Queue {
	t.Helper()
	settings := queue.DefaultSettings()
	settings.MinDelay, settings.Step = 0, 0
	q, err := queue.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for i := range 4 {
		_, err := queue.Do(t.Context(), q, queue.Request{User: "user_123"}, func(context.Context) (int, error) {
			if i == 3 {
				return 0, &queue.Error{Class: queue.ClientError, Err: errors.New("no")}
			}
			return i, nil
		})
		check(t, "failed", err != nil, i == 3)
	}
	return q
}

func decorate(r *queue.Report) { r.Detail.Version = "v9" }

// serveQueue answers as a server over q does.
func serveQueue(t *testing.T, q *queue.Queue) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			q.Reset("a test")
			_, _ = w.Write(wire(t, "reset"))
			return
		}
		report := q.Report()
		decorate(&report)
		if err := json.NewEncoder(w).Encode(report); err != nil {
			t.Error(err)
		}
	}).URL
}

// Every source behaves alike.
func TestSources(t *testing.T) {
	for what, open := range map[string]func(t *testing.T, q *queue.Queue) Source{
		"HTTP":     func(t *testing.T, q *queue.Queue) Source { return newHTTP(t, serveQueue(t, q), HTTPOptions{}) },
		"Embedded": func(_ *testing.T, q *queue.Queue) Source { return NewEmbedded(q, decorate) },
	} {
		t.Run(what, func(t *testing.T) {
			source := open(t, newQueue(t))
			before := time.Now()
			s, err := source.Poll(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			check(t, "total", s.Total, Some[int64](4))
			check(t, "rate", s.Rate, Some(0.75))
			check(t, "status", s.Status, Some("healthy"))
			check(t, "version", s.Detail.Version, Some("v9"))
			check(t, "events", len(s.Detail.Events) > 0, true)
			check(t, "settings", s.Detail.QueueSettings().Known, true)
			check(t, "received now", !s.At.Before(before) && s.Took >= 0, true)
			check(t, "name", source.Name() != "", true)

			check(t, "reset", source.Reset(t.Context()), nil)
			if s, err = source.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			check(t, "total after the reset", s.Total, Some[int64](0))
			check(t, "resets", s.Detail.Resets, Some[int64](1))

			ended, end := context.WithCancel(t.Context())
			end()
			_, err = source.Poll(ended)
			says(t, err, "cancelled", "")
			says(t, source.Reset(ended), "cancelled", "")
			check(t, "is the cause", errors.Is(err, context.Canceled), true)

			check(t, "close", source.Close(), nil)
			check(t, "close twice", source.Close(), nil)
			_, err = source.Poll(t.Context())
			says(t, err, "closed", "")
			says(t, source.Reset(t.Context()), "closed", "")
			check(t, "is net.ErrClosed", errors.Is(err, net.ErrClosed), true)
		})
	}
}

func TestEmbeddedWithoutDecoration(t *testing.T) {
	s, err := NewEmbedded(newQueue(t), nil).Poll(t.Context())
	check(t, "error", err, nil)
	check(t, "version", s.Detail.Version, Opt[string]{})
}

// A server that stops shows as unreachable, and when it is back as live, over the
// same source.
func TestServerComesBack(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = w.Write(wire(t, "reset"))
			return
		}
		_, _ = w.Write(wire(t, "healthy"))
	})
	run := func(address string) (string, func()) {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
		done := make(chan struct{})
		go func() { defer close(done); _ = server.Serve(l) }()
		return l.Addr().String(), func() { _ = server.Close(); <-done }
	}
	address, stop := run("127.0.0.1:0")
	s := newHTTP(t, address, HTTPOptions{})
	_, err := s.Poll(t.Context())
	check(t, "live", err, nil)
	stop()
	_, err = s.Poll(t.Context())
	says(t, err, "connection refused", "is the server running")
	_, stop = run(address)
	check(t, "a reset over a connection that went stale", s.Reset(t.Context()), nil)
	_, err = s.Poll(t.Context())
	check(t, "live again", err, nil)
	stop()
	_, stop = run(address)
	check(t, "a reset over a connection that went stale unseen", s.Reset(t.Context()), nil)
	stop()
}

// unknownValues reports an unknown figure that has a value all the same.
func unknownValues(path string, v reflect.Value) (paths []string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return unknownValues(path, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			paths = append(paths, unknownValues(path, v.Index(i))...)
		}
	case reflect.Struct:
		if known := v.FieldByName("Known"); known.IsValid() && !known.Bool() {
			if !v.IsZero() {
				return []string{path}
			}
			return nil
		}
		if v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				paths = append(paths, unknownValues(path+"."+v.Type().Field(i).Name, v.Field(i))...)
			}
		}
	default:
	}
	return paths
}
