package ui

import "paceline/client"

// freeze holds the dashboard as it is, or lets it go on. Polls and history go on all
// the time.
func (m *Model) freeze() {
	if m.frozen != nil {
		m.frozen = nil
	} else {
		s := m.snapshot()
		s.kept = map[plotKey][]client.Column{}
		m.frozen = &s
	}
	m.keys.frozen(m.frozen != nil)
}

// held reports whether what is on the screen is frozen: the dashboard alone can be.
func (m *Model) held() bool { return m.frozen != nil && m.shown == m.home }

// snapshot is what the panes show.
func (m *Model) snapshot() snapshot {
	if m.held() {
		return *m.frozen
	}
	s := m.live
	s.at = m.now
	return s
}
