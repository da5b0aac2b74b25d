package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// tick comes back with the next second of the data's age while somebody may
// want to read it.
func (m *Model) tick() tea.Cmd {
	if m.ticking || !m.poll.inFlight && !m.timeTold() {
		return nil
	}
	m.ticking = true
	return m.poll.after(time.Second-m.dataAge()%time.Second, clockMsg{})
}

// turn begins to turn the spinner when somebody waits for an answer.
func (m *Model) turn() tea.Cmd {
	if m.spinning || !m.waits() {
		return nil
	}
	m.spinning = true
	return m.poll.after(m.spin.Spinner.FPS, m.spin.Tick())
}

// waits reports whether an answer is awaited so long that it is worth showing.
func (m *Model) waits() bool { return m.poll.inFlight && (!m.live.known || m.late()) }

// dataAge is how old the newest figures are; before any, how long nothing came.
func (m *Model) dataAge() time.Duration {
	from := m.began
	if m.live.known {
		from = m.live.sample.At
	}
	return max(m.now.Sub(from), 0)
}

// late reports whether the answer to a poll is overdue.
func (m *Model) late() bool { return m.poll.inFlight && m.now.Sub(m.poll.started) >= time.Second }

// isStale reports whether the figures must not be passed off as live.
func (m *Model) isStale() bool {
	return m.live.known && (m.poll.failure != nil || m.dataAge() > max(3*time.Second, 3*m.poll.interval))
}

// timeTold reports whether there is a clock on the screen.
func (m *Model) timeTold() bool { return m.poll.failure != nil || m.late() || m.isStale() }
