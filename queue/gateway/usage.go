package gateway

import (
	"context"

	"paceline/queue"
)

// usage is the cost of a call, in tokens, as an answer reports it ("Messages" and
// "Prompt caching", platform.claude.com). The zero usage is unknown.
type usage struct {
	input   int // of the prompt, neither written to a cache nor read from one
	written int // of the prompt, written to the cache: it counts as input
	read    int // of the prompt, read from the cache: it does not count

	output int

	hasInput, hasOutput bool
}

// maxTokens is the highest accepted count.
const maxTokens = 100_000_000

// wants implements fieldHandler, for the usage object.
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

// value implements fieldHandler. In a stream the numbers are cumulative, so the
// largest is the last; some servers begin or end with zeros.
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

// charged is how many tokens count toward the input limit.
func (u *usage) charged() int { return u.input + u.written }

// prompt is the length of the prompt, in tokens.
func (u *usage) prompt() int { return u.input + u.written + u.read }

// cost is the cost of the call: as reported, else as estimated.
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
	var f fieldScanner
	f.scan(raw, u)
}

// usageFinder finds the usage in a message as it arrives.
type usageFinder struct {
	fieldScanner
	usage usage
}

func (f *usageFinder) write(b []byte) { f.scan(b, f) }

// wants implements fieldHandler.
func (f *usageFinder) wants(key []byte) string {
	if string(key) == "usage" {
		return "usage"
	}
	return ""
}

// value implements fieldHandler.
func (f *usageFinder) value(_ string, raw []byte) { f.usage.readUsage(raw) }

// startUsageFinder finds the usage in the data of a message_start.
type startUsageFinder struct{ usageFinder }

// wants implements fieldHandler.
func (f *startUsageFinder) wants(key []byte) string {
	if string(key) == "message" {
		return "message"
	}
	return ""
}

// value implements fieldHandler.
func (f *startUsageFinder) value(_ string, raw []byte) { f.usageFinder.scan(raw, &f.usageFinder) }

// messageStart reads the data of a message_start: its input only, because the
// output has just begun.
func (u *usage) messageStart(data []byte) {
	e := startUsageFinder{usageFinder{usage: *u}}
	var f fieldScanner
	f.scan(data, &e)
	e.usage.hasOutput = u.hasOutput
	*u = e.usage
}

// messageDelta reads the data of a message_delta: the output so far, and sometimes
// the input.
func (u *usage) messageDelta(data []byte) {
	m := usageFinder{usage: *u}
	m.write(data)
	*u = m.usage
}

// reportUsage reports the cost of the call to the queue, if the answer has reported
// more of it.
func (x *exchange) reportUsage(ctx context.Context, u *usage) {
	if x.usage == *u {
		return
	}
	x.usage = *u
	queue.ReportUsage(ctx, u.cost(x.cost))
}
