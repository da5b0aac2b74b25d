package client

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// Entry is one line of a recording.
type Entry struct {
	Kind   EntryKind
	At     time.Time // by the endpoint's clock; zero if the line has no time
	Sample Sample    // of an answer; its At is the field above
	Failed *Failure  // of a failed poll, as it was recorded
}

// EntryKind is the kind of an entry.
type EntryKind uint8

// The kinds.
const (
	EntryAnswer EntryKind = iota
	EntryFailed           // a poll that failed, or was answered with an error
	EntryReset            // the endpoint's answer to a reset
)

// Recording reads the file of a [Recorder], or of a loop around curl. It can be of any
// length: only one answer at a time is in memory. Answers may also follow each other
// without a newline, or be spread over several lines. Everything else is skipped and
// counted: broken lines, pages of HTML, objects larger than 1 MiB. Make one with
// [NewRecording]; it is not safe for concurrent use.
type Recording struct {
	reader      *bufio.Reader
	value       []byte // of the current object, as far as it is read
	pushedBack  []byte // to be read again
	skipped     int64
	lineSkipped bool // the current line is counted in skipped
	lineEnded   bool // the current line is read to its end
}

// NewRecording returns a reader of the recording in r.
func NewRecording(r io.Reader) *Recording {
	return &Recording{reader: bufio.NewReaderSize(r, 64<<10)}
}

// Skipped returns the number of lines so far in which something was skipped.
func (r *Recording) Skipped() int64 { return r.skipped }

// skip counts the current line as skipped.
func (r *Recording) skip() {
	if !r.lineSkipped {
		r.skipped++
		r.lineSkipped = true
	}
}

// Next returns the next entry. The error is io.EOF at the end, or an error of reading.
func (r *Recording) Next() (Entry, error) {
	for {
		body, err := r.nextObject()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return Entry{}, io.EOF
			}
			return Entry{}, fmt.Errorf("client: reading a recording: %w", err)
		}
		if e, ok := entryOf(body); ok {
			return e, nil
		}
		r.skip()
	}
}

// entryOf reads an object as an entry; false if it is none.
func entryOf(body []byte) (Entry, bool) {
	s, err := Decode(body)
	if err == nil {
		s.At = s.Timestamp.Value
		return Entry{At: s.At, Sample: s}, true
	}
	root, f := parse(body)
	if f != nil {
		return Entry{}, false
	}
	at := root.moment("timestamp").Value
	if root.flag("success").Value && root.text("message").Known {
		return Entry{Kind: EntryReset, At: at}, true
	}
	what, why := root.text("error"), root.text("details")
	switch {
	case what.Known && root.text("timestamp").Known: // written by a Recorder
		f = &Failure{Words: what.Value, Hint: why.Value, Err: errRecorded}
	case what.Known:
		f = &Failure{Words: Clean("the server failed: " + root.errorText()), Err: errRecorded}
	default:
		return Entry{}, false
	}
	return Entry{Kind: EntryFailed, At: at, Failed: f}, true
}

// errRecorded is the cause of a failure that is read from a recording.
var errRecorded = errors.New("client: a poll failed when it was recorded")

// errBrokenObject means that an object is not JSON, or incomplete.
var errBrokenObject = errors.New("client: a broken object in a recording")

// answerPrefix is the beginning of an answer. It shows where an answer begins after an
// incomplete one, even on the same line.
var answerPrefix = []byte(`{"status"`)

// nextObject returns the next JSON object, by its braces only: its content may still be
// invalid. The caller must not keep it.
func (r *Recording) nextObject() ([]byte, error) {
	for {
		if err := r.skipToObject(); err != nil {
			return nil, err
		}
		err := r.readObject()
		if err == nil {
			return r.value, nil
		}
		r.skip()
		if !errors.Is(err, errBrokenObject) && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if again := lastAnswerStart(r.value[1:]); again != nil {
			r.pushedBack = append(bytes.Clone(again), r.pushedBack...)
		}
	}
}

// lastAnswerStart returns the end of text, from the last place where an answer begins
// or may begin; nil if there is none.
func lastAnswerStart(text []byte) []byte {
	if i := bytes.LastIndexByte(text, '{'); i >= 0 && bytes.HasPrefix(answerPrefix, text[i:]) {
		return text[i:]
	}
	if i := bytes.LastIndex(text, answerPrefix); i >= 0 {
		return text[i:]
	}
	return nil
}

// skipToObject skips everything before the next object, and reads its first brace.
// skip counts the current line as skipped.
func (r *Recording) skipToObject() error {
	for {
		c, err := r.readByte()
		switch {
		case err != nil:
			return err
		case c == '{':
			return nil
		case c != ' ' && c != '\t' && c != '\r' && c != '\n' && !isBOM(c):
			r.skip()
		}
	}
}

// isBOM reports whether c is a byte of the UTF-8 byte order mark.
func isBOM(c byte) bool { return c == 0xef || c == 0xbb || c == 0xbf }

// readObject reads an object, whose first brace is read already, into value.
func (r *Recording) readObject() error {
	r.value = append(r.value[:0], '{')
	in := objectScanner{depth: 1, last: '{'}
	for {
		c, err := r.readByte()
		if err != nil {
			return err
		}
		if c == '{' && r.value[len(r.value)-1] == '\n' {
			// A brace at the beginning of a line never belongs to an object that has begun
			// before: that one is incomplete.
			r.pushedBack = append([]byte{c}, r.pushedBack...)
			r.skipped++
			r.lineSkipped = true
			return errBrokenObject
		}
		r.value = append(r.value, c)
		switch in.step(c) {
		case scanEnd:
			return nil
		case scanInvalid:
			return errBrokenObject
		}
		if len(r.value) > maxBody {
			return errBrokenObject
		}
	}
}

// readByte reads a byte.
func (r *Recording) readByte() (c byte, err error) {
	if len(r.pushedBack) > 0 {
		c = r.pushedBack[0]
		r.pushedBack = r.pushedBack[1:]
	} else if c, err = r.reader.ReadByte(); err != nil {
		return 0, err
	}
	if r.lineEnded {
		r.lineSkipped = false
	}
	r.lineEnded = c == '\n'
	return c, nil
}
