package ui

import (
	"time"

	"paceline/client"
	"paceline/queue/human"
)

// smallWidth is from how many cells on a screen is not narrow.
const smallWidth = 60

// smallLines are the verdict about who waits on a narrow screen, where its message does not
// fit: how many, in the first cells beside the level, and below that who. They are nil where
// the verdict is about something else, or there is no room.
func (p verdictPane) smallLines(s *state, first, w, h int) []string {
	if w >= smallWidth || h < 2 || !p.isAboutWaits(s) {
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

// smallWho is whoWords in w cells: a name is cut off before a figure is, and before a figure is
// left out, durations have their short form.
func (s *state) smallWho(w int) string {
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
	if n := len(c.With); n > 0 {
		forms := durationForms()
		for i, write := range forms {
			oldest, others := ", oldest "+orDash(t, c.OldestWait, write), s.smallOthers(c, write)
			rest := " " + human.Count(c.Waiting.Value) + " and " + human.Plural(n, "other") + oldest
			for _, words := range []string{s.crowdWords(c) + oldest + others, s.crowdWords(c) + oldest, clean(c.User.String()) + rest} {
				if width(words) <= w {
					return words
				}
			}
			if room := w - width(rest); room >= leastShownName || i == len(forms)-1 {
				return t.cut(t.cut(clean(c.User.String()), max(room, leastShownName))+rest, w)
			}
		}
	}
	name := clean(c.User.String())
	for _, write := range durationForms() {
		figures := " " + human.Count(c.Waiting.Value) + ", oldest " + orDash(t, c.OldestWait, write)
		others := s.smallOthers(c, write)
		if user := s.longerThan(c); user != "" {
			if named := "; " + user + " " + write(c.OthersOldest.Value); width(name+figures+named) <= w {
				others = named
			}
		}
		if room := w - width(figures) - width(others); room >= min(leastShownName, width(name)) {
			return t.cut(name, room) + figures + others
		}
	}
	figures := " " + human.Count(c.Waiting.Value) + ", oldest " + orDash(t, c.OldestWait, human.Short)
	return t.cut(name, w-width(figures)) + figures
}

// leastShownName is how much of a name there is at least, before a figure is left out.
const leastShownName = 6

// durationForms are how a duration is written, the longer one first.
func durationForms() []func(time.Duration) string {
	return []func(time.Duration) string{human.Duration, human.Short}
}

// smallOthers is othersWords in few cells.
func (s *state) smallOthers(c *client.Crowd, write func(time.Duration) string) string {
	if !c.OthersOldest.Known {
		return ""
	}
	return "; others ≤" + write(c.OthersOldest.Value)
}
