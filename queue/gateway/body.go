package gateway

import (
	"bytes"
	"errors"
	"hash/maphash"
	"io"
	"net/http"
	"os"
	"time"
)

// maxInMemory is the largest body that stays in memory, in bytes. A larger one
// waits in a file, so that many large waiting requests cost disk and not memory.
const maxInMemory = 256 << 10

// bodyTimeout is how long a client may be silent while it sends its body.
const bodyTimeout = 30 * time.Second

// body is a request's body that can be sent more than once. The zero body is empty.
type body struct {
	memory []byte
	file   *os.File // the whole body, if it is too large for memory
	sum    uint64   // of the whole body, if it is in a file: see fingerprintSeed
	size   int64
}

var errTooLarge = errors.New("gateway: body too large")

// readBody reads a request's body to its end, at most most bytes, and writes it to
// watch as it arrives; an error of watch ends it. It comes before the queue and the API, so that a slow client
// holds up nobody else, and because an API that answers before it has read the whole
// body would end the client's answer, too (golang/go issue 40747).
func readBody(r *http.Request, control *http.ResponseController, most int64, tempFile func() (*os.File, error), watch io.Writer) (*body, error) {
	b := &body{}
	if r.Body == nil || r.Body == http.NoBody {
		return b, nil
	}
	if r.ContentLength > most {
		return nil, errTooLarge
	}
	if r.ContentLength > 0 && r.ContentLength <= maxInMemory {
		b.memory = make([]byte, 0, r.ContentLength+bytes.MinRead) // room for ReadFrom to find the end
	}
	in := &deadlineReader{r.Body, control}
	// No deadline from here on: it would end net/http's watch for the client's
	// hang-up, and with it the request.
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	buffer := bytes.NewBuffer(b.memory)
	n, err := buffer.ReadFrom(io.LimitReader(in, maxInMemory+1))
	b.memory, b.size = buffer.Bytes(), n
	if _, refused := watch.Write(b.memory); err == nil {
		err = refused
	}
	if err != nil {
		return nil, err
	}
	if n > most {
		return nil, errTooLarge
	}
	if n <= maxInMemory {
		return b, nil
	}
	if err := b.spill(in, most, tempFile, watch); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// spill moves the body to a file, and appends the rest.
func (b *body) spill(rest io.Reader, most int64, tempFile func() (*os.File, error), watch io.Writer) (err error) {
	if b.file, err = tempFile(); err != nil {
		return &diskError{err}
	}
	out := &diskWriter{b.file}
	if _, err := out.Write(b.memory); err != nil {
		return err
	}
	var hash maphash.Hash
	hash.SetSeed(fingerprintSeed)
	_, _ = hash.Write(b.memory) // it never fails
	b.memory = nil
	n, err := io.Copy(io.MultiWriter(out, watch, &hash), io.LimitReader(rest, most-b.size+1))
	b.size += n
	b.sum = hash.Sum64()
	if err == nil && b.size > most {
		return errTooLarge
	}
	return err
}

// reader returns the body from its beginning. Several readers may be used at once.
func (b *body) reader() io.ReadCloser {
	switch {
	case b.size == 0:
		return http.NoBody
	case b.file != nil:
		return io.NopCloser(io.NewSectionReader(b.file, 0, b.size))
	default:
		return io.NopCloser(bytes.NewReader(b.memory))
	}
}

// close frees the body. It accepts nil, and may be called twice.
func (b *body) close() {
	if b != nil && b.file != nil {
		dropFile(b.file)
		b.file = nil
	}
}

// deadlineReader renews the read deadline for each piece of a body.
type deadlineReader struct {
	io.Reader
	control *http.ResponseController
}

func (p *deadlineReader) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(bodyTimeout))
	return p.Reader.Read(b)
}

// diskError is a failure to store a body, which is not the client's fault.
type diskError struct{ error }

func (e *diskError) Unwrap() error { return e.error }

// diskWriter turns the errors of a writer into diskErrors.
type diskWriter struct{ io.Writer }

func (w *diskWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		err = &diskError{err}
	}
	return n, err
}

// getBody is [http.Request.GetBody].
func (b *body) getBody() (io.ReadCloser, error) { return b.reader(), nil }
