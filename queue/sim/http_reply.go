package sim

import (
	"encoding/json"
	"iter"
	"strings"
	"unicode/utf8"

	"paceline/queue/sse"
)

// reply is the answer to one request, before it is told whole or in pieces.
type reply struct {
	id, model    string
	stop         string
	input        int      // tokens
	words        int      // of the text, each a token and a delta; zero for no text
	tool, toolID string   // the tool it calls; empty for none
	parts        []string // of the tool's input
}

// opening is the first word of every text, so that nobody takes one for real.
const opening = "This is a simulated answer:"

// filling are the words after it, again and again.
var filling = strings.SplitAfter(" no model was asked, and these words only fill the time that a real answer would take.", " ")[1:]

// word returns one word of the text.
func (r *reply) word(at int) string {
	if at == 0 {
		return opening
	}
	return " " + strings.TrimSuffix(filling[(at-1)%len(filling)], " ")
}

func (r *reply) text() string {
	var b strings.Builder
	for at := range r.words {
		b.WriteString(r.word(at))
	}
	return b.String()
}

// deltas is how many pieces the content is told in.
func (r *reply) deltas() int { return r.words + len(r.parts) }

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

// The answer on the wire ("Messages", platform.claude.com).

type usage struct {
	Input         int    `json:"input_tokens"`
	CacheCreation int    `json:"cache_creation_input_tokens"`
	CacheRead     int    `json:"cache_read_input_tokens"`
	Output        int    `json:"output_tokens"`
	ServiceTier   string `json:"service_tier"`
}

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
func (r *reply) message() message {
	return message{
		ID: r.id, Type: "message", Role: "assistant", Model: r.model, Content: []block{},
		Usage: usage{Input: r.input, Output: 1, ServiceTier: "standard"},
	}
}

// whole is the answer at once.
func (r *reply) whole() []byte {
	m := r.message()
	if r.words > 0 {
		text := r.text()
		m.Content = append(m.Content, block{Type: "text", Text: &text})
	}
	if r.tool != "" {
		input := json.RawMessage(strings.Join(r.parts, ""))
		m.Content = append(m.Content, block{Type: "tool_use", ID: r.toolID, Name: r.tool, Input: input})
	}
	m.StopReason, m.Usage.Output = &r.stop, r.deltas()
	return encode(m)
}

// event is one event of the answer's stream.
type event struct {
	frame []byte
	delta bool // it is a piece of the content
}

func newEvent(name string, data any) event {
	frame := sse.Append(nil, sse.Event{Type: []byte(name), Data: encode(data)})
	return event{frame: frame, delta: name == "content_block_delta"}
}

// marker is an event that says little more than where in the stream it stands.
type marker struct {
	Type    string   `json:"type"`
	Index   *int     `json:"index,omitempty"`
	Message *message `json:"message,omitempty"`
	Block   *block   `json:"content_block,omitempty"`
}

type delta struct {
	Type  string `json:"type"`
	Index int    `json:"index"`
	Delta piece  `json:"delta"`
}

type piece struct {
	Type string  `json:"type"`
	Text *string `json:"text,omitempty"`
	JSON *string `json:"partial_json,omitempty"`
}

type ending struct {
	Type  string `json:"type"`
	Delta struct {
		StopReason   string  `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
	} `json:"delta"`
	Usage struct {
		Output int `json:"output_tokens"`
	} `json:"usage"`
}

// events are the events of the answer's stream, made one at a time.
func (r *reply) events() iter.Seq[event] {
	return func(yield func(event) bool) {
		m := r.message()
		if !yield(newEvent("message_start", marker{Type: "message_start", Message: &m})) {
			return
		}
		index := 0
		if r.words > 0 {
			empty := ""
			if !r.block(yield, index, block{Type: "text", Text: &empty}, r.words, func(at int) piece {
				word := r.word(at)
				return piece{Type: "text_delta", Text: &word}
			}) {
				return
			}
			index++
		}
		if r.tool != "" {
			start := block{Type: "tool_use", ID: r.toolID, Name: r.tool, Input: json.RawMessage("{}")}
			if !r.block(yield, index, start, len(r.parts), func(at int) piece {
				return piece{Type: "input_json_delta", JSON: &r.parts[at]}
			}) {
				return
			}
		}
		end := ending{Type: "message_delta"}
		end.Delta.StopReason = r.stop
		end.Usage.Output = r.deltas()
		_ = yield(newEvent("message_delta", end)) && yield(newEvent("message_stop", marker{Type: "message_stop"}))
	}
}

// block tells one block of the content; false when nobody listens any more.
func (r *reply) block(yield func(event) bool, index int, start block, n int, at func(int) piece) bool {
	if !yield(newEvent("content_block_start", marker{Type: "content_block_start", Index: &index, Block: &start})) {
		return false
	}
	if index == 0 && !yield(newEvent("ping", marker{Type: "ping"})) {
		return false
	}
	for i := range n {
		if !yield(newEvent("content_block_delta", delta{Type: "content_block_delta", Index: index, Delta: at(i)})) {
			return false
		}
	}
	return yield(newEvent("content_block_stop", marker{Type: "content_block_stop", Index: &index}))
}
