package sim

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"
)

// with returns the usual body with one field in another way.
func with(field, value string) string {
	fields := map[string]string{
		"model": `"claude-opus-5-5"`, "max_tokens": `10`, "messages": `[{"role":"user","content":"Hello"}]`,
	}
	fields[field] = value
	var b strings.Builder
	for name, value := range fields {
		if value != "" {
			b.WriteString(`,"` + name + `":` + value)
		}
	}
	return "{" + b.String()[1:] + "}"
}

func TestHostileBodies(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	const notJSON = "The request body is not valid JSON: "
	deep := strings.Repeat("[", 20_000)
	for _, c := range []struct{ name, body, message string }{
		{"nothing", "", notJSON + "it ends too early"},
		{"no JSON", "hello", notJSON + "invalid character 'h' looking for beginning of value"},
		{"list", "[]", "The request body is not a JSON object"},
		{"null", "null", "The request body is not a JSON object"},
		{"number", "17", "The request body is not a JSON object"},
		{"cut", hello[:len(hello)-1], notJSON + "it ends too early"},
		{"cut in the messages", hello[:len(hello)-10], notJSON + "it ends too early"},
		{"two", hello + hello, "The request body is not valid JSON: something follows the object"},
		{"rubbish behind", hello + "x", notJSON + "invalid character 'x' looking for beginning of value"},
		{"empty", "{}", "model: Field required"},
		{"no model", with("model", ""), "model: Field required"},
		{"null model", with("model", "null"), "model: Field required"},
		{"number as model", with("model", "5"), "model: Input should be a valid string"},
		{"other case", strings.Replace(hello, "model", "Model", 1), "model: Field required"},
		{"no max_tokens", with("max_tokens", ""), "max_tokens: Field required"},
		{"negative max_tokens", with("max_tokens", "-1"), "max_tokens: Input should be greater than or equal to 0"},
		{"fraction", with("max_tokens", "1.5"), "max_tokens: Input should be a valid integer"},
		{"huge number", with("max_tokens", "1e400"), "max_tokens: Input should be a valid integer"},
		{"long number", with("max_tokens", strings.Repeat("9", 100_000)), "max_tokens: Input should be a valid integer"},
		{"text as number", with("max_tokens", `"10"`), "max_tokens: Input should be a valid integer"},
		{"unknown speed", with("speed", `"slow"`), "speed: Input should be 'standard' or 'fast'"},
		{"text as stream", with("stream", `"true"`), "stream: Input should be a valid boolean"},
		{"no messages", with("messages", ""), "messages: Field required"},
		{"no message", with("messages", "[]"), "messages: Field required"},
		{"text as messages", with("messages", `"Hello"`), "messages: Input should be a valid list"},
		{"null as message", with("messages", `[null]`), "messages.0.role: Input should be 'user', 'assistant' or 'system'"},
		{"number as message", with("messages", `[5]`), "messages.0: Input should be a valid dictionary"},
		{"number as role", with("messages", `[{"role":5}]`), "messages.0.role: Input is of the wrong type"},
		{"other role", with("messages", `[{"role":"user","content":""},{"role":"tool"}]`), "messages.1.role: Input should be 'user', 'assistant' or 'system'"},
		{"no content", with("messages", `[{"role":"user"}]`), "messages.0.content: Input should be a valid string or list"},
		{"number as content", with("messages", `[{"role":"user","content":5}]`), "messages.0.content: Input should be a valid string or list"},
		{"numbers as blocks", with("messages", `[{"role":"user","content":[5]}]`), "messages.0.content: Input should be a valid string or list"},
		{"too many messages", with("messages", "["+strings.Repeat(`{"role":"user","content":""},`, maxMessages)+"5]"), "messages: List should have at most 100000 items"},
		{"deep", deep, "The request body is not a JSON object"},
		{"deep field", with("x", deep), notJSON + "invalid character '[' exceeded max depth"},
		{"deep content", with("messages", `[{"role":"user","content":`+deep), notJSON + "invalid character '[' exceeded max depth"},
		{"text as tools", with("tools", `"x"`), "tools: Input should be a valid list"},
		{"tool without name", with("tools", `[{"name":"a"},{}]`), "tools.1.name: Field required"},
		{"number as tool's name", with("tools", `[{"name":5}]`), "tools.0.name: Input is of the wrong type"},
		{"choice of nothing", with("tool_choice", `{"type":"any"}`), "tool_choice: tools must be given, too"},
		{"choice of another", with("tools", `[{"name":"a"}],"tool_choice":{"type":"tool","name":"b"}`), "tool_choice.name: there is no tool of this name"},
		{"unknown choice", with("tool_choice", `{"type":"all"}`), "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'"},
		{"text as choice", with("tool_choice", `"any"`), "tool_choice: Input should be a valid dictionary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(t, h, "POST", "/v1/messages", c.body)
			kind, message := refusal(t, w.Result(), w.Body.Bytes())
			if w.Code != 400 || kind != "invalid_request_error" || message != c.message {
				t.Errorf("got %d %s: %s\nwant %s", w.Code, kind, message, c.message)
			}
		})
	}
}

func TestOddBodiesAreServed(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	for name, body := range map[string]string{
		"space around":            " \n" + hello + "\n ",
		"blocks":                  with("messages", `[{"role":"user","content":[{"type":"image","source":{"data":"`+strings.Repeat("A", 5<<20)+`"}},{"type":"text","text":"x"}]}]`),
		"text that is no text":    with("messages", `[{"role":"user","content":[{"type":7,"text":{"a":1}}]}]`),
		"many blocks":             with("messages", `[{"role":"user","content":[`+strings.Repeat(`{},`, 10_000)+`{}]}]`),
		"bytes that are no UTF-8": with("messages", "[{\"role\":\"user\",\"content\":\"\xff\xfe\"}]"),
		"twice the same":          strings.Replace(hello, "{", `{"model":"nothing",`, 1),
		"tool set without name":   with("tools", `[{"type":"mcp_toolset"},{"name":"a"}]`),
		"schema of nonsense":      with("tools", `[{"name":"a","input_schema":5}],"tool_choice":{"type":"any"}`),
	} {
		if w := do(t, h, "POST", "/v1/messages", body); w.Code != 200 {
			t.Errorf("%s: got %d %s, want 200", name, w.Code, w.Body)
		}
	}
}

// padded is a body of any length that is never held in memory.
func padded(n int64) io.Reader {
	const before, after = `{"pad":"`, `",`
	pad := io.LimitReader(letters{}, n-int64(len(before)+len(after)+len(hello)-1))
	return io.MultiReader(strings.NewReader(before), pad, strings.NewReader(after+hello[1:]))
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestBodiesOver32MBAreRefused(t *testing.T) {
	t.Parallel()
	_, url := serve(t, fast())
	for _, c := range []struct {
		name   string
		size   int64
		length bool // says so in advance
		status int
	}{
		{"just as large as may be", maxBody, true, 200},
		{"a byte more", maxBody + 1, true, 413},
		{"a byte more, in chunks", maxBody + 1, false, 413},
		{"twice as large", 2 * maxBody, true, 413},
	} {
		r := newRequest(t, "POST", url+"/v1/messages", "", "x-sim-latency", "0s")
		r.Body, r.ContentLength = io.NopCloser(padded(c.size)), -1
		if c.length {
			r.ContentLength = c.size
		}
		w, err := httpClient(t).Do(r)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		body, _ := io.ReadAll(w.Body)
		_ = w.Body.Close()
		if w.StatusCode != c.status {
			t.Fatalf("%s: got %d %s, want %d", c.name, w.StatusCode, body, c.status)
		}
		if c.status == 413 {
			if kind, _ := refusal(t, w, body); kind != "request_too_large" {
				t.Errorf("%s: got %s, want request_too_large", c.name, kind)
			}
		}
	}
}

// A client that sends everything before it looks for the answer finds it.
func TestTooLargeBodyIsTakenBeforeItIsRefused(t *testing.T) {
	_, url := serve(t, fast())
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	r := newRequest(t, "POST", url+"/v1/messages", "")
	r.Body, r.ContentLength = io.NopCloser(padded(maxBody+1)), maxBody+1
	if err := r.Write(conn); err != nil {
		t.Fatalf("send: %v", err)
	}
	w, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil || w.StatusCode != 413 {
		t.Errorf("got %v, %v, want 413", w, err)
	}
	if err == nil {
		_ = w.Body.Close()
	}
}

// FuzzBody looks for a body that takes the handler down or makes it answer what
// is no JSON.
func FuzzBody(f *testing.F) {
	f.Add([]byte(hello))
	f.Add([]byte(streamed))
	f.Add([]byte(with("tools", `[{"name":"a","input_schema":{"type":"object","properties":{"x":{"$ref":"#/$defs/y"}},"$defs":{"y":{"enum":["é"]}}}}],"tool_choice":{"type":"any"}`)))
	f.Add([]byte(with("messages", `[{"role":"user","content":[{"type":"text","text":"tool"},{"type":"tool_result"}]}]`)))
	f.Add([]byte(`{"max_tokens":1e5,"messages":[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		h := NewHandler(newAPI(t, 1, fast()))
		w := httptest.NewRecorder()
		r := newRequest(t, "POST", "http://127.0.0.1/v1/messages", "", "x-sim-latency", "0s")
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(w, r)
		switch {
		case w.Code == 400 || w.Code == 404:
			refusal(t, w.Result(), w.Body.Bytes())
		case w.Code != 200:
			t.Errorf("got %d %s", w.Code, w.Body)
		case !utf8.Valid(w.Body.Bytes()) || !strings.Contains(w.Body.String(), `"usage"`):
			t.Errorf("got %q", w.Body)
		}
	})
}
