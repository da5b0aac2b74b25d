package gateway

import "bytes"

// fileNames finds the first file of a JSON text that may not be named: the string
// behind the key file_id, at any depth. The zero fileNames look for nothing.
type fileNames struct {
	forbidden func(id string) bool // nil: none is
	found     string

	text  []byte // of the string, until now
	long  bool   // it is longer than is kept
	isKey bool   // the last string was file_id
	next  bool   // and is a key: its value comes next
}

// maxFileName is the longest string that is looked at, in bytes; an ID has some
// 30, or six times as many in escapes.
const maxFileName = 1 << 10

// more goes on in a string that does not end yet.
func (f *fileNames) more(b []byte) {
	if f.forbidden == nil || f.long {
		return
	}
	if f.long = len(f.text)+len(b) > maxFileName; !f.long {
		f.text = append(f.text, b...)
	}
}

// end reads the last piece of a string.
func (f *fileNames) end(b []byte) {
	if f.forbidden == nil {
		return
	}
	if len(f.text) > 0 || f.long {
		f.more(b)
		b = f.text
	}
	f.isKey = false
	if !f.long && len(b) <= maxFileName {
		if bytes.IndexByte(b, '\\') >= 0 {
			b = []byte(textOf([]byte(`"` + string(b) + `"`)))
		}
		if f.next && f.found == "" && f.forbidden(string(b)) {
			f.found = string(b)
		}
		f.isKey = string(b) == "file_id"
	}
	f.text, f.long, f.next = f.text[:0], false, false
}

// colon says that the last string was a key.
func (f *fileNames) colon() { f.next = f.isKey }
