package ui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"paceline/client"
)

// advicePane says which limit binds, and what each remedy would do.
type advicePane struct{ top int }

func (p advicePane) view(s *state, w, h int) []string {
	t, a, title := s.theme, s.detail().Advice, "Advice"
	if a == nil {
		text := "no advice yet: it takes some traffic"
		switch {
		case !s.known:
			text = t.dash
		case !s.detail().Advises:
			text = "this endpoint gives no advice"
		case s.adviceTrouble() != "":
			text = "no advice: " + s.adviceTrouble()
		}
		return t.box(w, h, title, "", true, t.centred(text, w-4, h-2))
	}
	room := newAdviceRoom(w, h)
	blocks := s.adviceBlocks(room)
	list, room := newAdviceList(blocks, room)
	top := list.keep(p.top)
	end := min(top+room.rows, list.total)
	if list.total > room.rows {
		title = fmt.Sprintf("Advice %d-%d/%d", top+1, end, list.total)
	}
	var lines []string
	for i, block := range blocks {
		if i > 0 {
			lines = append(lines, make([]string, room.gap)...)
		}
		lines = append(lines, block...)
	}
	return t.box(w, h, title, s.computedAgo(a), true, lines[top:end])
}

// adviceBlocks are the parts of the advice: what it comes to and is drawn from,
// each remedy, and what is usual. None where there is no advice.
func (s *state) adviceBlocks(room adviceRoom) [][]string {
	a := s.detail().Advice
	if a == nil {
		return nil
	}
	conclusion, facts := s.adviceConclusion(a, room), s.adviceFacts(a, room)
	if room.columns {
		conclusion, facts = append(conclusion, facts...), nil
	}
	blocks := [][]string{conclusion}
	best := slices.IndexFunc(a.Remedies, a.Helps)
	for i, r := range a.Remedies {
		block := s.remedyLines(a, r, i == best, room)
		if i == 0 {
			block = slices.Concat(s.remedyHead(room), block)
		}
		blocks = append(blocks, block)
	}
	for _, block := range [][]string{facts, s.usualLines(a, room)} {
		if len(block) > 0 {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// adviceConclusion is what the advice comes to.
func (s *state) adviceConclusion(a *client.Advice, room adviceRoom) []string {
	words, m := s.adviceWords(a)
	lines := s.theme.wrap(words, room.w-2, room.w-2, 3)
	for i, line := range lines {
		lead := "  "
		if i == 0 {
			lead = m.style.Render(m.icon) + " "
		}
		lines[i] = lead + s.theme.strong.Render(line)
	}
	return lines
}

// adviceFacts are what the advice is drawn from.
func (s *state) adviceFacts(a *client.Advice, room adviceRoom) []string {
	t := s.theme
	trust, trusted := s.trustWords(a)
	limits, told := s.accountWords(a)
	var lines []string
	for i, row := range []struct {
		label, text string
		style       lipgloss.Style
	}{
		{"waits now", s.bindsNow(a), t.text},
		{"in the hour", s.bindsMostly(a), t.text},
		{"p95 wait", trust, trusted},
		{"limits", limits, told},
		{"from", s.trafficWords(a), t.text},
		{"no newer", s.adviceTrouble(), t.warn},
	} {
		if i > 0 && noTraffic(a) {
			break
		}
		if row.text == "" {
			continue
		}
		for i, line := range t.wrap(row.text, room.w-room.label, room.w-room.label, 4) {
			if i > 0 {
				row.label = ""
			}
			lines = append(lines, t.muted.Render(t.fit(row.label, room.label))+row.style.Render(line))
		}
	}
	return lines
}

// remedyHead says what the figures of the remedies are.
func (s *state) remedyHead(room adviceRoom) []string {
	t := s.theme
	if !room.columns {
		return []string{t.muted.Render(t.cut("the same traffic, computed: p95 wait", room.w))}
	}
	const words = "the same traffic again, computed"
	line := t.fit(words, room.name()+2) + t.fitRight("p95 wait", remedyWait)
	if room.bar > 0 {
		line += "  " + t.fit("what is left of it", room.bar)
	}
	return []string{t.muted.Render(line + t.fitRight("refused", remedyRefused))}
}

// remedyLines are a remedy with its figures, and below what there is to say of it.
func (s *state) remedyLines(a *client.Advice, r client.Remedy, best bool, room adviceRoom) []string {
	t := s.theme
	name, rest := t.remedyName(r)
	lead, style, figures := "  ", t.text, t.muted
	if a.Helps(r) {
		figures = t.good
	}
	if best {
		lead, style = t.good.Render(t.pointer)+" ", t.strong
	}
	var lines []string
	for i, line := range t.wrap(name, room.name(), room.name(), 2) {
		if i > 0 {
			lines = append(lines, "  "+style.Render(line))
			continue
		}
		lines = append(lines, lead+style.Render(t.fit(line, room.name())))
	}
	refused, more := s.remedyRefused(a, r)
	turned := t.text
	if more {
		turned = t.warn
	}
	if room.columns {
		before, after := s.remedyWait(a, r)
		lines[0] += figures.Render(t.fitRight(before, remedyBefore) + t.fitRight(t.becomes, 3) + t.fitRight(after, remedyAfter+1))
		if room.bar > 0 {
			lines[0] += "  " + t.bar(remedyShare(a, r), room.bar, figures)
		}
		lines[0] += turned.Render(t.fitRight(refused, remedyRefused))
	} else {
		lines = append(lines, "  "+figures.Render(s.remedyWords(a, r))+turned.Render(", "+refused+" refused"))
	}
	for _, text := range []string{capital(rest), capital(clean(r.Note.Value))} {
		for _, line := range t.wrap(text, room.w-2, room.w-2, 3) {
			lines = append(lines, "  "+t.muted.Render(line))
		}
	}
	return lines
}

// usualLines are what is usually advised for so many users.
func (s *state) usualLines(a *client.Advice, room adviceRoom) []string {
	t := s.theme
	var parts []string
	for _, advice := range a.Published.Advice {
		if advice = clean(advice); advice != "" {
			parts = append(parts, advice)
		}
	}
	verdict := clean(a.Published.Verdict.Value)
	if len(parts) == 0 && verdict == "" {
		return nil
	}
	words := "Usual advice"
	if users := clean(a.Published.Users.Value); users != "" {
		words += " for " + users + " users"
	}
	words += ": " + strings.Join(parts, "; ")
	if verdict != "" {
		words += ". " + capital(verdict) + "."
	}
	lines := t.wrap(words, room.w, room.w, 8)
	for i := range lines {
		lines[i] = t.muted.Render(lines[i])
	}
	return lines
}
