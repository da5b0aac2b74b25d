package gateway

import "bytes"

// fields finds fields of the outermost object of a JSON text, on its way. It is
// told the bytes as they come, keeps none of the rest, and never fails: what is
// not JSON has no fields. The zero fields are at the beginning.
type fields struct {
	files files     // in the strings, at any depth
	names fileNames // likewise

	depth   int
	inText  bool // within a string
	escaped bool // the last byte was a backslash
	isKey   bool // the next string of the outermost object is a key
	wanted  string
	keep    bool   // the bytes go to kept
	kept    []byte // of a key, or of a wanted value
	over    bool   // the outermost value has ended
}

// fieldReader wants some of the fields.
type fieldReader interface {
	// wants returns the key as a string if its value is wanted; empty if not.
	wants(key []byte) string
	// value gets the value of a field that is wanted, without the blanks between
	// its parts. Of several of a name each comes: with most readers the last one
	// counts. One that was too long was not kept, and is empty.
	value(key string, raw []byte)
}

// What is kept of a key and of a value, in bytes; longer ones are none of ours. A
// key may be written in escapes, six bytes for a letter.
const (
	maxKey   = 64
	maxValue = 8 << 10
)

// scan reads the next piece, and gives to r what it finds.
func (f *fields) scan(b []byte, r fieldReader) {
	for i := 0; i < len(b) && !f.over; i++ {
		if f.inText {
			i = f.text(b, i, r)
		} else {
			f.mark(b[i], r)
		}
	}
}

// text goes on in a string at b[i], and returns the index of the last byte that
// it has read.
func (f *fields) text(b []byte, i int, r fieldReader) int {
	at, quote := i, -1 // the next byte to look at, and the next quotation mark
	for at < len(b) {
		if f.escaped {
			f.escaped = false
			at++
			continue
		}
		if quote < at { // each byte is looked at once, however many escapes there are
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
		f.names.end(b[i:quote])
		f.add(b[i : quote+1]...)
		f.inText = false
		if f.depth == 1 && f.isKey {
			f.key(r)
		}
		return quote
	}
	f.files.more(b[i:])
	f.names.more(b[i:])
	f.add(b[i:]...)
	return len(b) - 1
}

// mark reads a byte that is in no string.
func (f *fields) mark(c byte, r fieldReader) {
	switch c {
	case ' ', '\t', '\r', '\n': // means nothing here
	case '"':
		if f.depth == 0 { // a string alone
			f.over = true
			return
		}
		f.inText = true
		if f.depth == 1 && f.isKey {
			if f.kept == nil {
				f.kept = make([]byte, 0, 4*maxKey) // for all that is usual
			}
			f.keep, f.kept = true, f.kept[:0]
		}
		f.add(c)
	case '{', '[':
		f.depth++
		if f.depth == 1 {
			f.isKey, f.over = true, c == '['
			return
		}
		f.add(c)
	case '}', ']':
		f.depth--
		if f.depth <= 0 {
			f.value(r)
			f.over = true
			return
		}
		f.add(c)
	case ',':
		if f.depth == 1 {
			f.value(r)
			f.isKey = true
			return
		}
		f.add(c)
	case ':':
		f.names.colon()
		if f.depth == 1 {
			return
		}
		f.add(c)
	default:
		f.add(c)
	}
}

// add keeps bytes of a key or a wanted value.
func (f *fields) add(b ...byte) {
	if !f.keep {
		return
	}
	most := maxValue
	if f.isKey {
		most = maxKey
	}
	if len(f.kept)+len(b) > most {
		f.keep, f.kept = false, f.kept[:0]
		return
	}
	f.kept = append(f.kept, b...)
}

// key has read a key of the outermost object.
func (f *fields) key(r fieldReader) {
	f.isKey = false
	key := bytes.Trim(f.kept, `"`)
	if bytes.IndexByte(f.kept, '\\') >= 0 {
		key = []byte(textOf(f.kept))
	}
	f.wanted = r.wants(key)
	f.keep = f.wanted != ""
	f.kept = f.kept[:0]
}

// value has read the value of a field.
func (f *fields) value(r fieldReader) {
	if !f.isKey && f.wanted != "" {
		r.value(f.wanted, f.kept)
	}
	f.wanted, f.keep = "", false
}
