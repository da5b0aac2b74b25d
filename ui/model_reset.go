package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// resetMsg is the answer to a reset of the server's counters.
type resetMsg struct{ failure *client.Failure }

// resetQuestion asks what to reset.
func (m *Model) resetQuestion() *question {
	q := &question{
		title:   "Reset",
		text:    func(s *state, _ int) []string { return []string{s.bright.strong.Render("Reset the counters?")} },
		choices: []choice{{bind("v", "this view's only", "v"), m.resetView}},
		no:      "not reset",
	}
	if m.live.sample.Role.MayChange() {
		q.choices = append([]choice{{bind("y", "the server's, for everybody", "y"), m.resetServer}}, q.choices...)
	}
	return q
}

// resetServer asks the source to set its counters to zero, for everybody.
func (m *Model) resetServer(s *state) effect {
	source := m.options.Source
	return effect{
		notice: "resetting" + s.theme.ellipsis,
		call:   func(ctx context.Context) tea.Msg { return resetMsg{asFailure(source.Reset(ctx))} },
	}
}

// resetView counts from now on, on this screen only.
func (m *Model) resetView(*state) effect {
	m.history.Rebase()
	m.takeSnapshot()
	return effect{notice: "this view counts from now on"}
}

// handleReset takes the answer to a reset of the server's counters.
func (m *Model) handleReset(failure *client.Failure) effect {
	if failure != nil {
		return effect{notice: "not reset: " + failureText(failure), isError: true}
	}
	m.history.ResetDone(m.now)
	return effect{notice: "the counters were reset, for everybody", poll: true}
}
