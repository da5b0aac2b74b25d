package gateway

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// flusher is a writer of a content coding.
type flusher interface {
	io.WriteCloser
	Flush() error
}

// encoders are the content codings that are read, by a name for each form of them.
var encoders = map[string]func(io.Writer) flusher{
	"gzip": func(w io.Writer) flusher { return gzip.NewWriter(w) },
	"zlib": func(w io.Writer) flusher { return zlib.NewWriter(w) },
	"deflate": func(w io.Writer) flusher {
		z, err := flate.NewWriter(w, flate.DefaultCompression)
		if err != nil {
			panic(err)
		}
		return z
	},
	"zstd": func(w io.Writer) flusher {
		z, err := zstd.NewWriter(w)
		if err != nil {
			panic(err)
		}
		return z
	},
}

// codingOf is the content coding of a form.
func codingOf(form string) string {
	if form == "zlib" {
		return "deflate"
	}
	return form
}

// encode returns texts in a form, with a flush after each.
func encode(t testing.TB, form string, texts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := encoders[form](&out)
	for _, text := range texts {
		if _, err := io.WriteString(z, text); err != nil {
			t.Fatal(err)
		}
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// decodeInPieces returns what body decodes to when it comes in pieces of that size.
func decodeInPieces(coding string, body []byte, size int, most int64) (string, error) {
	var got strings.Builder
	d := newDecoder(coding, most, func(b []byte) { got.Write(b) })
	defer d.close()
	for len(body) > 0 {
		n := min(size, len(body))
		d.feed(body[:n])
		body = body[n:]
	}
	return got.String(), d.finish()
}

func TestDecoder(t *testing.T) {
	long := strings.Repeat("What does a decoder do? ", 5000)
	for form := range encoders {
		whole := encode(t, form, "one ", "two", long)
		for name, c := range map[string]struct {
			body []byte
			want string
			err  error // errAny: some error
		}{
			"whole":       {whole, "one two" + long, nil},
			"no byte":     {nil, "", nil},
			"empty text":  {encode(t, form), "", nil},
			"cut":         {whole[:len(whole)*2/3], "", io.ErrUnexpectedEOF},
			"a byte less": {whole[:len(whole)-1], "", io.ErrUnexpectedEOF},
			"damaged":     {damaged(whole), "", errAny},
			"no coding":   {[]byte("{\"type\":\"message\"}"), "", errAny},
			"too large":   {encode(t, form, strings.Repeat("x", 2<<20)), "", errDecodedTooLarge},
		} {
			if name == "a byte less" && form == "deflate" { // it may be one of the padding
				continue
			}
			for _, size := range []int{1, 7, 1000, 1 << 20} {
				got, err := decodeInPieces(codingOf(form), c.body, size, 1<<20)
				switch {
				case errors.Is(c.err, errAny) && err != nil:
				case !errors.Is(err, c.err), err == nil && got != c.want:
					t.Errorf("%s, %s, in pieces of %d: got %.40q, %v; want %.40q, %v", form, name, size, got, err, c.want, c.err)
				}
			}
		}
	}
}

var errAny = errors.New("any")

// damaged is a body with bytes that cannot be, in its middle and at its beginning.
func damaged(whole []byte) []byte {
	b := bytes.Clone(whole)
	for i := range 8 {
		b[min(8+i, len(b)-1)] ^= 0xff
		b[len(b)/2+min(i, len(b)/2-1)] ^= 0xff
	}
	return b
}

// What was sent so far is read so far: the next event may be minutes away.
func TestDecoderHoldsNothingBack(t *testing.T) {
	for form, encoder := range encoders {
		var out bytes.Buffer
		z := encoder(&out)
		got := ""
		d := newDecoder(codingOf(form), 1<<20, func(b []byte) { got += string(b) })
		for _, event := range []string{"event: ping\n\n", "event: message_stop\n\n"} {
			_, _ = io.WriteString(z, event)
			if err := z.Flush(); err != nil {
				t.Fatal(err)
			}
			d.feed(out.Bytes())
			out.Reset()
			if !strings.HasSuffix(got, event) {
				t.Errorf("%s: %q is not there after its last byte, only %q", form, event, got)
			}
		}
		d.close() // in the middle
	}
}

func TestGzipOfSeveralMembers(t *testing.T) {
	one, two := encode(t, "gzip", "one "), encode(t, "gzip", "two")
	for name, c := range map[string]struct {
		body []byte
		want string
	}{
		"two members": {append(bytes.Clone(one), two...), "one two"},
		"garbage":     {append(bytes.Clone(one), "garbage"...), "one "},
		"zeros":       {append(bytes.Clone(one), make([]byte, 100)...), "one "},
	} {
		for _, size := range []int{1, 1000} {
			if got, err := decodeInPieces("gzip", c.body, size, 1<<20); got != c.want || err != nil {
				t.Errorf("%s, in pieces of %d: got %q, %v, want %q", name, size, got, err, c.want)
			}
		}
	}
}

func TestUnknownCodingIsNotRead(t *testing.T) {
	for _, coding := range []string{"br", "compress", "gzip,gzip", "x"} {
		if d := newDecoder(coding, 1, nil); d != nil {
			t.Errorf("%s has a decoder", coding)
		}
	}
	for value, want := range map[string]string{"": "", "Identity": "", "X-GZIP": "gzip", " zstd ": "zstd", "GZip, br": "gzip, br"} {
		if got := contentCoding(http.Header{"Content-Encoding": {value}}); got != want {
			t.Errorf("%q is %q, want %q", value, got, want)
		}
	}
}

// A decoder that nobody needs any more leaves nothing running.
func TestDecoderEnds(t *testing.T) {
	before := runtime.NumGoroutine()
	for form := range encoders {
		d := newDecoder(codingOf(form), 1<<20, func([]byte) {})
		d.feed(encode(t, form, "one", "two")[:9])
		d.close()
		d.feed([]byte("more"))
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines are left", now-before)
	}
}

// FuzzDecoder feeds what nobody has encoded, and that the pieces it comes in make no difference.
func FuzzDecoder(f *testing.F) {
	for form := range encoders {
		f.Add(codingOf(form), encode(f, form, "one", "two"), uint8(3))
	}
	f.Fuzz(func(t *testing.T, coding string, body []byte, size uint8) {
		d := newDecoder(coding, 1, nil)
		if d == nil {
			return
		}
		d.close()
		const most = 1 << 20
		want, wantErr := decodeInPieces(coding, body, max(len(body), 1), most)
		got, err := decodeInPieces(coding, body, max(int(size), 1), most)
		if (err == nil) != (wantErr == nil) || err == nil && got != want {
			t.Errorf("%s %q: %q, %v in one, and %q, %v in pieces of %d", coding, body, want, wantErr, got, err, size)
		}
	})
}
