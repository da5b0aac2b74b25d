package api

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// What a client may still send after its request was answered.
const (
	lingerTimeout  = 5 * time.Second
	maxLingerBytes = 64 << 20 // bytes
)

// closeUnlessFramed closes an HTTP/1 connection after each answer that leaves it
// uncertain where the next request begins. If the connection were used again, the
// rest of a body could be read as a request that was never sent, or one that was
// hidden from a proxy in front (request smuggling, RFC 9112, 11.2). It is uncertain
//
//   - when the answer begins before the body was read to its end, for any reason;
//   - after a body in chunks: net/http drops a Content-Length beside it, by which a
//     proxy may have read the request. Careful clients send a length;
//   - after HTTP/1.0, where net/http ignores Transfer-Encoding.
//
// All other connections stay open, and on HTTP/2 only the stream ends.
func closeUnlessFramed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sized := r.ProtoAtLeast(1, 1) && len(r.TransferEncoding) == 0
		empty := r.Body == nil || r.Body == http.NoBody
		if r.ProtoMajor != 1 || sized && empty {
			next.ServeHTTP(w, r)
			return
		}
		// It is in the header from the beginning, so that no way to answer goes
		// round it. The end of the body removes it.
		w.Header().Set("Connection", "close")
		if empty {
			next.ServeHTTP(w, r)
			return
		}
		body := &framedBody{ReadCloser: r.Body, header: w.Header(), sized: sized}
		// A copy, because net/http reads the body of its own request.
		inner := r.WithContext(r.Context())
		inner.Body = body
		next.ServeHTTP(w, inner)
		body.linger(http.NewResponseController(w), r.Header.Get("Expect") != "")
	})
}

// framedBody is a request's body that notices its end. One goroutine at a time may
// read it, and until the answer's header is sent only the one that writes it.
type framedBody struct {
	io.ReadCloser
	header http.Header // of the answer
	sized  bool        // it has a Content-Length, and no Transfer-Encoding

	begun, ended bool
}

// Read implements io.Reader.
func (b *framedBody) Read(p []byte) (int, error) {
	b.begun = true
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && !b.ended {
		b.ended = true
		if b.sized {
			b.header.Del("Connection") // without effect once the header is sent
		}
	}
	return n, err
}

// linger sends the answer and reads on for a while, so that a client that is still
// sending can read it: a connection that is closed with unread bytes is reset. A
// client that waits for 100 Continue, and never got it, sends no body.
func (b *framedBody) linger(control *http.ResponseController, waits bool) {
	if b.ended {
		return
	}
	// A writer without deadlines, such as a recorder, has no client to wait for.
	until := time.Now()
	if b.begun || !waits {
		until = until.Add(lingerTimeout)
	}
	_ = control.SetWriteDeadline(until.Add(lingerTimeout))
	_ = control.Flush()
	_ = control.SetReadDeadline(until) // net/http reads on, too
	_, _ = io.CopyN(io.Discard, b.ReadCloser, maxLingerBytes)
}
