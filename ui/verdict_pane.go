package ui

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"paceline/client"
)

// verdictPane answers in this order: do users wait, who, why, and what to do. It is the one
// loud thing on the screen.
type verdictPane struct{ headline }

// labelled is a row below the message: a label, and what it says.
type labelled struct {
	label, text string
	style       lipgloss.Style
	more        string // at its end, if there is room; may be empty
}

// Labels of what to do, and of the other findings.
const (
	todo = "do"
	also = "also"
)

// verdictLabel is the width of the labels below the message.
const verdictLabel = 5

// wideVerdict is from how many cells on the verdict begins with its message, and ends its first
// row with since when it is so. On a narrower screen it begins with who waits.
const wideVerdict = 100

func (p verdictPane) view(s *state, w, h int) []string {
	t, indent := s.theme, indentOf(w)
	room := w - indent - 1
	chip := p.chip.Render(" " + p.icon + " " + strings.ToUpper(p.word) + " ")
	beside := width(chip) + 1
	if w >= 60 {
		beside++
	}
	since, first := "", room-beside
	if words := s.sinceWords(); p.isVerdict && words != "" && w >= wideVerdict {
		since, first = words, first-width(words)-2
	}
	rows := p.below(s, room)
	if last := len(rows) - 1; last >= 0 && rows[last].label == also && p.needs(s, rows[:last], first, room) >= h {
		rows = rows[:last] // what else applies is said where there is room
	}
	small := p.smallLines(s, first, room, h)
	rows = rows[:min(len(rows), h-max(len(small), 1))]
	spare := h - 1 - len(rows) // rows that what is too long for its own may have
	message, plain := small, 0 // so many lines at its end are not loud
	switch {
	case small != nil:
	case w < wideVerdict && p.isAboutWaits(s):
		message, plain = p.whoLines(s, first, room-beside, 1+spare)
	default:
		message, plain = p.messageLines(s, first, room-beside, 1+spare)
	}
	var lines []string
	for i, line := range message {
		lead := spaces(beside)
		if small != nil {
			lead = ""
		}
		if i == 0 {
			lead = chip + spaces(beside-width(chip))
			line = t.fit(line, first)
		}
		style := t.strong
		if i >= len(message)-plain {
			style = t.text
		}
		lines = append(lines, lead+style.Render(line))
	}
	if since != "" {
		lines[0] += "  " + t.muted.Render(since)
	}
	spare -= len(lines) - 1
	for _, row := range rows {
		wrapped := t.wrap(row.text, room-verdictLabel, room-verdictLabel, 1+spare)
		if row.label == todo && len(wrapped) == 1 {
			wrapped[0] = t.shorten(row.text, room-verdictLabel)
		}
		spare -= max(len(wrapped)-1, 0)
		for i, text := range wrapped {
			label := t.fit(row.label, verdictLabel)
			if i > 0 {
				label = spaces(verdictLabel)
			}
			line := t.muted.Render(label) + row.style.Render(text)
			if more := row.more; more != "" && i == 0 && len(wrapped) == 1 && verdictLabel+width(text)+2+width(more) <= room {
				line = t.fit(line, room-width(more)) + t.muted.Render(more)
			}
			lines = append(lines, line)
		}
	}
	for i, line := range lines {
		lines[i] = spaces(indent) + line
	}
	return t.block(w, h, lines)
}

// whoLines are who waits, and after that the message, in n lines at most, the first of which has first cells: it is left
// out, or its last figures are, before anything of who waits is. The last plain of them are the
// message.
func (p verdictPane) whoLines(s *state, first, w, n int) (lines []string, plain int) {
	t := s.theme
	who := s.whoFirst()
	if brief := strings.Replace(who, "; others at most ", "; others ≤", 1); width(who) > first && width(brief) <= first {
		who = brief
	}
	lines = t.wrap(who, first, w, n)
	if len(lines) == n {
		return lines, 0
	}
	texts := withoutFigures(s.unnamed(p.message))
	for _, text := range texts {
		if width(text) <= w {
			return append(lines, text), 1
		}
	}
	return append(lines, t.shorten(texts[len(texts)-1], w)), 1
}

// withoutFigures returns a message, and the same without the last of the figures in its
// parentheses, and so on to none of them.
func withoutFigures(message string) []string {
	texts := []string{message}
	subject, figures := client.CutFigures(message)
	if figures == "" {
		return texts
	}
	parts := strings.Split(figures, ", ")
	for n := len(parts) - 1; n > 0; n-- {
		texts = append(texts, subject+" ("+strings.Join(parts[:n], ", ")+")")
	}
	return append(texts, subject)
}

// unnamed returns a message without the name of whom who waits begins with.
func (s *state) unnamed(message string) string {
	if c := s.detail().Crowd; c != nil && !s.past {
		return strings.Replace(message, ", "+clean(c.User.String())+" (", " (", 1)
	}
	return message
}

// needs returns how many rows the message and the rows below it take, if nothing is cut off.
func (p verdictPane) needs(s *state, rows []labelled, first, room int) int {
	const plenty = 20
	t := s.theme
	texts, _ := p.texts(s)
	n := len(t.wrap(texts[0], first, first, plenty))
	for _, row := range rows {
		n += len(t.wrap(row.text, room-verdictLabel, room-verdictLabel, plenty))
	}
	return n
}

// texts are the message and who waits, and what may be left out of that, the longest first. So
// many of them say who waits.
func (p verdictPane) texts(s *state) (texts []string, with int) {
	if who := s.whoWords(); p.isVerdict && !p.isOther && who != "" {
		message := s.unnamed(p.message)
		texts = []string{message + ": " + who}
		if brief := strings.Replace(who, " waiting at most", " waiting", 1); brief != who {
			texts = append(texts, message+": "+brief)
		}
		texts = append(texts, message+": "+s.briefWho())
		for _, shorter := range withoutFigures(message)[1:] {
			texts = append(texts, shorter+": "+who)
		}
	}
	return append(texts, withoutFigures(p.message)...), len(texts)
}

// messageLines is the message, and who waits, in n lines at most, the first of which has
// first cells: where that is too long, without who waits, and then without the figures. Where it
// is about who waits, that comes first instead, and the last plain lines are the message.
func (p verdictPane) messageLines(s *state, first, w, n int) (lines []string, plain int) {
	texts, with := p.texts(s)
	for i, text := range texts {
		if i == with && p.isAboutWaits(s) {
			return p.whoLines(s, first, w, n)
		}
		if lines := s.theme.wrap(text, first, w, n+1); len(lines) <= n && !slices.ContainsFunc(lines, s.theme.isCut) {
			return lines, 0
		}
	}
	return s.theme.wrap(texts[len(texts)-1], first, w, n), 0
}

// below returns the rows below the message, the most important first: what to do, and
// before it, where there is room, why.
func (p verdictPane) below(s *state, room int) []labelled {
	t := s.theme
	var rows []labelled
	if !p.isVerdict {
		for _, a := range p.advice {
			rows = append(rows, labelled{text: a, style: t.text})
		}
		return rows
	}
	why := s.whyWords(room - verdictLabel)
	if p.isPast {
		return s.pastRows(why, room-verdictLabel)
	}
	if p.isCalm {
		if why != "" {
			rows = append(rows, labelled{label: "now", text: why, style: t.text})
		}
		if spared := s.sparedLine(room - verdictLabel); spared != "" {
			rows = append(rows, labelled{text: spared, style: t.muted})
		}
		return rows
	}
	for _, a := range p.advice {
		row := labelled{label: todo, text: s.doWords(a, p.action, room-verdictLabel), style: t.accent}
		if s.detail().Advice != nil {
			row.more = "A what would help"
		}
		rows = append(rows, row)
	}
	if why != "" {
		rows = append([]labelled{{label: "why", text: why, style: t.text}}, rows...)
	}
	if len(p.others) > 0 {
		rows = append(rows, labelled{label: also, text: strings.Join(p.others, "; "), style: t.muted})
	}
	return rows
}
