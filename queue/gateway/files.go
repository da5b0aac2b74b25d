package gateway

import (
	"bytes"
	"math"
)

// minFile is how long a string is at least that is taken for a file. What is
// shorter costs as text about what it costs as an image.
const minFile = 4 << 10

// files counts the images and documents in the strings of a JSON text: each of
// them costs what it shows, and not what its bytes would cost as text. A string
// is one if it begins as such a file does in base64, has no space, and is not
// short. Nothing else is decoded or kept. The zero files are before the first
// string.
type files struct {
	images int // how many
	pages  int // of documents, by their size
	bytes  int // of them all, as they stand in the text

	head [8]byte // of the string
	size int     // of the string, until now
	not  bool    // it is no file
}

// pageBytes is about what a page of a PDF takes in base64.
const pageBytes = 64 << 10

// more goes on in a string that does not end yet.
func (f *files) more(b []byte) {
	if f.size < len(f.head) {
		copy(f.head[f.size:], b)
	}
	f.size += len(b)
	if f.not || f.size < len(f.head) {
		return
	}
	f.not = !f.isImage() && !f.isPDF() || bytes.IndexByte(f.head[:], ' ') >= 0 || bytes.IndexByte(b, ' ') >= 0
}

// end reads the last piece of a string.
func (f *files) end(b []byte) {
	if f.size+len(b) < minFile {
		f.size, f.not = 0, false
		return
	}
	f.more(b)
	switch {
	case f.not:
	case f.isPDF():
		f.pages += (f.size + pageBytes - 1) / pageBytes
		f.bytes += f.size
	default:
		f.images++
		f.bytes += f.size
	}
	f.size, f.not = 0, false
}

// isImage reports whether the string begins as an image of a type that the API
// takes ("Vision", platform.claude.com). Some writers escape a slash.
func (f *files) isImage() bool {
	for _, start := range [...]string{"iVBORw0K", "/9j/", `\/9j\/`, "R0lGOD", "UklGR"} { // PNG, JPEG, GIF, WebP
		if string(f.head[:len(start)]) == start {
			return true
		}
	}
	return false
}

// isPDF reports whether the string begins as a PDF.
func (f *files) isPDF() bool { return string(f.head[:7]) == "JVBERi0" }

// maxNumber is the largest count that is believed.
const maxNumber = 1_000_000_000_000

// number reads a count from outside: digits alone, of at most maxNumber.
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
