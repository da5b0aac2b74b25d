package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// startClock waits for the next full second of the data's age, unless that is under
// way, while the age is on the screen.
func (m *Model) startClock() tea.Cmd {
	if m.ticking || !m.showsClock() {
		return nil
	}
	m.ticking = true
	return m.poll.after(time.Second-m.dataAge()%time.Second, clockMsg{})
}

// startSpinner waits for the next picture of the spinner, unless that is under way,
// while an answer is awaited.
func (m *Model) startSpinner() tea.Cmd {
	if m.spinning || !m.isWaiting() {
		return nil
	}
	m.spinning = true
	return m.poll.after(m.spin.Spinner.FPS, m.spin.Tick())
}

// isWaiting reports whether a poll takes so long that it is worth showing.
func (m *Model) isWaiting() bool { return m.poll.inFlight && (!m.live.known || m.isLate()) }

// dataAge returns how old the newest figures are; before there are any, for how long
// none has come.
func (m *Model) dataAge() time.Duration {
	from := m.began
	if m.live.known {
		from = m.live.sample.At
	}
	return max(m.now.Sub(from), 0)
}

// isLate reports whether the answer to a poll is overdue.
func (m *Model) isLate() bool { return m.poll.inFlight && m.now.Sub(m.poll.started) >= lateAfter }

// isStale reports whether the figures are too old to be shown as live.
func (m *Model) isStale() bool {
	return m.live.known && (m.poll.failure != nil || m.dataAge() > client.StaleAfter(m.poll.interval))
}

// showsClock reports whether something on the screen changes with each second.
func (m *Model) showsClock() bool {
	v, ok := m.current.(counter)
	return m.poll.failure != nil || m.isLate() || m.isStale() || ok && v.countsDown()
}
