package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// What the key does that switches the pace off, and on again.
const (
	paceOffWords = "switch the pace off"
	paceOnWords  = "switch the pace on"
)

// pacedMsg is the answer to another pace.
type pacedMsg struct {
	pace    string
	failure *client.Failure // nil if it holds
}

// enablePace enables the key of the pace for who may use it, where the server tells the pace
// and, while that is off, the rule from before.
func (v *settingsView) enablePace(s *state, may bool) {
	d, words := s.detail(), paceOffWords
	if d.PaceOff != nil {
		words = paceOnWords
	}
	v.keys.Pace.SetHelp("O", words)
	v.keys.Pace.SetEnabled(may && s.isLive() && d.Pace.Known && (d.PaceOff == nil || d.PaceOff.Rule.Known))
}

// paceQuestion asks whether the pace is to be switched off, or on again, and says what will
// happen then.
func (v *settingsView) paceQuestion(s *state) *question {
	d := s.detail()
	pace, ask, yes := queue.PaceOff, "Switch the pace off, for everybody?", "yes, let everything pass"
	then := "All that comes is sent at once, too. The API's refusals reach the clients, and nothing is tried again until the pace is on."
	if n := s.sample.Waiting.Value; n > 0 {
		then = human.Plural(n, "waiting request") + " and all that comes start at once. The API's refusals reach the clients, and nothing is tried again until the pace is on."
	}
	q := &question{title: "Pace", no: "the pace stays on"}
	if d.PaceOff != nil {
		pace = d.PaceOff.Rule.Value
		ask, yes, q.no = "Switch the pace on again, for everybody?", "yes, pace again", "the pace stays off"
		then = "The rule is " + clean(pace) + " again, with what was learned meanwhile. What comes then waits its turn."
	}
	q.text = func(s *state, w int) []string {
		t := s.theme
		lines := []string{t.strong.Render(ask)}
		for _, line := range t.wrap(then, w, w, 4) {
			lines = append(lines, t.muted.Render(line))
		}
		return lines
	}
	q.choices = []choice{{bind("y", yes, "y"), func(*state) effect { return v.setPace(pace) }}}
	return q
}

// setPace asks the server for another pace.
func (v *settingsView) setPace(pace string) effect {
	to := v.tuner.to
	return effect{call: func(ctx context.Context) tea.Msg { return pacedMsg{pace, asFailure(to.SetPace(ctx, pace))} }}
}

// effect says what has become of it.
func (m pacedMsg) effect() effect {
	switch {
	case m.failure != nil:
		return effect{notice: "the pace is as it was: " + failureText(m.failure), isError: true}
	case m.pace == queue.PaceOff:
		return effect{notice: "the pace is off, for everybody", poll: true}
	default:
		return effect{notice: "the pace is on again, for everybody", poll: true}
	}
}
