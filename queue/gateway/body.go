package gateway

import (
	"bytes"
	"errors"
	"hash/maphash"
	"io"
	"net/http"
	"os"
)

// maxInMemory is the largest body that stays in memory, in bytes. A larger one
// waits in a file, so that many large waiting requests cost disk and not memory.
const maxInMemory = 256 << 10

// firstInMemory is the room for a body before any of it has come, in bytes. What comes
// makes more; what its length claims does not, because anybody can claim.
const firstInMemory = 4 << 10

// body is a request's body that can be sent more than once. The zero body is empty.
type body struct {
	memory []byte
	file   *os.File // the whole body, if it is too large for memory
	sum    uint64   // of the whole body, if it is in a file: see fingerprintSeed
	size   int64
	room   *bodyRoom // what is taken of it, the file's size
}

var errTooLarge = errors.New("gateway: body too large")

// readBody reads a request's body to its end, at most most bytes, and writes it to
// watch as it arrives; an error of watch ends it. It comes before the queue and the API, so that a slow client
// holds up nobody else, and because an API that answers before it has read the whole
// body would end the client's answer, too (golang/go issue 40747). A client that is too slow
// fails it with [os.ErrDeadlineExceeded], see [pacedReader].
func readBody(r *http.Request, control *http.ResponseController, most int64, room *bodyRoom, watch io.Writer) (*body, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return &body{}, nil
	}
	if r.ContentLength > most {
		return nil, errTooLarge
	}
	if err := room.check(r.ContentLength); err != nil {
		return nil, err
	}
	in := newPacedReader(r.Body, control)
	b, whole := &body{room: room}, false
	defer func() {
		if !whole { // or watch has panicked
			b.close()
		}
	}()
	if err := b.read(in, r.ContentLength, most, watch); err != nil {
		return nil, err // the deadline stays, for what is left of the body
	}
	whole = true
	in.finish()
	return b, nil
}

// read reads the whole body, into memory or a file.
func (b *body) read(in io.Reader, claimed, most int64, watch io.Writer) error {
	err := b.fill(in, claimed)
	if _, refused := watch.Write(b.memory); err == nil {
		err = refused
	}
	switch {
	case err != nil:
		return err
	case b.size > most:
		return errTooLarge
	case b.size <= maxInMemory:
		return nil
	default:
		return b.spill(in, most, watch)
	}
}

// fill reads into memory, at most one byte more than may stay there. Its room grows with
// what comes, to four times that, or to what is claimed where that is less.
func (b *body) fill(in io.Reader, claimed int64) error {
	next := int64(firstInMemory)
	if claimed >= 0 {
		next = min(next, claimed+1) // a byte more finds the end
	}
	b.memory = make([]byte, 0, next)
	for {
		if len(b.memory) == cap(b.memory) {
			if b.size > maxInMemory {
				return nil
			}
			if next = min(4*b.size, maxInMemory+1); claimed >= b.size {
				next = min(next, claimed+1)
			}
			b.memory = append(make([]byte, 0, next), b.memory...)
		}
		n, err := in.Read(b.memory[len(b.memory):cap(b.memory)])
		b.memory = b.memory[:len(b.memory)+n]
		b.size += int64(n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// spill moves the body to a file, and appends the rest.
func (b *body) spill(rest io.Reader, most int64, watch io.Writer) (err error) {
	if b.file, err = b.room.tempFile(); err != nil {
		return &diskError{err}
	}
	out := &roomWriter{file: b.file, room: b.room}
	defer func() { b.size = out.written }() // what is taken, also if it fails
	if _, err := out.Write(b.memory); err != nil {
		return err
	}
	var hash maphash.Hash
	hash.SetSeed(fingerprintSeed)
	_, _ = hash.Write(b.memory) // it never fails
	b.memory = nil
	_, err = io.Copy(io.MultiWriter(out, watch, &hash), io.LimitReader(rest, most-out.written+1))
	b.sum = hash.Sum64()
	if err == nil && out.written > most {
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
		b.room.give(b.size)
		b.file = nil
	}
}

// getBody is [http.Request.GetBody].
func (b *body) getBody() (io.ReadCloser, error) { return b.reader(), nil }
