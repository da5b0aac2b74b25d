package ui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// hint is the best remedy in brief while somebody waits for their turn, in at most w
// cells, the action first; empty if there is none. What would help the pace helps nobody in an
// outage.
func (s *state) hint(w int) string {
	d := s.detail()
	if d.Advice == nil || s.sample.Waiting.Value == 0 || s.adviceAge(d.Advice).Or(0) > time.Hour {
		return ""
	}
	best, helps := d.BestRemedy()
	if !helps || d.Advice.P95.Value < shortWait {
		return ""
	}
	figures := s.remedyWords(d.Advice, best)
	if refused, more := s.remedyRefused(d.Advice, best); more {
		figures += ", " + refused + " refused"
	}
	long, brief := remedyAction(best)
	if s.paceKey != "" && !s.keyless && best.Kind.Value == queue.RemedyAdaptive {
		long, brief = s.withPaceKey(long), s.paceKey+" adaptive pace"
	}
	texts := []string{brief}
	for _, name := range []string{brief, long} {
		texts = append(texts, name+": "+figures, name+": p95 wait "+figures)
	}
	if d.Advice.Assumed.Value {
		texts = append(texts, long+": p95 wait "+figures+", limits assumed")
	}
	slices.SortStableFunc(texts, func(a, b string) int { return cmp.Compare(width(b), width(a)) })
	for _, text := range texts {
		if width(text) <= w {
			return text
		}
	}
	return ""
}

// paceFlag is how the server is told to use the adaptive pace.
const paceFlag = "--pace adaptive"

// withPaceKey names the key that changes the pace here, where there is one, in place of the
// flag.
func (s *state) withPaceKey(do string) string {
	if s.paceKey == "" || s.keyless {
		return do
	}
	return strings.Replace(do, paceFlag, s.paceKey, 1)
}

// remedyAction says what to do for a remedy, and the same in brief.
func remedyAction(r client.Remedy) (long, brief string) {
	name, _, _ := strings.Cut(clean(r.What), ": ")
	switch r.Kind.Value {
	case queue.RemedyTier:
		return "Raise the account to " + name, "Raise to " + name
	case queue.RemedyAdaptive:
		return human.Capitalize(name), "Use " + paceFlag
	case queue.RemedyKey:
		return "Add " + name, "Add a second key"
	case queue.RemedyHaiku:
		return "Use " + name, "Use Haiku"
	case queue.RemedyCache:
		return "Add " + name, "Add a cache"
	case queue.RemedyUserLimit:
		return "Allow " + name, "Limit each user"
	case queue.RemedyInFlight:
		return "Allow " + name, "Allow more at once"
	default:
		return human.Capitalize(name), human.Capitalize(name)
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
	return s.computed(a.P95, write), s.computed(r.P95, write)
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
