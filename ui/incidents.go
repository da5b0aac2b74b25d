package ui

import (
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// The kinds of the events that say that an incident is over, by how bad it was.
const (
	kindWasWarning  queue.Kind = "incident: warning"
	kindWasCritical queue.Kind = "incident: critical"
)

// isIncident reports whether an event says that an incident is over.
func isIncident(e client.Event) bool { return e.Kind == kindWasWarning || e.Kind == kindWasCritical }

// incidentEvents returns an event for each incident that is over, at its end; the oldest
// first.
func incidentEvents(list []client.Incident, zone *time.Location) []client.Event {
	var events []client.Event
	for _, i := range list {
		if i.Open {
			continue
		}
		kind := kindWasWarning
		if i.Level == client.Critical {
			kind = kindWasCritical
		}
		words := []string{human.Count(i.Waiting) + " waiting at most"}
		if i.Longest.Known {
			words = append(words, "longest "+human.Duration(i.Longest.Value))
		}
		if i.Failed > 0 {
			words = append(words, human.Plural(i.Failed, "request")+" failed")
		}
		if i.Cause != "" {
			words = append(words, clean(i.Cause))
		}
		text := "Was " + i.Level.String() + " for " + human.Duration(i.Until.Sub(i.Since)) + ", worst at " +
			i.Peak.In(zone).Format(time.TimeOnly) + ": " + strings.Join(words, ", ")
		if n := len(i.Users); n > 0 {
			text += "; " + clean(i.Users[0])
			if n > 1 {
				text += " and " + human.Plural(n-1, "other")
			}
		}
		events = append(events, client.Event{At: i.Until, Kind: kind, Text: text})
	}
	return events
}

// merged returns two lists of events, each the oldest first, as one.
func merged(a, b []client.Event) []client.Event {
	if len(b) == 0 {
		return a
	}
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(a, b client.Event) int { return a.At.Compare(b.At) })
	return all
}
