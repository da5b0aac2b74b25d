package gateway

import (
	"encoding/json"
	"errors"

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
	GroupType string   `json:"group_type"`
	Models    []string `json:"models"` // ids and aliases
	Limits    []struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	} `json:"limits"`
}

// readLimits adds the limits of a page to groups, and returns which page is next;
// empty for none. Groups and limits that are not known are left out, and so is what
// cannot be a limit. Of two limits of one kind the lower counts: a group of ours may
// be several of the API's.
func readLimits(text []byte, groups map[string]queue.Limits) (next string, err error) {
	var page limitsPage
	if json.Unmarshal(text, &page) != nil || page.Data == nil {
		return "", errors.New("gateway: what answers for the Rate Limits API is not it: is the upstream the API itself?")
	}
	for _, row := range page.Data {
		var of limitsGroup
		if json.Unmarshal(row, &of) != nil || of.GroupType != "model_group" {
			continue
		}
		told := of.limits()
		for _, model := range of.Models {
			if group := queue.ModelGroup(model); group != queue.OtherModels && told != (queue.Limits{}) {
				groups[group] = lower(groups[group], told)
			}
		}
	}
	_ = json.Unmarshal(page.NextPage, &next) // what is no text is no page
	return next, nil
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
