package ui

import (
	"time"

	"paceline/queue/human"
)

// state returns what the view that is open may read.
func (m *Model) state() *state { return m.stateOf(m.snapshot()) }

// liveState returns the state with the live figures, though the overview may be
// frozen.
func (m *Model) liveState() *state { return m.stateOf(m.liveSnapshot()) }

func (m *Model) stateOf(moment snapshot) *state {
	live := m.poll.failure == nil && !m.isStale() && !moment.past
	s := &state{
		snapshot: moment, theme: m.theme, bright: m.theme, stale: m.isStale() && !moment.past,
		history: m.history, window: m.window, zone: m.options.Zone, polled: m.poll.started,
		organization: organizationOf(moment.sample),
		comparing:    m.comparing,
		canActOnLine: live && m.options.Line != nil && moment.sample.Role.MayChange(),
		status:       m.statusPane(), headline: m.headline(), keys: keysPane{m.footer()},
	}
	if m.options.Demo != nil {
		s.paceKey = m.keys.Pace.Help().Key
	}
	_, s.inUsers = m.current.(*usersView)
	if v, ok := m.current.(targeter); ok {
		s.target = v.target()
	}
	if s.stale {
		s.theme = m.theme.faded()
	}
	return s
}

func (m *Model) name() string { return clean(m.options.Source.Name()) }

func (m *Model) clock(t time.Time) string { return human.Clock(t.In(m.options.Zone), m.now) }
