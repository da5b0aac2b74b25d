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
	At     time.Time // by the endpoint's clock; zero if the line does not say
	Sample Sample    // of an answer; its At is the above
	Failed *Failure  // of a poll that failed, as it was written down
}

// EntryKind is what an entry tells of.
type EntryKind uint8

// The kinds.
const (
	EntryAnswer EntryKind = iota
	EntryFailed           // a poll that failed, or that the endpoint answered with an error
	EntryReset            // the endpoint's answer to a reset
)

// Recording reads what a [Recorder] wrote, or a loop around curl, however long it
// is: only one answer at a time is held. Answers may also follow each other
// without the end of a line between them, or be spread over several. What is no
// answer is passed over and counted: lines that broke off, pages of HTML, what is
// larger than 1 MiB. Make one with [NewRecording]; it is not safe for concurrent
// use.
type Recording struct {
	reader      *bufio.Reader
	value       []byte // what was read of the object that is read
	pushedBack  []byte // what was read too far, and is read again
	skipped     int64
	lineSkipped bool // the line that is read is among them
	lineEnded   bool // it is read to its end
}

// NewRecording returns a reader of the recording in r.
func NewRecording(r io.Reader) *Recording {
	return &Recording{reader: bufio.NewReaderSize(r, 64<<10)}
}

// Skipped returns of how many lines something was passed over until now.
func (r *Recording) Skipped() int64 { return r.skipped }

func (r *Recording) skip() {
	if !r.lineSkipped {
		r.skipped++
		r.lineSkipped = true
	}
}

// Next returns the next entry. The error is io.EOF at the end, or what reading
// failed with.
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

// entryOf reads an entry; false if it is none.
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
	case what.Known && root.text("timestamp").Known: // as a Recorder has it
		f = &Failure{Words: what.Value, Hint: why.Value, Err: errRecorded}
	case what.Known:
		f = &Failure{Words: Clean("the server failed: " + root.errorText()), Err: errRecorded}
	default:
		return Entry{}, false
	}
	return Entry{Kind: EntryFailed, At: at, Failed: f}, true
}

var errRecorded = errors.New("client: a poll failed when it was recorded")

// errTorn says that an object is none, or broke off.
var errBrokenObject = errors.New("client: it broke off")

// beginning is how an answer begins. Where one broke off and another follows, on
// the same line even, that tells where.
var answerPrefix = []byte(`{"status"`)

// nextObject returns the next JSON object, as far as can be told without reading it.
// The caller must not keep it.
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

// lastAnswerStart returns the end of text from where an answer begins in it last, or may
// begin; nil if none does.
func lastAnswerStart(text []byte) []byte {
	if i := bytes.LastIndexByte(text, '{'); i >= 0 && bytes.HasPrefix(answerPrefix, text[i:]) {
		return text[i:]
	}
	if i := bytes.LastIndex(text, answerPrefix); i >= 0 {
		return text[i:]
	}
	return nil
}

// skipToObject passes over everything before the next object, and its first brace.
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

// isBOM reports whether c is a byte of the mark that some put before a text.
func isBOM(c byte) bool { return c == 0xef || c == 0xbb || c == 0xbf }

// readObject reads an object, whose first brace was read, into value.
func (r *Recording) readObject() error {
	r.value = append(r.value[:0], '{')
	in := objectScanner{depth: 1, last: '{'}
	for {
		c, err := r.readByte()
		if err != nil {
			return err
		}
		if c == '{' && r.value[len(r.value)-1] == '\n' {
			// Inside an object none begins at the left: the one before broke off.
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
