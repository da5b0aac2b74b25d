package gateway

import (
	"bytes"
	"encoding/json"
)

// peek reads on the way what order and pace need of a request's body: three
// fields of the outermost object. It is told the bytes as they come, keeps none
// of the rest, and never fails: what is not JSON has no fields, and the API says
// so. The zero peek is at the beginning.
type peek struct {
	model  string
	user   string // metadata.user_id
	stream bool

	depth   int
	inText  bool // within a string
	escaped bool // the last byte was a backslash
	isKey   bool // the next string of the outermost object is a key
	wanted  string
	keep    bool   // the bytes go to kept
	kept    []byte // of a key, or of a wanted value
	over    bool   // the outermost value has ended
}

// What is kept of a key and of a value, in bytes; longer ones are none of ours. A
// key may be written in escapes, six bytes for a letter.
const (
	maxKey   = 64
	maxValue = 8 << 10
)

// Write implements io.Writer. It never fails.
func (p *peek) Write(b []byte) (int, error) {
	for i := 0; i < len(b) && !p.over; i++ {
		if p.inText {
			i = p.text(b, i)
		} else {
			p.mark(b[i])
		}
	}
	return len(b), nil
}

// text goes on in a string at b[i], and returns the index of the last byte that
// it has read.
func (p *peek) text(b []byte, i int) int {
	at, quote := i, -1 // the next byte to look at, and the next quotation mark
	for at < len(b) {
		if p.escaped {
			p.escaped = false
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
			p.escaped = true
			at += slash + 1
			continue
		}
		if quote == len(b) {
			break
		}
		p.add(b[i : quote+1]...)
		p.inText = false
		if p.depth == 1 && p.isKey {
			p.key()
		}
		return quote
	}
	p.add(b[i:]...)
	return len(b) - 1
}

// mark reads a byte that is in no string.
func (p *peek) mark(c byte) {
	switch c {
	case ' ', '\t', '\r', '\n': // means nothing here
	case '"':
		if p.depth == 0 { // a string alone
			p.over = true
			return
		}
		p.inText = true
		if p.depth == 1 && p.isKey {
			p.keep, p.kept = true, p.kept[:0]
		}
		p.add(c)
	case '{', '[':
		p.depth++
		if p.depth == 1 {
			p.isKey, p.over = true, c == '['
			return
		}
		p.add(c)
	case '}', ']':
		p.depth--
		if p.depth <= 0 {
			p.value()
			p.over = true
			return
		}
		p.add(c)
	case ',':
		if p.depth == 1 {
			p.value()
			p.isKey = true
			return
		}
		p.add(c)
	case ':':
		if p.depth == 1 {
			return
		}
		p.add(c)
	default:
		p.add(c)
	}
}

// add keeps bytes of a key or a wanted value.
func (p *peek) add(b ...byte) {
	if !p.keep {
		return
	}
	most := maxValue
	if p.isKey {
		most = maxKey
	}
	if len(p.kept)+len(b) > most {
		p.keep, p.kept = false, p.kept[:0]
		return
	}
	p.kept = append(p.kept, b...)
}

// key has read a key of the outermost object.
func (p *peek) key() {
	p.isKey = false
	key := string(bytes.Trim(p.kept, `"`))
	if bytes.IndexByte(p.kept, '\\') >= 0 {
		key = textOf(p.kept)
	}
	switch key {
	case "model", "stream", "metadata":
		p.wanted, p.keep = key, true
	default:
		p.wanted, p.keep = "", false
	}
	p.kept = p.kept[:0]
}

// value has read the value of a wanted key. Of several the last one counts, as
// with most readers. One that was too long was not kept, and counts as none.
func (p *peek) value() {
	if !p.isKey {
		switch p.wanted {
		case "model":
			p.model = textOf(p.kept)
		case "stream":
			p.stream = string(p.kept) == "true"
		case "metadata":
			var m map[string]json.RawMessage // not a struct: its names would match in any case
			_ = json.Unmarshal(p.kept, &m)
			p.user = textOf(m["user_id"])
		}
	}
	p.wanted, p.keep = "", false
}

// textOf returns a JSON string's text; empty for anything else.
func textOf(b []byte) string {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return ""
	}
	return s
}
