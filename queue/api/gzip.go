package api

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// minGzip is the size of the smallest answer that is compressed, in bytes.
const minGzip = 1 << 10

// acceptsGzip reports whether a client asks for gzip.
func acceptsGzip(r *http.Request) bool {
	accepts := false
	for _, header := range r.Header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(header, ",") {
			coding, parameter, _ := strings.Cut(item, ";")
			if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				continue
			}
			quality, weighted := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
			q, err := strconv.ParseFloat(quality, 64)
			accepts = !weighted || err == nil && q > 0
		}
	}
	return accepts
}

// setGzip says in an answer's header that it is compressed.
func setGzip(h http.Header) {
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
}

// flateWriters are compressors that can be used again: each has more than half a
// megabyte.
var flateWriters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.DefaultCompression)
	if err != nil {
		panic("api: " + err.Error()) // never: the level is one of the package's
	}
	return w
}}

// appendDeflated appends text as blocks of a deflate stream that end at a byte, and refer to
// nothing before them: such pieces, one after the other, are a deflate stream again.
func appendDeflated(to, text []byte) []byte {
	z := flateWriters.Get().(*flate.Writer)
	defer flateWriters.Put(z)
	b := bytes.NewBuffer(to)
	z.Reset(b)
	_, _ = z.Write(text) // a buffer takes everything
	_ = z.Flush()
	return b.Bytes()
}

// gzipHead begins a gzip stream (RFC 1952): deflate, no name, no time, any system.
var gzipHead = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}

// gzipSum is what the end of a gzip stream tells about its text. The zero gzipSum is
// that of no text.
type gzipSum struct{ crc, size uint32 }

// add takes in a piece of the text.
func (s *gzipSum) add(text []byte) {
	s.crc = crc32.Update(s.crc, crc32.IEEETable, text)
	s.size += uint32(len(text))
}

// appendTail appends the end of the stream: an empty last block, and the sum.
func (s *gzipSum) appendTail(to []byte) []byte {
	to = append(to, 3, 0)
	to = binary.LittleEndian.AppendUint32(to, s.crc)
	return binary.LittleEndian.AppendUint32(to, s.size)
}

// gzipWhole returns text as a gzip stream.
func gzipWhole(text []byte) []byte {
	var sum gzipSum
	sum.add(text)
	return sum.appendTail(appendDeflated(bytes.Clone(gzipHead), text))
}
