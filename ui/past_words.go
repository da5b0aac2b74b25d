package ui

import (
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
	words := s.clock(i.Since) + " " + until
	if i.Longest.Known && i.Longest.Value > 0 {
		words += "; longest wait " + human.Duration(i.Longest.Value)
		if !i.LongestAt.Equal(i.MostAt) {
			words += ", at " + s.clock(i.LongestAt)
		}
	}
	if i.Waiting > 0 {
		words += "; at most " + human.Count(i.Waiting) + " waiting, at " + s.clock(i.MostAt)
	}
	if lost := lostWords(*i); lost != "" {
		words += "; " + lost
	}
	return words
}

// hitWords name who waited longest in an incident, and how long, and say how many others
// waited, and how long at most: in w cells.
func (s *state) hitWords(w int) string {
	users := s.incident.Users
	if len(users) == 0 {
		return ""
	}
	n := 1
	for n < len(users) && 2*users[n].Waited >= users[0].Waited { // nearly as long
		n++
	}
	for ; ; n-- {
		words := ""
		for i, u := range users[:n] {
			if i > 0 {
				words += ", "
			}
			words += clean(u.Name) + " (" + human.Duration(u.Waited) + ")"
		}
		if more := len(users) - n; more > 0 {
			words += "; " + human.Plural(more, "other") + " at most " + human.Duration(users[n].Waited)
		}
		if width(words) <= w || n == 1 {
			return words
		}
	}
}
