package ui

import "paceline/client"

// freeze holds the overview as it is, or lets it go on. Polls and history go on all
// the time.
func (m *Model) freeze() {
	if m.frozen != nil {
		m.frozen = nil
	} else {
		s := m.snapshot()
		s.kept, s.keptWaits = map[plotKey][]client.Column{}, map[waitKey][]client.WaitColumn{}
		m.frozen = &s
	}
	m.keys.frozen(m.frozen != nil)
}

// isFrozen reports whether what is on the screen is frozen: only the overview can be.
func (m *Model) isFrozen() bool { return m.frozen != nil && m.current == m.home }

// snapshot returns what the view that is open shows.
func (m *Model) snapshot() snapshot {
	if m.isFrozen() {
		return *m.frozen
	}
	s := m.live
	s.at = m.now
	return s
}
