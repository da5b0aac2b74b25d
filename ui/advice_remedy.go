package ui

import (
	"strings"
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// hint is the best remedy in brief while somebody waits for their turn, in at most w
// cells; empty if there is none. What would help the pace helps nobody in an outage.
func (s *state) hint(w int) string {
	d := s.detail()
	if d.Advice == nil || d.Cause.Known || s.sample.Waiting.Value == 0 || s.adviceAge(d.Advice).Or(0) > time.Hour {
		return ""
	}
	best, helps := d.Advice.Best()
	if !helps || d.Advice.P95.Value < shortWait {
		return ""
	}
	figures := s.remedyWords(d.Advice, best)
	if refused, more := s.remedyRefused(d.Advice, best); more {
		figures += ", " + refused + " refused"
	}
	long, _ := s.theme.remedyName(best)
	long = human.Capitalize(strings.TrimPrefix(long, "The "))
	var texts []string
	if d.Advice.Assumed.Value {
		texts = append(texts, long+": p95 wait "+figures+", limits assumed")
	}
	brief := shortRemedyName(best, long)
	for _, name := range []string{long, brief} {
		texts = append(texts, name+": p95 wait "+figures, name+": "+figures)
	}
	for _, text := range texts {
		if width(text) <= w {
			return text
		}
	}
	const least = 8 // of a name
	if room := w - width(": "+figures); room >= least {
		return s.theme.cut(brief, room) + ": " + figures
	}
	return ""
}

// shortRemedyName is the name of a remedy where its own is too long.
func shortRemedyName(r client.Remedy, long string) string {
	switch r.Kind.Value {
	case "adaptive":
		return "Adaptive pace"
	case "key":
		return "Second key"
	case "haiku":
		return "Haiku"
	case "cache":
		return "Cache"
	case "user-limit":
		return "User limit"
	case "in-flight":
		return "More at once"
	default:
		return long
	}
}

// remedyName splits what a remedy says into its name and the rest.
func (t *theme) remedyName(r client.Remedy) (name, more string) {
	name, more, _ = strings.Cut(clean(r.What), ": ")
	if strings.TrimSpace(name) == "" {
		name = t.dash
	}
	return human.Capitalize(name), more
}

// remedyWait is the p95 wait without the remedy and with it.
func (s *state) remedyWait(a *client.Advice, r client.Remedy, write func(time.Duration) string) (before, after string) {
	return s.computed(a.P95, write), orDash(s.theme, r.P95, write)
}

// computed writes a duration that is computed and not measured.
func (s *state) computed(d client.Opt[time.Duration], write func(time.Duration) string) string {
	if !d.Known {
		return s.theme.dash
	}
	return s.theme.approx + write(d.Value)
}

// remedyWords is remedyWait in one text.
func (s *state) remedyWords(a *client.Advice, r client.Remedy) string {
	before, after := s.remedyWait(a, r, human.Duration)
	return before + " " + s.theme.arrow + " " + after
}

// remedyShare is the share of the p95 wait that remains with the remedy.
func remedyShare(a *client.Advice, r client.Remedy) float64 {
	if !a.P95.Known || !r.P95.Known || a.P95.Value <= 0 {
		return 0
	}
	return float64(r.P95.Value) / float64(a.P95.Value)
}

// remedyRefused is how many are refused, and whether they are more than without
// the remedy.
func (s *state) remedyRefused(a *client.Advice, r client.Remedy) (string, bool) {
	if !r.Refused.Known {
		return s.theme.dash, false
	}
	return human.Count(r.Refused.Value), r.Refused.Value > a.Refused.Value
}

// remedyHead is the heading of the columns of the remedies.
func (s *state) remedyHead(layout adviceLayout) []string {
	t := s.theme
	if !layout.columns {
		return []string{t.muted.Render(t.cut("the same traffic, computed: p95 wait", layout.w))}
	}
	const words = "the same traffic again, computed"
	line := t.fit(words, layout.name()+2) + t.fitRight("p95 wait", remedyWait)
	if layout.bar > 0 {
		line += "  " + t.fit("what is left of it", layout.bar)
	}
	return []string{t.muted.Render(line + t.fitRight("refused", remedyRefused))}
}

// remedyLines are a remedy with its figures, and its explanation below.
func (s *state) remedyLines(a *client.Advice, r client.Remedy, best bool, layout adviceLayout) []string {
	t := s.theme
	name, rest := t.remedyName(r)
	lead, style, figures := "  ", t.text, t.muted
	refused, more := s.remedyRefused(a, r)
	switch {
	case a.Helps(r) && more:
		figures = t.warn
	case a.Helps(r):
		figures = t.good
	}
	if best {
		lead, style = t.good.Render(t.pointer)+" ", t.strong
	}
	var lines []string
	for i, line := range t.wrap(name, layout.name(), layout.name(), 2) {
		if i > 0 {
			lines = append(lines, "  "+style.Render(line))
			continue
		}
		lines = append(lines, lead+style.Render(t.fit(line, layout.name())))
	}
	turned := t.text
	if more {
		turned = t.warn
	}
	if layout.columns {
		before, after := s.remedyWait(a, r, human.Short)
		lines[0] += figures.Render(t.fitRight(before, remedyBefore) + t.fitRight(t.arrow, 3) + t.fitRight(after, remedyAfter+1))
		if layout.bar > 0 {
			lines[0] += "  " + t.bar(remedyShare(a, r), layout.bar, figures)
		}
		lines[0] += turned.Render(t.fitRight(refused, remedyRefused))
	} else {
		lines = append(lines, "  "+figures.Render(s.remedyWords(a, r))+turned.Render(", "+refused+" refused"))
	}
	for _, text := range []string{human.Capitalize(rest), human.Capitalize(clean(r.Note.Value))} {
		for _, line := range t.wrap(text, layout.w-2, layout.w-2, 3) {
			lines = append(lines, "  "+t.muted.Render(line))
		}
	}
	return lines
}
