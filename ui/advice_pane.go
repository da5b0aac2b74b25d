package ui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue/human"
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
		case !s.detail().OffersAdvice:
			text = "this endpoint gives no advice"
		case s.adviceTrouble() != "":
			text = "no advice: " + s.adviceTrouble()
		}
		return t.panel(w, h, section{title: title, focused: true}, t.centred(text, w-4, h-1))
	}
	layout := newAdviceLayout(w, h)
	blocks := s.adviceBlocks(layout)
	list, layout := newAdviceList(blocks, layout)
	top := list.clamp(p.top)
	end := min(top+layout.rows, list.total)
	if list.total > layout.rows {
		title = fmt.Sprintf("Advice %d-%d/%d", top+1, end, list.total)
	}
	var lines []string
	for i, block := range blocks {
		if i > 0 {
			lines = append(lines, make([]string, layout.gap)...)
		}
		lines = append(lines, block...)
	}
	return t.panel(w, h, section{title: title, note: s.computedAgo(a), focused: true}, lines[top:end])
}

// adviceBlocks returns the parts of the advice: the conclusion with its facts, each
// remedy, and what is usually advised. There are none without advice.
func (s *state) adviceBlocks(layout adviceLayout) [][]string {
	a := s.detail().Advice
	if a == nil {
		return nil
	}
	conclusion, facts := s.adviceConclusion(a, layout), s.adviceFacts(a, layout)
	if layout.columns {
		conclusion, facts = append(conclusion, facts...), nil
	}
	blocks := [][]string{conclusion}
	remedies := a.Remedies
	if a.Doubt() != "" {
		remedies = nil
	}
	best := slices.IndexFunc(remedies, a.Helps)
	for i, r := range remedies {
		block := s.remedyLines(a, r, i == best, layout)
		if i == 0 {
			block = slices.Concat(s.remedyHead(layout), block)
		}
		blocks = append(blocks, block)
	}
	for _, block := range [][]string{facts, s.usualLines(a, layout)} {
		if len(block) > 0 {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// adviceConclusion is the advice in one sentence.
func (s *state) adviceConclusion(a *client.Advice, layout adviceLayout) []string {
	words, sev := s.adviceWords(a)
	lines := s.theme.wrap(words, layout.w-2, layout.w-2, 3)
	for i, line := range lines {
		lead := "  "
		if i == 0 {
			lead = sev.style.Render(sev.icon) + " "
		}
		lines[i] = lead + s.theme.strong.Render(line)
	}
	return lines
}

// adviceFacts are the facts behind the advice.
func (s *state) adviceFacts(a *client.Advice, layout adviceLayout) []string {
	t := s.theme
	trust, trustStyle := s.trustWords(a)
	limits, limitsStyle := s.accountWords(a)
	spared := ""
	if words := s.sparedWords(a); len(words) > 0 {
		spared = words[0]
	}
	var lines []string
	for i, row := range []struct {
		label, text string
		style       lipgloss.Style
	}{
		{"waits now", s.bindsNow(a), t.text},
		{"in the hour", s.bindsMostly(a), t.text},
		{"p95 wait", trust, trustStyle},
		{"spared", spared, t.text},
		{"limits", limits, limitsStyle},
		{"from", s.trafficWords(a), t.text},
		{"no newer", s.adviceTrouble(), t.warn},
	} {
		if i > 0 && isWithoutTraffic(a) {
			break
		}
		if row.text == "" {
			continue
		}
		for i, line := range t.wrap(row.text, layout.w-layout.label, layout.w-layout.label, 4) {
			if i > 0 {
				row.label = ""
			}
			lines = append(lines, t.muted.Render(t.fit(row.label, layout.label))+row.style.Render(line))
		}
	}
	return lines
}

// usualLines say what is usually advised for this number of users.
func (s *state) usualLines(a *client.Advice, layout adviceLayout) []string {
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
		words += ". " + human.Capitalize(verdict) + "."
	}
	lines := t.wrap(words, layout.w, layout.w, 8)
	for i := range lines {
		lines[i] = t.muted.Render(lines[i])
	}
	return lines
}
