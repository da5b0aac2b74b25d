package gateway

import (
	"encoding/json"
	"errors"
)

// requestFields reads from a request's body, as it arrives, what order and pace
// need: six fields of the outermost object, and how much of the body is files. A
// body that is not JSON has no fields; the API refuses it. The zero requestFields
// are at the beginning of the body.
type requestFields struct {
	model     string
	speed     string
	user      string // metadata.user_id
	quoted    string // the same as in the body, in its escapes
	stream    bool
	maxTokens int   // zero if missing or not a number of tokens
	requests  int64 // how many a batch holds
	size      int   // of the body that was read, in bytes

	fieldScanner
}

// write reads the next piece.
func (f *requestFields) write(b []byte) {
	f.size += len(b)
	f.scan(b, f)
}

// requestReader reads the fields of a body as it arrives, without its content coding: the body
// itself goes on as it came. Make one with newRequestReader, and end it with close.
type requestReader struct {
	fields  *requestFields
	decoder *decoder // nil for a body without a content coding, and for one that cannot be read
	coding  string   // empty: none
}

// newRequestReader returns a reader of a body that may have at most most bytes once it is
// decoded.
func newRequestReader(fields *requestFields, coding string, most int64) *requestReader {
	r := &requestReader{fields: fields, coding: coding}
	if coding != "" {
		r.decoder = newDecoder(r.coding, most, fields.write)
	}
	return r
}

// Write implements io.Writer. It fails only where the body is too large once it is decoded.
func (r *requestReader) Write(b []byte) (int, error) {
	switch {
	case r.coding == "":
		r.fields.write(b)
	case r.decoder != nil:
		r.decoder.feed(b)
		if errors.Is(r.decoder.err, errDecodedTooLarge) {
			return 0, errDecodedTooLarge
		}
	}
	return len(b), nil
}

// isRead reports, at the end of the body, whether all of it could be read.
func (r *requestReader) isRead() bool {
	return r.coding == "" || r.decoder != nil && r.decoder.finish() == nil
}

func (r *requestReader) close() { r.decoder.close() }

// wants implements fieldHandler.
func (f *requestFields) wants(key []byte) string {
	switch string(key) {
	case "model":
		return "model"
	case "speed":
		return "speed"
	case "stream":
		return "stream"
	case "metadata":
		return "metadata"
	case "max_tokens":
		return "max_tokens"
	case "requests":
		f.objects = 0 // of a repeated field the last one counts
		return "requests"
	default:
		return ""
	}
}

// value implements fieldHandler.
func (f *requestFields) value(key string, raw []byte) {
	switch key {
	case "model":
		f.model = textOf(raw)
	case "speed":
		f.speed = textOf(raw)
	case "stream":
		f.stream = string(raw) == "true"
	case "metadata":
		var m metadata
		var scanner fieldScanner
		scanner.scan(raw, &m)
		f.user, f.quoted = m.user, m.quoted
	case "max_tokens":
		f.maxTokens, _ = number(raw)
	case "requests":
		f.requests = f.objects
	}
}

// metadata finds the user in the value of metadata.
type metadata struct{ user, quoted string }

// wants implements fieldHandler.
func (m *metadata) wants(key []byte) string {
	if string(key) == "user_id" {
		return "user_id"
	}
	return ""
}

// value implements fieldHandler.
func (m *metadata) value(_ string, raw []byte) { m.user, m.quoted = textOf(raw), string(raw) }

// textOf returns the text of a JSON string; empty for anything else.
func textOf(b []byte) string {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return ""
	}
	return s
}
