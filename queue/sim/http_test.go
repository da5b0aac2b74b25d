package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

const hello = `{"model":"claude-opus-5-5","max_tokens":1024,"messages":[{"role":"user","content":"Hello"}]}`

// streamed is a body that asks for a stream.
var streamed = strings.Replace(hello, "{", `{"stream":true,`, 1)

// newRequest makes a request that a client would send; header is in pairs, and an
// empty value takes the header away.
func newRequest(t *testing.T, method, url, body string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-api-key", "sk-sim-acme-1")
	r.Header.Set("anthropic-version", "2023-06-01")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	return r
}

// do answers a request without a network.
func do(t *testing.T, h *Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, newRequest(t, method, "http://127.0.0.1"+path, body, header...))
	return w
}

// refusal checks that an answer has the API's error shape, and says what is in it.
func refusal(t *testing.T, w *http.Response, body []byte) (kind, message string) {
	t.Helper()
	var got struct {
		Type  string `json:"type"`
		Error struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"error"`
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	if got.Type != "error" || got.Error.Type == "" || got.Error.Message == "" {
		t.Errorf("got %s, want the API's error shape", body)
	}
	if id := w.Header.Get("request-id"); id == "" || got.RequestID != id {
		t.Errorf("request_id: got %q in the body and %q in the header, want the same", got.RequestID, id)
	}
	if got := w.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type: got %q, want application/json", got)
	}
	return got.Error.Type, got.Error.Message
}

func TestHandlerRefusesAsTheAPIDoes(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	const path = "/v1/messages"
	for _, c := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		kind, message            string
	}{
		{"no key", "POST", path, hello, []string{"x-api-key", ""}, 401, "authentication_error", "x-api-key header is required"},
		{"empty Bearer", "POST", path, hello, []string{"x-api-key", "", "Authorization", "Bearer "}, 401, "authentication_error", "x-api-key header is required"},
		{"other scheme", "POST", path, hello, []string{"x-api-key", "", "Authorization", "Basic abc"}, 401, "authentication_error", "x-api-key header is required"},
		{"no version", "POST", path, hello, []string{"anthropic-version", ""}, 400, "invalid_request_error", "anthropic-version: header is required"},
		{"bad version", "POST", path, hello, []string{"anthropic-version", "latest"}, 400, "invalid_request_error", `anthropic-version: "latest" is not a valid version for this API: 2023-06-01 and 2026-10-21 are`},
		{"unknown version", "POST", path, hello, []string{"anthropic-version", "2027-01-01"}, 400, "invalid_request_error", `anthropic-version: "2027-01-01" is not a valid version for this API: 2023-06-01 and 2026-10-21 are`},
		{"no path", "POST", "/", hello, nil, 404, "not_found_error", "Not found"},
		{"other path", "POST", "/v1/complete", hello, nil, 404, "not_found_error", "Not found"},
		{"path with a slash", "POST", "/v1/messages/", hello, nil, 404, "not_found_error", "Not found"},
		{"a batch", "GET", "/v1/messages/batches/b", "", nil, 404, "not_found_error", "Message batch not found: b"},
		{"a file", "GET", "/v1/files/f/content", "", nil, 404, "not_found_error", "File not found: f"},
		{"nothing of a batch", "GET", "/v1/messages/batches/b/costs", "", nil, 404, "not_found_error", "Not found"},
		{"a slash after a file", "GET", "/v1/files/f/", "", nil, 404, "not_found_error", "Not found"},
		{"below a model", "GET", "/v1/models/a/b", "", nil, 404, "not_found_error", "Not found"},
		{"method", "GET", path, "", nil, 405, "invalid_request_error", "Method not allowed"},
		{"method of models", "DELETE", "/v1/models", "", nil, 405, "invalid_request_error", "Method not allowed"},
		{"method of a count", "PUT", "/v1/messages/count_tokens", hello, nil, 405, "invalid_request_error", "Method not allowed"},
		{"unknown model", "POST", path, strings.Replace(hello, "opus", "otto", 1), nil, 404, "not_found_error", "model: claude-otto-5-5"},
		{"unknown model to count", "POST", path + "/count_tokens", strings.Replace(hello, "opus", "otto", 1), nil, 404, "not_found_error", "model: claude-otto-5-5"},
		{"unknown model to show", "GET", "/v1/models/claude-otto", "", nil, 404, "not_found_error", "model: claude-otto"},
		{"latency too long", "POST", path, hello, []string{"x-sim-latency", "61s"}, 400, "invalid_request_error", "x-sim-latency: must be a duration from 0s to 1m0s"},
		{"latency without unit", "POST", path, hello, []string{"x-sim-latency", "5"}, 400, "invalid_request_error", "x-sim-latency: must be a duration from 0s to 1m0s"},
		{"too many tokens", "POST", path, hello, []string{"x-sim-tokens", "10001"}, 400, "invalid_request_error", "x-sim-tokens: must be a number from 1 to 10000"},
		{"times without a name", "POST", path, hello, []string{"x-sim-error", "529*2"}, 400, "invalid_request_error", "x-sim-error: a number of times needs an x-sim-id of 1 to 200 bytes"},
		{"no times", "POST", path, hello, []string{"x-sim-error", "529*0", "x-sim-id", "a"}, 400, "invalid_request_error", "x-sim-error: the number of times must be from 1 to 1000"},
		{"stream error without stream", "POST", path, hello, []string{"x-sim-error", "stream-error"}, 400, "invalid_request_error", "x-sim-error: stream-error needs a streamed request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(t, h, c.method, c.path, c.body, c.header...)
			kind, message := refusal(t, w.Result(), w.Body.Bytes())
			if w.Code != c.status || kind != c.kind || message != c.message {
				t.Errorf("got %d %s: %s\nwant %d %s: %s", w.Code, kind, message, c.status, c.kind, c.message)
			}
			if got := w.Header().Get("x-paceline-simulated"); got != "true" {
				t.Errorf("x-paceline-simulated: got %q, want true", got)
			}
			if allow := w.Header().Get("Allow"); (c.status == 405) != (allow != "") {
				t.Errorf("Allow: got %q", allow)
			}
		})
	}
	if w := do(t, h, "POST", path, hello, "x-sim-error", "oops"); !strings.Contains(w.Body.String(), "slow-drip, spend_cap") {
		t.Errorf("unknown outcome: got %s, want it to list them", w.Body)
	}
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	id := regexp.MustCompile(`^req_[0-9a-f]{24}$`)
	seen := map[string]bool{}
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v1/messages", hello},
		{"POST", "/v1/messages", streamed},
		{"POST", "/v1/messages/count_tokens", hello},
		{"GET", "/v1/models", ""},
		{"GET", "/v1/models/claude-opus-5-5", ""},
		{"HEAD", "/v1/models", ""},
		{"GET", "/v1/messages/batches", ""},
		{"GET", "/v1/files", ""},
		{"POST", "/v1/messages", "{"},
	} {
		w := do(t, h, c.method, c.path, c.body)
		if want := c.body != "{"; (w.Code == 200) != want {
			t.Errorf("%s %s: got %d %s", c.method, c.path, w.Code, w.Body)
		}
		got := w.Header().Get("request-id")
		if !id.MatchString(got) || seen[got] {
			t.Errorf("%s %s: got request-id %q, want a new one", c.method, c.path, got)
		}
		seen[got] = true
		if w.Header().Get("x-paceline-simulated") != "true" || w.Header().Get("anthropic-organization-id") != "acme" {
			t.Errorf("%s %s: got %v", c.method, c.path, w.Header())
		}
	}
	if w := do(t, h, "GET", "/v1/files", ""); w.Body.String() != `{"data":[],"has_more":false,"first_id":null,"last_id":null,"next_page":null}` {
		t.Errorf("files: got %s, want an empty list", w.Body)
	}
}

func TestOrganizationIsThatOfTheKey(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	org := func(header ...string) string {
		w := do(t, h, "GET", "/v1/models", "", header...)
		if w.Code != 200 {
			t.Fatalf("%q: got %d %s", header, w.Code, w.Body)
		}
		return w.Header().Get("anthropic-organization-id")
	}
	for key, want := range map[string]string{
		"sk-sim-acme-1": "acme", "sk-sim-acme-other": "acme", "sk-sim-a.b_C9-": "a.b_C9",
	} {
		if got := org("x-api-key", key); got != want {
			t.Errorf("key %q: got organization %q, want %q", key, got, want)
		}
		if got := org("x-api-key", "", "Authorization", "Bearer "+key); got != want {
			t.Errorf("Bearer %q: got organization %q, want %q", key, got, want)
		}
	}
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	seen := map[string]string{}
	for _, key := range []string{
		"sk-ant-1", "sk-ant-2", "sk-sim-acme", "sk-sim--1", "sk-sim-a b-1", "sk-sim-ä-1",
		"sk-sim-" + strings.Repeat("x", 65) + "-1",
	} {
		got := org("x-api-key", key)
		if other, ok := seen[got]; ok || !uuid.MatchString(got) {
			t.Errorf("key %q: got organization %q (also of %q), want one of its own", key, got, other)
		}
		if again := org("x-api-key", key); again != got {
			t.Errorf("key %q: got organization %q and then %q, want the same", key, got, again)
		}
		seen[got] = key
	}
}

func TestModelPages(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	last := len(models) - 1
	for query, want := range map[string]string{
		"":                                   fmt.Sprint(models[0].id, " ", models[last].id, " false"),
		"?limit=2":                           fmt.Sprint(models[0].id, " ", models[1].id, " true"),
		"?limit=2&after_id=" + models[1].id:  fmt.Sprint(models[2].id, " ", models[3].id, " true"),
		"?limit=2&before_id=" + models[3].id: fmt.Sprint(models[1].id, " ", models[2].id, " true"),
		"?before_id=" + models[1].id:         fmt.Sprint(models[0].id, " ", models[0].id, " false"),
		"?after_id=" + models[last].id:       "  false",
		"?after_id=" + models[3].id + "&before_id=" + models[1].id: "  false",
		"?limit=0":           "400",
		"?limit=1001":        "400",
		"?limit=x":           "400",
		"?after_id=claude-x": "400",
		"?before_id=x":       "400",
	} {
		w := do(t, h, "GET", "/v1/models"+query, "")
		got := fmt.Sprint(w.Code)
		if w.Code == 200 {
			var p page[modelInfo]
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			first, last := "", ""
			if len(p.Data) > 0 {
				first, last = *p.FirstID, *p.LastID
				if p.Data[0].ID != first || p.Data[len(p.Data)-1].ID != last {
					t.Errorf("%q: got %s, want its ends named", query, w.Body)
				}
			}
			got = fmt.Sprint(first, " ", last, " ", p.HasMore)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
}

func TestUnknownFieldsAreFine(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	body := strings.Replace(hello, "{", `{"new":{"a":[1e999,{"b":null}]},"system":[{"type":"text","text":"x"}],"metadata":{"user_id":"u"},`, 1)
	if w := do(t, h, "POST", "/v1/messages", body, "anthropic-beta", "new-2027-01-01"); w.Code != 200 {
		t.Errorf("got %d %s, want 200", w.Code, w.Body)
	}
}

func TestBodyIsReadToItsEnd(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	for _, header := range [][]string{nil, {"x-sim-error", "529"}} {
		for _, body := range []string{hello, `{"model":5,` + strings.Repeat(" ", 1<<20) + `}`} {
			r := newRequest(t, "POST", "http://127.0.0.1/v1/messages", body, header...)
			h.ServeHTTP(httptest.NewRecorder(), r)
			if rest, _ := io.ReadAll(r.Body); len(rest) > 0 {
				t.Errorf("%q: %d bytes were left", header, len(rest))
			}
		}
	}
}
