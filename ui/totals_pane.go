package ui

import (
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// totalsPane is the counters and the present figures, in a strip of columns.
type totalsPane struct{}

// totalCount is how many figures the strip has.
const totalCount = 12

// totalRows is how many rows the strip takes where it is w cells wide.
func totalRows(w int) int {
	n := figureColumns(w)
	return (totalCount + n - 1) / n
}

func (totalsPane) view(s *state, w, h int) []string { return s.strip(totals(), w, h) }

// strip writes figures in columns that fill w cells, row by row.
func (s *state) strip(figures [totalCount]figure, w, h int) []string {
	n := (totalCount + h - 1) / h
	cell, body := (w-2)/n, make([]string, 0, h)
	for row := range h {
		line := "  "
		for i := row * n; i < min((row+1)*n, len(figures)); i++ {
			line += s.figureText(figures[i], cell-3) + "   "
		}
		body = append(body, line)
	}
	return s.theme.block(w, h, body)
}

// totals returns the figures of the strip: first the counters, then the rest.
func totals() [totalCount]figure {
	return [...]figure{
		{label: "requests", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Total })},
		{label: "succeeded", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Successful })},
		{label: "failed", text: countOf(func(s *state) client.Opt[int64] { return s.totals.Failed }), severity: failedSeverity},
		{label: "cancelled", text: countOf(func(s *state) client.Opt[int64] { return s.detail().Cancelled })},
		{label: "refused", text: countOf(func(s *state) client.Opt[int64] { return s.detail().Refused })},
		{label: "retries", text: countOf(func(s *state) client.Opt[int64] { return s.detail().Retries })},
		{label: "in flight", text: inFlight},
		{label: "next in", text: nextStart},
		{label: "per minute", text: perMinute},
		{label: "answer", text: durationOf(func(s *state) client.Opt[time.Duration] { return s.detail().Response.P50 })},
		{label: "last ok", text: lastSuccess},
		{label: "since", text: countedSince},
	}
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
	switch {
	case len(d.Lanes) == 1 && d.Lanes[0].MaxInFlight.Known:
		most = d.Lanes[0].MaxInFlight
	case len(d.Lanes) < 2 && d.QueueSettings().Known && d.Pace.Or("") != queue.PaceAdaptive: // else it depends on the lane
		most = client.Some(d.QueueSettings().Value.MaxInFlight)
	}
	text := human.Count(d.Running.Value)
	if most.Known && most.Value < ampleInFlight {
		text += "/" + human.Count(most.Value)
	}
	return text
}

func nextStart(s *state) string {
	switch d := s.detail(); {
	case d.NextStart.Known && d.NextStart.Value <= 0:
		return "now"
	case d.NextStart.Known:
		return human.Short(d.NextStart.Value)
	default:
		return s.theme.dash
	}
}

func perMinute(s *state) string { return orDash(s.theme, s.derived.PerMinute, rate) }

func failedSeverity(s *state) severity {
	sev := s.rateSeverity(s.derived.RecentRate)
	if sev.word == client.Healthy.String() {
		sev.style = s.theme.text
	}
	return sev
}

func lastSuccess(s *state) string { return orDash(s.theme, s.sample.LastProcessed, s.clock) }
