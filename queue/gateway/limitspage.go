package gateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	"paceline/queue"
)

// limitsPage is a page of the Rate Limits API. What stands in it is read one by
// one, so that nothing unknown spoils the rest.
type limitsPage struct {
	Data     []json.RawMessage `json:"data"`
	NextPage json.RawMessage   `json:"next_page"`
}

// limitsGroup is a group of models and its limits.
type limitsGroup struct {
	Group     json.RawMessage `json:"group"`
	GroupType string          `json:"group_type"` // the older place of Group's type
	Models    []string        `json:"models"`     // ids and aliases
	Limits    []struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	} `json:"limits"`
}

// accountGroup is what an organization may use of some models, which share it.
type accountGroup struct {
	models []string // by their names of queue.ModelName, the greatest first
	limits queue.Limits
}

// What of the groups of an organization is read at most.
const (
	maxGroups      = 100
	maxGroupModels = 100
)

// readLimits adds the groups of a page to those before it, and returns which page is
// next; empty for none. Groups and limits that are not known are left out, and so is
// what cannot be a model or a limit. Groups that have a model in common are one, and
// of two limits of one kind the lower counts.
func readLimits(text []byte, groups []accountGroup) (_ []accountGroup, next string, err error) {
	var page limitsPage
	if json.Unmarshal(text, &page) != nil || page.Data == nil {
		return nil, "", errors.New("gateway: what answers for the Rate Limits API is not it: is the upstream the API itself?")
	}
	for _, row := range page.Data {
		var of limitsGroup
		if json.Unmarshal(row, &of) != nil || !of.ofModels() {
			continue
		}
		if g := (accountGroup{of.names(), of.limits()}); len(g.models) > 0 && g.limits != (queue.Limits{}) {
			groups = addGroup(groups, g)
		}
	}
	_ = json.Unmarshal(page.NextPage, &next) // what is no text is no page
	return groups, next, nil
}

// ofModels reports whether it is a group of models for messages: there are limits of
// batches and files, too.
func (g *limitsGroup) ofModels() bool {
	var group struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(g.Group, &group) // without it the older field tells
	return cmp.Or(group.Type, g.GroupType) == "model_group"
}

// names returns the models of the group.
func (g *limitsGroup) names() []string {
	var names []string
	for _, model := range g.Models[:min(len(g.Models), maxGroupModels)] {
		if name := queue.ModelName(model); plainID(name) {
			names = append(names, name)
		}
	}
	return distinct(names)
}

// distinct sorts names, the greatest first, and leaves each in once.
func distinct(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(b, a) })
	return slices.Compact(names)
}

// addGroup adds a group. Those that have a model in common with it become part of
// it.
func addGroup(groups []accountGroup, g accountGroup) []accountGroup {
	groups = slices.DeleteFunc(groups, func(other accountGroup) bool {
		if !slices.ContainsFunc(other.models, func(name string) bool { return slices.Contains(g.models, name) }) {
			return false
		}
		g.models = distinct(slices.Concat(g.models, other.models))
		g.limits = lower(g.limits, other.limits)
		return true
	})
	if len(groups) >= maxGroups {
		return groups
	}
	return append(groups, g)
}

// nameGroups returns what each group of an organization is called, which is
// different for each: as the published group of a model of it, if no other group has
// models of that; else as a model of it.
func nameGroups(groups []accountGroup) []string {
	parts := map[string]int{} // of a published group, or of a model in none, how many groups have models of it
	for _, g := range groups {
		seen := map[string]bool{}
		for _, name := range g.models {
			if of := publishedGroup(name); !seen[of] {
				seen[of] = true
				parts[of]++
			}
		}
	}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.models[0]
		if whole := slices.IndexFunc(g.models, func(name string) bool { return parts[publishedGroup(name)] == 1 }); whole >= 0 {
			names[i] = publishedGroup(g.models[whole])
		}
	}
	return names
}

// publishedGroup returns the group that a model has unless the account has another,
// or the model's name.
func publishedGroup(name string) string {
	if group := queue.ModelGroup(name); group != queue.OtherModels {
		return group
	}
	return name
}

// limits returns the limits that are known of the group.
func (g *limitsGroup) limits() queue.Limits {
	var all, uncached queue.Limits
	for _, limit := range g.Limits {
		n, ok := number([]byte(limit.Value))
		if !ok {
			continue
		}
		told := queue.Limit{PerMinute: n}
		switch limit.Type {
		case "requests_per_minute":
			all = lower(all, queue.Limits{Requests: told})
		case "input_tokens_per_minute":
			all = lower(all, queue.Limits{Input: told})
		case "input_tokens_per_minute_cache_aware": // cache reads are free: so we count, too
			uncached = lower(uncached, queue.Limits{Input: told})
		case "output_tokens_per_minute":
			all = lower(all, queue.Limits{Output: told})
		}
	}
	if uncached.Input.PerMinute > 0 {
		all.Input = uncached.Input
	}
	return all
}

// lower returns the lower of each limit, of those that are told.
func lower(a, b queue.Limits) queue.Limits {
	least := func(a, b queue.Limit) queue.Limit {
		if a.PerMinute == 0 || b.PerMinute > 0 && b.PerMinute < a.PerMinute {
			return b
		}
		return a
	}
	return queue.Limits{Requests: least(a.Requests, b.Requests), Input: least(a.Input, b.Input), Output: least(a.Output, b.Output)}
}
