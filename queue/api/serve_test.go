package api_test

import (
	"bufio"
	"context"
	"errors"
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

// start serves q on a pipe. stop ends it and returns what Serve returned.
func start(q *queue.Queue, drain time.Duration) (ln *pipe.Listener, stop func() error) {
	ln = pipe.Listen()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- api.Serve(ctx, ln, api.New(q, api.Options{}), q, drain) }()
	return ln, func() error {
		cancel()
		return <-served
	}
}

func dial(t *testing.T, ln *pipe.Listener) net.Conn {
	t.Helper()
	conn, err := ln.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// ask sends raw bytes and returns the status of the answer, or 0 if the server
// hung up without one.
func ask(t *testing.T, c net.Conn, raw string) int {
	t.Helper()
	go func() { _, _ = io.WriteString(c, raw) }() // the server may stop reading in the middle
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestHostileRequests(t *testing.T) {
	const post = "POST /api/queue/metrics HTTP/1.1\r\nHost: localhost\r\n"
	for _, c := range []struct {
		name, raw string
		status    int
	}{
		{"plain", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
		{"header too large", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n", 431},
		{"header without end", "GET /healthz HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", 64<<10), 431},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		{"no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
		{"two Hosts", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400},
		{"long list of betas", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nAnthropic-Beta: " + strings.Repeat("b,", 24<<10) + "\r\n\r\n", 200},
		{"escape in the Host", "GET /healthz HTTP/1.1\r\nHost: local\x1b[2Jhost\r\n\r\n", 400},
		{"empty reset", post + "Content-Length: 0\r\n\r\n", 200},
		{"reset with a little body", post + "Content-Length: 2\r\n\r\n{}", 200},
		{"reset with a large body", post + "Content-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1_000_000), 413},
		{"chunked garbage", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\ngarbage\r\n", 400},
		{"chunk of absurd size", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n", 400},
		{"negative length", post + "Content-Length: -1\r\n\r\n", 400},
		{"two lengths", post + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", 400},
		{"unknown coding", post + "Transfer-Encoding: zstd\r\n\r\n", 501},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := newQueue(t)
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			served := make(chan error)
			go func() { served <- api.Serve(ctx, ln, api.New(q, api.Options{}), q, 0) }()

			conn, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if got := ask(t, conn, c.raw); got != c.status {
				t.Errorf("got status %d, want %d", got, c.status)
			}
			_ = conn.Close()
			isReset := strings.HasPrefix(c.raw, "POST") && c.status == 200
			if got := q.Report().Detail.Resets == 1; got != isReset {
				t.Errorf("counters reset: got %v, want %v", got, isReset)
			}
			cancel()
			if err := <-served; err != nil {
				t.Errorf("Serve: got %v, want nil", err)
			}
		})
	}
}

func TestSlowClientsAreHungUp(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		after     time.Duration
		status    int
	}{
		{"header that never ends", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n", 5 * time.Second, 0},
		{"nothing at all", "", 5 * time.Second, 0},
		{"body that never comes", "POST /api/queue/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", 10 * time.Second, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, stop := start(newQueue(t), 0)
				begin := time.Now()
				conn := dial(t, p)
				if got := ask(t, conn, c.raw); got != c.status {
					t.Errorf("got status %d, want %d", got, c.status)
				}
				if got := time.Since(begin); got != c.after {
					t.Errorf("hung up after %v, want %v", got, c.after)
				}
				_ = conn.Close()
				if err := stop(); err != nil {
					t.Errorf("Serve: got %v, want nil", err)
				}
			})
		})
	}
}

func TestIdleConnectionIsClosedAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(newQueue(t), 0)
		conn := dial(t, p)
		if got := ask(t, conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); got != 200 {
			t.Fatalf("got status %d, want 200", got)
		}
		begin := time.Now()
		if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("got %d bytes and %v, want the end of the connection", n, err)
		}
		if got := time.Since(begin); got != time.Minute {
			t.Errorf("closed after %v, want 1m", got)
		}
		_ = stop()
	})
}

// A reader that takes its answer too slowly is cut off; it does not hold a
// goroutine for ever.
func TestReaderThatNeverReadsIsHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := start(newQueue(t), 0)
		conn := dial(t, p)
		_, _ = io.WriteString(conn, "GET /api/queue/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
		time.Sleep(21 * time.Second) // in virtual time: the answer's deadline passes
		synctest.Wait()
		if n, err := io.Copy(io.Discard, conn); err != nil || n != 0 {
			t.Errorf("after 21 s: got %d bytes and %v, want the end of the connection", n, err)
		}
		_ = stop()
	})
}

func TestServeDrainsBeforeItStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		p, stop := start(q, time.Minute)
		finished := make(chan error)
		go func() {
			_, err := queue.Do(context.Background(), q, queue.Request{}, func(context.Context) (int, error) {
				time.Sleep(20 * time.Second)
				return 0, nil
			})
			finished <- err
		}()
		synctest.Wait()

		begin := time.Now()
		stopped := make(chan error)
		go func() { stopped <- stop() }()
		synctest.Wait()
		conn := dial(t, p)
		if got := ask(t, conn, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"); got != 503 {
			t.Errorf("/readyz while draining: got %d, want 503", got)
		}
		_ = conn.Close()
		if err := <-finished; err != nil {
			t.Errorf("the request that ran: got %v, want it to finish", err)
		}
		if err := <-stopped; err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
		if got := time.Since(begin); got != 20*time.Second {
			t.Errorf("stopped after %v, want 20s: when the queue was empty", got)
		}
	})
}

func TestServeStopsDrainingWhenItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		_, stop := start(q, 3*time.Second)
		finished := make(chan error)
		go func() {
			_, err := queue.Do(context.Background(), q, queue.Request{}, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			})
			finished <- err
		}()
		synctest.Wait()
		begin := time.Now()
		go func() {
			if err := <-finished; err == nil {
				t.Error("the request that hung: got no error, want one")
			}
		}()
		if err := stop(); err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
		if got := time.Since(begin); got != 3*time.Second {
			t.Errorf("stopped after %v, want 3s", got)
		}
	})
}

func TestServeSaysWhyItCannotGoOn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	q := newQueue(t)
	if err := api.Serve(context.Background(), ln, api.New(q, api.Options{}), q, 0); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve on a closed listener: got %v, want %v", err, net.ErrClosed)
	}
}
