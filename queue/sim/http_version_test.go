package sim

import (
	"strings"
	"testing"
)

// What one version of the API takes, and the other does not.
func TestVersionsDifferInWhatTheyTake(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	with := func(field string) string { return strings.Replace(hello, "{", "{"+field+",", 1) }
	said := func(messages string) string {
		return `{"model":"claude-opus-5-5","max_tokens":5,"messages":[` + messages + `,{"role":"user","content":"Hello"}]}`
	}
	const (
		removed   = ": Extra inputs are not permitted: the parameter was removed in 2026-10-21"
		document  = `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}}`
		citations = `{"type":"text","text":"x","citations":[{"type":"char_location"}]}`
	)
	for _, c := range []struct {
		name, body, refused string // by 2026-10-21; empty: not
	}{
		{"nothing special", hello, ""},
		{"temperature", with(`"temperature":1`), "temperature" + removed},
		{"top_p", with(`"top_p":0.9`), "top_p" + removed},
		{"top_k", with(`"top_k":5`), "top_k" + removed},
		{"null", with(`"temperature":null`), ""},
		{"in another object", with(`"metadata":{"temperature":1}`), ""},
		{"the assistant's document", said(`{"role":"assistant","content":[` + document + `]}`), "messages.0.content: a document block cannot stand in an assistant message"},
		{"the user's document", said(`{"role":"user","content":[` + document + `]}`), ""},
		{"the user's citations", said(`{"role":"user","content":[` + citations + `]}`), "messages.0.content: citations of a text block must be empty in a user message"},
		{"the assistant's citations", said(`{"role":"assistant","content":[` + citations + `]}`), ""},
		{"no citations", said(`{"role":"user","content":[{"type":"text","text":"x","citations":[]}]}`), ""},
		{"citations in a search result", said(`{"role":"user","content":[{"type":"search_result","citations":{"enabled":true},"content":[` + citations + `]}]}`),
			"messages.0.content: citations of a text block must be empty in a user message"},
		{"after many blocks", said(`{"role":"user","content":[` + strings.Repeat(`{"type":"text","text":"x"},`, 100) + citations + `]}`),
			"messages.0.content: citations of a text block must be empty in a user message"},
	} {
		for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens"} {
			t.Run(c.name+" "+path, func(t *testing.T) {
				if w := do(t, h, "POST", path, c.body, "anthropic-version", "2023-06-01"); w.Code != 200 {
					t.Errorf("2023-06-01: got %d %s, want 200", w.Code, w.Body)
				}
				w := do(t, h, "POST", path, c.body, "anthropic-version", "2026-10-21")
				if c.refused == "" {
					if w.Code != 200 {
						t.Errorf("2026-10-21: got %d %s, want 200", w.Code, w.Body)
					}
					return
				}
				kind, message := refusal(t, w.Result(), w.Body.Bytes())
				if w.Code != 400 || kind != "invalid_request_error" || message != c.refused {
					t.Errorf("2026-10-21: got %d %s: %s\nwant 400 %s", w.Code, kind, message, c.refused)
				}
			})
		}
	}
}

// The usage tells how the request was served, and one without tokens only warms the cache.
func TestUsageTellsHowARequestWasServed(t *testing.T) {
	const start, cache = `"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,`, `"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},`
	handlers := map[string]*Handler{"api": NewHandler(newAPI(t, 1, fast())), "account": accountHandler(t, DefaultAccountSettings())}
	for _, c := range []struct{ name, field, usage string }{
		{"usual", `"stream":false`, `"service_tier":"standard","inference_geo":"global","speed":"standard"}`},
		{"fast", `"speed":"fast"`, `"service_tier":"standard","inference_geo":"global","speed":"fast"}`},
		{"somewhere", `"inference_geo":"us"`, `"service_tier":"standard","inference_geo":"us","speed":"standard"}`},
	} {
		for name, h := range handlers {
			body := strings.Replace(hello, "{", "{"+c.field+",", 1)
			if got := do(t, h, "POST", "/v1/messages", body, "x-sim-tokens", "3", "x-sim-latency", "0s").Body.String(); !strings.Contains(got, start+cache+`"output_tokens":3,`+c.usage) {
				t.Errorf("%s by %s: got %s, want the usage to end in %s", c.name, name, got, c.usage)
			}
		}
	}
	for name, h := range handlers {
		for way, body := range map[string]string{"plain": hello, "streamed": streamed} {
			got := do(t, h, "POST", "/v1/messages", strings.Replace(body, "1024", "0", 1), "x-sim-latency", "0s").Body.String()
			if strings.Contains(got, "simulated answer") || !strings.Contains(got, `"stop_reason":"max_tokens"`) || !strings.Contains(got, `"output_tokens":0`) {
				t.Errorf("max_tokens 0, %s by %s: got %s, want no content and the end max_tokens", way, name, got)
			}
		}
	}
}
