package sim

import (
	"encoding/json"
	"iter"
	"strings"
	"unicode/utf8"

	"paceline/queue/sse"
)

// response is the answer to one request, as a whole or as a stream.
type response struct {
	id, model    string
	stop         string
	input        int      // tokens
	words        int      // of the text, each one token and one delta; zero for no text
	tool, toolID string   // the called tool; empty for none
	toolInput    []string // of the called tool, in pieces

	speed, geo, tier string // of the usage: standard or fast, where, and standard or batch
}

// firstWords begin every text, so that nobody takes it for a real answer.
const firstWords = "This is a simulated answer:"

// fillerWords are the words after them, repeated.
var fillerWords = strings.SplitAfter(" no model was asked, and these words only fill the time that a real answer would take.", " ")[1:]

// word returns one word of the text.
func (r *response) word(at int) string {
	if at == 0 {
		return firstWords
	}
	return " " + strings.TrimSuffix(fillerWords[(at-1)%len(fillerWords)], " ")
}

func (r *response) text() string {
	var b strings.Builder
	for at := range r.words {
		b.WriteString(r.word(at))
	}
	return b.String()
}

// deltas is the number of pieces of the content in a stream.
func (r *response) deltas() int { return r.words + len(r.toolInput) }

// split cuts JSON into pieces as small as the API's.
func split(input []byte) []string {
	const size = 12 // bytes, about
	var parts []string
	for rest := string(input); rest != ""; {
		at := min(size, len(rest))
		for at < len(rest) && !utf8.RuneStart(rest[at]) {
			at++
		}
		parts = append(parts, rest[:at])
		rest = rest[at:]
	}
	return parts
}

// The API's JSON ("Messages", platform.claude.com).

type usage struct {
	Input         int          `json:"input_tokens"`
	CacheCreation int          `json:"cache_creation_input_tokens"`
	CacheRead     int          `json:"cache_read_input_tokens"`
	ByLifetime    cacheWritten `json:"cache_creation"`
	Output        int          `json:"output_tokens"`
	ServiceTier   string       `json:"service_tier"`
	InferenceGeo  string       `json:"inference_geo"`
	Speed         string       `json:"speed"`
}

// cacheWritten is how much was written to the prompt cache, by how long it lives there.
type cacheWritten struct {
	FiveMinutes int `json:"ephemeral_5m_input_tokens"`
	OneHour     int `json:"ephemeral_1h_input_tokens"`
}

const (
	speedStandard = "standard"
	speedFast     = "fast"
)

type block struct {
	Type  string          `json:"type"`
	Text  *string         `json:"text,omitempty"`
	ID    string          `json:"id,omitempty"`
	Name  string          `json:"name,omitempty"`
	Input json.RawMessage `json:"input,omitempty"`
}

type message struct {
	ID           string  `json:"id"`
	Type         string  `json:"type"`
	Role         string  `json:"role"`
	Model        string  `json:"model"`
	Content      []block `json:"content"`
	StopReason   *string `json:"stop_reason"`
	StopSequence *string `json:"stop_sequence"`
	Usage        usage   `json:"usage"`
}

// message is the answer without its content and end.
func (r *response) message() message {
	return message{
		ID: r.id, Type: "message", Role: "assistant", Model: r.model, Content: []block{},
		Usage: usage{Input: r.input, Output: min(r.deltas(), 1), ServiceTier: r.tier, InferenceGeo: r.geo, Speed: r.speed},
	}
}

// json is the whole answer.
func (r *response) json() []byte { return encode(r.whole()) }

func (r *response) whole() message {
	m := r.message()
	if r.words > 0 {
		text := r.text()
		m.Content = append(m.Content, block{Type: "text", Text: &text})
	}
	if r.tool != "" {
		input := json.RawMessage(strings.Join(r.toolInput, ""))
		m.Content = append(m.Content, block{Type: "tool_use", ID: r.toolID, Name: r.tool, Input: input})
	}
	m.StopReason, m.Usage.Output = &r.stop, r.deltas()
	return m
}

// event is one event of the answer's stream.
type event struct {
	frame []byte
	delta bool // it has a piece of the content
}

func newEvent(name string, data any) event {
	frame := sse.Append(nil, sse.Event{Type: []byte(name), Data: encode(data)})
	return event{frame: frame, delta: name == "content_block_delta"}
}

// markerEvent is an event that marks a position in the stream.
type markerEvent struct {
	Type    string   `json:"type"`
	Index   *int     `json:"index,omitempty"`
	Message *message `json:"message,omitempty"`
	Block   *block   `json:"content_block,omitempty"`
}

type deltaEvent struct {
	Type  string       `json:"type"`
	Index int          `json:"index"`
	Delta deltaContent `json:"delta"`
}

type deltaContent struct {
	Type string  `json:"type"`
	Text *string `json:"text,omitempty"`
	JSON *string `json:"partial_json,omitempty"`
}

type endEvent struct {
	Type  string `json:"type"`
	Delta struct {
		StopReason   string  `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
	} `json:"delta"`
	Usage struct {
		Output int `json:"output_tokens"`
	} `json:"usage"`
}

// events yields the events of the answer's stream.
func (r *response) events() iter.Seq[event] {
	return func(yield func(event) bool) {
		m := r.message()
		if !yield(newEvent("message_start", markerEvent{Type: "message_start", Message: &m})) {
			return
		}
		index := 0
		if r.words > 0 {
			empty := ""
			if !r.block(yield, index, block{Type: "text", Text: &empty}, r.words, func(at int) deltaContent {
				word := r.word(at)
				return deltaContent{Type: "text_delta", Text: &word}
			}) {
				return
			}
			index++
		}
		if r.tool != "" {
			start := block{Type: "tool_use", ID: r.toolID, Name: r.tool, Input: json.RawMessage("{}")}
			if !r.block(yield, index, start, len(r.toolInput), func(at int) deltaContent {
				return deltaContent{Type: "input_json_delta", JSON: &r.toolInput[at]}
			}) {
				return
			}
		}
		end := endEvent{Type: "message_delta"}
		end.Delta.StopReason = r.stop
		end.Usage.Output = r.deltas()
		_ = yield(newEvent("message_delta", end)) && yield(newEvent("message_stop", markerEvent{Type: "message_stop"}))
	}
}

// block yields the events of one block of the content; false when the consumer has
// stopped.
func (r *response) block(yield func(event) bool, index int, start block, n int, at func(int) deltaContent) bool {
	if !yield(newEvent("content_block_start", markerEvent{Type: "content_block_start", Index: &index, Block: &start})) {
		return false
	}
	if index == 0 && !yield(newEvent("ping", markerEvent{Type: "ping"})) {
		return false
	}
	for i := range n {
		if !yield(newEvent("content_block_delta", deltaEvent{Type: "content_block_delta", Index: index, Delta: at(i)})) {
			return false
		}
	}
	return yield(newEvent("content_block_stop", markerEvent{Type: "content_block_stop", Index: &index}))
}
