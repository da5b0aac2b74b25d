package sim

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
)

const (
	maxFileIDs   = 1000    // of one request
	maxText      = 4 << 10 // bytes of a message's text that are read
	maxToolNames = 32      // tools whose names are searched for in a text

	unset = math.MinInt64 // max_tokens of a request without them
)

// messageRequest is what is read of the body of a request for a message.
type messageRequest struct {
	model      model
	modelName  string // as the request has it
	maxTokens  int64
	stream     bool
	tools      []tool
	toolChoice toolChoice
	last       inputMessage // the last message
	messages   int
	inputBytes int64 // of messages, system and tools

	speed, inferenceGeo string   // as asked; empty if not
	files               []string // the file IDs that are named, at most maxFileIDs
	removed             *problem // the first thing that version 2026-10-21 no longer takes; nil if there is none
}

// removedIn2026 notes something that version 2026-10-21 refuses ("Migrating to API
// version 2026-10-21", platform.claude.com).
func (r *messageRequest) removedIn2026(where, why string) {
	if r.removed == nil {
		r.removed = invalid(where + ": " + why)
	}
}

type tool struct {
	Type   string          `json:"type"`
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"input_schema"`
}

type toolChoice struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

type inputMessage struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

// content is the content of a message: the beginning of its text, and what is read of
// its blocks. Its size is bounded, but for files.
type content struct {
	text    string
	results bool
	known   bool // a string or a list

	files     []string // the file IDs of its blocks
	documents bool     // a block is a document
	citations bool     // a text block has citations
}

// UnmarshalJSON takes any value; known is false unless it is a string or a list.
func (c *content) UnmarshalJSON(data []byte) error {
	*c = content{}
	switch data[0] {
	case '"':
		c.known = true
		return json.Unmarshal(data, (*clippedText)(&c.text))
	case '[':
		c.known = eachBlock(data, c.add) == nil
	}
	return nil
}

// eachBlock reads the blocks of a list, one at a time.
func eachBlock(list []byte, do func(*inputBlock)) error {
	d := json.NewDecoder(bytes.NewReader(list))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		var b inputBlock
		if err := d.Decode(&b); err != nil {
			return err
		}
		do(&b)
	}
	return nil
}

// inputBlock is what is read of a block of a message.
type inputBlock struct {
	Type      clippedText     `json:"type"`
	Text      clippedText     `json:"text"`
	Citations json.RawMessage `json:"citations"`
	FileID    clippedText     `json:"file_id"` // of a container_upload
	Source    json.RawMessage `json:"source"`
	Content   json.RawMessage `json:"content"` // of a search_result or a tool_result
}

// add reads a block.
func (c *content) add(b *inputBlock) {
	if len(c.text) < maxText {
		c.text += string(b.Text)
	}
	c.results = c.results || b.Type == "tool_result"
	c.documents = c.documents || b.Type == "document"
	c.addNested(b)
	if len(b.Content) > 0 && b.Content[0] == '[' {
		_ = eachBlock(b.Content, c.addNested) // else it is no list of blocks
	}
}

// addNested reads what counts in a block of a block, too.
func (c *content) addNested(b *inputBlock) {
	if b.Type == "text" && len(b.Citations) > 1 && b.Citations[0] == '[' && !bytes.Equal(b.Citations, []byte("[]")) {
		c.citations = true
	}
	var source struct {
		FileID clippedText `json:"file_id"`
	}
	if len(b.Source) > 0 && b.Source[0] == '{' {
		_ = json.Unmarshal(b.Source, &source) // else it names no file
	}
	for _, id := range []clippedText{b.FileID, source.FileID} {
		if id != "" && len(c.files) < maxFileIDs {
			c.files = append(c.files, string(id))
		}
	}
}

// clippedText is the beginning of a string; any other value is empty.
type clippedText string

// UnmarshalJSON takes any value.
func (c *clippedText) UnmarshalJSON(data []byte) error {
	*c = ""
	if data[0] != '"' {
		return nil
	}
	if len(data) > maxText {
		*c = clippedText(strings.ToValidUTF8(string(data[1:maxText]), "")) // escapes stay escaped
		return nil
	}
	return json.Unmarshal(data, (*string)(c))
}

func (m inputMessage) check(at int) error {
	switch {
	case m.Role != "user" && m.Role != "assistant" && m.Role != "system":
		return badRequestf("messages.%d.role: Input should be 'user', 'assistant' or 'system'", at)
	case !m.Content.known:
		return badRequestf("messages.%d.content: Input should be a valid string or list", at)
	}
	return nil
}

// check returns what is wrong with a request of a version of the API for a message to
// one of these models, or with counting set, for a token count.
func (r *messageRequest) check(among []model, version string, counting bool) *problem {
	var ok bool
	r.model, ok = findModel(among, r.modelName)
	switch {
	case r.modelName == "":
		return invalid("model: Field required")
	case counting:
	case r.maxTokens == unset:
		return invalid("max_tokens: Field required")
	case r.maxTokens < 0:
		return invalid("max_tokens: Input should be greater than or equal to 0")
	case r.speed != "" && r.speed != speedStandard && r.speed != speedFast:
		return invalid("speed: Input should be 'standard' or 'fast'")
	}
	switch {
	case r.removed != nil && version != version2023:
		return r.removed
	case r.messages == 0:
		return invalid("messages: Field required")
	case !ok:
		return unknownModel(r.modelName)
	}
	return r.checkToolChoice()
}

func (r *messageRequest) checkToolChoice() *problem {
	switch r.toolChoice.Type {
	case "", "auto", "none":
		return nil
	case "any", "tool":
		if len(r.tools) == 0 {
			return invalid("tool_choice: tools must be given, too")
		}
		if r.toolChoice.Type == "tool" && r.chosenTool() == nil {
			return invalid("tool_choice.name: there is no tool of this name")
		}
		return nil
	default:
		return invalid("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")
	}
}

// inputTokens is a rough estimate of the tokens of a request: a quarter of its
// bytes.
func (r *messageRequest) inputTokens() int { return int(r.inputBytes/4) + 1 }

// chosenTool returns the tool that tool_choice names; nil if there is none.
func (r *messageRequest) chosenTool() *tool {
	at := slices.IndexFunc(r.tools, func(t tool) bool { return t.Name == r.toolChoice.Name })
	if at < 0 {
		return nil
	}
	return &r.tools[at]
}

// calledTool returns the tool that the answer calls, nil for none: the one that
// tool_choice wants, else the first whose name the last message has, else the first
// if it has the word "tool". The result of a tool is answered with text.
func (r *messageRequest) calledTool() *tool {
	switch {
	case len(r.tools) == 0 || r.toolChoice.Type == "none":
		return nil
	case r.toolChoice.Type == "tool":
		return r.chosenTool()
	case r.toolChoice.Type == "any":
		return &r.tools[0]
	case r.last.Content.results:
		return nil
	}
	text := strings.ToLower(r.last.Content.text)
	for i := range r.tools[:min(len(r.tools), maxToolNames)] {
		if strings.Contains(text, strings.ToLower(r.tools[i].Name)) {
			return &r.tools[i]
		}
	}
	if strings.Contains(text, "tool") {
		return &r.tools[0]
	}
	return nil
}
