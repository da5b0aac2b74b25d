package client

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue/api"
	"paceline/queue/pipe"
)

// fakeServer is a server without a network, so that time can be virtual.
type fakeServer struct {
	metrics, stream, settings http.HandlerFunc

	polls, streams atomic.Int64 // how often each was asked
	open           atomic.Int64 // streams that are open
	snapshots      atomic.Int64 // how many there were
}

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/queue/metrics":
		f.polls.Add(1)
		f.metrics(w, r)
	case "/api/queue/stream":
		f.streams.Add(1)
		f.open.Add(1)
		defer f.open.Add(-1)
		f.stream(w, r)
	case "/api/queue/settings":
		f.settings(w, r)
	default:
		http.NotFound(w, r)
	}
}

// snapshot is one more, of now.
func (f *fakeServer) snapshot() string {
	return fmt.Sprintf(`{"status":"healthy","timestamp":%q,"metrics":{"totalRequests":%d}}`,
		time.Now().UTC().Format(time.RFC3339Nano), f.snapshots.Add(1))
}

// told answers with a snapshot.
func (f *fakeServer) told(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, f.snapshot())
}

// event sends one event.
func event(w http.ResponseWriter, data string) {
	_, _ = fmt.Fprintf(w, "id: 1\nevent: metrics\ndata: %s\n\n", data)
	_ = http.NewResponseController(w).Flush()
}

// each sends a snapshot a second, n of them, and then ends; without n it goes on.
func (f *fakeServer) each(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		for i := 0; n == 0 || i < n; i++ {
			event(w, f.snapshot())
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
				return
			}
		}
	}
}

// streaming runs f with a source that streams and its server, in virtual time.
func streaming(t *testing.T, o HTTPOptions, f func(t *testing.T, s *HTTP, server *fakeServer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, ln := &fakeServer{}, pipe.Listen()
		server.metrics, server.stream = server.told, server.each(0)
		h := &http.Server{Handler: server, ReadHeaderTimeout: time.Minute}
		done := make(chan struct{})
		go func() { defer close(done); _ = h.Serve(ln) }()
		o.Stream = true
		s, err := NewHTTP("http://queue.test", o)
		if err != nil {
			t.Fatal(err)
		}
		s.client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, address string) (net.Conn, error) {
			if address != "queue.test:80" {
				return nil, fmt.Errorf("a connection to %s", address)
			}
			return ln.Dial(ctx)
		}
		f(t, s, server)
		_ = s.Close()
		_ = h.Close()
		<-done
		time.Sleep(2 * time.Second) // handlers that sleep see that they are alone
	})
}

// every polls n times, as the monitor does: evenly, an interval from start to
// start, and hands over what came and how long it took.
func every(interval time.Duration, n int, s *HTTP, f func(i int, sample Sample, err error, took time.Duration)) {
	for i := range n {
		start := time.Now()
		sample, err := s.Poll(context.Background())
		took := time.Since(start)
		f(i, sample, err, took)
		time.Sleep(max(interval-took, interval/4))
	}
}

func TestStreamAnswersPolls(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 3 * time.Second} {
		streaming(t, HTTPOptions{Token: "s3cr3t", Header: http.Header{"X-Team": {"a"}}}, func(t *testing.T, s *HTTP, server *fakeServer) {
			each := server.stream
			server.stream = func(w http.ResponseWriter, r *http.Request) {
				for key, want := range map[string]string{
					"Accept": "text/event-stream", "Authorization": "Bearer s3cr3t", "X-Team": "a", "User-Agent": "paceline",
				} {
					check(t, key, r.Header.Get(key), want)
				}
				each(w, r)
			}
			newest := Sample{}
			every(interval, 60, s, func(i int, sample Sample, err error, took time.Duration) {
				if err != nil {
					t.Fatal(err)
				}
				if sample.Total.Value <= newest.Total.Value {
					t.Errorf("poll %d: got snapshot %d after %d", i, sample.Total.Value, newest.Total.Value)
				}
				if age := time.Since(sample.At); age > 500*time.Millisecond || age < 0 {
					t.Errorf("poll %d: got a sample that is %v old", i, age)
				}
				check(t, "the same time by both clocks", sample.At.Sub(sample.Timestamp.Value).Abs() < 10*time.Millisecond, true)
				check(t, "soon", took < 600*time.Millisecond && sample.Took == took, true)
				newest = sample
			})
			check(t, "polls that asked", server.polls.Load(), 2)
			check(t, "streams", server.streams.Load(), 1)
		})
	}
}

// Without a stream the polls ask, as fast as ever, and now and then whether there
// is one by now.
func TestStreamThatIsNone(t *testing.T) {
	for what, stream := range map[string]http.HandlerFunc{
		"404":  http.NotFound,
		"405":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(405) },
		"503":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		"JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, good) },
		"HTML": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for r.Context().Err() == nil {
				event(w, good)
				time.Sleep(time.Second)
			}
		},
		"401 as events": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(401)
			for r.Context().Err() == nil {
				event(w, good)
				time.Sleep(time.Second)
			}
		},
		"hung up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"empty":   func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/event-stream") },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.test/api/queue/stream", http.StatusFound)
		},
	} {
		streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
			server.stream = stream
			every(time.Second, 130, s, func(i int, _ Sample, err error, took time.Duration) {
				if err != nil || took > 0 {
					t.Errorf("%s: poll %d: got %v after %v, want an answer at once", what, i, err, took)
				}
			})
			check(t, what+": polls that asked", server.polls.Load(), 130)
			want := int64(3)
			if what == "hung up" { // over a connection that may have gone stale, so each is sent again
				want = 6
			}
			check(t, what+": asked for a stream", server.streams.Load(), want)
		})
	}
}

// A redirect on the same host is followed, as ever.
func TestStreamElsewhereOnTheHost(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		each := server.stream
		server.stream = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				http.Redirect(w, r, "/api/queue/stream?here", http.StatusTemporaryRedirect)
				return
			}
			each(w, r)
		}
		every(time.Second, 10, s, func(_ int, _ Sample, err error, _ time.Duration) { check(t, "error", err, nil) })
		check(t, "polls that asked", server.polls.Load(), 2)
	})
}

func TestStreamOnlyForPollsAtItsPace(t *testing.T) {
	for _, interval := range []time.Duration{500 * time.Millisecond, 10 * time.Second, time.Minute} {
		streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
			every(interval, 20, s, func(_ int, _ Sample, err error, _ time.Duration) { check(t, "error", err, nil) })
			check(t, interval.String()+": polls that asked", server.polls.Load(), 20)
			check(t, interval.String()+": streams", server.streams.Load(), 0)
		})
	}
}

// A server that goes away is seen by the next poll, in the words of a poll, and
// when it is back the stream is, too.
func TestStreamThatBreaks(t *testing.T) {
	for what, end := range map[string]func(){"in order": func() {}, "broken off": func() { panic(http.ErrAbortHandler) }} {
		streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
			var down atomic.Bool
			server.stream = func(w http.ResponseWriter, r *http.Request) {
				if server.streams.Load() > 1 {
					server.each(0)(w, r)
					return
				}
				server.each(5)(w, r)
				down.Store(true)
				end()
			}
			server.metrics = func(w http.ResponseWriter, r *http.Request) {
				if down.Load() {
					w.WriteHeader(http.StatusBadGateway)
					return
				}
				server.told(w, r)
			}
			failed := 0
			every(time.Second, 30, s, func(i int, _ Sample, err error, took time.Duration) {
				if err != nil {
					says(t, err, "502 bad gateway", "running")
					check(t, what+": the failure shows at once", took, 0)
					if failed++; failed == 3 {
						down.Store(false)
					}
				}
				if i == 7 {
					check(t, what+": failures by the eighth poll", failed > 0, true)
				}
			})
			check(t, what+": failures", failed, 3)
			check(t, what+": streams", server.streams.Load(), 2)
			check(t, what+": open", server.open.Load(), 1)
		})
	}
}

// A stream that says nothing more holds no poll up for longer than it may be
// silent, and is not asked for again for a minute.
func TestStreamThatFallsSilent(t *testing.T) {
	for what, stream := range map[string]func(*fakeServer) http.HandlerFunc{
		"after some": func(f *fakeServer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { f.each(5)(w, r); <-r.Context().Done() }
		},
		"with comments": func(f *fakeServer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				f.each(5)(w, r)
				for r.Context().Err() == nil {
					_, _ = io.WriteString(w, ": still here\n\n")
					_ = http.NewResponseController(w).Flush()
					time.Sleep(100 * time.Millisecond)
				}
			}
		},
		"from the start": func(*fakeServer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			}
		},
		"before its header": func(*fakeServer) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		},
	} {
		streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
			server.stream = stream(server)
			slow := 0
			every(time.Second, 50, s, func(_ int, sample Sample, err error, took time.Duration) {
				check(t, what+": error", err, nil)
				if took > 600*time.Millisecond {
					slow++
				}
				if took > 2500*time.Millisecond || time.Since(sample.At) > time.Second {
					t.Errorf("%s: a poll took %v, for a sample %v old", what, took, time.Since(sample.At))
				}
			})
			check(t, what+": slow polls, at most one", slow <= 1, true)
			check(t, what+": streams", server.streams.Load(), 1)
			check(t, what+": open", server.open.Load(), 0)
		})
	}
}

func TestStreamThatSendsGarbage(t *testing.T) {
	for what, send := range map[string]func(http.ResponseWriter, *http.Request){
		"no JSON":         func(w http.ResponseWriter, _ *http.Request) { event(w, "<html>") },
		"not a queue":     func(w http.ResponseWriter, _ *http.Request) { event(w, `{"status":"ok"}`) },
		"an error":        func(w http.ResponseWriter, _ *http.Request) { event(w, `{"error":"no"}`) },
		"half a snapshot": func(w http.ResponseWriter, _ *http.Request) { event(w, good[:20]) },
		"a line too long": func(w http.ResponseWriter, _ *http.Request) { event(w, strings.Repeat(" ", 2<<20)) },
		"an event too long": func(w http.ResponseWriter, _ *http.Request) {
			event(w, strings.Repeat("\ndata: "+strings.Repeat("x", 1<<19), 3))
		},
		"a flood": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				event(w, good)
			}
		},
		"a line without end": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat("x", 1<<12))
			}
		},
	} {
		streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
			server.stream = func(w http.ResponseWriter, r *http.Request) {
				server.each(3)(w, r)
				send(w, r)
				<-r.Context().Done()
			}
			every(time.Second, 30, s, func(i int, sample Sample, err error, took time.Duration) {
				if err != nil || took > 600*time.Millisecond || time.Since(sample.At) > 600*time.Millisecond {
					t.Errorf("%s: poll %d: got %v after %v, %v old", what, i, err, took, time.Since(sample.At))
				}
			})
			check(t, what+": streams", server.streams.Load(), 1)
			check(t, what+": open", server.open.Load(), 0)
		})
	}
}

// A poll between the others, or after a reset, asks; and nothing older follows.
func TestStreamNeverGoesBack(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		server.stream = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for r.Context().Err() == nil { // each is late by 900 ms
				snapshot := server.snapshot()
				time.Sleep(900 * time.Millisecond)
				event(w, snapshot)
				time.Sleep(100 * time.Millisecond)
			}
		}
		var newest time.Time
		took := func(sample Sample, err error) {
			t.Helper()
			check(t, "error", err, nil)
			if sample.Timestamp.Value.Before(newest) {
				t.Errorf("got a snapshot of %v after one of %v", sample.Timestamp.Value, newest)
			}
			newest = sample.Timestamp.Value
		}
		every(time.Second, 30, s, func(i int, sample Sample, err error, spent time.Duration) {
			took(sample, err)
			if i > 5 {
				pause := time.Duration(i%9) * 100 * time.Millisecond
				time.Sleep(pause)
				asked := server.polls.Load()
				took(s.Poll(t.Context()))
				if spent+pause < 900*time.Millisecond {
					check(t, "asked", server.polls.Load(), asked+1)
				}
			}
		})
	})
}

// What came before a reset, or a change, is not shown after it.
func TestStreamForgetsWhatWasBeforeAReset(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		var resets atomic.Int64
		server.metrics = func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				resets.Add(1)
				server.snapshots.Store(1000)
				_, _ = w.Write(wire(t, "reset"))
				return
			}
			server.told(w, r)
		}
		every(time.Second, 5, s, func(int, Sample, error, time.Duration) {})
		time.Sleep(300 * time.Millisecond)
		check(t, "reset", s.Reset(t.Context()), nil)
		sample, err := s.Poll(t.Context())
		check(t, "error", err, nil)
		check(t, "after the reset", sample.Total.Value > 1000, true)
	})
}

func TestStreamForgetsWhatWasBeforeAChange(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		server.settings = func(w http.ResponseWriter, _ *http.Request) {
			server.snapshots.Store(1000)
			_, _ = io.WriteString(w, `{"minDelayMs":1}`)
		}
		every(time.Second, 5, s, func(int, Sample, error, time.Duration) {})
		time.Sleep(300 * time.Millisecond)
		check(t, "tune", s.Tune(t.Context(), []Change{{Field: "minDelayMs", Value: 1}}), nil)
		sample, err := s.Poll(t.Context())
		check(t, "error", err, nil)
		check(t, "after the change", sample.Total.Value > 1000, true)
	})
}

// A stream leaves a poll half of its time to ask.
func TestStreamLeavesTimeToAsk(t *testing.T) {
	streaming(t, HTTPOptions{Timeout: 2 * time.Second}, func(t *testing.T, s *HTTP, server *fakeServer) {
		server.stream = func(w http.ResponseWriter, r *http.Request) { server.each(5)(w, r); <-r.Context().Done() }
		every(time.Second, 12, s, func(i int, _ Sample, err error, took time.Duration) {
			if err != nil || took > time.Second {
				t.Errorf("poll %d: got %v after %v, want an answer within 1 s", i, err, took)
			}
		})
	})
}

// The stream of our own server is one that works.
func TestStreamOfOurServer(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		h := api.New(newQueue(t), api.Options{Version: "v9"})
		server.metrics, server.stream, server.settings = h.ServeHTTP, h.ServeHTTP, h.ServeHTTP
		every(time.Second, 40, s, func(i int, sample Sample, err error, took time.Duration) {
			if err != nil || sample.Total.Value != 4 || sample.Detail.Version.Value != "v9" || time.Since(sample.At) > 600*time.Millisecond {
				t.Errorf("poll %d: got %+v, %v", i, sample.Total, err)
			}
			if i == 20 {
				check(t, "tune", s.Tune(t.Context(), []Change{{Field: "minDelayMs", Value: 1234}}), nil)
			}
			if minDelay := sample.Detail.QueueSettings().Value.MinDelay; i > 21 && minDelay != 1234*time.Millisecond {
				t.Errorf("poll %d: got a minDelay of %v, want the one that was set", i, minDelay)
			}
		})
		check(t, "polls that asked", server.polls.Load(), 2)
		check(t, "streams", server.streams.Load(), 1)
	})
}

// Where nobody polls any more, the stream ends; and it comes back.
func TestStreamThatNobodyReads(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		every(time.Second, 5, s, func(int, Sample, error, time.Duration) {})
		check(t, "open", server.open.Load(), 1)
		time.Sleep(20 * time.Second)
		check(t, "open after 20 s", server.open.Load(), 0)
		every(time.Second, 10, s, func(_ int, sample Sample, err error, _ time.Duration) {
			check(t, "error", err, nil)
			check(t, "old", time.Since(sample.At) > 500*time.Millisecond, false)
		})
		check(t, "open again", server.open.Load(), 1)
	})
}

func TestCloseEndsAStream(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		every(time.Second, 5, s, func(int, Sample, error, time.Duration) {})
		check(t, "close", s.Close(), nil)
		check(t, "it still runs", s.stream.stream != nil, false)
		synctest.Wait()
		check(t, "open", server.open.Load(), 0)
		_, err := s.Poll(t.Context())
		says(t, err, "closed", "")
		check(t, "close twice", s.Close(), nil)
	})
}

func TestCloseEndsAPollOnAStream(t *testing.T) {
	streaming(t, HTTPOptions{}, func(t *testing.T, s *HTTP, server *fakeServer) {
		server.stream = func(w http.ResponseWriter, r *http.Request) { server.each(5)(w, r); <-r.Context().Done() }
		every(time.Second, 6, s, func(int, Sample, error, time.Duration) {})
		polled := make(chan error)
		go func() {
			_, err := s.Poll(context.Background())
			polled <- err
		}()
		synctest.Wait()
		check(t, "close", s.Close(), nil)
		says(t, <-polled, "closed", "")
	})
}

// A poll on a stream ends with its context, in the words of a poll.
func TestStreamPollsObeyTheirContext(t *testing.T) {
	streaming(t, HTTPOptions{Timeout: 20 * time.Second}, func(t *testing.T, s *HTTP, server *fakeServer) {
		server.stream = func(w http.ResponseWriter, r *http.Request) { server.each(5)(w, r); <-r.Context().Done() }
		every(time.Second, 6, s, func(int, Sample, error, time.Duration) {})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := s.Poll(ctx)
		says(t, err, "time-out", "")
		check(t, "after", time.Since(start), 300*time.Millisecond)
	})
}

func TestStreamIsAskedForBesideTheMetrics(t *testing.T) {
	for address, want := range map[string]string{
		"http://host":                           "http://host/api/queue/stream",
		"https://host/p%2Fq/":                   "https://host/p%2Fq/api/queue/stream",
		"http://host/mine/metrics?key=1":        "http://host/mine/stream?key=1",
		"http://user:pw@host:3000":              "http://host:3000/api/queue/stream",
		"http://host/api/queue/metrics/":        "http://host/api/queue/stream",
		"http://host/export/metrics.json?key=1": "",
	} {
		s := newHTTP(t, address, HTTPOptions{Stream: true})
		if s.stream == nil {
			check(t, address, "", want)
			continue
		}
		check(t, address, s.stream.url.String(), want)
	}
	check(t, "no stream was wanted", newHTTP(t, "http://host", HTTPOptions{}).stream, nil)
}
