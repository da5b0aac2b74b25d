package command

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"paceline/queue/human"
	"paceline/queue/sim"
)

// MaxLimit is the highest limit a minute that a flag takes.
const MaxLimit = 100_000_000

// CurrentModels returns the newest model of each family.
func CurrentModels() []string {
	return []string{"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-1"}
}

// SayLimits prints the limits of an organization, a line for each group of models.
func (a *App) SayLimits(whose string, limits sim.GroupLimits, groups sim.ModelGroups) {
	for _, group := range slices.Sorted(maps.Keys(limits)) {
		if models := groups.In(group); len(models) > 0 {
			a.Say("limits of %s, for each organization: %s", strings.Join(models, ", "), DescribeLimits(limits[group]))
			continue
		}
		of := "each group of models"
		if group != "" {
			of = "each group of " + group + " models"
		}
		a.Say("limits of %s, for each organization and %s: %s", whose, of, DescribeLimits(limits[group]))
	}
}

// DescribeLimits writes limits for people.
func DescribeLimits(l sim.Limits) string {
	var words []string
	for _, part := range []struct {
		limit int
		of    string
	}{{l.RequestsPerMinute, "requests"}, {l.InputTokensPerMinute, "input tokens"}, {l.OutputTokensPerMinute, "output tokens"}, {l.TokensPerMinute, "tokens of both"}} {
		if part.limit > 0 {
			words = append(words, human.Count(part.limit)+" "+part.of)
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

// TierNames returns the names of the usage tiers.
func TierNames() []string {
	var names []string
	for _, t := range sim.Tiers() {
		names = append(names, t.Name)
	}
	return names
}

// TierAccount returns an account without faults, with the limits of a tier.
func TierAccount(tier string, seed uint64) (sim.AccountSettings, error) {
	s := sim.DefaultAccountSettings()
	if err := OneOf("tier", tier, TierNames()...); err != nil {
		return s, err
	}
	t, err := sim.Tier(tier)
	if err != nil {
		return s, Usagef("%v", err)
	}
	s.Limits, s.Seed = t.Limits, seed
	return s, nil
}
