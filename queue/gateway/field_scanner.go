package gateway

import "bytes"

// fieldScanner finds fields of the outermost object of a JSON text as it arrives.
// It keeps no other bytes and never fails: a text that is not JSON has no fields.
// The zero fieldScanner is at the beginning.
type fieldScanner struct {
	files   fileCounter  // counts the files in strings, at any depth
	fileIDs fileIDFinder // checks the file IDs, at any depth

	depth    int
	inString bool // in a string
	escaped  bool // the last byte was a backslash
	isKey    bool // the next string of the outermost object is a key
	wanted   string
	objects  int64  // that have begun in lists that are wanted values
	keeping  bool   // bytes are appended to kept
	kept     []byte // the key or the wanted value, so far
	done     bool   // at the end of the outermost value
}

// fieldHandler receives the values of some fields.
type fieldHandler interface {
	// wants returns the key as a string if its value is wanted; empty if not.
	wants(key []byte) string
	// value receives the value of a wanted field, without the blanks between its
	// parts. A repeated field is received each time: most handlers keep the last
	// one. A value that was too long is empty.
	value(key string, raw []byte)
}

// The most that is kept of a key and of a value, in bytes; no wanted field is
// longer. A key may be written in escapes, six bytes for a letter.
const (
	maxKey   = 64
	maxValue = 8 << 10
)

// scan reads the next piece, and passes the wanted fields to r.
func (f *fieldScanner) scan(b []byte, r fieldHandler) {
	for i := 0; i < len(b) && !f.done; i++ {
		if f.inString {
			i = f.scanString(b, i, r)
		} else {
			f.structure(b[i], r)
		}
	}
}

// scanString continues in a string at b[i], and returns the index of the last byte
// that it has read.
func (f *fieldScanner) scanString(b []byte, i int, r fieldHandler) int {
	at, quote := i, -1 // the next byte to read, and the next quotation mark
	for at < len(b) {
		if f.escaped {
			f.escaped = false
			at++
			continue
		}
		if quote < at { // look for it once, however many escapes there are
			if quote = bytes.IndexByte(b[at:], '"'); quote >= 0 {
				quote += at
			} else {
				quote = len(b)
			}
		}
		if slash := bytes.IndexByte(b[at:quote], '\\'); slash >= 0 {
			f.escaped = true
			at += slash + 1
			continue
		}
		if quote == len(b) {
			break
		}
		f.files.end(b[i:quote])
		f.fileIDs.end(b[i:quote])
		f.keepBytes(b[i : quote+1]...)
		f.inString = false
		if f.depth == 1 && f.isKey {
			f.endKey(r)
		}
		return quote
	}
	f.files.more(b[i:])
	f.fileIDs.more(b[i:])
	f.keepBytes(b[i:]...)
	return len(b) - 1
}

// structure reads a byte outside of strings.
func (f *fieldScanner) structure(c byte, r fieldHandler) {
	switch c {
	case ' ', '\t', '\r', '\n': // white space
	case '"':
		if f.depth == 0 { // a string alone
			f.done = true
			return
		}
		f.inString = true
		if f.depth == 1 && f.isKey {
			if f.kept == nil {
				f.kept = make([]byte, 0, 4*maxKey) // enough for usual values
			}
			f.keeping, f.kept = true, f.kept[:0]
		}
		f.keepBytes(c)
	case '{', '[':
		f.depth++
		if f.depth == 1 {
			f.isKey, f.done = true, c == '['
			return
		}
		if c == '{' && f.depth == 3 && f.wanted != "" {
			f.objects++
		}
		f.keepBytes(c)
	case '}', ']':
		f.depth--
		if f.depth <= 0 {
			f.endValue(r)
			f.done = true
			return
		}
		f.keepBytes(c)
	case ',':
		if f.depth == 1 {
			f.endValue(r)
			f.isKey = true
			return
		}
		f.keepBytes(c)
	case ':':
		f.fileIDs.colon()
		if f.depth == 1 {
			return
		}
		f.keepBytes(c)
	default:
		f.keepBytes(c)
	}
}

// keepBytes appends bytes of a key or a wanted value to kept.
func (f *fieldScanner) keepBytes(b ...byte) {
	if !f.keeping {
		return
	}
	most := maxValue
	if f.isKey {
		most = maxKey
	}
	if len(f.kept)+len(b) > most {
		f.keeping, f.kept = false, f.kept[:0]
		return
	}
	f.kept = append(f.kept, b...)
}

// endKey handles a complete key of the outermost object.
func (f *fieldScanner) endKey(r fieldHandler) {
	f.isKey = false
	key := bytes.Trim(f.kept, `"`)
	if bytes.IndexByte(f.kept, '\\') >= 0 {
		key = []byte(textOf(f.kept))
	}
	f.wanted = r.wants(key)
	f.keeping = f.wanted != ""
	f.kept = f.kept[:0]
}

// endValue handles a complete value of a field.
func (f *fieldScanner) endValue(r fieldHandler) {
	if !f.isKey && f.wanted != "" {
		r.value(f.wanted, f.kept)
	}
	f.wanted, f.keeping = "", false
}
