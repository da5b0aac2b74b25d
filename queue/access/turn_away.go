package access

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"paceline/queue/internal/apierror"
)

// What a connection costs that is one too many.
const (
	maxTurnedAway     = 32              // are told so at the same time; more are closed without a word
	turnAwayTimeout   = 2 * time.Second // for its client to ask, and to read the answer
	maxTurnedAwaySent = 4 << 20         // bytes that are read of what it sends meanwhile: else it is reset, and may lose the answer
)

// turnedAway are connections that are one too many and are told so, before they are closed. The
// zero turnedAway has none.
type turnedAway struct {
	mu      sync.Mutex
	open    map[net.Conn]bool // guarded by mu
	closed  bool              // guarded by mu
	running sync.WaitGroup
}

// tooMany is the answer to a request on a connection that is one too many.
func tooMany() *refusal {
	return &refusal{
		status: http.StatusServiceUnavailable, reason: "connections", kind: "overloaded_error", retry: true,
		details: "paceline has as many connections open as it may: try again in a few seconds",
	}
}

// add tells a connection, which speaks HTTP without TLS, why it is closed.
func (a *turnedAway) add(conn net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || len(a.open) >= maxTurnedAway {
		_ = conn.Close()
		return
	}
	if a.open == nil {
		a.open = map[net.Conn]bool{}
	}
	a.open[conn] = true
	a.running.Go(func() {
		turnAway(conn)
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.open, conn)
		_ = conn.Close()
	})
}

// close ends them all.
func (a *turnedAway) close() {
	a.mu.Lock()
	a.closed = true
	for conn := range a.open {
		_ = conn.Close()
	}
	a.mu.Unlock()
	a.running.Wait()
}

// turnAway answers the first request on a connection, whatever it is. Before it came, an answer
// would be nobody's.
func turnAway(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(turnAwayTimeout))
	if n, err := conn.Read(make([]byte, 4<<10)); n == 0 || err != nil {
		return
	}
	id := "req_" + rand.Text()
	body := apierror.JSON("overloaded_error", tooMany().details, id)
	_, err := fmt.Fprintf(conn, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %d\r\nCache-Control: no-store\r\n"+
		"Retry-After: 5\r\nRequest-Id: %s\r\nX-Paceline-Request-Id: %[2]s\r\nX-Paceline-Refused: connections\r\nConnection: close\r\n\r\n%s", len(body), id, body)
	if half, ok := conn.(interface{ CloseWrite() error }); ok && err == nil {
		err = half.CloseWrite()
	}
	if err == nil {
		_, _ = io.CopyN(io.Discard, conn, maxTurnedAwaySent) // until the client leaves
	}
}
