package sim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// model is a model of the simulated API.
type model struct {
	id, name string
	line     string // opus, sonnet, …
}

// models are those of the official Go SDK of November 2026, the newest first.
var models = []model{
	{"claude-opus-5-5", "Claude Opus 5.5", "opus"},
	{"claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet"},
	{"claude-haiku-5-5", "Claude Haiku 5.5", "haiku"},
	{"claude-fable-5-2", "Claude Fable 5.2", "fable"},
	{"claude-mythos-5-2", "Claude Mythos 5.2", "mythos"},
	{"claude-fable-5-1", "Claude Fable 5.1", "fable"},
	{"claude-mythos-5-1", "Claude Mythos 5.1", "mythos"},
	{"claude-sonnet-5", "Claude Sonnet 5", "sonnet"},
	{"claude-fable-5", "Claude Fable 5", "fable"},
	{"claude-mythos-5", "Claude Mythos 5", "mythos"},
	{"claude-opus-5", "Claude Opus 5", "opus"},
	{"claude-opus-4-8", "Claude Opus 4.8", "opus"},
	{"claude-opus-4-7", "Claude Opus 4.7", "opus"},
	{"claude-opus-4-6", "Claude Opus 4.6", "opus"},
	{"claude-sonnet-4-6", "Claude Sonnet 4.6", "sonnet"},
	{"claude-opus-4-5", "Claude Opus 4.5", "opus"},
	{"claude-haiku-4-5", "Claude Haiku 4.5", "haiku"},
	{"claude-sonnet-4-5", "Claude Sonnet 4.5", "sonnet"},
}

// CurrentModels returns the newest model of each family whose speed is known, by id.
func CurrentModels() []string {
	var ids []string
	families := DefaultSpeeds()
	for _, m := range models {
		if _, ok := families[m.line]; ok {
			ids = append(ids, m.id)
			delete(families, m.line)
		}
	}
	return ids
}

// undated returns the id of a model without the date of a snapshot.
func undated(name string) string {
	if at := len(name) - len("-20260101"); at > 0 && name[at] == '-' {
		if _, err := time.Parse("20060102", name[at+1:]); err == nil {
			return name[:at]
		}
	}
	return name
}

// modelsWith returns the models of the simulated API, and those that only the
// groups have, by id.
func modelsWith(groups ModelGroups) []model {
	all := slices.Clone(models)
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		if _, ok := findModel(all, id); !ok {
			all = append(all, model{id: id, name: id})
		}
	}
	return all
}

// findModel returns the model of an id, with or without the date of a snapshot.
func findModel(among []model, name string) (model, bool) {
	name = undated(name)
	at := slices.IndexFunc(among, func(m model) bool { return m.id == name })
	if at < 0 {
		return model{}, false
	}
	return among[at], true
}

// modelInfo is a model in the API's JSON.
type modelInfo struct {
	Type           string    `json:"type"`
	ID             string    `json:"id"`
	DisplayName    string    `json:"display_name"`
	CreatedAt      string    `json:"created_at"`
	DeprecatedAt   *string   `json:"deprecated_at"`
	RetiresAt      *string   `json:"retires_at"`
	Lifecycle      string    `json:"lifecycle"`
	Line           string    `json:"line"`
	MaxInputTokens int       `json:"max_input_tokens"`
	MaxTokens      int       `json:"max_tokens"`
	Capabilities   *struct{} `json:"capabilities"`
}

const (
	unknownDate     = "1970-01-01T00:00:00Z" // the API's value for an unknown date
	maxInputTokens  = 200_000
	maxOutputTokens = 64_000
)

func (m model) info() modelInfo {
	return modelInfo{
		Type: "model", ID: m.id, DisplayName: m.name, CreatedAt: unknownDate,
		Lifecycle: "active", Line: m.line, MaxInputTokens: maxInputTokens, MaxTokens: maxOutputTokens, Capabilities: &struct{}{},
	}
}

// getModel answers GET /v1/models/{id}.
func (h *Handler) getModel(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkFaults(w, r, c) {
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/v1/models/")
	m, ok := findModel(h.models, name)
	if !ok {
		c.fail(w, unknownModel(name))
		return
	}
	writeJSON(w, http.StatusOK, encode(m.info()))
}

// listModels answers GET /v1/models?limit=&after_id=&before_id=.
func (h *Handler) listModels(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkFaults(w, r, c) {
		return
	}
	list, p := pageOf(r.URL.Query(), h.models, "model", func(m model) string { return m.id }, model.info)
	if p != nil {
		c.fail(w, p)
		return
	}
	writeJSON(w, http.StatusOK, encode(list))
}

// unknownModel is the error for a model that does not exist.
func unknownModel(name string) *problem { return notFound("model: " + cut(name)) }
