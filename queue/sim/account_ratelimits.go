package sim

import (
	"time"
)

// rateLimitPage is the answer of the Rate Limits API ("Rate Limits API",
// platform.claude.com), GET /v1/organizations/rate_limits.
type rateLimitPage struct {
	Data     []rateLimit `json:"data"`
	NextPage *string     `json:"next_page"`
}

// rateLimit is a group of models and its limits.
type rateLimit struct {
	ID        string           `json:"id"`
	Type      string           `json:"type"` // "rate_limit"
	Group     rateLimitGroup   `json:"group"`
	GroupType string           `json:"group_type"` // "model_group"; deprecated
	Models    []string         `json:"models"`     // ids and aliases
	Limits    []rateLimitValue `json:"limits"`
}

// rateLimitGroup is a group of models.
type rateLimitGroup struct {
	Type        string `json:"type"` // "model_group"
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
}

// rateLimitValue is one limit.
type rateLimitValue struct {
	Type  string `json:"type"` // "requests_per_minute", …
	Value int    `json:"value"`
}

// rateLimits returns the organization's limits in force, for the models that the
// simulated API knows. Unlimited kinds are left out.
func (a *Account) rateLimits(now time.Time) rateLimitPage {
	a.advance(now)
	page := rateLimitPage{Data: []rateLimit{}}
	at := map[string]int{} // index in page.Data, by group
	for _, m := range modelsWith(a.settings.Groups) {
		group := a.Group(m.id)
		i, ok := at[group]
		if !ok {
			i = len(page.Data)
			at[group] = i
			page.Data = append(page.Data, rateLimit{
				ID: "rl_" + group, Type: "rate_limit", GroupType: "model_group", Limits: append(a.limits.Of(group).values(), a.settings.Fast.Of(group).fastValues()...),
				Group: rateLimitGroup{Type: "model_group", ID: "rlg_" + group, DisplayName: "Claude " + group},
			})
		}
		page.Data[i].Models = append(page.Data[i].Models, m.id)
	}
	return page
}

// values are the limits as the API writes them.
func (l Limits) values() []rateLimitValue {
	list := []rateLimitValue{}
	for _, v := range []rateLimitValue{
		{"requests_per_minute", l.RequestsPerMinute},
		{"input_tokens_per_minute_cache_aware", l.InputTokensPerMinute},
		{"output_tokens_per_minute", l.OutputTokensPerMinute},
	} {
		if v.Value > 0 {
			list = append(list, v)
		}
	}
	return list
}

// fastValues are the limits of a fast mode, which are told where they are 0, too.
func (l Limits) fastValues() []rateLimitValue {
	return []rateLimitValue{{"fast_itpmca", l.InputTokensPerMinute}, {"fast_otpm", l.OutputTokensPerMinute}}
}
