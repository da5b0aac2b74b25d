package sim

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
)

const (
	maxBlocks    = 64      // of one message that are read
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

// content is the content of a message: the beginning of its text, and whether it
// has the result of a tool. Its size is bounded.
type content struct {
	text    string
	results bool
	known   bool // a string or a list
}

// UnmarshalJSON takes any value; known is false unless it is a string or a list.
func (c *content) UnmarshalJSON(data []byte) error {
	*c = content{}
	switch data[0] {
	case '"':
		c.known = true
		return json.Unmarshal(data, (*clippedText)(&c.text))
	case '[':
		var blocks [maxBlocks]struct {
			Type clippedText `json:"type"`
			Text clippedText `json:"text"`
		}
		if json.Unmarshal(data, &blocks) != nil {
			return nil
		}
		c.known = true
		for _, b := range blocks {
			c.text += string(b.Text)
			c.results = c.results || b.Type == "tool_result"
		}
	}
	return nil
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

func (t inputMessage) check(at int) error {
	switch {
	case t.Role != "user" && t.Role != "assistant" && t.Role != "system":
		return badRequestf("messages.%d.role: Input should be 'user', 'assistant' or 'system'", at)
	case !t.Content.known:
		return badRequestf("messages.%d.content: Input should be a valid string or list", at)
	}
	return nil
}

// check returns what is wrong with a request for a message to one of these models,
// or with counting set, for a token count.
func (a *messageRequest) check(among []model, counting bool) *problem {
	var ok bool
	a.model, ok = findModel(among, a.modelName)
	switch {
	case a.modelName == "":
		return invalid("model: Field required")
	case counting:
	case a.maxTokens == unset:
		return invalid("max_tokens: Field required")
	case a.maxTokens < 1:
		return invalid("max_tokens: Input should be greater than or equal to 1")
	}
	switch {
	case a.messages == 0:
		return invalid("messages: Field required")
	case !ok:
		return unknownModel(a.modelName)
	}
	return a.checkToolChoice()
}

func (a *messageRequest) checkToolChoice() *problem {
	switch a.toolChoice.Type {
	case "", "auto", "none":
		return nil
	case "any", "tool":
		if len(a.tools) == 0 {
			return invalid("tool_choice: tools must be given, too")
		}
		if a.toolChoice.Type == "tool" && a.chosenTool() == nil {
			return invalid("tool_choice.name: there is no tool of this name")
		}
		return nil
	default:
		return invalid("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")
	}
}

// inputTokens is a rough estimate of the tokens of a request: a quarter of its
// bytes.
func (a *messageRequest) inputTokens() int { return int(a.inputBytes/4) + 1 }

// chosenTool returns the tool that tool_choice names; nil if there is none.
func (a *messageRequest) chosenTool() *tool {
	at := slices.IndexFunc(a.tools, func(t tool) bool { return t.Name == a.toolChoice.Name })
	if at < 0 {
		return nil
	}
	return &a.tools[at]
}

// calledTool returns the tool that the answer calls, nil for none: the one that
// tool_choice wants, else the first whose name the last message has, else the first
// if it has the word "tool". The result of a tool is answered with text.
func (a *messageRequest) calledTool() *tool {
	switch {
	case len(a.tools) == 0 || a.toolChoice.Type == "none":
		return nil
	case a.toolChoice.Type == "tool":
		return a.chosenTool()
	case a.toolChoice.Type == "any":
		return &a.tools[0]
	case a.last.Content.results:
		return nil
	}
	text := strings.ToLower(a.last.Content.text)
	for i := range a.tools[:min(len(a.tools), maxToolNames)] {
		if strings.Contains(text, strings.ToLower(a.tools[i].Name)) {
			return &a.tools[i]
		}
	}
	if strings.Contains(text, "tool") {
		return &a.tools[0]
	}
	return nil
}
