package gateway

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// decoder reads a body without its content coding (RFC 9110, 8.4.1) while the body passes by:
// bytes go in by feed, and what they decode to comes out as soon as it can. It holds no more
// than a window of the coding. Make one with newDecoder, and end it with close. It is not safe
// for concurrent use.
//
// The decoders of the standard library ask for their input. So one runs in a coroutine, which
// goes on when there is input and stops when it has read all of it.
type decoder struct {
	sink func([]byte) // gets what was decoded
	left int64        // how many bytes may still be decoded

	resume func() (struct{}, bool)
	stop   func()
	in     []byte // the input that is not read yet
	isLast bool   // no more input comes
	ended  bool   // the coroutine has ended
	err    error  // why; nil at the end of a whole body
}

// The errors of a decoder, beside those of the coding itself.
var (
	errDecodedTooLarge = errors.New("gateway: the body is too large once it is decoded")
	errDecoderStopped  = errors.New("gateway: the decoder was stopped")
)

// maxZstdWindow bounds the memory of a zstd decoder (RFC 9659: 8 MB over HTTP).
const maxZstdWindow = 8 << 20

// contentCoding returns the content coding of a body in lower case, by its usual name; empty if
// it has none.
func contentCoding(h http.Header) string {
	values := h["Content-Encoding"]
	if len(values) == 0 {
		return ""
	}
	switch coding := strings.ToLower(strings.TrimSpace(strings.Join(values, ","))); coding {
	case "identity":
		return ""
	case "x-gzip":
		return "gzip"
	default:
		return coding
	}
}

// newDecoder returns a decoder of a coding that hands at most most bytes to sink; nil if it
// does not know the coding.
func newDecoder(coding string, most int64, sink func([]byte)) *decoder {
	var open func(*bufio.Reader) (io.Reader, error)
	switch coding {
	case "gzip":
		open = func(in *bufio.Reader) (io.Reader, error) { return &gzipMembers{in: in}, nil }
	case "deflate":
		open = openDeflate
	case "zstd":
		open = func(in *bufio.Reader) (io.Reader, error) {
			z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
			if err != nil {
				return nil, err
			}
			return z.IOReadCloser(), nil
		}
	default:
		return nil
	}
	d := &decoder{sink: sink, left: most}
	d.resume, d.stop = iter.Pull(func(yield func(struct{}) bool) {
		d.err = d.decode(open, bufio.NewReaderSize(&pausingReader{d, yield}, decoderBuffer))
	})
	return d
}

// decoderBuffer is how many bytes a decoder reads, and hands on, at a time.
const decoderBuffer = 4 << 10

// decode hands on what the whole body decodes to. A panic of a decoder becomes an error: it
// only reads beside.
func (d *decoder) decode(open func(*bufio.Reader) (io.Reader, error), in *bufio.Reader) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("gateway: a decoder has failed: %v", v)
		}
	}()
	if _, err := in.Peek(1); errors.Is(err, io.EOF) {
		return nil // no byte is no byte in any coding
	}
	z, err := open(in)
	if err != nil {
		return noEOF(err)
	}
	if c, ok := z.(io.Closer); ok {
		defer func() { _ = c.Close() }()
	}
	var buffer [decoderBuffer]byte
	for {
		n, err := z.Read(buffer[:])
		if d.left -= int64(n); d.left < 0 {
			return errDecodedTooLarge
		}
		if n > 0 {
			d.sink(buffer[:n])
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// noEOF is the error for a body that ended too early.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// feed decodes the next bytes. It ignores what comes after the end, or after an error.
func (d *decoder) feed(b []byte) {
	if len(b) > 0 && !d.ended {
		d.in = b
		d.run()
	}
}

// run decodes until all input is read.
func (d *decoder) run() {
	if _, ok := d.resume(); !ok {
		d.ended = true
	}
	d.in = nil
}

// finish says that there is no more input. It returns nil for a whole body, and
// io.ErrUnexpectedEOF for one that broke off.
func (d *decoder) finish() error {
	if !d.ended {
		d.isLast = true
		d.run()
	}
	return d.err
}

// close frees the decoder. It accepts nil.
func (d *decoder) close() {
	if d != nil {
		d.ended = true
		d.stop()
	}
}

// pausingReader is the input of a decoder, in its coroutine.
type pausingReader struct {
	*decoder
	yield func(struct{}) bool
}

// Read implements io.Reader.
func (r *pausingReader) Read(b []byte) (int, error) {
	for len(r.in) == 0 {
		if r.isLast {
			return 0, io.EOF
		}
		if !r.yield(struct{}{}) {
			return 0, errDecoderStopped
		}
	}
	n := copy(b, r.in)
	r.in = r.in[n:]
	return n, nil
}

// gzipMembers reads the members of a gzip body (RFC 1952). What follows the first and is none
// is ignored, as most readers do.
type gzipMembers struct {
	in     *bufio.Reader
	member *gzip.Reader // nil before the first
}

// gzipReaders are for further bodies: each has a window of 32 kB.
var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// Read implements io.Reader.
func (g *gzipMembers) Read(b []byte) (int, error) {
	if g.member == nil {
		g.member = gzipReaders.Get().(*gzip.Reader)
		if err := g.member.Reset(g.in); err != nil {
			return 0, noEOF(err)
		}
		g.member.Multistream(false)
	}
	n, err := g.member.Read(b)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if g.member.Reset(g.in) != nil {
		return n, io.EOF
	}
	g.member.Multistream(false)
	return n, nil
}

// Close implements io.Closer.
func (g *gzipMembers) Close() error {
	if g.member != nil {
		gzipReaders.Put(g.member)
		g.member = nil
	}
	return nil
}

// openDeflate returns a reader of "deflate": the zlib format (RFC 9110, 8.4.1.2), or bare
// deflate, which some send under that name.
func openDeflate(in *bufio.Reader) (io.Reader, error) {
	if head, err := in.Peek(2); err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(in)
	}
	return flate.NewReader(in), nil
}

// decoded returns a body without its content coding, at most most bytes of it, and whether it
// could be read.
func decoded(h http.Header, body []byte, most int64) (text []byte, ok bool) {
	coding := contentCoding(h)
	if coding == "" {
		return body, true
	}
	d := newDecoder(coding, most, func(b []byte) { text = append(text, b...) })
	if d == nil {
		return nil, false
	}
	defer d.close()
	d.feed(body)
	if d.finish() != nil {
		return nil, false
	}
	return text, true
}
