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
	historian, all, before := m.options.Historian, windows(), m.heard
	if msg.failure != nil || historian == nil || msg.sample.Detail == nil {
		return nil
	}
	if m.heard = m.now; m.now.Sub(before) <= pastAfter {
		return nil
	}
	longest := all[len(all)-1] + time.Minute
	since := m.history.EndpointTime(m.now).Add(-min(m.now.Sub(before), longest) - pastAfter)
	return m.poll.call(func(ctx context.Context) tea.Msg {
		past, err := historian.History(ctx, since, time.Time{}, 0)
		return pastMsg{past, asFailure(err)}
	})
}
