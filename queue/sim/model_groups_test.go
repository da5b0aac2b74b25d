package sim

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestModelGroups(t *testing.T) {
	g := DefaultModelGroups()
	for model, want := range map[string]string{
		"claude-opus-5-5": "opus-5.5", "claude-opus-5": "opus-5", "claude-opus-4-8": "opus-4.x", "claude-opus-4-5-20251101": "opus-4.x",
		"claude-sonnet-4-5-20250929": "sonnet-4.x", "claude-fable-5-1": "fable-5.x", "claude-mythos-5": "mythos-5.x",
		"claude-saga-1": "claude-saga-1", "claude-saga-1-20270101": "claude-saga-1", "opus-4": "opus-4", "": "",
	} {
		if got := g.Of(model); got != want {
			t.Errorf("%q: got %q, want %q", model, got, want)
		}
	}
	if got := strings.Join(g.In("sonnet-4.x"), " "); got != "claude-sonnet-4-5 claude-sonnet-4-6" || g.In("saga") != nil {
		t.Errorf("in sonnet-4.x: got %q", got)
	}
	if !g.Has("claude-opus-4-5-20251101") || g.Has("claude-saga-1") || g.Has("") {
		t.Error("a model is in a group without its date, and another is in none")
	}
	for _, m := range models {
		if g[m.id] == "" {
			t.Errorf("%s is in no group", m.id)
		}
	}
	if got := ModelGroups(nil).Of("claude-opus-5-5-20270101"); got != "claude-opus-5-5" {
		t.Errorf("without groups: got %q, want the model alone", got)
	}
	if err := (ModelGroups{"claude-opus-5": ""}).Validate(); err == nil || !strings.Contains(err.Error(), `the model "claude-opus-5" is in the group ""`) {
		t.Errorf("got %v, want that a group has no name", err)
	}
}

// Models of one group draw from one bucket, and others do not.
func TestModelsOfOneGroupShareBuckets(t *testing.T) {
	s := AccountSettings{Groups: ModelGroups{"a": "both", "b": "both"}, Limits: GroupLimits{"both": {RequestsPerMinute: 2}, "c": {RequestsPerMinute: 1}}}
	a := newAccount(t, s)
	for i, step := range []struct {
		model string
		want  int
	}{{"a", 200}, {"c", 200}, {"b-20270101", 200}, {"a", 429}, {"b", 429}, {"c", 429}, {"d", 200}, {"d", 200}} {
		if got := a.Arrive(noon, Call{ID: uint64(i), Model: step.model}).Status; got != step.want {
			t.Errorf("step %d, %s: got %d, want %d", i, step.model, got, step.want)
		}
	}
}

// A model that is only in the groups of an account is one of the API's.
func TestAModelOfAnAccountsGroups(t *testing.T) {
	s := DefaultAccountSettings()
	s.Groups["claude-saga-1"] = "saga"
	s.Limits["saga"] = Limits{RequestsPerMinute: 7}
	s.Speeds = nil
	h, err := NewAccountHandler(newAPI(t, 1, fast()), s)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		return do(t, h, method, path, body, "x-api-key", "sk-sim-acme-admin-1", "x-sim-latency", "0s")
	}
	w := ask("POST", "/v1/messages", strings.Replace(hello, "claude-opus-5-5", "claude-saga-1", 1))
	if got := w.Header().Get("anthropic-ratelimit-requests-limit"); w.Code != 200 || got != "7" {
		t.Errorf("a message: got %d with a limit of %q, want 200 and 7", w.Code, got)
	}
	if w := ask("GET", "/v1/models/claude-saga-1", ""); w.Code != 200 {
		t.Errorf("the model: got %d", w.Code)
	}
	if w := ask("GET", "/v1/organizations/rate_limits", ""); !strings.Contains(w.Body.String(), `"models":["claude-saga-1"],"limits":[{"type":"requests_per_minute","value":7}`) {
		t.Errorf("the limits: got %s", w.Body)
	}
	if w := ask("POST", "/v1/messages", strings.Replace(hello, "claude-opus-5-5", "claude-saga-2", 1)); w.Code != 404 {
		t.Errorf("another: got %d, want 404", w.Code)
	}
	if a := newAccount(t, s); a.headers(noon.Add(time.Hour), "saga", "").Requests.Limit != 7 {
		t.Error("the account has no such group")
	}
}
