package ui

import (
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// sparedLine is what the queue has spared its users in the last hour, in at most w cells;
// empty if nobody knows, or if it has spared them nothing.
func (s *state) sparedLine(w int) string {
	a := s.detail().Advice
	if a == nil || a.Spared == nil || a.Spared.Failed.Value <= a.Spared.Lost.Value || s.adviceAge(a).Or(0) > time.Hour {
		return ""
	}
	for _, text := range s.sparedWords(a) {
		if width(text) <= w {
			return text
		}
	}
	return ""
}

// sparedWords says what would have become of the traffic without the queue, the longest
// text first; there is none where the endpoint cannot tell.
func (s *state) sparedWords(a *client.Advice) []string {
	if a.Spared == nil || !a.Spared.Failed.Known || a.Doubt() != "" {
		return nil
	}
	failed, of, with, cost := s.theme.approx+human.Count(a.Spared.Failed.Value), "", "", ""
	if a.Requests.Known {
		of = " of " + human.Count(a.Requests.Value)
	}
	if lost := a.Spared.Lost; lost.Value > 0 {
		with = ", with it " + human.Count(lost.Value)
	}
	if a.Spared.CostP95.Known {
		cost = "; it cost " + s.computed(a.Spared.CostP95, human.Duration) + " at the p95"
	}
	return []string{
		"Without the queue " + failed + of + " would have failed" + with + cost,
		"Without the queue " + failed + of + " would have failed" + with,
		"Without the queue " + failed + " would have failed" + with,
	}
}
