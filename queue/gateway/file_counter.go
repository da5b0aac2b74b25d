package gateway

import (
	"bytes"
	"math"
)

// minFile is the minimum length of a string that counts as a file. A shorter file
// costs as an image about what it costs as text.
const minFile = 4 << 10

// fileCounter counts the images and documents in the strings of a JSON text,
// because the API charges them by what they show and not by their bytes. A string
// is a file if it starts as such a file does in base64, has no space, and has at
// least minFile bytes. Nothing is decoded or kept. The zero fileCounter is before
// the first string.
type fileCounter struct {
	images int // number of images
	pages  int // pages of documents, estimated by their size
	bytes  int // of all files, as they are in the text

	head    [8]byte // the first bytes of the string
	size    int     // of the string, so far
	notFile bool    // the string is not a file
}

// pageBytes is about the size of a page of a PDF in base64.
const pageBytes = 64 << 10

// more continues a string that does not end yet.
func (f *fileCounter) more(b []byte) {
	if f.size < len(f.head) {
		copy(f.head[f.size:], b)
	}
	f.size += len(b)
	if f.notFile || f.size < len(f.head) {
		return
	}
	f.notFile = !f.isImage() && !f.isPDF() || bytes.IndexByte(f.head[:], ' ') >= 0 || bytes.IndexByte(b, ' ') >= 0
}

// end reads the last piece of a string.
func (f *fileCounter) end(b []byte) {
	if f.size+len(b) < minFile {
		f.size, f.notFile = 0, false
		return
	}
	f.more(b)
	switch {
	case f.notFile:
	case f.isPDF():
		f.pages += (f.size + pageBytes - 1) / pageBytes
		f.bytes += f.size
	default:
		f.images++
		f.bytes += f.size
	}
	f.size, f.notFile = 0, false
}

// isImage reports whether the string starts as an image of a type that the API
// takes ("Vision", platform.claude.com). Some encoders escape a slash.
func (f *fileCounter) isImage() bool {
	for _, start := range [...]string{"iVBORw0K", "/9j/", `\/9j\/`, "R0lGOD", "UklGR"} { // PNG, JPEG, GIF, WebP
		if string(f.head[:len(start)]) == start {
			return true
		}
	}
	return false
}

// isPDF reports whether the string starts as a PDF.
func (f *fileCounter) isPDF() bool { return string(f.head[:7]) == "JVBERi0" }

// maxNumber is the largest accepted count.
const maxNumber = 1_000_000_000_000

// number parses a count: digits only, at most maxNumber.
func number[T string | []byte](s T) (n int, ok bool) {
	if len(s) == 0 || len(s) > 13 {
		return 0, false
	}
	var sum int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		sum = 10*sum + int64(s[i]-'0')
	}
	return int(sum), sum <= min(maxNumber, math.MaxInt)
}
