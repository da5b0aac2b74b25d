package ui

import (
	"strings"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// headline is what the banner and the title of the window say.
type headline struct {
	severity
	message   string
	advice    []string     // what to do; may be empty
	action    queue.Action // that the advice of a verdict says to do; empty where it is none
	others    []string     // the other, milder findings
	isVerdict bool         // it is about the figures that are shown: who waits and why can be said
	isOther   bool         // of a moment that is not shown, since the screen is frozen
	isCalm    bool         // all is well
	isPast    bool         // it is of a moment in the past: there is nothing to do
	isAged    bool         // it says how long there has been no answer, which changes each second
}

// isAboutWaits reports whether somebody waits, and the verdict is about that.
func (h headline) isAboutWaits(s *state) bool {
	findings := s.verdict.Findings
	return h.isVerdict && !h.isOther && !h.isPast && s.briefWho() != "" && len(findings) > 0 && findings[0].IsAboutWaits()
}

// headline returns the verdict, or why there is none.
func (m *Model) headline() headline {
	t := m.theme
	switch {
	case m.isFrozen() && m.frozen.past:
		return m.pastLine()
	case m.poll.failure != nil:
		h := headline{severity: t.unreachable(), message: clean(m.poll.failure.Words)}
		if hint := clean(m.poll.failure.Hint); hint != "" {
			h.advice = []string{human.Capitalize(hint)}
		}
		return h
	case !m.live.known:
		h := headline{severity: t.connecting(), message: "connecting to " + m.name(), isAged: true}
		if waited := m.now.Sub(m.poll.started); m.isLate() {
			h.advice = []string{"no answer for " + human.Age(waited)}
		}
		return h
	case m.isStale():
		h := m.verdictLine(m.live)
		return headline{severity: t.stale(), message: "no answer for " + human.Age(m.dataAge()), advice: []string{"before: " + h.word + ": " + h.message}, isAged: true}
	}
	shown := m.verdictLine(m.snapshot())
	if m.isFrozen() && m.live.verdict.Level > m.frozen.verdict.Level {
		shown = m.verdictLine(m.live)
		shown.message, shown.isOther = "now: "+shown.message, true
	}
	return shown
}

// verdictLine is the verdict of a moment.
func (m *Model) verdictLine(of snapshot) headline {
	v := of.verdict
	h := headline{
		severity: m.theme.level(v.Level), message: clean(v.Message),
		isVerdict: true, isCalm: v.Level == client.Healthy && v.Recommendation == "",
	}
	if v.Recommendation != "" {
		h.advice = append(h.advice, clean(v.Recommendation))
	}
	if len(v.Findings) > 0 {
		h.action = v.Findings[0].Action
	}
	for _, f := range v.Findings[min(1, len(v.Findings)):] {
		words := clean(f.Message)
		switch {
		case f.Level == client.Healthy:
			words = "the endpoint says healthy: " + words
		case f.Message == of.sample.Message.Value:
			words = "the endpoint says: " + words
		}
		h.others = append(h.others, words)
	}
	return h
}

// failureWords says what failed of late; empty if nothing did.
func (s *snapshot) failureWords() string {
	if s.past {
		return clean(s.sample.FailureWordsOf("in that minute"))
	}
	return clean(s.sample.FailureWords())
}

// briefFailures says what failed of late in fewer words: "failed calls: 12 network".
func (s *snapshot) briefFailures() string {
	var words []string
	for _, f := range s.sample.Detail.Failures {
		words = append(words, human.Count(f.Count.Value)+" "+clean(string(f.Class)))
	}
	return "failed calls: " + strings.Join(words, ", ")
}

// windowTitle is the headline for the terminal's title bar and tabs.
func (m *Model) windowTitle() string {
	h := m.headline()
	title := h.icon + " " + h.word
	if !h.isAged {
		title += ": " + strings.Join(append([]string{h.message}, h.advice...), ". ")
	}
	return m.theme.shown(m.theme.cut("paceline "+m.name()+" "+m.theme.dash+" "+title, 250))
}
