package ui

import (
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// The kinds of the events that are incidents: of one that goes on, and of one that is over, by
// how bad it was.
const (
	kindIsWarning   queue.Kind = "incident: now a warning"
	kindIsCritical  queue.Kind = "incident: now critical"
	kindWasWarning  queue.Kind = "incident: warning"
	kindWasCritical queue.Kind = "incident: critical"
)

// goesOn reports whether an event is an incident that goes on.
func goesOn(k queue.Kind) bool { return k == kindIsWarning || k == kindIsCritical }

// isIncident reports whether an event is an incident.
func isIncident(k queue.Kind) bool { return goesOn(k) || k == kindWasWarning || k == kindWasCritical }

// incidentEvents returns an event for each incident that is over, at its end, the oldest
// first; and one for that which goes on, if there is one, at its beginning.
func incidentEvents(list []client.Incident, zone *time.Location) (over, going []client.Event) {
	for _, i := range list {
		e := client.Event{At: i.Until, Kind: kindWasWarning, Text: overWords(i) + ", worst at " + i.Peak.In(zone).Format(time.TimeOnly) + ": " + worstWords(i)}
		if i.Level == client.Critical {
			e.Kind = kindWasCritical
		}
		if i.Open {
			e = client.Event{At: i.Since, Kind: kindIsWarning, Text: goingWords(i)}
			if words := causeWords(i); words != "" {
				e.Text += ": " + words
			}
			if i.Level == client.Critical {
				e.Kind = kindIsCritical
			}
			going = append(going, e)
			continue
		}
		over = append(over, e)
	}
	return over, going
}

// overWords say how long an incident was, and how long of it was critical.
func overWords(i client.Incident) string {
	whole := i.Until.Sub(i.Since)
	switch {
	case i.Critical == 0:
		return "Warned for " + human.Duration(whole)
	case i.Critical >= whole:
		return "Was critical for " + human.Duration(whole)
	default:
		return "Was critical for " + human.Duration(i.Critical) + " of " + human.Duration(whole)
	}
}

// goingWords say what an incident has been like since it began.
func goingWords(i client.Incident) string {
	switch {
	case i.Eased && i.Critical == 0:
		return "Warning until just now"
	case i.Eased:
		return "Warning until just now, critical for " + human.Duration(i.Critical)
	}
	since := " since then"
	if i.Again { // the verdict's own time is of all of it
		since = " again since then"
	}
	switch {
	case i.Critical == 0:
		return "Warning" + since
	case i.Critical >= i.Until.Sub(i.Since):
		return "Critical" + since
	default:
		return "Warning" + since + ", critical for " + human.Duration(i.Critical)
	}
}

// worstWords say how bad an incident was, why, and who was hit.
func worstWords(i client.Incident) string {
	words := human.Count(i.Waiting) + " waiting at most"
	if i.Longest.Known {
		words += ", longest " + human.Duration(i.Longest.Value)
	}
	if cause := causeWords(i); cause != "" {
		words += ", " + cause
	}
	return words
}

// causeWords say why an incident was, and who was hit. Of one that goes on nothing else is
// said: how many wait, and how long, the verdict tells as it is now.
func causeWords(i client.Incident) string {
	var words []string
	if i.Failed > 0 {
		words = append(words, human.Plural(i.Failed, "request")+" failed")
	}
	if i.Cause != "" {
		words = append(words, clean(i.Cause))
	}
	text := strings.Join(words, ", ")
	if n := len(i.Users); n > 0 {
		if text != "" {
			text += "; "
		}
		text += clean(i.Users[0])
		if n > 1 {
			text += " and " + human.Plural(n-1, "other")
		}
	}
	return text
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
