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
	toNow   bool // it was asked for all since a time
	failure *client.Failure
}

// missingPast is a time of which nothing was heard, until it is told. The zero missingPast is
// none.
type missingPast struct {
	since time.Time // zero: all
	ask   time.Time // when it is asked for; zero: nothing is missing
	asked int       // how often it was asked for
}

// pastAfter is for how long nothing may have been heard, until what happened meanwhile is
// asked for: each poll tells the last slices.
const pastAfter = 10 * time.Second

// askPast asks what happened before the first poll that worked, or since the last one that
// did. Where that is not told the plots begin when the monitor does.
func (m *Model) askPast(msg pollMsg) tea.Cmd {
	all := windows()
	if msg.failure != nil || msg.sample.Detail == nil {
		return nil
	}
	if m.now.Sub(m.heard) > pastAfter && m.missing.ask.IsZero() {
		m.missing = missingPast{since: m.heard, ask: m.now}
	}
	m.heard = m.now
	if !m.book.canAsk() || m.missing.ask.IsZero() || m.now.Before(m.missing.ask) {
		return nil
	}
	m.missing.asked++
	m.missing.ask = m.now.Add(pastRest(m.missing.asked))
	longest := all[len(all)-1] + time.Minute
	since := m.history.EndpointTime(m.now).Add(-min(m.now.Sub(m.missing.since), longest) - pastAfter)
	return m.askHistory(since, time.Time{})
}

// askHistory asks what happened in a stretch of time.
func (m *Model) askHistory(since, until time.Time) tea.Cmd {
	historian := m.book.historian
	return m.poll.call(func(ctx context.Context) tea.Msg {
		past, err := historian.History(ctx, since, until, 0)
		return pastMsg{past, until.IsZero(), asFailure(err)}
	})
}

// takePast takes what the endpoint tells of the past. Where it does not, that is said to who
// looks at it.
func (m *Model) takePast(msg pastMsg) tea.Cmd {
	if msg.failure != nil {
		m.book.refuse(msg.failure)
		clear(m.askedPast)
		if m.isFrozen() && m.frozen.past {
			return m.notify("the past is not told: "+failureText(msg.failure), true)
		}
		return nil
	}
	if msg.toNow {
		m.missing = missingPast{}
	}
	m.history.AddPast(msg.past)
	m.book.add(msg.past.Troubles)
	m.renewPast()
	m.redraw()
	return nil
}
