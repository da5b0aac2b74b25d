package ui

import (
	"cmp"
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// resumedMsg is the answer to the request to let a lane try now.
type resumedMsg struct {
	lane    client.Lane     // as it was when that was asked
	failure *client.Failure // nil if it may
}

// askResume asks whether a lane may try now: the first lane that is held back from the one
// that was pointed at on, else from the top of the view on, or above it if there is none.
func (v *lanesView) askResume() *question {
	top, _ := v.list.at(v.top)
	if i := slices.IndexFunc(v.lanes, func(l client.Lane) bool { return l.Name == v.chosen }); i >= 0 {
		top = i
	}
	for i := range v.lanes {
		if l := v.lanes[(top+i)%len(v.lanes)]; isHeld(l) {
			return v.resumeQuestion(l)
		}
	}
	return nil
}

// resumeQuestion asks whether a lane may try now, and says what will happen then.
func (v *lanesView) resumeQuestion(l client.Lane) *question {
	q := &question{title: "Try now", no: "the pause goes on"}
	ask, yes := "End this pause, for everybody?", "yes, end it"
	who := "Requests"
	if n := l.Waiting.Value; n > 0 {
		who = human.Plural(n, "request")
	}
	then := who + " can start again, slowly. A refusal pauses the lane again."
	if l.Pause.Value == queue.PauseSpendCap {
		ask, then = "End the pause of all lanes of this account?", "The spend limit is the account's: its requests can start again, in all lanes. A refusal pauses them again."
	}
	if !l.PausedUntil.Known {
		ask, yes, q.no = "Try the API now?", "yes, try one", "it waits for its next try"
		then = "One request is tried; if it succeeds, the others follow."
	}
	q.text = func(s *state, w int) []string {
		t := s.theme
		status, _ := s.laneStatusIn(l, w)
		lines := []string{t.strong.Render(ask), t.accent.Render(t.cutMiddle(cmp.Or(clean(l.Name), s.laneName(l.Name)), w)), t.text.Render(status)}
		for _, line := range t.wrap(then, w, w, 2) {
			lines = append(lines, t.muted.Render(line))
		}
		return lines
	}
	q.choices = []choice{{bind("y", yes, "y"), func(s *state) effect { return v.resume(l, s) }}}
	return q
}

// resume lets a lane try now, for everybody.
func (v *lanesView) resume(l client.Lane, s *state) effect {
	to := v.resumer
	return effect{
		notice: "asking " + s.laneName(l.Name) + " to try now" + s.theme.ellipsis,
		call:   func(ctx context.Context) tea.Msg { return resumedMsg{l, asFailure(to.Resume(ctx, l.Name))} },
	}
}

// receive takes the answer of the server.
func (v *lanesView) receive(msg tea.Msg, s *state, _ bool) effect {
	resumed, ok := msg.(resumedMsg)
	if !ok {
		return effect{}
	}
	paused, name := resumed.lane.PausedUntil.Known, s.laneName(resumed.lane.Name)
	switch {
	case resumed.failure != nil && paused:
		return effect{notice: "the pause goes on: " + failureText(resumed.failure), isError: true}
	case resumed.failure != nil:
		return effect{notice: "not tried: " + failureText(resumed.failure), isError: true}
	case resumed.lane.Pause.Value == queue.PauseSpendCap:
		return effect{notice: "the pause of all lanes of the account of " + name + " was ended, for everybody", poll: true}
	case paused:
		return effect{notice: "the pause of " + name + " was ended, for everybody", poll: true}
	default:
		return effect{notice: "a request of " + name + " is tried now", poll: true}
	}
}
