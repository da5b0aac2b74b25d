package gateway

import (
	"cmp"
	"encoding/json"
	"io"
)

// chatRequest is what clients of the chat route send. Other fields have nothing
// to do with a queue, and are ignored.
type chatRequest struct {
	Message string          `json:"message"`
	Input   string          `json:"input"`
	UserID  string          `json:"userId"`
	Voice   truth           `json:"isVoiceMode"`
	History json.RawMessage `json:"conversationHistory"`

	stream bool
}

// truth is a field that is true or not; what is neither is not.
type truth bool

// UnmarshalJSON takes any value.
func (t *truth) UnmarshalJSON(b []byte) error {
	*t = string(b) == "true"
	return nil
}

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// chatCall is what the API is asked on behalf of a chatRequest.
type chatCall struct {
	Model     string        `json:"model"`
	MaxTokens int           `json:"max_tokens"`
	System    string        `json:"system,omitempty"`
	Messages  []chatMessage `json:"messages"`
	Stream    bool          `json:"stream,omitempty"`
}

// parseChat reads the request; false if a required field is missing.
func parseChat(b *body) (chatRequest, bool) {
	var asked chatRequest
	text, err := io.ReadAll(b.reader())
	if err != nil || json.Unmarshal(text, &asked) != nil {
		return asked, false
	}
	asked.Message = cmp.Or(asked.Message, asked.Input)
	return asked, asked.Message != "" && asked.UserID != ""
}

// messages are the conversation until now and the new message. An entry that has
// no text of a user or an assistant is left out.
func (asked *chatRequest) messages() []chatMessage {
	var entries []json.RawMessage
	_ = json.Unmarshal(asked.History, &entries) // a history that is none is none
	var list []chatMessage
	for _, entry := range entries {
		var m chatMessage
		if json.Unmarshal(entry, &m) != nil || m.Content == "" {
			continue
		}
		if m.Role == "user" || m.Role == "assistant" && len(list) > 0 { // the first is a user's
			list = append(list, m)
		}
	}
	return append(list, chatMessage{Role: "user", Content: asked.Message})
}
