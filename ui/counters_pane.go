package ui

import (
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// countersPane is the counters and a few figures of now, one beside the other.
type countersPane struct{}

func (countersPane) view(s *state, w, h int) []string {
	indent := indentOf(w)
	return s.theme.block(w, h, s.inline(s.counters(w), w-indent-1, h, indent))
}

// counters returns the figures for a row of w cells: where room is short, the last ones
// are left out.
func (s *state) counters(w int) []figure {
	if s.past && s.minute.Length.Known {
		return s.minuteCounters()
	}
	total := figure{label: "requests", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Total })}
	ok := figure{label: "ok", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Successful })}
	failed := figure{label: "failed", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Failed }), severity: failedSeverity}
	recent := figure{label: "recent", text: (*state).recentWords, severity: func(s *state) severity { return s.rateSeverity(s.derived.RecentRate) }}
	overall := figure{label: "overall", text: (*state).overallRate}
	rest := []figure{
		{label: "cancelled", text: countOf(func(s *state) client.Opt[int64] { return s.detail().Cancelled })},
		{label: "refused", text: countOf(func(s *state) client.Opt[int64] { return s.detail().Refused })},
		{label: "retries", text: countOf(func(s *state) client.Opt[int64] { return s.detail().Retries })},
		{label: "in flight", text: inFlight},
		{label: "answer", text: durationOf(func(s *state) client.Opt[time.Duration] { return s.detail().Response.P50 })},
		{label: "last ok", text: lastSuccess},
		{label: "since", text: countedSince},
	}
	if s.sample.Detail == nil {
		waiting := figure{label: "waiting", text: textOf(func(s *state) client.Opt[int] { return s.sample.Waiting }, human.Count[int]), severity: (*state).waitingSeverity}
		average := figure{label: "average overall", text: durationOf(func(s *state) client.Opt[time.Duration] { return s.sample.Average })}
		last := figure{label: "last ok", text: lastSuccess}
		if w >= 60 {
			return []figure{total, ok, failed, waiting, recent, overall, average, last}
		}
		return []figure{recent, overall, failed, waiting, total, ok, last}
	}
	if w >= 100 {
		return append([]figure{total, ok, failed}, rest...)
	}
	return append([]figure{recent, overall, failed, total, ok}, rest...)
}

// minuteCounters are the figures of the minute that ended with a moment in the past: the counters
// of then were not kept.
func (s *state) minuteCounters() []figure {
	of := func(label string, n client.Opt[int64]) figure {
		return figure{label: label, text: countOf(func(*state) client.Opt[int64] { return n })}
	}
	m := s.minute
	failed := of("that minute: requests failed", m.Failed)
	failed.severity = failedSeverity
	return []figure{
		failed, of("ok", m.Successful), of("arrived", m.Arrivals), of("calls began", m.Starts),
		of("cancelled", m.Cancelled), of("refused", m.Refused), of("429", m.RateLimited),
		of("input tokens", m.InputTokens), of("output tokens", m.OutputTokens),
	}
}

// inline writes figures one beside the other, in rows of at most w cells behind an indent.
func (s *state) inline(figures []figure, w, rows, indent int) []string {
	t := s.theme
	wide := 3 // between two of them
	if w < 60 {
		wide = 2
	}
	var lines []string
	line, used := "", 0
	for _, f := range figures {
		text, style := f.text(s), t.text
		if f.severity != nil {
			style = f.severity(s).style
		}
		if text == t.dash {
			style = t.muted
		}
		gap := 0
		if used > 0 {
			gap = wide
		}
		need := width(f.label) + 1 + width(text)
		if used > 0 && used+gap+need > w {
			lines = append(lines, spaces(indent)+line)
			line, used, gap = "", 0, 0
		}
		line += spaces(gap) + t.muted.Render(f.label) + " " + style.Render(text)
		used += gap + need
	}
	lines = append(lines, spaces(indent)+line)
	return lines[:min(len(lines), rows)]
}

// countedSince says since when the counters count.
func countedSince(s *state) string {
	if !s.totals.Since.IsZero() {
		return s.clock(s.totals.Since)
	}
	switch resets := s.detail().Resets; {
	case !resets.Known:
		return s.theme.dash
	case resets.Value == 0:
		return "start"
	default:
		return "reset"
	}
}

// ampleInFlight is the least limit of calls in flight that is not shown: nobody reaches
// it.
const ampleInFlight = 1000

// inFlight returns the running calls, and the limit if there is a single lane.
func inFlight(s *state) string {
	d := s.detail()
	if !d.Running.Known {
		return s.theme.dash
	}
	var most client.Opt[int]
	switch busy := d.BusyLanes(); {
	case len(busy) == 1 && busy[0].MaxInFlight.Known:
		most = busy[0].MaxInFlight
	case len(busy) < 2 && d.QueueSettings().Known && d.Pace.Or("") != queue.PaceAdaptive: // else it depends on the lane
		most = client.Some(d.QueueSettings().Value.MaxInFlight)
	}
	text := human.Count(d.Running.Value)
	if most.Known && most.Value < ampleInFlight {
		text += "/" + human.Count(most.Value)
	}
	return text
}

func failedSeverity(s *state) severity { return s.rateSeverity(s.derived.RecentRate) }

func lastSuccess(s *state) string { return orDash(s.theme, s.sample.LastProcessed, s.clock) }
