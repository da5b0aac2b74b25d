package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"paceline/queue/gateway"
)

// parrot is an upstream that answers with what it was asked.
func parrot(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.RequestURI(), len(body))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What the gateway does not know of the API goes through with the client's own key, at once.
func TestTheRestOfTheAPIPassesThrough(t *testing.T) {
	r := newRig(t, parrot(t), unspaced())
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/v1/skills?beta=true", ""},
		{"POST", "/v1/agents", `{"name":"a"}`},
		{"GET", "/v1/sessions/sesn_1/events/stream", ""},
		{"PUT", "/v1/what/comes-next/x%20y", "{}"},
		{"DELETE", "/v1/skills/skill_1", ""},
		{"QUERY", "/v1/what_comes_next", "{}"},
		{"OPTIONS", "/v1/files", ""},
		{"GET", "/v1/messages", ""},
		{"PUT", "/v1/messages", hello},
		{"POST", "/v1/models", "{}"},
		{"POST", "/v1/messages/count_tokens/x", "{}"},
		{"POST", "/v1/skills", strings.Repeat("file", 200_000)},
	} {
		a := send(t.Context(), t, c.method, r.url+c.path, strings.NewReader(c.body))
		if want := fmt.Sprintf("%s %s %d", c.method, c.path, len(c.body)); a.status != 200 || a.body != want || a.header.Get("X-Paceline-Lane") != "unpaced" {
			t.Errorf("%s %s: got %d %.100q %v, want %q", c.method, c.path, a.status, a.body, a.header, want)
		}
	}
	for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens", "/v1/skills", "/v1/messages/batches"} {
		if a := send(t.Context(), t, "HEAD", r.url+path, nil); a.status != 200 || a.header.Get("X-Paceline-Refused") != "" {
			t.Errorf("HEAD %s: got %d %v", path, a.status, a.header)
		}
	}
	if m := r.queue.Report().Metrics; m.TotalRequests != 0 {
		t.Errorf("the queue counts %d, want none", m.TotalRequests)
	}
}

// A message waits its turn by whatever address it comes, and only then.
func TestMessagesArePacedByWhateverAddress(t *testing.T) {
	url := simulated(t)
	for _, base := range []string{"", "/v1"} {
		r := newRig(t, url+base, unspaced())
		for i, path := range []string{
			"/v1/messages", "//v1/messages", "/v1/messages/", "/v1/messages?beta=true", "/v1/v1/messages", "/anthropic/v1/messages", "/v1//messages//", "/v1/%6dessages",
		} {
			if a := r.post(path, hello, "X-Sim-Error", "none"); a.status != 200 {
				t.Errorf("%s: got %d %s", path, a.status, a.body)
			}
			if m := r.queue.Report().Metrics; m.TotalRequests != int64(i+1) {
				t.Errorf("%s: the queue counts %d, want %d", path, m.TotalRequests, i+1)
			}
		}
	}
}

// With the key that all tokens share, what is not known is for admins.
func TestTheRestOfTheAPIIsForAdminsOnASharedKey(t *testing.T) {
	roles := func(o *gateway.Options) {
		o.Key = "sk-own"
		o.Caller = func(r *http.Request) gateway.Caller {
			who := r.Header.Get("X-Test-Token")
			return gateway.Caller{Token: who, Admin: who == "ops", Operator: who == "ops" || who == "first"}
		}
	}
	r := newRig(t, parrot(t), unspaced(), roles)
	for _, c := range []struct {
		token, method, path string
		status              int
	}{
		{"team", "GET", "/v1/skills", 403},
		{"team", "POST", "/v1/what-comes-next", 403},
		{"team", "GET", "//v1/v1/organizations/x", 403},
		{"team", "GET", "/v1/messages", 403},
		{"team", "DELETE", "/v1/models/x", 403},
		{"team", "HEAD", "/v1/messages", 200},
		{"team", "GET", "/v1/models", 200},
		{"team", "POST", "/v1/messages/count_tokens", 200},
		{"ops", "GET", "/v1/skills", 200},
		{"ops", "DELETE", "/v1/models/x", 200},
		{"first", "POST", "/v1/skills", 200}, // every token, before an admin's was made
	} {
		a := send(t.Context(), t, c.method, r.url+c.path, nil, "X-Test-Token", c.token)
		if a.status != c.status {
			t.Errorf("%s, %s %s: got %d %s, want %d", c.token, c.method, c.path, a.status, a.body, c.status)
		}
		if c.status == 403 && (apiErrorType(a.body) != "permission_error" || a.header.Get("X-Paceline-Refused") != "admin" || !strings.Contains(a.body, "--admin")) {
			t.Errorf("%s %s: got %s %v, want a permission_error that says what helps", c.method, c.path, a.body, a.header)
		}
	}
	if a := newRig(t, parrot(t), unspaced(), ownKey).post("/v1/skills", "{}"); a.status != 200 {
		t.Errorf("without tokens: got %d %s", a.status, a.body)
	}
}

// A client of another API is told what to set.
func TestStrayClientsAreToldWhatWouldWork(t *testing.T) {
	r := newRig(t, parrot(t), unspaced())
	for path, want := range map[string]string{
		"/model/anthropic.claude-v2%3A1/invoke":                                          "CLAUDE_CODE_USE_BEDROCK",
		"/model/x/invoke-with-response-stream":                                           "ANTHROPIC_BASE_URL",
		"/v1/projects/p/locations/l/publishers/anthropic/models/claude-5:rawPredict":     "CLAUDE_CODE_USE_VERTEX",
		"/projects/p/locations/l/publishers/anthropic/models/claude-5:streamRawPredict":  "ANTHROPIC_BASE_URL",
		"/v1/v1/projects/p/locations/l/publishers/anthropic/models/claude-5:rawPredict/": "Vertex",
		"/messages":         "has to end in it",
		"/chat/completions": "/v1/messages",
		"/v1":               "/v1/messages",
	} {
		u, err := http.NewRequest("POST", r.url+path, nil) //nolint:noctx // it is not sent
		if err != nil || !gateway.Handles(u.URL) {
			t.Errorf("%s is not the gateway's, %v", path, err)
		}
		a := r.post(path, hello)
		if a.status != 404 || apiErrorType(a.body) != "not_found_error" || !strings.Contains(a.body, want) || a.header.Get("X-Should-Retry") != "false" {
			t.Errorf("%s: got %d %s, want 404 with %q", path, a.status, a.body, want)
		}
	}
}

// told are the figures of the routes, as lines.
func (r *rig) told() (lines []string) {
	r.gateway.EachRoute(func(route, status string, n int64) { lines = append(lines, fmt.Sprintf("%s %s %d", route, status, n)) })
	return lines
}

func TestRequestsAreCountedByRoute(t *testing.T) {
	url, _ := recorder(t, okay)
	r := newRig(t, url, unspaced())
	for range 2 {
		r.post("/v1/messages", hello)
	}
	r.post("//v1/messages/", hello, "X-Paceline-Priority", "now") // refused
	r.post("/v1/messages/count_tokens", hello)
	r.post("/v1/skills/x", "{}")
	r.post("/v1/what-comes-next", "{}")
	r.post("/v1/what-else", "{}")
	r.post("/v1/../secret", "{}")
	r.post("/model/x/invoke", "{}")
	send(t.Context(), t, "TRACE", r.url+"/v1/files", nil)
	r.post("/api/between/chat", "{}")
	want := []string{
		"chat 4xx 1", "count_tokens 2xx 1", "files 4xx 1", "messages 2xx 2", "messages 4xx 1", "other 2xx 2", "skills 2xx 1", "unknown 4xx 2",
	}
	eventually(t, "all are counted", func() bool { return slices.Equal(r.told(), want) })
	if text := r.log.String(); !strings.Contains(text, `"path":"/v1/skills/x","route":"skills"`) {
		t.Errorf("the log has no route: %s", text)
	}
}

// A client that leaves is neither a success nor a mistake.
func TestClientsThatLeaveAreCountedApart(t *testing.T) {
	here := make(chan struct{})
	inHostileBubble(t, unspaced(), func(w *wire) {
		if _, ok := w.request(); ok {
			close(here)
			_, _ = io.Copy(io.Discard, w.in)
		}
	}, func(b *hostileBubble) {
		ctx, leave := context.WithCancel(b.Context())
		wait := b.background(func() { b.askWith(ctx, "GET", "/v1/sessions", "") })
		<-here
		leave()
		wait()
		b.counts()
		var told []string
		b.gateway.EachRoute(func(route, status string, n int64) { told = append(told, fmt.Sprint(route, " ", status, " ", n)) })
		if !slices.Equal(told, []string{"sessions cancelled 1"}) {
			t.Errorf("counted %q", told)
		}
	})
}

// A batch counts as many requests as it holds, to the token that made it, once the API has
// taken it.
func TestBatchesAreCountedToTheirToken(t *testing.T) {
	_, url := newStore(t)
	r := newRig(t, url, unspaced(), onOwnKey)
	const path = "/v1/messages/batches"
	two := `{"x":[{},{}],"requests":[{"custom_id":"a","params":{"messages":[{"role":"user","content":"{"}]}}, {"custom_id":"b","params":{}}]}`
	r.as("team", "POST", path, two)
	r.as("team", "POST", path+"/", two)
	r.as("guest", "POST", path, `{"requests":[{"custom_id":"`+strings.Repeat("x", 20_000)+`"}]}`)
	r.as("guest", "POST", path, `{"requests":[{},{},{}],"requests":[{}]}`) // the last field counts, as for the API
	r.as("ops", "POST", path, `no JSON`)
	r.as("ops", "POST", path+"/msgbatch_0/cancel", two)
	r.as("ops", "POST", "/v1/files", two)
	var told []string
	r.gateway.EachBatchToken(func(token string, n int64) { told = append(told, fmt.Sprint(token, " ", n)) })
	if want := []string{"guest 2", "team 4"}; !slices.Equal(told, want) {
		t.Errorf("counted %q, want %q", told, want)
	}
	eventually(t, "the log has the number", func() bool { return strings.Contains(r.log.String(), `"batchRequests":2,"token":"team"`) })

	refuses, _ := recorder(t, "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}")
	r = newRig(t, refuses, unspaced())
	r.post(path, two)
	r.gateway.EachBatchToken(func(token string, n int64) {
		t.Errorf("%d requests of %q are counted, which the API has refused", n, token)
	})
}

// panics is a transport that does.
type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("a mistake of ours") }

// A mistake of ours is an answer that a client understands, and a trouble that the operator
// is told of.
func TestPanicIsAnAnswer(t *testing.T) {
	r := newRig(t, parrot(t), unspaced(), func(o *gateway.Options) { o.Transport = panics{} })
	for _, path := range []string{"/v1/messages", "/v1/messages/count_tokens", "/v1/skills", "/v1/files"} {
		a := r.post(path, hello)
		if a.status != 500 || apiErrorType(a.body) != "api_error" || a.header.Get("X-Paceline-Refused") != "panic" || strings.Contains(a.body, "mistake") {
			t.Errorf("%s: got %d %s %v", path, a.status, a.body, a.err)
		}
	}
	found := false
	for _, trouble := range r.queue.Troubles() {
		found = found || trouble.Part == "gateway" && trouble.Count == 3 && strings.Contains(trouble.Reason, "a mistake of ours")
	}
	if !found {
		t.Errorf("the troubles are %+v", r.queue.Troubles())
	}
}
