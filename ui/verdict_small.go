package ui

import (
	"paceline/client"
	"paceline/queue/human"
)

// smallWidth is from how many cells on a screen is not narrow.
const smallWidth = 60

// smallLines are the verdict about who waits on a narrow screen, where its message does not
// fit: how many, in the first cells beside the level, and below that who. They are nil where
// the verdict is about something else, or there is no room.
func (p verdictPane) smallLines(s *state, first, w, h int) []string {
	findings := s.verdict.Findings
	if w >= smallWidth || h < 2 || !p.isVerdict || p.isOther || p.isPast || len(findings) == 0 || !findings[0].IsAboutWaits() {
		return nil
	}
	who := s.smallWho(w)
	if who == "" {
		return nil
	}
	subject, _ := client.CutFigures(p.message)
	waiting := human.Count(s.sample.Waiting.Value) + " waiting"
	if words := subject + ", " + waiting; width(words) <= first {
		waiting = words
	}
	return []string{waiting, who}
}

// smallWho is whoWords in w cells: a name is cut off before a figure is.
func (s *state) smallWho(w int) string {
	const leastName = 6
	t, d := s.theme, s.detail()
	if s.sample.Waiting.Value == 0 || !d.OldestWait.Known {
		return ""
	}
	c := d.Crowd
	if c == nil {
		if who := s.whoWords(); width(who) <= w {
			return who
		}
		return t.cut(s.briefWho(), w)
	}
	figures := " " + human.Count(c.Waiting.Value) + ", oldest " + orDash(t, c.OldestWait, human.Duration)
	others := ""
	if c.OthersOldest.Known {
		others = "; others ≤" + human.Duration(c.OthersOldest.Value)
		named := "; " + s.longerThan(c) + " " + human.Duration(c.OthersOldest.Value)
		if s.longerThan(c) != "" && width(clean(c.User.String())+figures+named) <= w {
			others = named
		}
	}
	if n := len(c.With); n > 0 {
		oldest := ", oldest " + orDash(t, c.OldestWait, human.Duration)
		rest := " " + human.Count(c.Waiting.Value) + " and " + human.Plural(n, "other") + oldest
		for _, longer := range []string{s.crowdWords(c) + oldest + others, s.crowdWords(c) + oldest} {
			if width(longer) <= w {
				return longer
			}
		}
		return t.cut(t.cut(clean(c.User.String()), max(w-width(rest), leastName))+rest, w)
	}
	name := clean(c.User.String())
	if room := w - width(figures) - width(others); room >= min(leastName, width(name)) {
		return t.cut(name, room) + figures + others
	}
	return t.cut(name, w-width(figures)) + figures
}
