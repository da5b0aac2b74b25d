package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// question is asked before something is done for everybody. While it is open it
// takes every key; a key that is not one of its choices means no.
type question struct {
	title   string
	text    func(s *state, w int) []string // what is asked, in lines of at most w cells
	choices []choice
	no      string // said when it was declined
}

// choice is a key that answers a question, and what it does.
type choice struct {
	key.Binding
	do func(s *state) effect
}

// declineKey is shown for the keys that mean no.
func declineKey() key.Binding { return bind("esc", "no", "esc", "n") }

// keys returns the keys that answer the question.
func (q *question) keys() []key.Binding {
	var keys []key.Binding
	for _, c := range q.choices {
		keys = append(keys, c.Binding)
	}
	return append(keys, declineKey())
}

// box is the question on a screen that is w cells wide.
func (q *question) box(s *state, w int) []string {
	const least, most = 40, 64
	t := s.bright
	w = min(w, most)
	lines := append(q.text(s, w-4), "")
	for _, c := range q.choices {
		lines = append(lines, t.accent.Render(t.fit(c.Help().Key, 5))+t.text.Render(c.Help().Desc))
	}
	lines = append(lines, t.accent.Render(t.fit("else", 5))+t.text.Render("no"))
	wide := least
	for _, line := range lines {
		wide = max(wide, width(line)+4)
	}
	return t.box(min(w, wide), len(lines)+2, q.title, "", true, lines)
}

// answer takes the answer to the question that is open.
func (m *Model) answer(msg tea.KeyPressMsg) tea.Cmd {
	q := m.question
	m.question = nil
	if msg.Text == "" && matches(msg, m.keys.Quit) {
		return m.leave()
	}
	for _, c := range q.choices {
		if matches(msg, c.Binding) {
			return m.apply(c.do(m.state()))
		}
	}
	return m.notify(q.no, false)
}
