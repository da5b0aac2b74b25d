package gateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	"paceline/queue"
)

// limitsPage is a page of the Rate Limits API. Its parts are decoded one by one, so
// that an unknown part does not spoil the rest.
type limitsPage struct {
	Data     []json.RawMessage `json:"data"`
	NextPage json.RawMessage   `json:"next_page"`
}

// limitsPageGroup is a group of models with its limits.
type limitsPageGroup struct {
	Group     json.RawMessage `json:"group"`
	GroupType string          `json:"group_type"` // the older field for Group's type
	Models    []string        `json:"models"`     // ids and aliases
	Limits    []struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	} `json:"limits"`
}

// modelGroup are models that share limits.
type modelGroup struct {
	models     []string // by queue.ModelName, in descending order
	limits     queue.Limits
	fast       queue.Limits // of its fast mode
	fastClosed bool         // a limit of its fast mode is 0
}

// The most groups of an organization, and models of a group, that are read.
const (
	maxGroups      = 100
	maxGroupModels = 100
)

// readLimits adds the groups of a page to those before it, and returns the next
// page; empty for none. Unknown groups and limits, and values that cannot be a
// model or a limit, are left out. Groups with a common model become one group, with
// the lower limit of each kind.
func readLimits(text []byte, groups []modelGroup) (_ []modelGroup, next string, err error) {
	var page limitsPage
	if json.Unmarshal(text, &page) != nil || page.Data == nil {
		return nil, "", errors.New("gateway: what answers for the Rate Limits API is not it: is the upstream the API itself?")
	}
	for _, row := range page.Data {
		var of limitsPageGroup
		if json.Unmarshal(row, &of) != nil || !of.isModelGroup() {
			continue
		}
		g := modelGroup{models: of.names(), limits: of.limits()}
		g.fast, g.fastClosed = of.fastLimits()
		if len(g.models) > 0 && g.limits != (queue.Limits{}) {
			groups = addGroup(groups, g)
		}
	}
	_ = json.Unmarshal(page.NextPage, &next) // what is no text is no page
	return groups, next, nil
}

// isModelGroup reports whether the limits are those of models for messages, and not
// of batches or files.
func (g *limitsPageGroup) isModelGroup() bool {
	var group struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(g.Group, &group) // without it the older field decides
	return cmp.Or(group.Type, g.GroupType) == "model_group"
}

// names returns the models of the group.
func (g *limitsPageGroup) names() []string {
	var names []string
	for _, model := range g.Models[:min(len(g.Models), maxGroupModels)] {
		if name := queue.ModelName(model); plainID(name) {
			names = append(names, name)
		}
	}
	return distinct(names)
}

// distinct sorts names in descending order, and removes duplicates.
func distinct(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(b, a) })
	return slices.Compact(names)
}

// addGroup adds a group, and merges those that have a model in common with it.
func addGroup(groups []modelGroup, g modelGroup) []modelGroup {
	groups = slices.DeleteFunc(groups, func(other modelGroup) bool {
		if !slices.ContainsFunc(other.models, func(name string) bool { return slices.Contains(g.models, name) }) {
			return false
		}
		g.models = distinct(slices.Concat(g.models, other.models))
		g.limits, g.fast = lowerLimits(g.limits, other.limits), lowerLimits(g.fast, other.fast)
		g.fastClosed = g.fastClosed || other.fastClosed
		return true
	})
	if len(groups) >= maxGroups {
		return groups
	}
	return append(groups, g)
}

// nameGroups returns a distinct name for each group of an organization: the
// published group of one of its models, if no other group has models of that;
// otherwise one of its models. Nil are the published groups.
func nameGroups(groups []modelGroup, published queue.ModelGroups) []string {
	parts := map[string]int{} // by published group, or model without one: number of groups with models of it
	for _, g := range groups {
		seen := map[string]bool{}
		for _, name := range g.models {
			if of := publishedGroup(published, name); !seen[of] {
				seen[of] = true
				parts[of]++
			}
		}
	}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.models[0]
		if whole := slices.IndexFunc(g.models, func(name string) bool { return parts[publishedGroup(published, name)] == 1 }); whole >= 0 {
			names[i] = publishedGroup(published, g.models[whole])
		}
	}
	return names
}

// publishedGroup returns the published group of a model, or the model itself.
func publishedGroup(published queue.ModelGroups, name string) string {
	if group := published.Of(name); group != queue.OtherModels {
		return group
	}
	return name
}

// fastLimits returns the known limits of the group's fast mode, and whether one is 0.
func (g *limitsPageGroup) fastLimits() (l queue.Limits, closed bool) {
	for _, limit := range g.Limits {
		n, ok := number([]byte(limit.Value))
		if !ok {
			continue
		}
		switch told := (queue.Limit{PerMinute: n}); limit.Type {
		case "fast_itpmca":
			l, closed = lowerLimits(l, queue.Limits{Input: told}), closed || n == 0
		case "fast_otpm":
			l, closed = lowerLimits(l, queue.Limits{Output: told}), closed || n == 0
		}
	}
	return l, closed
}

// limits returns the known limits of the group.
func (g *limitsPageGroup) limits() queue.Limits {
	var all, uncached queue.Limits
	for _, limit := range g.Limits {
		n, ok := number([]byte(limit.Value))
		if !ok {
			continue
		}
		told := queue.Limit{PerMinute: n}
		switch limit.Type {
		case "requests_per_minute":
			all = lowerLimits(all, queue.Limits{Requests: told})
		case "input_tokens_per_minute":
			all = lowerLimits(all, queue.Limits{Input: told})
		case "input_tokens_per_minute_cache_aware": // without cache reads, as we count
			uncached = lowerLimits(uncached, queue.Limits{Input: told})
		case "output_tokens_per_minute":
			all = lowerLimits(all, queue.Limits{Output: told})
		}
	}
	if uncached.Input.PerMinute > 0 {
		all.Input = uncached.Input
	}
	return all
}

// lowerLimits returns the lower of each limit. Zero is unknown.
func lowerLimits(a, b queue.Limits) queue.Limits {
	least := func(a, b queue.Limit) queue.Limit {
		if a.PerMinute == 0 || b.PerMinute > 0 && b.PerMinute < a.PerMinute {
			return b
		}
		return a
	}
	return queue.Limits{Requests: least(a.Requests, b.Requests), Input: least(a.Input, b.Input), Output: least(a.Output, b.Output)}
}
