package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"paceline/queue"
)

// answerWatcher reads an answer that has begun as a success, as it passes through: what it
// cost, and whether it is an answer at all. Make one with newAnswerWatcher, and end it with
// close.
type answerWatcher struct {
	stream bool // it is a stream of events
	events streamWatcher
	whole  wholeWatcher

	decoder *decoder // nil for a body without a content coding
	unread  string   // the content coding, where it is one that cannot be read
}

// maxDecodedAnswer is how much of an answer is read, in bytes, once it is decoded. Answers have
// some hundred kilobytes.
const maxDecodedAnswer = 256 << 20

func newAnswerWatcher(answer *http.Response) *answerWatcher {
	w := &answerWatcher{stream: isEventStream(answer.Header)}
	if w.stream {
		w.events = newStreamWatcher()
	} else {
		w.whole.status, w.whole.isHTML = answer.StatusCode, isHTML(answer.Header)
	}
	if coding := contentCoding(answer.Header); coding != "" {
		if w.decoder = newDecoder(coding, maxDecodedAnswer, w.read); w.decoder == nil {
			w.unread = coding
		}
	}
	return w
}

// write takes the next bytes of the body, as they came.
func (w *answerWatcher) write(b []byte) {
	switch {
	case w.unread != "":
	case w.decoder != nil:
		w.decoder.feed(b)
	default:
		w.read(b)
	}
}

// read reads the next bytes without their coding.
func (w *answerWatcher) read(b []byte) {
	if w.stream {
		w.events.write(b)
	} else {
		w.whole.write(b)
	}
}

// usage is what the answer has reported so far.
func (w *answerWatcher) usage() *usage {
	if w.stream {
		return &w.events.usage
	}
	return &w.whole.usage
}

// ended reports whether the last event, or an error, of a stream has come.
func (w *answerWatcher) ended() bool { return w.stream && w.events.ended() }

// outcome is what became of an answer whose body came to its end: an error if it is none.
// brokeOff says that it misses its end.
func (w *answerWatcher) outcome() (brokeOff bool, err error) {
	if w.unread != "" {
		return false, nil // nobody here can know
	}
	if w.decoder != nil && !w.ended() {
		switch err := w.decoder.finish(); {
		case errors.Is(err, errDecodedTooLarge):
			return false, nil // the same
		case errors.Is(err, io.ErrUnexpectedEOF) && !w.ended():
			return true, noAnswer(queue.NetworkError, "the answer broke off, in the middle of its compression")
		case err != nil && !w.ended():
			return false, noAnswer(queue.NetworkError, "the answer's compression is damaged")
		}
	}
	if w.stream {
		return !w.ended(), w.events.outcome()
	}
	return w.whole.outcome()
}

func (w *answerWatcher) close() { w.decoder.close() }

// noAnswer is the outcome of what looked like an answer. The client has it, so there is no
// retry.
func noAnswer(class queue.Class, why string) error {
	return &queue.Error{Class: class, Retry: queue.RetryNo, Err: errors.New(why)}
}

// wholeWatcher reads an answer that is no stream. Only what is certainly no answer is one that
// failed: a page of HTML, an empty body, an error, and JSON that breaks off. Anything else may
// be a new shape of the API.
type wholeWatcher struct {
	status int
	isHTML bool // the header says so, or the text
	begun  bool // something but blanks came
	isJSON bool // the text begins as an object or a list
	head   []byte
	kind   string // the type of the object
	failed string // the type of its error

	fieldScanner
	usage usage
}

// htmlHeads begin a page, in lower case.
var htmlHeads = []string{"<!doctype html", "<html"}

// write reads the next piece.
func (w *wholeWatcher) write(b []byte) {
	if !w.begun {
		w.begin(b)
	}
	if w.isJSON {
		w.scan(b, w)
	}
}

// begin reads the beginning of the text.
func (w *wholeWatcher) begin(b []byte) {
	const enough = 64
	text := b
	if w.head != nil {
		text = slices.Concat(w.head, b)
	}
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	if len(text) == 0 {
		return
	}
	switch text[0] {
	case '{', '[':
		w.begun, w.isJSON = true, true
		return
	case '<':
		if len(text) < enough { // the rest of the word may follow
			w.head = bytes.Clone(text)
		} else {
			w.begun = true
		}
	default:
		w.begun = true
		return
	}
	start := strings.ToLower(string(text[:min(len(text), enough)]))
	for _, head := range htmlHeads {
		if strings.HasPrefix(start, head) {
			w.isHTML, w.begun = true, true
		}
	}
}

// wants implements fieldHandler.
func (w *wholeWatcher) wants(key []byte) string {
	switch string(key) {
	case "usage":
		return "usage"
	case "model":
		return "model"
	case "type":
		return "type"
	case "error":
		return "error"
	default:
		return ""
	}
}

// value implements fieldHandler.
func (w *wholeWatcher) value(key string, raw []byte) {
	switch key {
	case "usage":
		w.usage.readUsage(raw)
	case "model":
		w.usage.model = textOf(raw)
	case "type":
		w.kind = textOf(raw)
	case "error":
		var e struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(raw, &e) == nil {
			w.failed = e.Type
		}
	}
}

// outcome is [answerWatcher.outcome].
func (w *wholeWatcher) outcome() (brokeOff bool, err error) {
	switch {
	case w.isHTML:
		return false, noAnswer(queue.ServerError, fmt.Sprintf("%d with a page of HTML and no answer", w.status))
	case !w.begun && w.head == nil && w.status == http.StatusOK:
		return false, noAnswer(queue.ServerError, "200 with an empty body")
	case w.isJSON && !w.done:
		return true, noAnswer(queue.NetworkError, "the answer broke off, in the middle of its JSON")
	case w.kind == "error":
		return false, noAnswer(classOfType(w.failed), fmt.Sprintf("%d with an error: %s", w.status, plainType(w.failed)))
	default:
		return false, nil
	}
}

// isHTML reports whether a header says that a body is a page.
func isHTML(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "text/html", "application/xhtml+xml":
		return true
	default:
		return false
	}
}
