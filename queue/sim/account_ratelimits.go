package sim

import (
	"time"
)

// RateLimitPage is the answer of the Rate Limits API ("Rate Limits API",
// platform.claude.com), GET /v1/organizations/rate_limits.
type RateLimitPage struct {
	Data     []RateLimit `json:"data"`
	NextPage *string     `json:"next_page"`
}

// RateLimit is a group of models and its limits.
type RateLimit struct {
	Type      string           `json:"type"`       // "rate_limit"
	GroupType string           `json:"group_type"` // "model_group"
	Models    []string         `json:"models"`     // ids and aliases
	Limits    []RateLimitValue `json:"limits"`
}

// RateLimitValue is one limit.
type RateLimitValue struct {
	Type  string `json:"type"` // "requests_per_minute", …
	Value int    `json:"value"`
}

// RateLimits returns the organization's limits in force, for the models that the
// simulated API knows. Unlimited kinds are left out.
func (a *Account) RateLimits(now time.Time) RateLimitPage {
	a.advance(now)
	page := RateLimitPage{Data: []RateLimit{}}
	at := map[string]int{} // index in page.Data, by group
	for _, m := range modelsWith(a.settings.Groups) {
		group := a.Group(m.id)
		i, ok := at[group]
		if !ok {
			i = len(page.Data)
			at[group] = i
			page.Data = append(page.Data, RateLimit{Type: "rate_limit", GroupType: "model_group", Limits: a.limits.Of(group).values()})
		}
		page.Data[i].Models = append(page.Data[i].Models, m.id)
	}
	return page
}

// values are the limits as the API writes them.
func (l Limits) values() []RateLimitValue {
	list := []RateLimitValue{}
	for _, v := range []RateLimitValue{
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
