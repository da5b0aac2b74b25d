package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// windows returns the spans of time that the plots can show.
func windows() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}
}

// intervals returns the poll intervals that the keys step through.
func intervals() []time.Duration {
	return []time.Duration{MinInterval, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, MaxInterval}
}

// press takes a key.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	k := &m.keys
	switch {
	case m.confirming:
		return m.confirm(msg)
	case m.resuming != nil:
		return m.confirmResume(msg)
	case m.tuning.open:
		return m.pressSettings(msg)
	case m.lanes.open:
		return m.pressLanes(msg)
	case m.advice.open:
		return m.pressAdvice(msg)
	case matches(msg, k.Settings):
		m.openSettings()
	case matches(msg, k.Lanes):
		m.openList(&m.lanes)
	case matches(msg, k.Advice):
		m.openList(&m.advice)
	case matches(msg, k.Help):
		m.helping = !m.helping
	case matches(msg, k.Close):
		m.helping = false
	case matches(msg, k.Reset):
		m.helping, m.confirming = false, true
	case matches(msg, k.Freeze):
		m.freeze()
	case matches(msg, k.Slower):
		return m.setInterval(+1)
	case matches(msg, k.Faster):
		return m.setInterval(-1)
	case matches(msg, k.Pane):
		m.focus = onUsers - m.focus
	case matches(msg, k.always()...):
		return m.pressAlways(msg)
	case m.focus == onUsers:
		m.users.update(msg, m.keys)
	default:
		m.events.update(msg, m.keys)
	}
	return nil
}

// pressAlways takes a key that does the same in every view.
func (m *Model) pressAlways(msg tea.KeyPressMsg) tea.Cmd {
	k := &m.keys
	switch {
	case matches(msg, k.Quit):
		return tea.Quit
	case matches(msg, k.Suspend):
		return tea.Suspend
	case matches(msg, k.Poll):
		return m.poll.start(m.now)
	case matches(msg, k.Window):
		all := windows()
		m.window = all[(slices.Index(all, m.window)+1)%len(all)]
	case matches(msg, k.Theme):
		m.dark, m.auto = !m.dark, false
		m.retheme()
	case matches(msg, k.Add, k.Burst, k.Outage):
		return m.play(msg)
	}
	return nil
}

// freeze holds the panes as they are, or lets them go on. Polls and history go
// on all the time.
func (m *Model) freeze() {
	if m.frozen != nil {
		m.frozen = nil
	} else {
		s := m.shot()
		s.kept = map[plotKey][]client.Column{}
		m.frozen = &s
	}
	m.keys.frozen(m.frozen != nil)
}

// confirm takes the answer to the question what to reset.
func (m *Model) confirm(msg tea.KeyPressMsg) tea.Cmd {
	m.confirming = false
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case matches(msg, m.keys.Server):
		return tea.Batch(m.say("resetting"+m.theme.ellipsis, false), m.poll.reset())
	case matches(msg, m.keys.View) && !m.live.known:
		return m.say("not reset: there is no data yet", true)
	case matches(msg, m.keys.View):
		m.history.Rebase()
		m.look()
		return m.say("this view counts from now on", false)
	default:
		return m.say("not reset", false)
	}
}

// setInterval goes to the next longer or shorter poll interval.
func (m *Model) setInterval(step int) tea.Cmd {
	all, d := intervals(), m.poll.interval
	i, exact := slices.BinarySearch(all, d)
	if step < 0 || exact {
		i += step
	}
	d = all[min(max(i, 0), len(all)-1)]
	if d == m.poll.interval {
		return nil
	}
	m.history.SetInterval(d)
	return m.poll.setInterval(d, m.now)
}

// play takes a key of the demo.
func (m *Model) play(msg tea.KeyPressMsg) tea.Cmd {
	demo, act, text := m.options.Demo, client.Demo.Add, "one request added"
	switch {
	case matches(msg, m.keys.Burst):
		act, text = client.Demo.Burst, "a burst of requests added"
	case matches(msg, m.keys.Outage):
		on := !demo.Outage()
		act, text = func(d client.Demo) { d.SetOutage(on) }, "the outage is over"
		if on {
			text = "outage: the simulated API fails until you press " + m.keys.Outage.Help().Key + " again"
		}
	}
	return tea.Batch(m.say(text, false), guard(func() tea.Msg {
		act(demo)
		return nil
	}))
}
