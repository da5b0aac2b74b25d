package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// inMemory is how much of a body stays in memory; what is larger waits in a file,
// so that many large requests that wait cost disk and not memory.
const inMemory = 256 << 10

// bodyTime is how long a client may be silent while it sends its body.
const bodyTime = 30 * time.Second

// body is a request's body, kept so that it can be sent more than once. The zero
// body is empty.
type body struct {
	memory []byte
	file   *os.File // the whole of it, where it is too large for memory
	size   int64
}

var errTooLarge = errors.New("gateway: body too large")

// readBody reads a request's body to its end, of at most so many bytes, and shows
// it to watch on the way. It does so before anything is asked of the queue or the
// API: whoever is slow to send holds up nobody. And an API that answers before it
// has read the whole would otherwise end the client's answer, too (golang/go
// issue 40747).
func readBody(r *http.Request, control *http.ResponseController, most int64, tempFile func() (*os.File, error), watch io.Writer) (*body, error) {
	b := &body{}
	if r.Body == nil || r.Body == http.NoBody {
		return b, nil
	}
	if r.ContentLength > most {
		return nil, errTooLarge
	}
	if r.ContentLength > 0 && r.ContentLength <= inMemory {
		b.memory = make([]byte, 0, r.ContentLength+bytes.MinRead) // room to see the end
	}
	in := &patientReader{r.Body, control}
	// Without a deadline from here on: it would end the watch for the client's
	// hang-up, and with it the request.
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	buffer := bytes.NewBuffer(b.memory)
	n, err := buffer.ReadFrom(io.LimitReader(in, inMemory+1))
	b.memory, b.size = buffer.Bytes(), n
	_, _ = watch.Write(b.memory)
	if err != nil {
		return nil, err
	}
	if n > most {
		return nil, errTooLarge
	}
	if n <= inMemory {
		return b, nil
	}
	if err := b.spill(in, most, tempFile, watch); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// spill moves the body to a file, with the rest that is still to come.
func (b *body) spill(rest io.Reader, most int64, tempFile func() (*os.File, error), watch io.Writer) (err error) {
	if b.file, err = tempFile(); err != nil {
		return &diskError{err}
	}
	out := &diskWriter{b.file}
	if _, err := out.Write(b.memory); err != nil {
		return err
	}
	b.memory = nil
	n, err := io.Copy(io.MultiWriter(out, watch), io.LimitReader(rest, most-b.size+1))
	b.size += n
	if err == nil && b.size > most {
		return errTooLarge
	}
	return err
}

// reader returns the body from its beginning. Several may read at once.
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

// close frees what the body holds. Nil is fine, and twice.
func (b *body) close() {
	if b != nil && b.file != nil {
		dropFile(b.file)
		b.file = nil
	}
}

// patientReader gives a client some time for each piece of its body, and not for
// the whole.
type patientReader struct {
	io.Reader
	control *http.ResponseController
}

func (p *patientReader) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(bodyTime))
	return p.Reader.Read(b)
}

// diskError says that a body could not be kept: our fault and not the client's.
type diskError struct{ error }

func (e *diskError) Unwrap() error { return e.error }

type diskWriter struct{ io.Writer }

func (w *diskWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		err = &diskError{err}
	}
	return n, err
}

// again is [http.Request.GetBody].
func (b *body) again() (io.ReadCloser, error) { return b.reader(), nil }
