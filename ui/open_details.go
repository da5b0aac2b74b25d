package ui

import (
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// opening is what a view has another view open with.
type opening struct {
	request client.RequestRef   // its details
	among   client.WaitingQuery // it is in the answer to that
	user    client.Name         // the page of one
	filter  bool                // who waits, with the filter being typed
}

// openWith opens the view that shows something.
func (m *Model) openWith(o opening) tea.Cmd {
	for i := range m.views {
		switch v := m.views[i].view.(type) {
		case *waitingView:
			if !o.user.IsZero() {
				continue
			}
			cmd := m.show(i)
			v.filter.open = o.filter
			if !o.request.IsZero() {
				v.list.query, v.list.selected, v.detail.open = o.among, o.request, true
			}
			return cmd
		case *usersView:
			if o.user.IsZero() {
				continue
			}
			cmd := m.show(i)
			v.list.fresh, v.list.selected = false, o.user
			v.user.open(o.user)
			return tea.Batch(cmd, m.apply(v.user.ask()))
		}
	}
	return nil
}

// whyNot says why a key that the view does not list does nothing; empty where there is nothing to
// say.
func (m *Model) whyNot(msg tea.KeyPressMsg) string {
	if v, ok := m.current.(explainer); ok {
		if words := v.whyNot(msg, m.state()); words != "" {
			return words
		}
	}
	for i, open := range m.keys.Open {
		open.SetEnabled(true)
		switch {
		case !matches(msg, open) || m.keys.Open[i].Enabled():
		case !m.live.known:
			return "nothing is known yet"
		case m.live.sample.Detail == nil:
			return "this endpoint tells counters only, and no " + open.Help().Desc
		default:
			return "this endpoint tells no " + open.Help().Desc
		}
	}
	switch msg.Text {
	case "/":
		return m.whereWords("/", "filters", 1, 4)
	case ":":
		return m.whereWords(":", "goes to a time", 4)
	}
	return ""
}

// whereWords say in which views a key does something, of those that there are.
func (m *Model) whereWords(name, does string, views ...int) string {
	words := ""
	for _, i := range views {
		if open := m.keys.Open[i]; open.Enabled() {
			if words != "" {
				words += " and "
			}
			words += open.Help().Desc + " (" + open.Help().Key + ")"
		}
	}
	if words == "" {
		return ""
	}
	return name + " " + does + " in " + words
}
