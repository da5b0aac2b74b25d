package ui

import (
	"fmt"
	"strings"

	"paceline/queue/human"
)

// pastRows are the rows below the verdict of a moment in the past, in w cells: why they
// waited, who was hit, and the incident that it is part of.
func (s *state) pastRows(why string, w int) []labelled {
	var rows []labelled
	add := func(label, text string) {
		if text != "" {
			rows = append(rows, labelled{label: label, text: text, style: s.theme.text})
		}
	}
	label := "why"
	if s.sample.Waiting.Value == 0 {
		label = "then"
	}
	add(label, why)
	if s.incident != nil {
		add("hit", s.hitWords(w))
		add("", "incident from "+s.incidentWords())
	}
	return rows
}

// incidentWords says from when to when an incident was, and how bad it got.
func (s *state) incidentWords() string {
	i := s.incident
	until := "to " + s.clock(i.Until)
	if i.Open {
		until = "on"
	}
	words := fmt.Sprintf("%s %s, worst at %s; in all at most %s waiting", s.clock(i.Since), until, s.clock(i.Peak), human.Count(i.Waiting))
	if i.Longest.Known {
		words += ", longest " + human.Duration(i.Longest.Value)
	}
	if i.Failed > 0 {
		words += ", " + human.Plural(i.Failed, "request") + " failed"
	}
	return words
}

// hitWords names who waited longest in an incident, as many as fit into w cells.
func (s *state) hitWords(w int) string {
	names := s.incident.Users
	for n := len(names); n > 0; n-- {
		shown := make([]string, n)
		for i, name := range names[:n] {
			shown[i] = clean(name)
		}
		words := strings.Join(shown, ", ")
		if more := len(names) - n; more > 0 {
			words += " and " + human.Plural(more, "other")
		}
		if width(words) <= w || n == 1 {
			return words
		}
	}
	return ""
}
