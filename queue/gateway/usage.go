package gateway

import (
	"context"
	"mime"
	"net/http"

	"paceline/queue"
)

// usage is what an answer says that its call has cost, in tokens ("Messages" and
// "Prompt caching", platform.claude.com). The zero usage says nothing.
type usage struct {
	input   int // of the prompt, what has nothing to do with a cache
	written int // of the prompt, what was put into the cache: it is counted as input
	read    int // of the prompt, what came from the cache: it is not

	output int

	hasInput, hasOutput bool
}

// maxTokens is the most of a kind that is believed of one call.
const maxTokens = 100_000_000

// wants implements fieldReader, for the usage object.
func (u *usage) wants(key []byte) string {
	switch string(key) {
	case "input_tokens":
		return "input_tokens"
	case "cache_creation_input_tokens":
		return "cache_creation_input_tokens"
	case "cache_read_input_tokens":
		return "cache_read_input_tokens"
	case "output_tokens":
		return "output_tokens"
	default:
		return ""
	}
}

// value implements fieldReader. In a stream the numbers are cumulative, so that
// the largest is the last; some servers begin or end with zeros.
func (u *usage) value(key string, raw []byte) {
	n, ok := number(raw)
	if !ok || n > maxTokens {
		return
	}
	switch key {
	case "input_tokens":
		u.input, u.hasInput = max(u.input, n), true
	case "cache_creation_input_tokens":
		u.written = max(u.written, n)
	case "cache_read_input_tokens":
		u.read = max(u.read, n)
	case "output_tokens":
		u.output, u.hasOutput = max(u.output, n), true
	}
}

// charged is what counts against the input limit.
func (u *usage) charged() int { return u.input + u.written }

// prompt is how long the prompt is, in tokens.
func (u *usage) prompt() int { return u.input + u.written + u.read }

// cost is what the call costs: as told, and where nothing is told as estimated.
func (u *usage) cost(estimate queue.Cost) queue.Cost {
	if u.hasInput {
		estimate.Input = u.charged()
	}
	if u.hasOutput {
		estimate.Output = u.output
	}
	return estimate
}

// readUsage reads the value of a field "usage".
func (u *usage) readUsage(raw []byte) {
	var f fields
	f.scan(raw, u)
}

// message finds the usage in an answer that is no stream, on its way.
type message struct {
	fields
	usage usage
}

func (m *message) write(b []byte) { m.scan(b, m) }

// wants implements fieldReader.
func (m *message) wants(key []byte) string {
	if string(key) == "usage" {
		return "usage"
	}
	return ""
}

// value implements fieldReader.
func (m *message) value(_ string, raw []byte) { m.usage.readUsage(raw) }

// startEvent finds the usage in the data of a message_start.
type startEvent struct{ message }

// wants implements fieldReader.
func (e *startEvent) wants(key []byte) string {
	if string(key) == "message" {
		return "message"
	}
	return ""
}

// value implements fieldReader.
func (e *startEvent) value(_ string, raw []byte) { e.message.scan(raw, &e.message) }

// messageStart reads the data of a message_start: the input, and not the output,
// which has only begun.
func (u *usage) messageStart(data []byte) {
	e := startEvent{message{usage: *u}}
	var f fields
	f.scan(data, &e)
	e.usage.hasOutput = u.hasOutput
	*u = e.usage
}

// messageDelta reads the data of a message_delta: the output until now, at times
// the input, too.
func (u *usage) messageDelta(data []byte) {
	m := message{usage: *u}
	m.write(data)
	*u = m.usage
}

// spent tells the queue what the call has cost, if the answer says more of it
// than before.
func (x *exchange) spent(ctx context.Context, u *usage) {
	if x.usage == *u {
		return
	}
	x.usage = *u
	queue.ReportUsage(ctx, u.cost(x.cost))
}

// isPlainJSON reports whether an answer is JSON and not compressed.
func isPlainJSON(h http.Header) bool {
	switch t := h.Get("Content-Type"); {
	case h.Get("Content-Encoding") != "":
		return false
	case t == "application/json":
		return true
	default:
		t, _, _ = mime.ParseMediaType(t)
		return t == "application/json"
	}
}
