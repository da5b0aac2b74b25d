package api_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/pipe"
)

const askStream = "GET /api/queue/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"

// watcher reads a stream.
type watcher struct {
	conn   net.Conn // nil where a transport has it
	answer *http.Response
	lines  *bufio.Reader
}

func watch(t *testing.T, p *pipe.Listener) *watcher {
	t.Helper()
	conn := dial(t, p)
	if _, err := io.WriteString(conn, askStream); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil) //nolint:bodyclose // leave closes it
	if err != nil {
		t.Fatal(err)
	}
	return &watcher{conn, answer, bufio.NewReader(answer.Body)}
}

func (w *watcher) leave() {
	if w.conn != nil {
		_ = w.conn.Close()
	}
	_ = w.answer.Body.Close()
}

// event reads the next event: its ID and the report in it.
func (w *watcher) event() (id int, report queue.Report, err error) {
	var line [4]string
	for i := range line {
		if line[i], err = w.lines.ReadString('\n'); err != nil {
			return 0, report, err
		}
	}
	if _, err := fmt.Sscanf(line[0], "id: %d\n", &id); err != nil || line[1] != "event: metrics\n" || line[3] != "\n" {
		return 0, report, fmt.Errorf("not an event: %q", line)
	}
	data, ok := strings.CutPrefix(line[2], "data: ")
	if !ok {
		return 0, report, fmt.Errorf("no data: %q", line[2])
	}
	return id, report, json.Unmarshal([]byte(data), &report)
}

func TestStreamSendsASnapshotASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(newQueue(t), 0)
		begin := time.Now()
		w := watch(t, p)
		for header, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Accel-Buffering": "no",
		} {
			if got := w.answer.Header.Get(header); got != want {
				t.Errorf("%s: got %q, want %q", header, got, want)
			}
		}
		for i := range 40 { // for longer than any of the deadlines of a short answer
			id, report, err := w.event()
			if err != nil || id != i+1 {
				t.Fatalf("event %d: got %d, %v", i+1, id, err)
			}
			if got := time.Since(begin); got != time.Duration(i)*time.Second {
				t.Errorf("event %d: came after %v, want %d s", i+1, got, i)
			}
			if report.Detail == nil || !report.Timestamp.Equal(time.Now()) {
				t.Errorf("event %d: got %v, want the report of now, %v", i+1, report.Timestamp, time.Now())
			}
		}
		w.leave()
		_ = stop()
	})
}

// Who may no longer see what it saw gets no further event, and the end of the stream.
func TestStreamEndsForWhoMayNotSeeIt(t *testing.T) {
	for _, zip := range []string{"", "gzip"} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			until := func(*http.Request) bool { return time.Since(begin) < 3*time.Second }
			p := pipe.Listen()
			server := &http.Server{Handler: api.New(newQueue(t), api.Options{Unchanged: until}), ReadHeaderTimeout: time.Minute}
			done := make(chan struct{})
			go func() { defer close(done); _ = server.Serve(p) }()
			answer := asked(t, p, "GET", "/api/queue/stream", "Accept-Encoding", zip)
			body := io.Reader(answer.Body)
			if zip != "" {
				var err error
				if body, err = gzip.NewReader(body); err != nil {
					t.Fatal(err)
				}
			}
			all, err := io.ReadAll(body)
			if got := strings.Count(string(all), "event: metrics"); err != nil || got != 3 || time.Since(begin) != 3*time.Second {
				t.Errorf("%q: got %d events in %v, %v, want 3", zip, got, time.Since(begin), err)
			}
			_ = answer.Body.Close()
			_ = server.Close()
			<-done
		})
	}
}

func TestStreamsShareOneSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(newQueue(t), 0)
		a := watch(t, p)
		for range 2 {
			_, _, _ = a.event()
		}
		time.Sleep(300 * time.Millisecond)
		b := watch(t, p) // gets at once what a had last
		for _, c := range []struct {
			w    *watcher
			want int
			at   time.Duration
		}{{b, 2, 1300 * time.Millisecond}, {a, 3, 2 * time.Second}, {b, 3, 2 * time.Second}, {b, 4, 3 * time.Second}, {a, 4, 3 * time.Second}} {
			if id, _, err := c.w.event(); err != nil || id != c.want {
				t.Errorf("got event %d, %v, want %d", id, err, c.want)
			}
		}
		a.leave()
		if id, _, err := b.event(); err != nil || id != 5 {
			t.Errorf("after another one left: got event %d, %v, want 5", id, err)
		}
		b.leave()
		time.Sleep(time.Minute) // nobody watches, and nothing is made
		c := watch(t, p)
		if id, report, err := c.event(); err != nil || id != 6 || !report.Timestamp.Equal(time.Now()) {
			t.Errorf("the next one to watch: got event %d of %v, %v, want 6, made now", id, report.Timestamp, err)
		}
		c.leave()
		_ = stop()
	})
}

func TestStreamReportsTheDrainAndEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		release := hold(t, q, 1)
		p, stop := start(q, 20*time.Second)
		w := watch(t, p)
		_, _, _ = w.event()
		begin := time.Now()
		stopped := make(chan error)
		go func() { stopped <- stop() }()
		synctest.Wait()
		for i := range 5 {
			if _, report, err := w.event(); err != nil || !report.Detail.Draining {
				t.Errorf("event %d of the drain: got %+v, %v, want draining", i, report.Status, err)
			}
		}
		go release()
		for {
			if _, _, err := w.event(); err != nil {
				if !errors.Is(err, io.EOF) {
					t.Errorf("at the end: got %v, want the end of the answer", err)
				}
				break
			}
		}
		if err := <-stopped; err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
		if got := time.Since(begin); got > 6*time.Second {
			t.Errorf("stopped after %v, want as soon as the queue was empty", got)
		}
		w.leave()
	})
}

func TestStreamDoesNotHoldUpTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(newQueue(t), 0)
		var all []*watcher
		for range 3 {
			w := watch(t, p)
			_, _, _ = w.event()
			go func() { _, _ = io.Copy(io.Discard, w.lines) }()
			all = append(all, w)
		}
		begin := time.Now()
		if err := stop(); err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
		if got := time.Since(begin); got > time.Second {
			t.Errorf("stopped after %v, want at once", got)
		}
		for _, w := range all {
			w.leave()
		}
	})
}

// A client that does not take its events is cut off, and its place is free.
func TestStreamThatNobodyReadsIsHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(newQueue(t), 0)
		w := watch(t, p)
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if _, err := io.Copy(io.Discard, w.answer.Body); err == nil {
			t.Error("got a whole answer, want it cut off")
		}
		_ = stop()
	})
}

func TestStreamsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(newQueue(t), 0)
		var all []*watcher
		for range 100 {
			w := watch(t, p)
			_, _, _ = w.event()
			all = append(all, w)
		}
		w := watch(t, p)
		var problem struct{ Error, Details string }
		if err := json.NewDecoder(w.answer.Body).Decode(&problem); err != nil || w.answer.StatusCode != 503 ||
			w.answer.Header.Get("Retry-After") != "60" || problem.Error != "Too many streams" {
			t.Errorf("the 101st: got %d, Retry-After %q, %v, %+v", w.answer.StatusCode, w.answer.Header.Get("Retry-After"), err, problem)
		}
		w.leave()
		all[0].leave()
		synctest.Wait()
		all[0] = watch(t, p)
		if id, _, err := all[0].event(); err != nil || id < 1 {
			t.Errorf("after one left: got %d, %v, want an event", id, err)
		}
		for _, w := range all {
			w.leave()
		}
		_ = stop()
	})
}

func TestHeadOfAStreamEnds(t *testing.T) {
	w := do(newQueue(t), "HEAD", "/api/queue/stream")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/event-stream" || w.Body.Len() > 0 {
		t.Errorf("got %d, %q and %d bytes, want 200, text/event-stream and none", w.Code, w.Header().Get("Content-Type"), w.Body.Len())
	}
}
