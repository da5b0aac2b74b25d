package ui

import (
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// draftWords say what prepared changes would do with the line as it is now. That is computed
// from the settings that are planned, and not measured.
func (s *state) draftWords(changes []client.Change, planned client.Settings) string {
	d := s.detail()
	now := d.QueueSettings()
	d.Settings = planned
	set := d.QueueSettings()
	if !now.Known || !set.Known {
		return s.theme.dash
	}
	var parts, others []string
	pace, level := false, false
	for _, c := range changes {
		switch name := fieldName(c.Field); name {
		case "minDelay", "step", "maxDelay":
			pace = true
		case "warnWaiting", "warnLastWait", "criticalWaiting", "criticalLastWait", "criticalUserWait":
			level = true
		default:
			others = append(others, name)
		}
	}
	if pace {
		parts = append(parts, s.paceForecast(now.Value, set.Value))
	}
	if level {
		parts = append(parts, s.levelForecast(now.Value.Thresholds, set.Value.Thresholds))
	}
	if len(others) > 0 {
		parts = append(parts, "nothing is computed for "+strings.Join(others, ", "))
	}
	return strings.Join(parts, "; ")
}

// paceForecast says what the spacing would be, and when the last who waits would start.
func (s *state) paceForecast(now, then queue.Settings) string {
	n, _ := s.longestLane()
	switch {
	case !n.Known:
		return s.theme.dash
	case s.isAdaptive():
		return "no effect while the API's limits decide the pace"
	}
	words := paceWords(then.Spacing(n.Value))
	if next := s.detail().NextStart; next.Known && n.Value > 1 && n.Value <= mostForecast {
		words += "; last start " + s.theme.approx + human.Duration(next.Value+lastStart(then, n.Value)) +
			", now " + s.theme.approx + human.Duration(next.Value+lastStart(now, n.Value))
	}
	return words
}

// mostForecast is for how many that wait a forecast is made.
const mostForecast = 10_000

// lastStart returns when the last of n that wait starts by the published rule, from the first
// start on, if nobody else comes.
func lastStart(set queue.Settings, n int) (d time.Duration) {
	for waiting := n - 1; waiting > 0; waiting-- {
		d += set.Spacing(waiting)
	}
	return d
}

// levelForecast says how the line would be judged by other thresholds.
func (s *state) levelForecast(now, then queue.Thresholds) string {
	before, after := s.lineLevel(now), s.lineLevel(then)
	if before == after {
		return "the line stays " + after.String()
	}
	return "the line would be " + after.String() + " (now " + before.String() + ")"
}

// lineLevel is the level of the line and its waits by thresholds.
func (s *state) lineLevel(t queue.Thresholds) client.Level {
	n, d := s.sample.Waiting.Value, s.detail()
	waits := d.UserWaits != nil && max(d.UserWaits.P95.Value, d.UserWaits.ExpectedP95.Value) >= t.CriticalUserWait
	switch {
	case waits, n >= t.CriticalWaiting && d.LastHas(t.CriticalLastWait):
		return client.Critical
	case n >= t.WarnWaiting && d.LastHas(t.WarnLastWait):
		return client.Warning
	default:
		return client.Healthy
	}
}
