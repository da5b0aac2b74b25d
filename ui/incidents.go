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
// first; and one for that which goes on, if there is one, at its beginning. The level is that
// of the verdict now.
func incidentEvents(list []client.Incident, now client.Level, zone *time.Location) (over, going []client.Event) {
	for _, i := range list {
		words := worstWords(i)
		e := client.Event{At: i.Until, Kind: kindWasWarning, Took: client.Some(i.Until.Sub(i.Since)), Cause: words}
		e.Text = overWords(i) + ", worst at " + i.Peak.In(zone).Format(time.TimeOnly) + ": " + words
		if i.Level == client.Critical {
			e.Kind = kindWasCritical
		}
		if !i.Open {
			over = append(over, e)
			continue
		}
		e = client.Event{At: i.Since, Kind: kindIsWarning, Text: goingWords(i), Cause: causeWords(i)}
		if e.Cause != "" {
			e.Text += ": " + e.Cause
		}
		if now == client.Critical {
			e.Kind = kindIsCritical
		}
		going = append(going, e)
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

// goingWords say since when an incident has gone on, and for how long of that it was critical.
func goingWords(i client.Incident) string {
	words := "Goes on since then"
	if i.Eased {
		words = "Went on until just now"
	}
	if i.Critical > 0 && i.Critical < i.Until.Sub(i.Since) {
		words += ", critical for " + human.Duration(i.Critical)
	}
	return words
}

// worstWords say how bad an incident was, why, and who was hit.
func worstWords(i client.Incident) string {
	words := ""
	if i.Waiting > 0 {
		words = human.Count(i.Waiting) + " waiting at most"
		if i.Longest.Known {
			words += ", longest " + human.Duration(i.Longest.Value)
		}
	}
	switch cause := causeWords(i); {
	case words == "" && cause == "":
		return "nobody waited"
	case words == "":
		return cause
	case cause != "":
		words += "; " + cause
	}
	return words
}

// causeWords say why an incident was, what failed, and who was hit. Of one that goes on nothing
// else is said: how many wait, and how long, the verdict tells as it is now.
func causeWords(i client.Incident) string {
	var words []string
	if i.Cause != "" {
		words = append(words, causeLabel(i.Cause))
	}
	if lost := lostWords(i); lost != "" {
		words = append(words, lost)
	}
	if n := len(i.Users); n > 0 {
		who := clean(i.Users[0].Name)
		if n > 1 {
			who += " and " + human.Plural(n-1, "other")
		}
		words = append(words, who+" waited")
	}
	return strings.Join(words, "; ")
}

// lostWords say how many requests failed, and were refused.
func lostWords(i client.Incident) string {
	switch {
	case i.Failed > 0 && i.Refused > 0:
		return human.Plural(i.Failed, "request") + " failed, " + human.Count(i.Refused) + " refused"
	case i.Failed > 0:
		return human.Plural(i.Failed, "request") + " failed"
	case i.Refused > 0:
		return human.Plural(i.Refused, "request") + " refused"
	}
	return ""
}

// causeLabel says why all was not well, see [client.Incident].
func causeLabel(cause string) string {
	switch cause {
	case queue.BlockedBySpacing:
		return "the published pace"
	case queue.BlockedByPause:
		return "paused by the API"
	case queue.BlockedBySlots:
		return "all calls in flight"
	case queue.BlockedByExploring, queue.BlockedByRate:
		return "the API's limit"
	case queue.BlockedByOverload:
		return "the API was overloaded"
	case queue.BlockedByNetwork:
		return "no connection to the API"
	case queue.BlockedByBackOff:
		return "all stood aside to be tried again"
	case queue.RowSilence:
		return "no call was answered"
	case queue.RowStuck:
		return "nothing started or ended"
	case queue.RowMistakes:
		return "callers' own mistakes"
	case queue.RowRefusals:
		return "refused at the door"
	case queue.RowOff:
		return "the pace is off"
	case queue.RowSlowReaders:
		return "clients that read slowly"
	}
	if class, ok := queue.ClassName(cause).Class(); ok {
		return class.Cause()
	}
	return clean(cause) + " used up"
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
