package cli

import (
	"fmt"
	"maps"
	"paceline/queue/sim"
	"slices"
	"strings"
)

// maxLimit is the highest limit that a flag takes, a minute.
const maxLimit = 100_000_000

// currentModels are the newest of each family.
var currentModels = []string{"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-1"}

// sayLimits says what an organization may use.
func (a *app) sayLimits(whose string, limits sim.GroupLimits, groups sim.ModelGroups) {
	for _, group := range slices.Sorted(maps.Keys(limits)) {
		if models := groups.In(group); len(models) > 0 {
			a.say("limits of %s, for each organization: %s", strings.Join(models, ", "), limitWords(limits[group]))
			continue
		}
		of := "each group of models"
		if group != "" {
			of = "each group of " + group + " models"
		}
		a.say("limits of %s, for each organization and %s: %s", whose, of, limitWords(limits[group]))
	}
}

// limitWords writes limits for people.
func limitWords(l sim.Limits) string {
	var words []string
	for _, part := range []struct {
		limit int
		of    string
	}{{l.RequestsPerMinute, "requests"}, {l.InputTokensPerMinute, "input tokens"}, {l.OutputTokensPerMinute, "output tokens"}, {l.TokensPerMinute, "tokens of both"}} {
		if part.limit > 0 {
			words = append(words, grouped(part.limit)+" "+part.of)
		}
	}
	switch len(words) {
	case 0:
		return "none"
	case 1:
		return words[0] + " a minute"
	default:
		last := len(words) - 1
		return fmt.Sprintf("%s and %s a minute", strings.Join(words[:last], ", "), words[last])
	}
}

func tierNames() []string {
	var names []string
	for _, t := range sim.Tiers() {
		names = append(names, t.Name)
	}
	return names
}

// tierAccount returns an account on a good day, with the limits of a tier.
func tierAccount(tier string, seed uint64) (sim.AccountSettings, error) {
	s := sim.DefaultAccountSettings()
	if err := oneOf("tier", tier, tierNames()...); err != nil {
		return s, err
	}
	t, err := sim.Tier(tier)
	if err != nil {
		return s, usagef("%v", err)
	}
	s.Limits, s.Seed = t.Limits, seed
	return s, nil
}
