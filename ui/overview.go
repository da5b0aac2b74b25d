package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// overview is the view that the monitor begins with. The other views are opened from it.
type overview struct {
	scroll  scrollKeys
	paneKey key.Binding // gives the keys to the next list
	heatKey key.Binding // shows the heat map of the waits in place of their plot
	act     lineActions
	heat    bool
	tabbed  bool // to the users
	onUsers bool // the users have the keys, and not who waits
	line    lineList
	users   userList
	crowd   lineTarget // who has many more requests waiting than the others
	chosen  bool       // something is selected
	lost    bool       // what was selected last has started or left: no key hits somebody else in its place
	listed  bool       // the endpoint lists who waits
	drawn   overviewLayout
	back    bool // a moment in the past is shown
	held    bool // what is shown is not now: of the past, or frozen

	comparing bool        // with another one, in place of the lists
	openKey   key.Binding // everything about what is selected
	filterKey key.Binding // who waits, filtered
	plain     bool        // the endpoint tells counters only
	forget    key.Binding // nothing is selected any more; no key where that is so
}

// heatFrom is how many rows the list has at least where the heat map takes its place.
const heatFrom = 6

func newOverview(o Options) *overview {
	scroll := newScrollKeys("last")
	scroll.endIsNow(true)
	scroll.Down.SetHelp("↓/j", "choose")
	return &overview{
		scroll: scroll, act: newLineActions(o),
		openKey: bind("enter", "details", "enter"), filterKey: bind("/", "filter", "/"),
		paneKey: bind("tab", "next list", "tab", "shift+tab"), heatKey: bind("h", "heat map", "h"),
	}
}

func (v *overview) available(client.Detail) bool { return true }

func (v *overview) open() {}

// lineQuery implements lister.
func (v *overview) lineQuery() *client.WaitingQuery {
	if v.held {
		return nil
	}
	return &v.line.query
}

// layout returns the layout of a screen for what the endpoint tells.
func (v *overview) layout(s *state, w, h int) overviewLayout {
	return newOverviewLayout(w, h, told{countersOnly: s.known && s.sample.Detail == nil, line: s.line != nil})
}

func (v *overview) set(s *state, w, h int) {
	l := v.layout(s, w, h)
	users, head := l.users, 2 // the rule and the heads of the columns
	if !users.shown() {
		users = l.line
	}
	if l.line.h < lineHeadFrom {
		head = 0
	}
	v.listed, v.drawn, v.back = s.line != nil, l, s.past
	v.held = !s.cursor.IsZero()
	v.onUsers = !v.listed || v.tabbed && l.users.shown()
	v.line.set(s, l.line.h-head)
	v.users.past = s.past
	v.users.set(s.detail().Users, users.h-userHead(users.h))
	v.line.idle, v.users.idle = v.onUsers, !v.onUsers
	v.comparing = s.comparing
	v.crowd = lineTarget{}
	if c := s.detail().Crowd; c != nil && s.sample.Waiting.Value > 0 {
		v.crowd = lineTarget{RequestRef: client.RequestRef{User: c.User}, n: c.Waiting.Value, lowest: c.Lowest.Value}
	}
	if was := v.chosen; !s.past {
		v.chosen = !v.selected().isZero()
		v.lost = !v.chosen && (v.lost || was)
	}
	v.openKey.SetEnabled(!v.held && !v.comparing && (v.onUsers && v.users.user() != nil || !v.onUsers && v.chosen))
	v.filterKey.SetEnabled(v.listed && !v.held)
	v.plain = s.known && s.sample.Detail == nil
	v.forget = key.Binding{}
	if !v.held && (v.chosen || v.lost) {
		v.forget = bind("esc", "choose nothing", "esc")
	}
	v.act.enable(v.target(), s.canActOnLine)
	rows := v.line.total
	if v.onUsers {
		rows = len(v.users.rows)
	}
	v.scroll.setEnabled(rows > 0)
	v.heatKey.SetEnabled(s.sample.Detail != nil && (l.wait.shown() || l.line.h >= heatFrom))
	v.paneKey.SetEnabled(v.listed && l.users.shown())
}

// selected is what is selected in the list that has the keys.
func (v *overview) selected() lineTarget {
	if v.onUsers {
		return v.users.target()
	}
	return v.line.target()
}

// target implements targeter: what is selected, else whom the verdict names.
func (v *overview) target() lineTarget {
	t := v.selected()
	switch {
	case v.comparing: // the lists are not in sight
		return v.crowd
	case t.isZero() && (v.lost || v.onUsers && v.users.user() != nil): // who is selected has none
		return lineTarget{}
	case t.isZero():
		return v.crowd
	}
	return t
}

func (v *overview) frame(s *state, w, h int) string {
	bright, l := s.unfaded(), v.layout(s, w, h)
	wait := pane(waitPlot{})
	switch {
	case !v.heat || s.sample.Detail == nil:
	case l.wait.w >= 44:
		wait = heatPlot{joined: true}
	case l.wait.shown(): // the whole width
		l.wait, l.waiting = rect{l.waiting.x, l.waiting.y, w, l.waiting.h}, rect{}
		wait = heatPlot{}
	case l.line.h >= heatFrom:
		l.wait, l.line = l.line, rect{}
		wait = heatPlot{}
	}
	compare := l.comparing(s.comparing)
	var parts []placed
	for _, p := range []struct {
		rect
		what pane
		*state
	}{
		{l.title, s.status, bright},
		{l.verdict, verdictPane{s.headline}, bright},
		{l.pulse, pulsePane{line: !l.waiting.shown()}, s},
		{l.counters, countersPane{}, s},
		{l.waiting, waitingPlot{}, s},
		{l.wait, wait, s},
		{l.gauges, gaugesPane{}, s},
		{l.line, linePane{&v.line, usersPane{&v.users, v.onUsers, false}, l.users.shown(), !v.onUsers && !v.line.target().isZero()}, s},
		{l.users, usersPane{&v.users, v.onUsers, l.line.shown()}, s},
		{l.lanes, lanesColumn{}, s},
		{compare, comparePane{}, s},
		{l.troubles, troublesPane{}, bright},
		{l.foot, footPane{}, s},
		{l.keys, s.keys, bright},
	} {
		if p.shown() {
			parts = append(parts, p.place(p.rect, p.what))
		}
	}
	return assemble(h, parts)
}

func (v *overview) help(g *globalKeys) viewHelp {
	reset := g.Reset
	reset.SetEnabled(!v.back) // the counters are those of now
	shared := g.everywhere()
	if v.forget.Enabled() { // and with the help open, esc closes that
		shared = slices.DeleteFunc(shared, func(b key.Binding) bool { return slices.Equal(b.Keys(), g.Close.Keys()) })
	}
	own := slices.Concat(v.act.keys(), []key.Binding{reset, g.Freeze}, g.back(), []key.Binding{g.Compare, g.Window, v.heatKey, v.openKey, v.filterKey, v.paneKey, v.scroll.Up, v.scroll.Down, v.forget}, v.scroll.far())
	if v.back {
		return viewHelp{
			footer: slices.Concat(g.backFooter(), []key.Binding{g.Compare, g.Help, g.Quit, g.Window, v.heatKey}),
			own:    own, shared: shared,
		}
	}
	before, compare := g.Before, g.Compare
	if v.plain { // there is no past to go to
		before, compare = key.Binding{}, key.Binding{}
	}
	return viewHelp{
		footer: slices.Concat([]key.Binding{v.act.Cancel, g.Reset, g.Help, g.Quit, v.openKey, v.scroll.Down, g.Add, g.Burst, g.Outage, g.Pace, before, compare},
			[]key.Binding{v.filterKey, g.Copy, g.Freeze, g.Earlier, v.heatKey, g.Window, g.Slower, g.Faster}),
		own: own, shared: shared,
	}
}

func (v *overview) press(msg tea.KeyPressMsg, _ *state) (effect, bool) {
	switch {
	case matches(msg, v.heatKey):
		v.heat = !v.heat
	case matches(msg, v.openKey) && v.onUsers:
		return effect{open: &opening{user: v.users.selected}}, true
	case matches(msg, v.openKey):
		return effect{open: &opening{request: v.line.selected, among: v.line.query}}, true
	case matches(msg, v.filterKey):
		return effect{open: &opening{filter: true}}, true
	case matches(msg, v.forget):
		v.unselect()
	case matches(msg, v.paneKey):
		v.tabbed, v.chosen, v.lost = !v.tabbed, false, false
	case v.onUsers && v.users.update(msg, v.scroll), !v.onUsers && v.line.update(msg, v.scroll):
	default:
		return v.act.press(msg, v.target())
	}
	return effect{}, true
}

// whyNot implements explainer.
func (v *overview) whyNot(msg tea.KeyPressMsg, s *state) string {
	if slices.Contains(v.heatKey.Keys(), msg.String()) {
		if v.plain {
			return "this endpoint tells counters only, and no waits to map"
		}
		return "no room for the heat map"
	}
	of := ""
	if u := v.users.user(); v.onUsers && u != nil && !v.comparing {
		of = clean(u.Name.String())
	}
	words := v.act.whyNot(msg, v.target(), of, s)
	if words != "" && v.lost && of == "" && !v.comparing {
		if v.onUsers {
			return "that user is gone: choose again, or esc"
		}
		return "that request has started or left: choose again, or esc"
	}
	return words
}

// unselect leaves nothing selected, so that the keys of the line hit whom the verdict names.
func (v *overview) unselect() {
	v.line.selected, v.line.moved = client.RequestRef{}, false
	v.users.selected = client.Name{}
	v.chosen, v.lost = false, false
}

// footPane says what an endpoint that tells counters only does not tell.
type footPane struct{}

func (footPane) view(s *state, w, h int) []string {
	return s.theme.block(w, h, []string{" " + s.theme.muted.Render(s.theme.cut("this endpoint tells no names, no limits, no events", w-2))})
}
