package gateway

import "bytes"

// fileIDFinder finds the first forbidden file ID of a JSON text: a string whose key
// is file_id, at any depth. The zero fileIDFinder looks for nothing.
type fileIDFinder struct {
	forbidden func(id string) bool // nil: no ID is forbidden
	found     string

	text    []byte // of the string, so far
	tooLong bool   // the string is longer than maxFileID
	isKey   bool   // the last string was "file_id"
	isValue bool   // and it was a key: its value comes next
}

// maxFileID is the longest string that is checked, in bytes; an ID has some 30, or
// six times as many in escapes.
const maxFileID = 1 << 10

// more continues a string that does not end yet.
func (f *fileIDFinder) more(b []byte) {
	if f.forbidden == nil || f.tooLong {
		return
	}
	if f.tooLong = len(f.text)+len(b) > maxFileID; !f.tooLong {
		f.text = append(f.text, b...)
	}
}

// end reads the last piece of a string.
func (f *fileIDFinder) end(b []byte) {
	if f.forbidden == nil {
		return
	}
	if len(f.text) > 0 || f.tooLong {
		f.more(b)
		b = f.text
	}
	f.isKey = false
	if !f.tooLong && len(b) <= maxFileID {
		if bytes.IndexByte(b, '\\') >= 0 {
			b = []byte(textOf([]byte(`"` + string(b) + `"`)))
		}
		if f.isValue && f.found == "" && f.forbidden(string(b)) {
			f.found = string(b)
		}
		f.isKey = string(b) == "file_id"
	}
	f.text, f.tooLong, f.isValue = f.text[:0], false, false
}

// colon notes that the last string was a key.
func (f *fileIDFinder) colon() { f.isValue = f.isKey }
