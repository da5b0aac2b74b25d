package ui

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue/human"
)

// headline is what the banner and the title of the window say.
type headline struct {
	severity
	message   string
	advice    []string // what to do; may be empty
	others    []string // the other, milder findings
	failures  string   // what failed of late, if the advice does not say it
	showsHint bool     // the banner says what would help, see hint
	isCalm    bool     // the banner says what the queue has spared, see sparedLine
}

// headline returns the verdict, or why there is none.
func (m *Model) headline() headline {
	t := m.theme
	switch {
	case m.poll.failure != nil:
		h := headline{severity: t.unreachable(), message: clean(m.poll.failure.Words)}
		if hint := clean(m.poll.failure.Hint); hint != "" {
			h.advice = []string{human.Capitalize(hint)}
		}
		return h
	case !m.live.known:
		h := headline{severity: t.connecting(), message: "connecting to " + m.name()}
		if waited := m.now.Sub(m.poll.started); m.isLate() {
			h.advice = []string{"no answer for " + human.Age(waited)}
		}
		return h
	case m.isStale():
		h := m.verdictLine(m.live)
		return headline{severity: t.stale(), message: "no answer for " + human.Age(m.dataAge()), advice: []string{"before: " + h.word + ": " + h.message}}
	}
	shown := m.verdictLine(m.snapshot())
	if m.isFrozen() && m.live.verdict.Level > m.frozen.verdict.Level {
		shown = m.verdictLine(m.live)
		shown.message = "now: " + shown.message
	}
	return shown
}

// verdictLine is the verdict of a moment, and what failed in the minute before.
func (m *Model) verdictLine(of snapshot) headline {
	v, failures := of.verdict, of.failureWords()
	h := headline{severity: m.theme.level(v.Level), message: clean(v.Message)}
	if v.Recommendation != "" {
		h.advice = append(h.advice, clean(v.Recommendation))
	}
	if v.Level == client.Healthy && v.Recommendation == "" && v.Message != "" {
		words := "Nothing needs to be done."
		if failures != "" {
			words = human.Capitalize(failures) + "."
		}
		h.advice, failures = append(h.advice, words), ""
	}
	h.showsHint, h.isCalm = v.Level > client.Healthy, v.Level == client.Healthy
	h.failures = failures
	for _, f := range v.Findings[min(1, len(v.Findings)):] {
		words := clean(f.Message)
		if f.Level == client.Healthy { // so says the endpoint, beside what is not
			words = "the endpoint says: " + words
		}
		h.others = append(h.others, words)
	}
	return h
}

// failureWords says what failed of late; empty if nothing did.
func (s *snapshot) failureWords() string {
	if s.sample.Detail == nil {
		return ""
	}
	return clean(s.sample.Detail.FailureWords())
}

// windowTitle is the headline for the terminal's title bar and tabs.
func (m *Model) windowTitle() string {
	h := m.headline()
	if h.word == "stale" {
		h.advice = nil // it holds a clock
	}
	title := h.icon + " " + h.word + ": " + h.message
	if h.word == "stale" || h.word == "connecting" {
		title = h.icon + " " + h.word
	}
	for _, a := range h.advice {
		title += ". " + a
	}
	return m.theme.cut("paceline "+m.name()+" "+m.theme.dash+" "+title, 250)
}

// bannerPane shows the headline: with a border from 4 rows up.
type bannerPane struct{ headline }

func (p bannerPane) view(s *state, w, h int) []string {
	t := s.theme
	if h >= 4 && w >= 60 {
		lines := p.lines(t, w-4, h-2)
		b := *t
		b.border = p.style
		boxed := b.box(w, h, "", "", false, lines)
		boxed[0] = p.style.Render(t.glyphs.border.TopLeft + strings.Repeat(t.glyphs.border.Top, w-2) + t.glyphs.border.TopRight)
		boxed[h-1] = p.foot(s, w)
		return boxed
	}
	indent := min(w-minWidth, 2)
	lines := p.lines(t, w-indent-1, h)
	if words, style := p.remark(s, w-indent-1); words != "" {
		lines = append(lines, style.Render(words))
	}
	for i, line := range lines {
		lines[i] = spaces(indent) + line
	}
	return t.block(w, h, lines)
}

// remark is what would help or, if that is not known, what failed; when all is well, what
// the queue has spared: in at most w cells, and how it is shown. It may be empty.
func (p bannerPane) remark(s *state, w int) (string, lipgloss.Style) {
	switch {
	case p.showsHint:
		if hint := s.hint(w); hint != "" {
			return hint, s.theme.accent
		}
		return s.theme.cut(p.failures, w), s.theme.warn
	case p.isCalm:
		return s.sparedLine(w), s.theme.muted
	default:
		return "", s.theme.text
	}
}

// foot is the lower edge of w cells, with the remark in it.
func (p bannerPane) foot(s *state, w int) string {
	b := s.theme.glyphs.border
	words, style := p.remark(s, w-8)
	if words == "" {
		return p.style.Render(b.BottomLeft + strings.Repeat(b.Bottom, w-2) + b.BottomRight)
	}
	return p.style.Render(b.BottomLeft+strings.Repeat(b.Bottom, w-5-width(words))) + style.Render(" "+words+" ") +
		p.style.Render(b.Bottom+b.BottomRight)
}

// lines is the chip with the message beside it and the advice below, in n lines.
// Where there is room all of it stands right of the chip.
func (p bannerPane) lines(t *theme, w, n int) []string {
	chip := p.chip.Render(" " + p.icon + " " + strings.ToUpper(p.word) + " ")
	beside, indent := width(chip)+2, 0
	if w < 60 {
		beside = width(chip) + 1
	} else if w >= 90 {
		indent = beside
	}
	rows, needed := n, 0 // of the message, of the advice
	for _, a := range p.advice {
		needed += len(t.wrap(a, w-indent, w-indent, n))
	}
	switch {
	case n >= 4:
		rows = n - min(needed, 2)
	case needed > 0:
		rows = max(n-1, 1)
	}
	lines := make([]string, 0, n)
	for i, line := range t.wrap(p.message, w-beside, w-indent, rows) {
		lead := spaces(indent)
		if i == 0 {
			lead = chip + spaces(beside-width(chip))
		}
		lines = append(lines, lead+t.strong.Render(line))
	}
	for _, a := range p.advice {
		for _, line := range t.wrap(a, w-indent, w-indent, n-len(lines)) {
			lines = append(lines, spaces(indent)+t.text.Render(line))
		}
	}
	if len(p.others) == 0 {
		return lines
	}
	if also := "also: " + strings.Join(p.others, "; "); len(lines) < n {
		return append(lines, spaces(indent)+t.muted.Render(t.cut(also, w-indent)))
	}
	if more := fmt.Sprintf("+%d more", len(p.others)); len(lines) > 0 && width(lines[0])+2+width(more) <= w {
		lines[0] = t.fit(lines[0], w-width(more)) + t.muted.Render(more)
	}
	return lines
}
