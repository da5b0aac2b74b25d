package advice

import (
	"strings"

	"paceline/queue/human"
	"paceline/queue/sim"
)

// formatLimits writes limits as "50 requests, 30,000 input tokens, 8,000 output
// tokens a minute".
func formatLimits(l sim.Limits) string {
	var all []string
	for _, limit := range []struct {
		n    int
		what string
	}{{l.RequestsPerMinute, "requests"}, {l.InputTokensPerMinute, "input tokens"}, {l.OutputTokensPerMinute, "output tokens"}} {
		if limit.n > 0 {
			all = append(all, human.Count(limit.n)+" "+limit.what)
		}
	}
	if len(all) == 0 {
		return "no limits"
	}
	return strings.Join(all, ", ") + " a minute"
}
