package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// resumedMsg is the answer to the wish to end a pause.
type resumedMsg struct {
	lane    string
	failure *client.Failure // nil if the pause has ended
}

// resumable reports whether there is a pause to end, and somebody who can.
func (m *Model) resumable() bool {
	if m.options.Resumer == nil || m.live.sample.Detail == nil {
		return false
	}
	for _, l := range m.live.sample.Detail.Lanes {
		if l.PausedUntil.Known {
			return true
		}
	}
	return false
}

// askResume asks whether to end a pause: of the first lane that is paused from the
// top of the view on, or above it if there is none.
func (m *Model) askResume() {
	lanes, list := busiest(m.state()), m.laneList()
	top, _ := list.at(list.keep(m.lanes.top))
	for i := range lanes {
		if l := lanes[(top+i)%len(lanes)]; l.PausedUntil.Known {
			m.resuming, m.helping = &l, false
			return
		}
	}
}

// confirmResume takes the answer to that question.
func (m *Model) confirmResume(msg tea.KeyPressMsg) tea.Cmd {
	lane := *m.resuming
	m.resuming = nil
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case matches(msg, m.keys.Yes):
		return tea.Batch(m.say("ending the pause of "+laneName(lane)+m.theme.ellipsis, false), m.resume(lane.Name))
	default:
		return m.say("the pause goes on", false)
	}
}

// resume asks the source to end the pause of a lane, for everybody.
func (m *Model) resume(lane string) tea.Cmd {
	parent, to, timeout := m.poll.ctx, m.options.Resumer, m.options.Timeout
	return guard(func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, timeout)
		defer cancel()
		return resumedMsg{lane, asFailure(to.Resume(ctx, lane))}
	})
}

// resumed takes the answer of the source.
func (m *Model) resumed(msg resumedMsg) tea.Cmd {
	if msg.failure != nil {
		return m.say("the pause goes on: "+refusal(msg.failure), true)
	}
	name := laneName(client.Lane{Name: msg.lane})
	return tea.Batch(m.say("the pause of "+name+" was ended, for everybody", false), m.poll.start(m.now))
}

// resumeBox asks whether to end the pause of a lane.
func resumeBox(s *state, k keyMap, l client.Lane, w int) []string {
	t := s.theme
	w = min(w, 64)
	name := t.cutMiddle(laneName(l), w-4)
	left := age(max(l.PausedUntil.Value.Sub(s.at), 0))
	until := t.cut("until "+s.moment(l.PausedUntil.Value)+" (in "+left+")", w-4)
	lines := []string{
		t.strong.Render("End this pause, for everybody?"),
		t.accent.Render(name),
		t.text.Render(until),
		"",
		t.accent.Render(t.fit(k.Yes.Help().Key, 5)) + t.text.Render(k.Yes.Help().Desc),
		t.accent.Render(t.fit("else", 5)) + t.text.Render("no"),
	}
	return t.box(min(w, max(40, width(name)+4, width(until)+4)), len(lines)+2, "Resume", "", true, lines)
}
