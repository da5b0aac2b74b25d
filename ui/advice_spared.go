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
	if a == nil || a.Spared == nil || a.Doubt() != "" || a.Spared.Failed.Value == 0 || s.adviceAge(a).Or(0) > time.Hour {
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
// text first; there is none where the endpoint does not tell.
func (s *state) sparedWords(a *client.Advice) []string {
	if a.Spared == nil || !a.Spared.Failed.Known || a.Doubt() != "" {
		return nil
	}
	failed := s.theme.approx + human.Count(a.Spared.Failed.Value)
	brief, long := "Without the queue "+failed+" would have failed", ""
	if a.Requests.Known {
		brief = "Without the queue " + failed + " of " + human.Count(a.Requests.Value) + " would have failed"
	}
	if lost := a.Spared.Lost; lost.Value > 0 {
		long += ", with it " + human.Count(lost.Value)
	}
	if a.Spared.CostP95.Known {
		long += "; it cost " + s.computed(a.Spared.CostP95, human.Duration) + " at the p95"
	}
	return []string{brief + long, brief, "Without the queue " + failed + " would have failed"}
}
