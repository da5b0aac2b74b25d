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
	text, facts := r.detailText(t), "routine: i shows each"
	if r.times > 0 {
		facts = r.facts(s)
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

// detailText is all of the line's text.
func (r *eventRow) detailText(t *theme) string {
	if r.times > 0 {
		return t.eventText(r.event)
	}
	return r.count.words(true)
}

// detailCut reports whether the details of a line do not have all of its text in h rows.
func (s *state) detailCut(r *eventRow, w, h int) bool {
	room := h - 1
	if room > 2 {
		room--
	}
	return len(s.theme.wrap(r.detailText(s.theme), w-2, w-2, room+1)) > room
}

// facts are what an event's line leaves out.
func (r *eventRow) facts(s *state) string {
	e, words := r.event, []string{r.at.In(s.zone).Format("Mon 2 Jan " + time.TimeOnly)}
	if r.of != nil && !r.from.Equal(r.at) {
		words[0] = "from " + r.from.In(s.zone).Format("Mon 2 Jan "+time.TimeOnly) + " to " + r.at.In(s.zone).Format(time.TimeOnly)
	}
	if r.times > 1 {
		words = append(words, human.Count(r.times)+" times since "+r.from.In(s.zone).Format(time.TimeOnly))
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
