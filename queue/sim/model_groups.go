package sim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ModelGroups are the models that share buckets: the group of each model, by its id
// without the date of a snapshot. A model without a group has buckets of its own;
// so have all models of the zero ModelGroups.
type ModelGroups map[string]string

// published are the groups in the API's documentation ("Rate limits",
// platform.claude.com, as of autumn 2026).
var published = []struct {
	group  string
	models []string
}{
	{"fable-5.x", []string{"claude-fable-5", "claude-fable-5-1", "claude-fable-5-2"}},
	{"mythos-5.x", []string{"claude-mythos-5", "claude-mythos-5-1", "claude-mythos-5-2"}},
	{"opus-5.5", []string{"claude-opus-5-5"}},
	{"opus-5", []string{"claude-opus-5"}},
	{"opus-4.x", []string{"claude-opus-4-5", "claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8"}},
	{"sonnet-5.5", []string{"claude-sonnet-5-5"}},
	{"sonnet-5", []string{"claude-sonnet-5"}},
	{"sonnet-4.x", []string{"claude-sonnet-4-5", "claude-sonnet-4-6"}},
	{"haiku-5.5", []string{"claude-haiku-5-5"}},
	{"haiku-4.5", []string{"claude-haiku-4-5"}},
}

// DefaultModelGroups returns the published groups, such as opus-4.x for Opus 4.5 to
// 4.8. The caller may change the map.
func DefaultModelGroups() ModelGroups {
	g := ModelGroups{}
	for _, p := range published {
		for _, model := range p.models {
			g[model] = p.group
		}
	}
	return g
}

// Of returns the group of a model, by its id with or without the date of a
// snapshot. A model without a group is its own group, named by its id.
func (g ModelGroups) Of(model string) string {
	if group, ok := g[model]; ok {
		return group
	}
	model = undated(model)
	return cmp.Or(g[model], model)
}

// Has reports whether a model is in a group.
func (g ModelGroups) Has(model string) bool { return g[model] != "" || g[undated(model)] != "" }

// In returns the models of a group, by id.
func (g ModelGroups) In(group string) []string {
	var models []string
	for _, model := range slices.Sorted(maps.Keys(g)) {
		if g[model] == group {
			models = append(models, model)
		}
	}
	return models
}

// Validate returns an error for each model or group without a name; nil if there is
// none.
func (g ModelGroups) Validate() error {
	var all []error
	for _, model := range slices.Sorted(maps.Keys(g)) {
		if model == "" || g[model] == "" {
			all = append(all, fmt.Errorf("sim: the model %q is in the group %q: both must have a name", model, g[model]))
		}
	}
	return errors.Join(all...)
}
