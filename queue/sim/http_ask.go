package sim

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
)

const (
	maxBlocks  = 64      // of one message that are looked at
	enoughText = 4 << 10 // bytes of a message's text that are looked at
	mostNamed  = 32      // tools that are looked for in a text

	unset = math.MinInt64 // max_tokens where there is none
)

// ask is what is read of the body of a request. The rest is as good as unknown.
type ask struct {
	model      model
	modelName  string // as it was asked for
	maxTokens  int64
	stream     bool
	tools      []tool
	choice     choice
	last       turn // the last message
	messages   int
	inputBytes int64 // of messages, system and tools
}

type tool struct {
	Type   string          `json:"type"`
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"input_schema"`
}

type choice struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

type turn struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

// content is the content of a message: the beginning of its text, and whether it
// brings the result of a tool. Its size does not depend on what was sent.
type content struct {
	text    string
	results bool
	known   bool // a string or a list
}

// UnmarshalJSON takes any value; what is neither string nor list stays unknown.
func (c *content) UnmarshalJSON(data []byte) error {
	*c = content{}
	switch data[0] {
	case '"':
		c.known = true
		return json.Unmarshal(data, (*clip)(&c.text))
	case '[':
		var blocks [maxBlocks]struct {
			Type clip `json:"type"`
			Text clip `json:"text"`
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

// clip is the beginning of a string; any other value is empty.
type clip string

// UnmarshalJSON takes any value.
func (c *clip) UnmarshalJSON(data []byte) error {
	*c = ""
	if data[0] != '"' {
		return nil
	}
	if len(data) > enoughText {
		*c = clip(strings.ToValidUTF8(string(data[1:enoughText]), "")) // escapes stay escaped
		return nil
	}
	return json.Unmarshal(data, (*string)(c))
}

func (t turn) check(at int) error {
	switch {
	case t.Role != "user" && t.Role != "assistant" && t.Role != "system":
		return bad("messages.%d.role: Input should be 'user', 'assistant' or 'system'", at)
	case !t.Content.known:
		return bad("messages.%d.content: Input should be a valid string or list", at)
	}
	return nil
}

// check says what is missing for a message to one of these models, or with counting
// set, for a count.
func (a *ask) check(among []model, counting bool) *problem {
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
	return a.checkChoice()
}

func (a *ask) checkChoice() *problem {
	switch a.choice.Type {
	case "", "auto", "none":
		return nil
	case "any", "tool":
		if len(a.tools) == 0 {
			return invalid("tool_choice: tools must be given, too")
		}
		if a.choice.Type == "tool" && a.chosen() == nil {
			return invalid("tool_choice.name: there is no tool of this name")
		}
		return nil
	default:
		return invalid("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")
	}
}

// inputTokens is a rough estimate of the tokens of a request: a quarter of its
// bytes.
func (a *ask) inputTokens() int { return int(a.inputBytes/4) + 1 }

// chosen returns the tool that tool_choice names; nil if there is none.
func (a *ask) chosen() *tool {
	at := slices.IndexFunc(a.tools, func(t tool) bool { return t.Name == a.choice.Name })
	if at < 0 {
		return nil
	}
	return &a.tools[at]
}

// calls returns the tool that the answer calls, nil for none: the one that
// tool_choice wants, else the first one if the last message speaks of a tool or
// names one. Who brings a tool's result gets an answer in words.
func (a *ask) calls() *tool {
	switch {
	case len(a.tools) == 0 || a.choice.Type == "none":
		return nil
	case a.choice.Type == "tool":
		return a.chosen()
	case a.choice.Type == "any":
		return &a.tools[0]
	case a.last.Content.results:
		return nil
	}
	text := strings.ToLower(a.last.Content.text)
	for i := range a.tools[:min(len(a.tools), mostNamed)] {
		if strings.Contains(text, strings.ToLower(a.tools[i].Name)) {
			return &a.tools[i]
		}
	}
	if strings.Contains(text, "tool") {
		return &a.tools[0]
	}
	return nil
}
