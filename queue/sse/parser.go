package sse

import "bytes"

// Event is one event of a stream. Its bytes are valid until the next call of Next.
type Event struct {
	// Type is "message" where the stream names none.
	Type []byte

	// Data is the event's data; of several lines, with \n between them.
	Data []byte

	// ID is the stream's last ID so far.
	ID []byte

	// Truncated says that a line of the event, or its data, was longer than the limit:
	// what is here is the beginning.
	Truncated bool
}

// Parser splits a stream into events as its pieces arrive:
//
//	p.Feed(piece)
//	for p.Next() {
//		… p.Event() …
//	}
//
// The zero Parser is ready. Events that are whole in their piece are not copied.
// It is not safe for concurrent use.
type Parser struct {
	// Limit is how many bytes the data of an event may have, and about how many a
	// line. What is longer is cut, so that the stream can go on. Zero means
	// [DefaultLimit].
	Limit int

	// EventPerLine makes an event of each line of data, for servers that leave out the
	// empty line behind it.
	EventPerLine bool

	piece   []byte // what was fed
	at      int    // how far it is read
	lf, cr  int    // the first line feed and carriage return from at on; before at: not looked for yet
	afterCR bool   // a line feed here belongs to the carriage return before it
	begun   bool   // the first line, which may have a byte order mark, is over
	line    []byte // the beginning of a line, from the pieces before

	// of the event that is on its way
	kind      []byte
	has       bool // a line of data has come
	inPiece   bool // the data is piece[from:to], else it is stored
	from, to  int
	stored    []byte
	truncated bool // something of it was longer than the limit
	returned  bool // it is out: with the next step another one begins

	id []byte
}

// DefaultLimit is the limit where none is said.
const DefaultLimit = 64 << 10

// nameRoom is how much longer a line may be than its value.
const nameRoom = 16

var (
	byteOrderMark = []byte("\ufeff")
	defaultType   = []byte("message")
)

// Feed gives the parser the next piece of the stream. It belongs to the parser
// until Next returns false; nothing may be fed before that.
func (p *Parser) Feed(piece []byte) {
	p.piece, p.at, p.lf, p.cr = piece, 0, -1, -1
}

// Next goes to the next event, and reports false if its end is not in what was
// fed. A stream that ends there has ended within an event, which does not count.
func (p *Parser) Next() bool {
	if p.returned {
		p.begin()
	}
	for p.at < len(p.piece) {
		if p.afterCR {
			p.afterCR = false
			if p.piece[p.at] == '\n' {
				p.at++
				continue
			}
		}
		if p.lf < p.at {
			p.lf = p.find('\n')
		}
		if p.cr < p.at {
			p.cr = p.find('\r')
		}
		start, end := p.at, min(p.lf, p.cr)
		if end == len(p.piece) {
			p.keep(p.piece[start:])
			p.at = end
			break
		}
		p.at, p.afterCR = end+1, end == p.cr
		if p.take(start, end) {
			return true
		}
	}
	if p.inPiece {
		p.store()
	}
	return false
}

// Event returns the event that Next went to.
func (p *Parser) Event() Event {
	e := Event{Type: p.kind, Data: p.stored, ID: p.id, Truncated: p.truncated}
	if p.inPiece {
		e.Data = p.piece[p.from:p.to]
	}
	if len(e.Type) == 0 {
		e.Type = defaultType
	}
	return e
}

// find returns where the next c is, the end of the piece if there is none.
func (p *Parser) find(c byte) int {
	if i := bytes.IndexByte(p.piece[p.at:], c); i >= 0 {
		return p.at + i
	}
	return len(p.piece)
}

// begin begins with the next event.
func (p *Parser) begin() {
	p.kind, p.stored = p.kind[:0], p.stored[:0]
	p.has, p.inPiece, p.truncated, p.returned = false, false, false, false
}

func (p *Parser) limit() int {
	if p.Limit == 0 {
		return DefaultLimit
	}
	return p.Limit
}

// shorten cuts b where there is not so much room.
func (p *Parser) shorten(b []byte, room int) []byte {
	if len(b) > room {
		b, p.truncated = b[:room], true
	}
	return b
}

// keep holds on to the beginning of a line.
func (p *Parser) keep(b []byte) {
	p.line = append(p.line, p.shorten(b, p.limit()+nameRoom-len(p.line))...)
}

// take takes the line that ends in the piece, and reports whether the event ends
// with it.
func (p *Parser) take(start, end int) bool {
	whole := len(p.line) == 0
	line := p.piece[start:end]
	if whole {
		line = p.shorten(line, p.limit()+nameRoom)
	} else {
		p.keep(line)
		line = p.line
		p.line = p.line[:0]
	}
	if !p.begun {
		p.begun = true
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	if len(line) == 0 {
		return p.finish()
	}
	i := 0
	for i < len(line) && line[i] != ':' { // a name is short: to call IndexByte takes longer
		i++
	}
	name, value := line[:i], line[min(i+1, len(line)):]
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	switch string(name) {
	case "data":
		if whole && !p.has { // most events: nothing is copied
			p.has, p.inPiece = true, true
			p.from = cap(p.piece) - cap(value) // where it stands in the piece
			p.to = p.from + len(p.shorten(value, p.limit()))
		} else {
			p.add(value)
		}
		return p.EventPerLine && p.finish()
	case "event":
		p.kind = append(p.kind[:0], value...)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			p.id = append(p.id[:0], value...)
		}
	default: // a comment, whose name is empty; retry, which nobody here obeys; what is not known
	}
	return false
}

// add adds a line of data to what is stored.
func (p *Parser) add(value []byte) {
	if p.inPiece {
		p.store()
	}
	room := p.limit() - len(p.stored)
	if p.has {
		if room == 0 {
			p.truncated = true
			return
		}
		p.stored = append(p.stored, '\n')
		room--
	}
	p.has = true
	p.stored = append(p.stored, p.shorten(value, room)...)
}

// store copies the data, which is in somebody else's memory.
func (p *Parser) store() {
	p.stored = append(p.stored, p.piece[p.from:p.to]...)
	p.inPiece = false
}

// finish ends an event. It reports false for one without data, which is none.
func (p *Parser) finish() bool {
	if !p.has {
		p.begin()
		return false
	}
	p.returned = true
	return true
}
