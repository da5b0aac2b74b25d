package ui

import (
	"strings"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// capacityPane shows how many users there are, what that means for them, and how
// far it is to the next band.
type capacityPane struct{}

func (capacityPane) view(s *state, w, h int) []string {
	t, d := s.theme, s.detail()
	half := (w - 4 - 3) / 2
	label := func(label, value string, w int) string {
		return t.muted.Render(t.fit(label, max(w-width(value), 0))) + t.text.Render(value)
	}
	band, level := bandOf(t, d.Band)
	body := []string{
		label("active users", orDash(t, d.ActiveUsers, human.Count[int]), half) + spaces(3) +
			t.muted.Render("band ") + t.fitRight(band, w-4-3-half-5),
		label("delay", t.cut(orDash(t, d.Expected, clean), half-6), half) + spaces(3) +
			label("feels", t.cut(orDash(t, d.Feels, clean), w-4-3-half-6), w-4-3-half),
	}
	if level >= 0 {
		body = append(body, s.bandScale(level, w-4), bandUsers(t, w-4))
	}
	note := "users of 5 min"
	if d.Pace.Or("") == queue.PaceAdaptive { // the bands were measured with the spacing
		note = "by the spaced rule"
	}
	return t.box(w, h, "Capacity", note, false, body)
}

// bandOf returns the band's name, styled, and its place among the bands; -1 for
// one that is not known.
func bandOf(t *theme, band client.Opt[string]) (string, int) {
	for i, b := range queue.Bands() {
		if band.Known && strings.EqualFold(band.Value, b.Name) {
			sev := t.level(client.Healthy)
			switch {
			case i >= 3:
				sev = t.level(client.Critical)
			case i == 2:
				sev = t.level(client.Warning)
			}
			return sev.style.Render(sev.icon + " " + b.Name), i
		}
	}
	return t.text.Render(orDash(t, band, clean)), -1
}

// bandUsers is the line below the scale: the number of users at which each band begins.
func bandUsers(t *theme, w int) string {
	bands := queue.Bands()
	cell := (w - (len(bands) - 1)) / len(bands)
	line, first := "", 1
	for _, b := range bands {
		users := human.Count(first)
		if b.MaxUsers == 0 {
			users += " users"
		}
		line += t.fit(users, cell+1)
		first = b.MaxUsers + 1
	}
	return t.muted.Render(line)
}

// bandScale is the bands in a row, filled up to this one.
func (s *state) bandScale(level, w int) string {
	t := s.theme
	bands := len(queue.Bands())
	cell := (w - (bands - 1)) / bands
	parts := make([]string, 0, bands)
	for i := range bands {
		fill, style := strings.Repeat(string(t.empty), cell), t.border
		if i <= level {
			fill = strings.Repeat(string(t.full), cell)
			style = t.good
			switch {
			case level >= 3:
				style = t.crit
			case level == 2:
				style = t.warn
			}
		}
		parts = append(parts, style.Render(fill))
	}
	return strings.Join(parts, " ")
}
