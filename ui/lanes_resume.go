package ui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue/human"
)

// resumedMsg is the answer to the request to end a pause.
type resumedMsg struct {
	lane    string
	failure *client.Failure // nil if the pause has ended
}

func isPaused(l client.Lane) bool { return l.PausedUntil.Known }

// askResume asks whether to end a pause: of the first lane that is paused from the one that
// was pointed at on, else from the top of the view on, or above it if there is none.
func (v *lanesView) askResume() *question {
	top, _ := v.list.at(v.top)
	if i := slices.IndexFunc(v.lanes, func(l client.Lane) bool { return l.Name == v.chosen }); i >= 0 {
		top = i
	}
	for i := range v.lanes {
		if l := v.lanes[(top+i)%len(v.lanes)]; isPaused(l) {
			return v.resumeQuestion(l)
		}
	}
	return nil
}

// resumeQuestion asks whether to end the pause of a lane.
func (v *lanesView) resumeQuestion(l client.Lane) *question {
	return &question{
		title: "Resume",
		text: func(s *state, w int) []string {
			t := s.theme
			left := human.Age(max(l.PausedUntil.Value.Sub(s.at), 0))
			return []string{
				t.strong.Render("End this pause, for everybody?"),
				t.accent.Render(t.cutMiddle(laneName(l), w)),
				t.text.Render(t.cut("until "+s.clock(l.PausedUntil.Value)+" (in "+left+")", w)),
			}
		},
		choices: []choice{{bind("y", "yes", "y"), func(s *state) effect { return v.resume(l, s) }}},
		no:      "the pause goes on",
	}
}

// resume ends the pause of a lane, for everybody.
func (v *lanesView) resume(l client.Lane, s *state) effect {
	to := v.resumer
	return effect{
		notice: "ending the pause of " + laneName(l) + s.theme.ellipsis,
		call:   func(ctx context.Context) tea.Msg { return resumedMsg{l.Name, asFailure(to.Resume(ctx, l.Name))} },
	}
}

// receive takes the answer of the server.
func (v *lanesView) receive(msg tea.Msg, _ *state, _ bool) effect {
	resumed, ok := msg.(resumedMsg)
	switch {
	case !ok:
		return effect{}
	case resumed.failure != nil:
		return effect{notice: "the pause goes on: " + failureText(resumed.failure), isError: true}
	default:
		name := laneName(client.Lane{Name: resumed.lane})
		return effect{notice: "the pause of " + name + " was ended, for everybody", poll: true}
	}
}
