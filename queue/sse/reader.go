package sse

import (
	"errors"
	"io"
)

// ErrTooLong says that an event, or a line, is longer than the limit.
var ErrTooLong = errors.New("sse: event too long")

// Reader reads the events of a stream. Make one with [NewReader]. It is not safe
// for concurrent use.
type Reader struct {
	parser Parser
	from   io.Reader
	buffer [4 << 10]byte
	fed    bool // the parser may have more of what it was fed
	err    error
}

// NewReader returns a reader of a stream, which p takes apart.
func NewReader(from io.Reader, p Parser) *Reader { return &Reader{from: from, parser: p} }

// Next returns the next event. At the end of the stream the error is [io.EOF]; an
// event that the stream has not ended is no event. It is [ErrTooLong] as soon as an event
// exceeds the limit. After an error Next returns it again.
func (r *Reader) Next() (Event, error) {
	for {
		if r.fed {
			if r.fed = r.parser.Next(); r.fed && !r.parser.truncated {
				return r.parser.Event(), nil
			}
			if r.parser.truncated {
				r.fed, r.err = false, ErrTooLong
			}
		}
		if r.err != nil {
			return Event{}, r.err
		}
		r.read()
	}
}

// read feeds the parser with what comes next. A reader that gives nothing, again
// and again, is an error.
func (r *Reader) read() {
	for range 100 {
		n, err := r.from.Read(r.buffer[:])
		if r.err = err; n > 0 {
			r.parser.Feed(r.buffer[:n])
			r.fed = true
		}
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}
