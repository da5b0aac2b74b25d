package gateway

import (
	"cmp"
	"encoding/json"
	"io"
)

// chatRequest is the body of a request for the chat route. Other fields are
// ignored.
type chatRequest struct {
	Message string          `json:"message"`
	Input   string          `json:"input"`
	UserID  string          `json:"userId"`
	Voice   looseBool       `json:"isVoiceMode"`
	History json.RawMessage `json:"conversationHistory"`

	stream bool
}

// looseBool is true for the JSON value true, and false for any other value.
type looseBool bool

// UnmarshalJSON takes any value.
func (t *looseBool) UnmarshalJSON(b []byte) error {
	*t = string(b) == "true"
	return nil
}

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// chatUpstreamRequest is the body of the upstream request for a chatRequest.
type chatUpstreamRequest struct {
	Model     string        `json:"model"`
	MaxTokens int           `json:"max_tokens"`
	System    string        `json:"system,omitempty"`
	Messages  []chatMessage `json:"messages"`
	Stream    bool          `json:"stream,omitempty"`
}

// parseChat parses the request; false if a required field is missing.
func parseChat(b *body) (chatRequest, bool) {
	var asked chatRequest
	text, err := io.ReadAll(b.reader())
	if err != nil || json.Unmarshal(text, &asked) != nil {
		return asked, false
	}
	asked.Message = cmp.Or(asked.Message, asked.Input)
	return asked, asked.Message != "" && asked.UserID != ""
}

// messages are the conversation so far and the new message. Entries without text of
// a user or an assistant are left out.
func (asked *chatRequest) messages() []chatMessage {
	var entries []json.RawMessage
	_ = json.Unmarshal(asked.History, &entries) // an invalid history is empty
	var list []chatMessage
	for _, entry := range entries {
		var m chatMessage
		if json.Unmarshal(entry, &m) != nil || m.Content == "" {
			continue
		}
		if m.Role == "user" || m.Role == "assistant" && len(list) > 0 { // the first must be a user's
			list = append(list, m)
		}
	}
	return append(list, chatMessage{Role: "user", Content: asked.Message})
}
