package gateway_test

import (
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue/gateway"
)

// slowBody is a body of which a piece comes after each pause.
type slowBody struct {
	pieces []string
	pause  time.Duration
	closed chan struct{}
	once   sync.Once
}

func (b *slowBody) Read(p []byte) (int, error) {
	select {
	case <-time.After(b.pause):
	case <-b.closed:
		return 0, io.ErrClosedPipe
	}
	if len(b.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.pieces[0])
	if b.pieces[0] = b.pieces[0][n:]; b.pieces[0] == "" {
		b.pieces = b.pieces[1:]
	}
	return n, nil
}

func (b *slowBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// inPieces cuts a text into n pieces.
func inPieces(text string, n int) (pieces []string) {
	size := (len(text) + n - 1) / n
	for ; len(text) > size; text = text[size:] {
		pieces = append(pieces, text[:size])
	}
	return append(pieces, text)
}

// A body comes at a least rate, and within a time, or its client gets a 408 in the shape of
// the route, whatever it speaks; and who is slow holds up nobody else.
func TestSlowBodies(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	long := strings.Repeat("x", 140_000)
	long = strings.Replace(hello, "hello", long, 1)
	for _, c := range []struct {
		name   string
		pieces []string
		pause  time.Duration
		served bool
	}{
		{"a quick one", inPieces(hello, 4), time.Second, true},
		{"a byte every 20 s", inPieces(hello, len(hello)), 20 * time.Second, false},
		{"it stops", inPieces(hello, 2), 9 * time.Second, false},
		{"above the rate", inPieces(long, 100), 600 * time.Millisecond, true},
		{"above the rate, and too long", inPieces(long, 100), 640 * time.Millisecond, false},
		{"large and above the rate", inPieces(sized(1<<20), 100), 680 * time.Millisecond, true},
		{"large, above the rate, and too long", inPieces(sized(1<<20), 100), 800 * time.Millisecond, false},
		{"large, and it stops", inPieces(sized(1<<20), 2), 50 * time.Second, false},
	} {
		for _, path := range []string{"/v1/messages", "/v1/files", "/api/between/chat"} {
			for _, way := range []string{"with a length", "in chunks", "HTTP/2"} {
				if path == "/api/between/chat" && len(strings.Join(c.pieces, "")) > 200_000 {
					continue // it takes no such body
				}
				t.Run(c.name+" "+way+" "+path, func(t *testing.T) {
					dir := t.TempDir()
					inHostileBubble(t, s, func(w *wire) {
						for {
							if _, ok := w.request(); !ok || !w.say(okay) {
								return
							}
						}
					}, func(b *hostileBubble) {
						client := b.http
						if way == "HTTP/2" {
							var stop func()
							client, stop = b.http2()
							defer stop()
						}
						body := &slowBody{pieces: slices.Clone(c.pieces), pause: c.pause, closed: make(chan struct{})}
						q, err := http.NewRequestWithContext(b.Context(), "POST", "http://gateway"+path, body)
						if err != nil {
							b.Fatal(err)
						}
						if way == "with a length" {
							q.ContentLength = int64(len(strings.Join(c.pieces, "")))
						}
						var got answer
						wait := b.background(func() {
							a, err := client.Do(q)
							if err != nil {
								got.err = err
								return
							}
							defer func() { _ = a.Body.Close() }()
							text, err := io.ReadAll(a.Body)
							got = answer{status: a.StatusCode, header: a.Header, body: string(text), err: err}
						})
						if other := b.ask("POST", "/v1/messages", hello); other.status != 200 || other.header.Get("X-Paceline-Waited-Ms") != "0" {
							t.Errorf("another one got %d after %s ms", other.status, other.header.Get("X-Paceline-Waited-Ms"))
						}
						wait()
						_ = body.Close()
						refused := got.status == 408 && got.header.Get("X-Paceline-Refused") == "slow-body" && strings.Contains(got.body, "too slowly") &&
							(path == "/api/between/chat" || apiErrorType(got.body) == "timeout_error")
						if got.err != nil || refused == c.served {
							t.Errorf("got %d %.300q %v, want it served: %v", got.status, got.body, got.err, c.served)
						}
						if n := b.gateway.BodiesOnDisk(); n != 0 {
							t.Errorf("%d bytes of the disk are still taken", n)
						}
					}, func(o *gateway.Options) { o.TempDir, o.Chat.Key = dir, "sk-chat" })
				})
			}
		}
	}
}

// The room for a body grows with what comes of it, and not with what it claims.
func TestClaimedBodiesTakeNoMemory(t *testing.T) {
	const clients = 200
	r := newRig(t, digests(t), unspaced())
	before := heap()
	for range clients {
		c := r.dial()
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: "+itoa(256<<10)+"\r\n\r\n{")
	}
	eventually(t, "all are read", func() bool { return strings.Count(stacks(), "pacedReader).Read") >= clients })
	if each := (heap() - before) / clients; each > 64<<10 {
		t.Errorf("a body that has hardly begun takes %d kB", each>>10)
	}
}

// stacks are what all goroutines do.
func stacks() string {
	all := make([]byte, 8<<20)
	return string(all[:runtime.Stack(all, true)])
}
