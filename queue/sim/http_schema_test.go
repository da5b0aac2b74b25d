package sim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestMadeUpInputFollowsTheSchema(t *testing.T) {
	for _, c := range []struct{ schema, want string }{
		{``, `{}`},
		{`5`, `{}`},
		{`{"type":"string"}`, `{}`},
		{`{"type":"object"}`, `{}`},
		{`{"properties":{"city":{"type":"string"}}}`, `{"city":"simulated city"}`},
		{`{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"boolean"}}}`, `{"a":true,"b":1}`},
		{`{"properties":{"n":{"type":"number","minimum":2.5},"m":{"type":"integer","maximum":-3}}}`, `{"m":-3,"n":2.5}`},
		{`{"properties":{"e":{"enum":["x","y"]},"c":{"const":7},"d":{"default":{"k":1}},"x":{"examples":["z"]}}}`, `{"c":7,"d":{"k":1},"e":"x","x":"z"}`},
		{`{"properties":{"l":{"type":"array","items":{"type":"string"},"minItems":2},"m":{"type":"array"}}}`, `{"l":["simulated l","simulated l"],"m":[]}`},
		{`{"properties":{"t":{"type":["string","null"]},"u":{"anyOf":[{"type":"boolean"},{}]},"v":{"oneOf":[{"type":"null"}]}}}`, `{"t":"simulated t","u":true,"v":null}`},
		{`{"properties":{"p":{"$ref":"#/$defs/q"}},"$defs":{"q":{"properties":{"r":{"type":"string","format":"date"}}}}}`, `{"p":{"r":"2026-11-23"}}`},
		{`{"properties":{"s":{"type":"string","maxLength":3},"l":{"type":"string","minLength":13}}}`, `{"l":"simulated l..","s":"sim"}`},
		{`{"properties":{"s":true,"l":{"$ref":"#/$defs/none"}}}`, `{"l":null,"s":null}`},
		{`{"properties":{"s":{"type":"string","maxLength":-3,"minLength":-1}}}`, `{"s":"simulated s"}`},
	} {
		got := exampleInput(json.RawMessage(c.schema))
		if string(got) != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.schema, got, c.want)
		}
	}
}

// A schema that refers to itself in each of many fields must not make an input of
// billions of values.
func TestMadeUpInputIsBounded(t *testing.T) {
	var fields []string
	for i := range 100 {
		fields = append(fields, fmt.Sprintf(`"f%d":{"$ref":"#/$defs/self"}`, i))
	}
	self := `{"type":"object","properties":{` + strings.Join(fields, ",") + `}}`
	list := `{"type":"array","minItems":1000000,"items":{"$ref":"#/$defs/list"}}`
	for name, schema := range map[string]string{
		"itself in each field": self[:len(self)-1] + `,"$defs":{"self":` + self + `}}`,
		"lists of lists":       `{"properties":{"a":` + list + `},"$defs":{"list":` + list + `}}`,
		"long names":           `{"properties":{"` + strings.Repeat("x", 10_000) + `":{"type":"string"}}}`,
		"long strings":         `{"properties":{"a":{"type":"string","minLength":1000000000}}}`,
		"long values":          `{"properties":{"a":{"const":"` + strings.Repeat("x", 10_000) + `"}}}`,
		"long at all":          `{"properties":{"a":{"x":"` + strings.Repeat("x", maxSchema) + `"}}}`,
	} {
		if got := exampleInput(json.RawMessage(schema)); len(got) > 8<<10 || !json.Valid(got) {
			t.Errorf("%s: got %d bytes, want few", name, len(got))
		}
	}
}

func TestRequestsForATool(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	const tools = `,"tools":[{"name":"first"},{"name":"second"}]`
	for _, c := range []struct{ messages, more, want string }{
		{`[{"role":"user","content":"Hello"}]`, tools, ""},
		{`[{"role":"user","content":"Use a Tool"}]`, tools, "first"},
		{`[{"role":"user","content":"Use a tool"}]`, "", ""},
		{`[{"role":"user","content":"Ask SECOND"}]`, tools, "second"},
		{`[{"role":"user","content":[{"type":"text","text":"use a tool"}]}]`, tools, "first"},
		{`[{"role":"user","content":"a tool"},{"role":"user","content":"Hello"}]`, tools, ""},
		{`[{"role":"user","content":[{"type":"tool_result"},{"type":"text","text":"of the tool"}]}]`, tools, ""},
		{`[{"role":"user","content":"Hello"}]`, tools + `,"tool_choice":{"type":"any"}`, "first"},
		{`[{"role":"user","content":"Hello"}]`, tools + `,"tool_choice":{"type":"tool","name":"second"}`, "second"},
		{`[{"role":"user","content":"Use a tool"}]`, tools + `,"tool_choice":{"type":"none"}`, ""},
	} {
		w := do(t, h, "POST", "/v1/messages", with("messages", c.messages+c.more))
		var got message
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		called := got.Content[len(got.Content)-1].Name
		if called != c.want {
			t.Errorf("%s%s: calls %q, want %q", c.messages, c.more, called, c.want)
		}
		if forced := strings.Contains(c.more, `"any"`) || strings.Contains(c.more, `"second"}}`); forced && len(got.Content) != 1 {
			t.Errorf("%s%s: got %d blocks, want the call alone", c.messages, c.more, len(got.Content))
		}
	}
}
