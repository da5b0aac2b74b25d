package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// pastMsg is what the endpoint tells of the time before it was watched.
type pastMsg struct {
	past    client.Past
	failure *client.Failure
}

// pastAfter is for how long nothing may have been heard, until what happened meanwhile is
// asked for: each poll tells the last slices.
const pastAfter = 10 * time.Second

// askPast asks what happened before the first poll that worked, or since the last one that
// did. Where that is not told the plots begin when the monitor does.
func (m *Model) askPast(msg pollMsg) tea.Cmd {
	all, before := windows(), m.heard
	if msg.failure != nil || m.options.Historian == nil || msg.sample.Detail == nil {
		return nil
	}
	if m.heard = m.now; m.now.Sub(before) <= pastAfter {
		return nil
	}
	longest := all[len(all)-1] + time.Minute
	since := m.history.EndpointTime(m.now).Add(-min(m.now.Sub(before), longest) - pastAfter)
	return m.askHistory(since, time.Time{})
}

// askHistory asks what happened in a stretch of time.
func (m *Model) askHistory(since, until time.Time) tea.Cmd {
	historian := m.options.Historian
	return m.poll.call(func(ctx context.Context) tea.Msg {
		past, err := historian.History(ctx, since, until, 0)
		return pastMsg{past, asFailure(err)}
	})
}

// takePast takes what the endpoint tells of the past. Where it does not, that is said to who
// looks at it.
func (m *Model) takePast(msg pastMsg) tea.Cmd {
	if msg.failure != nil {
		clear(m.askedPast)
		if m.isFrozen() && m.frozen.past {
			return m.notify("the past is not told: "+failureText(msg.failure), true)
		}
		return nil
	}
	m.history.AddPast(msg.past)
	m.book.add(msg.past.Troubles)
	m.renewPast()
	m.redraw()
	return nil
}
