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
