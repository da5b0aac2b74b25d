package gateway

import "encoding/json"

// peek reads on the way what order and pace need of a request's body: four
// fields of the outermost object, and how much of it is files and no text. What
// is not JSON has no fields, and the API says so. The zero peek is at the
// beginning.
type peek struct {
	model     string
	user      string // metadata.user_id
	stream    bool
	maxTokens int // zero if it is not told, or is no number of tokens

	fields
}

// Write implements io.Writer. It never fails.
func (p *peek) Write(b []byte) (int, error) {
	p.scan(b, p)
	return len(b), nil
}

// wants implements fieldReader.
func (p *peek) wants(key []byte) string {
	switch string(key) {
	case "model":
		return "model"
	case "stream":
		return "stream"
	case "metadata":
		return "metadata"
	case "max_tokens":
		return "max_tokens"
	default:
		return ""
	}
}

// value implements fieldReader.
func (p *peek) value(key string, raw []byte) {
	switch key {
	case "model":
		p.model = textOf(raw)
	case "stream":
		p.stream = string(raw) == "true"
	case "metadata":
		var m metadata
		var f fields
		f.scan(raw, &m)
		p.user = m.user
	case "max_tokens":
		p.maxTokens, _ = number(raw)
	}
}

// metadata finds the user in the value of metadata.
type metadata struct{ user string }

// wants implements fieldReader.
func (m *metadata) wants(key []byte) string {
	if string(key) == "user_id" {
		return "user_id"
	}
	return ""
}

// value implements fieldReader.
func (m *metadata) value(_ string, raw []byte) { m.user = textOf(raw) }

// textOf returns a JSON string's text; empty for anything else.
func textOf(b []byte) string {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return ""
	}
	return s
}
