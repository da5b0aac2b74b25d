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
	s := &state{
		snapshot: moment, theme: m.theme, bright: m.theme, stale: m.isStale(),
		history: m.history, window: m.window, zone: m.options.Zone, polled: m.poll.started, canActOnLine: m.options.Line != nil && !moment.past && m.poll.failure == nil && !m.isStale() && moment.sample.Role.MayChange(),
		organization: organizationOf(moment.sample),
		comparing:    m.comparing,
		status:       m.statusPane(), headline: m.headline(), keys: keysPane{m.footer()},
	}
	if m.options.Demo != nil {
		s.paceKey = m.keys.Pace.Help().Key
	}
	_, s.inUsers = m.current.(*usersView)
	if v, ok := m.current.(targeter); ok {
		s.target = v.target()
	}
	if s.stale = s.stale && !moment.past; s.stale {
		s.theme = m.theme.faded()
	}
	return s
}

func (m *Model) name() string { return clean(m.options.Source.Name()) }

func (m *Model) clock(t time.Time) string { return human.Clock(t.In(m.options.Zone), m.now) }
