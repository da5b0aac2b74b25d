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

// press takes a key: for the question that is asked, else for the view that is open,
// else for the model. A key that the help of the view does not list does nothing.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	if m.leaving {
		return nil
	}
	if m.question != nil {
		return m.answer(msg)
	}
	help := m.current.help(&m.keys)
	switch {
	case help.typing && msg.Text == "" && matches(msg, m.keys.Quit, m.keys.Suspend):
		return m.pressGlobal(msg)
	case m.helping && m.scrollHelp(msg, help):
		return nil
	case m.helping && (msg.Code == tea.KeyEscape || msg.Code == tea.KeyEnter): // before what they do in the view
		m.helping = false
		return nil
	case !help.typing && !matches(msg, help.all()...):
		if words := m.whyNot(msg); words != "" && !m.helping {
			return m.notify(words, false)
		}
		return nil
	}
	if e, ok := m.current.press(msg, m.state()); ok || help.typing {
		m.helping = m.helping && !m.current.help(&m.keys).typing // its keys would only type
		return m.apply(e)
	}
	return m.pressGlobal(msg)
}

// scrollHelp takes a key that scrolls the help, if not all of it is in sight.
func (m *Model) scrollHelp(msg tea.KeyPressMsg, help viewHelp) bool {
	if isTooSmall(m.w, m.h) { // it is not in sight
		return false
	}
	_, last := helpBox(m.theme, m.keys.groups(help), m.helpNotes(help), m.options.Version, 0, m.w, m.h)
	top, ok := newScrollKeys("last").move(msg, m.helpTop, m.h-3, last)
	if last == 0 || !ok {
		return false
	}
	m.helpTop = max(min(top, last), 0)
	return true
}

// pressGlobal takes a key that is the model's own.
func (m *Model) pressGlobal(msg tea.KeyPressMsg) tea.Cmd {
	switch k := &m.keys; {
	case matches(msg, k.Help):
		m.helping, m.helpTop = !m.helping, 0
	case matches(msg, k.Back):
		return m.closeView()
	case matches(msg, k.Quit):
		return m.leave()
	case matches(msg, k.Suspend):
		return suspend()
	case matches(msg, k.Copy):
		return m.copySummary()
	case matches(msg, k.Mute):
		m.bell.muted = !m.bell.muted
		k.muted(m.bell.muted)
	case matches(msg, k.Freeze):
		m.freeze()
	case matches(msg, k.back()...):
		return m.pressBack(msg)
	case matches(msg, k.Compare):
		return m.compare()
	case matches(msg, k.Reset):
		return m.apply(effect{ask: m.resetQuestion()})
	case matches(msg, k.Poll):
		return m.poll.start(m.now)
	case matches(msg, k.Slower):
		return m.setInterval(+1)
	case matches(msg, k.Faster):
		return m.setInterval(-1)
	case matches(msg, k.Window):
		all := windows()
		m.window = all[(slices.Index(all, m.window)+1)%len(all)]
		if m.isFrozen() && m.frozen.past {
			return m.goTo(m.frozen.cursor)
		}
	case matches(msg, k.Theme):
		m.dark, m.auto = !m.dark, false
		m.retheme()
	case matches(msg, k.Add, k.Burst, k.Outage, k.Pace):
		return m.pressDemo(msg)
	default:
		return m.openView(msg)
	}
	return nil
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

// pressDemo takes a key of the demo.
func (m *Model) pressDemo(msg tea.KeyPressMsg) tea.Cmd {
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
	if matches(msg, m.keys.Pace) {
		on := !demo.Spaced()
		act, text = func(d client.Demo) { d.SetSpaced(on) }, "adaptive: as early as the account's limits allow"
		if on {
			text = "the published pace: 1.5 s apart, 0.2 s more for each that waits"
		}
		m.keys.paced(on)
	}
	return tea.Batch(m.notify(text, false), guard(func() tea.Msg {
		act(demo)
		return nil
	}))
}
