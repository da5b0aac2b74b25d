package ui

import (
	"strings"
	"time"

	"paceline/queue/human"
)

// eventDetailRows is how many rows the details of an event have, below a list of h rows with
// its title.
func eventDetailRows(h int) int {
	switch {
	case h >= 18:
		return 5
	case h >= 10:
		return 4
	default:
		return 3
	}
}

// eventDetail is all of one line of the events in h rows: its text, which the line may cut
// off, and what the line leaves out.
func (s *state) eventDetail(r *eventRow, w, h int) []string {
	t := s.theme
	text, facts := r.count.words(true), "routine: i shows each"
	if r.times > 0 {
		text, facts = t.eventText(r.event), r.facts(s)
	}
	lines := []string{t.border.Render(strings.Repeat(t.glyphs.border.Top, w))}
	room := h - 1
	if room > 2 { // else the text comes first
		room--
	}
	for _, line := range t.wrap(text, w-2, w-2, room) {
		lines = append(lines, " "+t.text.Render(line))
	}
	return append(lines, " "+t.muted.Render(t.cut(facts, w-2)))
}

// facts are what an event's line leaves out.
func (r *eventRow) facts(s *state) string {
	e, words := r.event, []string{r.at.In(s.zone).Format("Mon 2 Jan " + time.TimeOnly)}
	if r.times > 1 {
		words = append(words, human.Count(r.times)+" times in that minute")
	}
	for _, fact := range [][2]string{{"user ", e.User}, {"lane ", e.Lane}, {"class ", string(e.Class)}, {"by ", e.By}} {
		label, value := fact[0], fact[1]
		if label == "lane " && value != "" {
			value = s.laneName(value)
		}
		if value != "" {
			words = append(words, label+clean(value))
		}
	}
	return strings.Join(words, " "+s.theme.dot+" ")
}
