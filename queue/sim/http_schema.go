package sim

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxSchema     = 64 << 10 // bytes; a longer schema is not read
	maxValues     = 256      // of an example
	maxDepth      = 8        // levels of it
	maxFields     = 32       // of one object of it
	maxItems      = 8        // of one list of it
	maxRunes      = 256      // of one string of it
	maxFixedValue = 1024     // bytes of a value from the schema
)

// schema is the part of JSON Schema that makes an example plausible.
type schema struct {
	Type       any               `json:"type"`
	Const      json.RawMessage   `json:"const"`
	Enum       []json.RawMessage `json:"enum"`
	Default    json.RawMessage   `json:"default"`
	Examples   []json.RawMessage `json:"examples"`
	Format     string            `json:"format"`
	Minimum    *float64          `json:"minimum"`
	Maximum    *float64          `json:"maximum"`
	MinLength  int               `json:"minLength"`
	MaxLength  *int              `json:"maxLength"`
	MinItems   int               `json:"minItems"`
	Items      json.RawMessage   `json:"items"`
	Properties object            `json:"properties"`
	AnyOf      []json.RawMessage `json:"anyOf"`
	OneOf      []json.RawMessage `json:"oneOf"`
	Ref        string            `json:"$ref"`
	Defs       object            `json:"$defs"`
}

type object map[string]json.RawMessage

// exampleInput returns a JSON object that follows a schema, empty where the schema
// says too little. Its cost is bounded even if the schema refers to itself.
func exampleInput(raw json.RawMessage) []byte {
	var root schema
	if len(raw) > maxSchema || json.Unmarshal(raw, &root) != nil {
		return []byte("{}")
	}
	m := exampleMaker{defs: root.Defs, left: maxValues}
	if fields, ok := m.value(&root, "", maxDepth).(map[string]any); ok {
		return encode(fields)
	}
	return []byte("{}")
}

// exampleMaker makes the values of an example.
type exampleMaker struct {
	defs object
	left int // number of further values that are allowed
}

// read makes a value for the schema in raw; nil if that is no schema.
func (m *exampleMaker) read(raw json.RawMessage, name string, depth int) any {
	var s schema
	if m.left--; m.left < 0 || depth == 0 || json.Unmarshal(raw, &s) != nil {
		return nil
	}
	return m.value(&s, name, depth)
}

func (m *exampleMaker) value(s *schema, name string, depth int) any {
	if given := s.fixedValue(); given != nil {
		return given
	}
	switch {
	case s.Ref != "":
		return m.read(m.defs[strings.TrimPrefix(s.Ref, "#/$defs/")], name, depth-1)
	case len(s.AnyOf) > 0:
		return m.read(s.AnyOf[0], name, depth-1)
	case len(s.OneOf) > 0:
		return m.read(s.OneOf[0], name, depth-1)
	}
	switch s.kind() {
	case "object":
		return m.object(s, depth)
	case "array":
		return m.array(s, name, depth)
	case "string":
		return s.text(name)
	case "integer", "number":
		return s.number()
	case "boolean":
		return true
	default:
		return nil
	}
}

func (m *exampleMaker) object(s *schema, depth int) any {
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	fields := map[string]any{}
	for _, name := range names[:min(len(names), maxFields)] {
		if len(name) <= maxFixedValue {
			fields[name] = m.read(s.Properties[name], name, depth-1)
		}
	}
	return fields
}

func (m *exampleMaker) array(s *schema, name string, depth int) any {
	items := []any{}
	if len(s.Items) == 0 {
		return items
	}
	for range min(max(s.MinItems, 1), maxItems) {
		items = append(items, m.read(s.Items, name, depth-1))
	}
	return items
}

// fixedValue returns a value that the schema itself has; nil if it has none.
func (s *schema) fixedValue() any {
	for _, values := range [][]json.RawMessage{{s.Const}, s.Enum, {s.Default}, s.Examples} {
		if len(values) > 0 && len(values[0]) > 0 && len(values[0]) <= maxFixedValue {
			return values[0]
		}
	}
	return nil
}

// kind is the type of the value: the first if there are several, object if there
// are properties and no type.
func (s *schema) kind() string {
	switch t := s.Type.(type) {
	case string:
		return t
	case []any:
		if len(t) > 0 {
			first, _ := t[0].(string)
			return first
		}
	}
	if len(s.Properties) > 0 {
		return "object"
	}
	return ""
}

func (s *schema) number() float64 {
	n := 1.0
	if s.Maximum != nil {
		n = min(n, *s.Maximum)
	}
	if s.Minimum != nil {
		n = max(n, *s.Minimum)
	}
	return n
}

func (s *schema) text(name string) string {
	switch s.Format {
	case "date":
		return "2026-11-23"
	case "date-time":
		return "2026-11-23T12:00:00Z"
	case "email":
		return "simulated@example.com"
	case "uri", "url":
		return "https://example.com/simulated"
	case "uuid":
		return "00000000-0000-4000-8000-000000000000"
	}
	runes := []rune(strings.TrimSpace("simulated " + name))
	text := string(runes[:min(len(runes), maxRunes)])
	if missing := min(s.MinLength, maxRunes) - utf8.RuneCountInString(text); missing > 0 {
		text += strings.Repeat(".", missing)
	}
	if s.MaxLength != nil && *s.MaxLength >= 0 && *s.MaxLength < utf8.RuneCountInString(text) {
		text = string([]rune(text)[:*s.MaxLength])
	}
	return text
}
