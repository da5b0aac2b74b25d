package api

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// What a client may still send whose request is answered already.
const (
	lingerTime = 5 * time.Second
	maxLinger  = 64 << 20 // bytes
)

// closeUnlessFramed closes an HTTP/1 connection after each answer that leaves it
// uncertain where the next request begins. If such a connection were used again,
// the rest of a body could be read as a request that nobody has sent, or that
// somebody has hidden there from a proxy in front (request smuggling, RFC 9112,
// 11.2). It is uncertain
//
//   - when the answer begins before the body has been read to its end, whatever
//     the reason;
//   - after a body in chunks: net/http drops a Content-Length beside it, by which
//     a proxy may have read the request. Clients that care send a length;
//   - after HTTP/1.0, where net/http ignores Transfer-Encoding.
//
// All other connections stay open, and an HTTP/2 stream ends alone.
func closeUnlessFramed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sized := r.ProtoAtLeast(1, 1) && len(r.TransferEncoding) == 0
		empty := r.Body == nil || r.Body == http.NoBody
		if r.ProtoMajor != 1 || sized && empty {
			next.ServeHTTP(w, r)
			return
		}
		// It stands in the header from the beginning, so that no way to answer goes
		// round it. The end of the body takes it out.
		w.Header().Set("Connection", "close")
		if empty {
			next.ServeHTTP(w, r)
			return
		}
		body := &framedBody{ReadCloser: r.Body, header: w.Header(), sized: sized}
		// A copy, because net/http looks at the body of its own request.
		inner := r.WithContext(r.Context())
		inner.Body = body
		next.ServeHTTP(w, inner)
		body.linger(http.NewResponseController(w), r.Header.Get("Expect") != "")
	})
}

// framedBody is a request's body that sees its own end. One goroutine may read it
// at a time, and only the one that writes the answer's header, until that is out.
type framedBody struct {
	io.ReadCloser
	header http.Header // of the answer
	sized  bool        // its length was told, and nothing else

	begun, ended bool
}

// Read implements io.Reader.
func (b *framedBody) Read(p []byte) (int, error) {
	b.begun = true
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && !b.ended {
		b.ended = true
		if b.sized {
			b.header.Del("Connection") // without effect if the header is out
		}
	}
	return n, err
}

// linger sends the answer and reads on for a while, so that a client that is still
// sending gets to read it: a connection that is closed with bytes unread is reset.
// A client that waits to be asked for its body, and never was, sends none.
func (b *framedBody) linger(control *http.ResponseController, waits bool) {
	if b.ended {
		return
	}
	// A writer without deadlines, a recorder for one, has nobody to wait for.
	until := time.Now()
	if b.begun || !waits {
		until = until.Add(lingerTime)
	}
	_ = control.SetWriteDeadline(until.Add(lingerTime))
	_ = control.Flush()
	_ = control.SetReadDeadline(until) // net/http reads on, too
	_, _ = io.CopyN(io.Discard, b.ReadCloser, maxLinger)
}
