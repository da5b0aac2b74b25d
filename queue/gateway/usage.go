package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"math"

	"paceline/queue"
	"paceline/queue/price"
)

// usage is the cost of a call, in tokens, as an answer reports it ("Messages" and
// "Prompt caching", platform.claude.com), and what its price depends on. The zero usage is
// unknown.
type usage struct {
	input       int // of the prompt, neither written to a cache nor read from one
	written     int // of the prompt, written to the cache: it counts as input
	writtenHour int // of that, for an hour; the rest for five minutes
	read        int // of the prompt, read from the cache: it does not count

	output int // also of an answer that has just begun, which hasOutput does not count

	hasInput, hasOutput bool

	model            string // that answers; empty: not told
	speed, tier, geo string // see [price.Call]
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
	case "cache_creation":
		return "cache_creation"
	case "speed":
		return "speed"
	case "service_tier":
		return "service_tier"
	case "inference_geo":
		return "inference_geo"
	default:
		return ""
	}
}

// value implements fieldHandler. In a stream the numbers are cumulative, so the
// largest is the last; some servers begin or end with zeros.
func (u *usage) value(key string, raw []byte) {
	switch key {
	case "cache_creation":
		w := cacheWritten{usage: u}
		w.scan(raw, &w)
		return
	case "speed":
		u.speed = wordOf(raw)
		return
	case "service_tier":
		u.tier = wordOf(raw)
		return
	case "inference_geo":
		u.geo = wordOf(raw)
		return
	}
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

// cacheWritten finds how much was written to the cache for an hour.
type cacheWritten struct {
	fieldScanner
	usage *usage
}

// wants implements fieldHandler.
func (w *cacheWritten) wants(key []byte) string {
	if string(key) == "ephemeral_1h_input_tokens" {
		return "ephemeral_1h_input_tokens"
	}
	return ""
}

// value implements fieldHandler.
func (w *cacheWritten) value(_ string, raw []byte) {
	if n, ok := number(raw); ok && n <= maxTokens {
		w.usage.writtenHour = max(w.usage.writtenHour, n)
	}
}

// wordOf returns the text of a JSON string; empty for anything else. The usual ones cost
// nothing.
func wordOf(raw []byte) string {
	switch string(raw) {
	case `"standard"`:
		return "standard"
	case `"global"`:
		return "global"
	case `"not_available"`:
		return "not_available"
	case "null":
		return ""
	default:
		return textOf(raw)
	}
}

// isTold reports whether anything was reported.
func (u *usage) isTold() bool { return u.hasInput || u.hasOutput }

// tokens are all of them, as they are priced.
func (u *usage) tokens() price.Tokens {
	hour := min(u.writtenHour, u.written)
	return price.Tokens{Input: u.input, CacheRead: u.read, CacheWrite5m: u.written - hour, CacheWrite1h: hour, Output: u.output}
}

// used is what the call used, and what it cost by a table of prices.
func (u *usage) used(prices *price.Table) queue.CallUsage {
	t := u.tokens()
	model, cost, known := prices.Of(price.Call{Model: u.model, Speed: u.speed, Tier: u.tier, Geo: u.geo, Tokens: t})
	used := queue.Usage{
		Input: int64(t.Input), CacheRead: int64(t.CacheRead), CacheWrite5m: int64(t.CacheWrite5m), CacheWrite1h: int64(t.CacheWrite1h),
		Output: int64(t.Output), Nanodollars: cost,
	}
	if !known {
		used.Unpriced = 1
	}
	return queue.CallUsage{Model: cmp.Or(model, noModel), Usage: used}
}

// noModel stands for the model of an answer that does not say which it is.
const noModel = "unknown"

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

// usageFinder finds the usage in a message as it arrives, and the model.
type usageFinder struct {
	fieldScanner
	usage usage
}

func (f *usageFinder) write(b []byte) { f.scan(b, f) }

// wants implements fieldHandler.
func (f *usageFinder) wants(key []byte) string {
	switch string(key) {
	case "usage":
		return "usage"
	case "model":
		return "model"
	default:
		return ""
	}
}

// value implements fieldHandler.
func (f *usageFinder) value(key string, raw []byte) {
	if key == "model" {
		f.usage.model = textOf(raw)
		return
	}
	f.usage.readUsage(raw)
}

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
// more of it. What does not wait is not counted.
func (x *exchange) reportUsage(ctx context.Context, u *usage) {
	if x.usage == *u || x.lane == unpaced {
		return
	}
	x.usage = *u
	if u.isTold() {
		x.used = u.used(x.gateway.options.Prices)
		queue.ReportUsage(ctx, u.cost(x.cost), x.used)
	}
}

// appendUsage appends to a log record the model, and what the call used and cost.
func (x *exchange) appendUsage(attrs []slog.Attr) []slog.Attr {
	u := &x.used
	if u.Model == "" { // nothing was told
		if x.fields.model == "" {
			return attrs
		}
		return append(attrs, slog.String("model", queue.Escape(queue.Truncate(x.fields.model, maxLoggedModel))))
	}
	attrs = append(attrs, slog.String("model", queue.Escape(queue.Truncate(u.Model, maxLoggedModel))),
		slog.Int64("inputTokens", u.Input), slog.Int64("outputTokens", u.Output))
	for _, of := range [...]struct {
		name   string
		tokens int64
	}{{"cacheReadTokens", u.CacheRead}, {"cacheWrite5mTokens", u.CacheWrite5m}, {"cacheWrite1hTokens", u.CacheWrite1h}} {
		if of.tokens > 0 {
			attrs = append(attrs, slog.Int64(of.name, of.tokens))
		}
	}
	if u.CacheRead > 0 {
		prompt := float64(x.usage.prompt())
		attrs = append(attrs, slog.Float64("fromCache", math.Round(100*float64(u.CacheRead)/prompt)/100))
	}
	if u.Unpriced > 0 {
		return append(attrs, slog.Bool("unpriced", true))
	}
	return append(attrs, slog.Float64("costDollars", float64(u.Nanodollars)/1e9))
}

// maxLoggedModel is how much of a model's name the log has, in bytes.
const maxLoggedModel = 100
