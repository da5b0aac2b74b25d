package ui

import (
	"slices"
	"strings"

	"paceline/queue/human"
)

// pageHead is the verdict on a page, where there are few rows for it: how bad it is, who waits
// and how many, the oldest and since when, why, and what to do. Each row has one line, and what
// does not fit is left out by the clause, so that nothing ends in the middle of a word.
type pageHead struct{ headline }

// wholeHead is how many rows the whole verdict takes.
const wholeHead = 4

func (p pageHead) view(s *state, w, h int) []string {
	if h >= wholeHead || h < 2 || !p.isVerdict || p.isPast {
		return verdictPane(p).view(s, w, h)
	}
	t, indent := s.theme, indentOf(w)
	room := w - indent - 1
	chip := p.chip.Render(" "+p.icon+" "+strings.ToUpper(p.word)+" ") + " "
	if w >= smallWidth {
		chip += " "
	}
	since := s.briefSince()
	rows := p.rows(s, w, h, room)
	first := room - width(chip)
	if atEnd := h == wholeHead-2 && len(rows) > 0; !atEnd && since != "" {
		first -= width(since) + 2
	}
	lines := []string{chip + t.strong.Render(p.lead(s, w, h, first))}
	if first < room-width(chip) {
		lines[0] = t.fit(lines[0], room-width(since)) + t.muted.Render(since)
		since = ""
	}
	for _, row := range rows {
		text, end := p.rowText(s, row, room-width(row.label), since)
		line := t.muted.Render(row.label) + row.style.Render(text)
		if end != "" {
			line = t.fit(line, room-width(end)) + t.muted.Render(end)
		}
		lines = append(lines, line)
	}
	for i, line := range lines {
		lines[i] = spaces(indent) + line
	}
	return t.block(w, h, lines)
}

// rowText is the text of a row in w cells, and since when it is so at its end, of which the
// first word is left out where the text would be cut off.
func (p pageHead) rowText(s *state, row labelled, w int, since string) (text, end string) {
	in := func(w int) string {
		if strings.TrimSpace(row.label) == todo {
			return s.theme.shorten(s.doWords(p.advice[0], p.action, w), w)
		}
		return s.theme.cutWords(row.text, w)
	}
	if since == "" {
		return in(w), ""
	}
	if text = in(w - width(since) - 2); s.theme.isCut(text) {
		since = strings.TrimPrefix(since, "since ")
		text = in(w - width(since) - 2)
	}
	return text, since
}

// rows are the rows below the first, h-1 at most: what to do is always among them.
func (p pageHead) rows(s *state, w, h, room int) []labelled {
	t := s.theme
	var rows []labelled
	if w < smallWidth && h > 2 {
		switch {
		case p.isAboutWaits(s):
			rows = append(rows, labelled{text: s.whoIn(room), style: t.text})
		case p.isCalm && s.briefWho() != "":
			waiting := human.Count(s.sample.Waiting.Value) + " waiting: "
			rows = append(rows, labelled{text: waiting + s.whoIn(room-width(waiting)), style: t.text})
		}
	}
	below := slices.DeleteFunc(verdictPane(p).below(s, room), func(r labelled) bool { return r.label == also })
	switch spare := h - 1 - len(rows); {
	case len(below) <= spare:
	case p.isCalm:
		below = below[:spare]
	default: // why is left out before what to do
		below = below[len(below)-spare:]
	}
	for i := range below {
		if below[i].label != "" {
			below[i].label = t.fit(below[i].label, verdictLabel)
		}
	}
	return append(rows, below...)
}

// lead is the text beside the level, in w cells.
func (p pageHead) lead(s *state, screen, h, w int) string {
	t := s.theme
	subject, _, _ := strings.Cut(p.message, " (")
	if p.isOther || s.briefWho() == "" {
		texts, _ := verdictPane(p).texts(s)
		texts = append(texts, subject)
		if p.isCalm && s.sample.Waiting.Known && s.sample.Waiting.Value == 0 {
			texts = append(texts, "Nobody waits")
		}
		return t.firstThatFits(w, texts...)
	}
	n := human.Count(s.sample.Waiting.Value)
	waiting, oldest := n+" waiting", ", oldest "+human.Duration(s.detail().OldestWait.Value)
	switch {
	case p.isCalm && screen < smallWidth && h > 2: // who waits has a row
		return t.firstThatFits(w, p.message, waiting)
	case p.isCalm:
		return t.firstThatFits(w, p.message+": "+s.whoWords(), subject+", "+waiting+": "+s.briefWho(), waiting+": "+s.briefWho(), waiting+oldest, waiting)
	case !p.isAboutWaits(s):
		return t.firstThatFits(w, p.message+": "+s.whoWords(), subject+", "+waiting+": "+s.briefWho(), subject+", "+waiting+oldest, subject+", "+waiting, p.message, subject)
	case screen < smallWidth && h > 2:
		return t.firstThatFits(w, subject+", "+waiting, waiting)
	case screen < smallWidth && s.detail().Crowd != nil:
		return s.whoIn(w)
	case screen < smallWidth:
		return n + " wait: " + s.whoIn(w-width(n+" wait: "))
	}
	for _, text := range []string{p.message + ": " + s.whoWords(), p.message + ": " + s.briefWho()} {
		if width(text) <= w {
			return text
		}
	}
	for _, lead := range []string{subject + ", " + waiting + ": ", waiting + ": "} {
		if who := s.whoIn(w - width(lead)); width(lead+who) <= w && !strings.Contains(who, t.ellipsis) {
			return lead + who
		}
	}
	if s.detail().Crowd != nil {
		return s.whoIn(w)
	}
	return waiting + ": " + s.whoIn(w-width(waiting+": "))
}

// whoIn says who waits in w cells: the others are left out before a name is cut off, unless one
// of them waits longest, and a name is cut off before a figure.
func (s *state) whoIn(w int) string {
	d := s.detail()
	if c := d.Crowd; c != nil {
		if words := s.crowdWords(c) + ", oldest " + orDash(s.theme, c.OldestWait, human.Duration); width(words) <= w && s.longerThan(c) == "" {
			if others := s.smallWho(w); !strings.Contains(others, s.theme.ellipsis) {
				return others
			}
			return words
		}
		return s.smallWho(w)
	}
	who := s.whoWords()
	if width(who) <= w || d.Oldest == nil || clean(d.Oldest.User) == "" {
		return s.smallWho(w)
	}
	oldest := human.Duration(d.OldestWait.Value)
	if brief := s.briefWho(); width(brief) <= w {
		return brief
	}
	return s.theme.cut(clean(d.Oldest.User), w-width(oldest)-2) + ", " + oldest
}

// firstThatFits returns the first of the texts that has at most w cells; where there is none,
// the last one up to the end of a clause.
func (t *theme) firstThatFits(w int, texts ...string) string {
	for _, text := range texts {
		if width(text) <= w {
			return text
		}
	}
	return t.shorten(texts[len(texts)-1], w)
}

// shorten returns a sentence in at most w cells: up to the end of a clause, and where the first
// one is too long, up to the end of a word.
func (t *theme) shorten(s string, w int) string {
	if width(s) <= w {
		return s
	}
	best, depth := "", 0
	for i, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if prefix := strings.TrimRight(s[:i], " ,;:"); depth == 0 && t.endsClause(s[i:]) && width(prefix) <= w {
			best = prefix
		}
	}
	if best != "" {
		return best
	}
	return t.cutWords(s, w)
}

// endsClause reports whether what follows a clause begins so.
func (t *theme) endsClause(rest string) bool {
	return slices.ContainsFunc([]string{", ", "; ", ": ", " or ", " " + t.dot + " "}, func(mark string) bool { return strings.HasPrefix(rest, mark) })
}
