package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// waitingView is everybody who waits: a list of the server's, of which the rows in sight
// are asked for, in the order and with the filter that the reader chooses.
type waitingView struct {
	keys   waitingKeys
	act    lineActions
	list   lineList
	filter entry
	detail waitingDetail
	drawn  waitingLayout
	crowd  int // how many the user of the selected request has waiting; zero: unknown
}

// waitingKeys are the keys of the view.
type waitingKeys struct {
	scroll                  scrollKeys
	Order, Filter, User     key.Binding
	Details, Close, ShowAll key.Binding
	CancelUser              key.Binding
	typing                  entryKeys
}

func newWaitingView(o Options) *waitingView {
	scroll := newScrollKeys("last")
	scroll.Down.SetHelp("↓/j", "choose")
	return &waitingView{
		act: newLineActions(o),
		keys: waitingKeys{
			scroll:     scroll,
			Order:      bind("O", "longest first", "O", "shift+o"),
			Filter:     bind("/", "filter", "/"),
			User:       bind("f", "this user only", "f"),
			Details:    bind("enter", "details", "enter"),
			Close:      bind("esc", "close", "esc"),
			ShowAll:    bind("esc", "show all", "esc"),
			CancelUser: bind("C", "cancel all of the user's", "C", "shift+c"),
			typing:     newEntryKeys("keep", "clear"),
		},
	}
}

func (v *waitingView) available(d client.Detail) bool { return v.act.line != nil && d.Users != nil }

// open shows all from the first one on, in the order that was chosen last.
func (v *waitingView) open() {
	v.list = lineList{query: client.WaitingQuery{LongestFirst: v.list.query.LongestFirst}}
	v.filter, v.detail = entry{}, waitingDetail{}
}

// lineQuery implements lister.
func (v *waitingView) lineQuery() *client.WaitingQuery { return &v.list.query }

func (v *waitingView) set(s *state, w, h int) {
	v.drawn = newWaitingLayout(w, h, v.filter.open, v.detail.open)
	v.list.set(s, v.drawn.list.h-2) // the rule and the heads of the columns
	v.detail.set(&v.list)
	t := v.list.target()
	v.act.enable(t, s.canActOnLine)
	v.crowd = v.waitingOf(s, t.User)
	v.keys.enable(v, s.canActOnLine && !t.isZero())
}

// enable enables the keys that do something now.
func (k *waitingKeys) enable(v *waitingView, selected bool) {
	q := v.list.query
	order, user := "longest first", "this user only"
	if q.LongestFirst {
		order = "by turn"
	}
	if !q.User.IsZero() {
		user = "every user"
	}
	k.Order.SetHelp("O", order)
	k.User.SetHelp("f", user)
	k.User.SetEnabled(!q.User.IsZero() || v.list.chosen() != nil)
	k.Details.SetEnabled(!v.detail.open && v.list.total > 0)
	k.CancelUser.SetEnabled(selected)
}

// target implements targeter.
func (v *waitingView) target() lineTarget { return v.list.target() }

// waitingOf is how many a user has waiting, as far as is known; zero if it is not.
func (v *waitingView) waitingOf(s *state, user client.Name) int {
	if q := v.list.query; q.User == user && q.Text == "" && !v.list.asking {
		return v.list.total
	}
	for _, u := range s.detail().Users {
		if u.Name == user {
			return u.Waiting.Value
		}
	}
	return 0
}

func (v *waitingView) frame(s *state, _, h int) string {
	l := v.drawn
	var panes []placed
	if l.list.shown() {
		panes = append(panes, s.place(l.list, waitingPane{&v.list, !v.detail.open || l.detail.shown()}))
	}
	if l.detail.shown() {
		panes = append(panes, s.place(l.detail, &v.detail))
	}
	if l.filter.shown() {
		panes = append(panes, s.unfaded().place(l.filter, filterPane{v.filter}))
	}
	return s.page(l.pageLayout, h, panes...)
}

func (v *waitingView) help(g *globalKeys) viewHelp {
	k := v.keys
	act, back := v.act.keys(), g.Back
	var esc []key.Binding
	switch {
	case v.detail.open:
		esc = []key.Binding{k.Close}
	case v.list.filters():
		esc = []key.Binding{k.ShowAll}
	}
	if esc != nil {
		back = bind("q", "back", "q")
	}
	own := slices.Concat(esc, []key.Binding{k.Details}, act[:1], []key.Binding{k.CancelUser}, act[1:],
		[]key.Binding{k.Order, k.Filter, k.User, k.scroll.Up, k.scroll.Down}, k.scroll.far())
	help := pageHelp(g, own)
	help.back = back
	choose := k.scroll.Down
	choose.SetEnabled(v.list.total > 0 && !v.list.hasCursor())
	help.footer = slices.Concat(esc, []key.Binding{g.Help, back, choose, act[0], k.Details, act[1], act[2], k.Filter, k.Order, k.User, k.CancelUser, g.Copy})
	if v.filter.open {
		help.footer, help.typing = k.typing.help(), true
	}
	return help
}

func (v *waitingView) press(msg tea.KeyPressMsg, _ *state) (effect, bool) {
	switch k := &v.keys; {
	case v.filter.open:
		v.pressFilter(msg)
	case v.detail.open && matches(msg, k.Close):
		v.detail = waitingDetail{}
	case v.list.filters() && matches(msg, k.ShowAll):
		v.filter = entry{}
		v.list.choose(func(q *client.WaitingQuery) { q.Text, q.User = "", client.Name{} })
	case matches(msg, k.Order):
		v.list.choose(func(q *client.WaitingQuery) { q.LongestFirst = !q.LongestFirst })
	case matches(msg, k.Filter):
		v.filter.open = true
	case matches(msg, k.User):
		v.list.choose(v.toggleUser)
	case matches(msg, k.Details):
		if v.list.chosen() == nil {
			v.list.moveTo(v.list.at)
		}
		v.detail.open = true
	case matches(msg, k.CancelUser):
		return effect{ask: v.act.cancelQuestion(lineTarget{RequestRef: client.RequestRef{User: v.list.target().User}, n: v.crowd})}, true
	case v.list.update(msg, k.scroll):
	default:
		return v.act.press(msg, v.list.target())
	}
	return effect{}, true
}

// whyNot implements explainer.
func (v *waitingView) whyNot(msg tea.KeyPressMsg, s *state) string {
	if slices.Contains(v.keys.CancelUser.Keys(), msg.String()) {
		msg = tea.KeyPressMsg{Code: 'c', Text: "c"}
	}
	return v.act.whyNot(msg, v.list.target(), "", s)
}

// focus implements pointed: there is one list.
func (v *waitingView) focus(int, int) {}

// click implements pointed.
func (v *waitingView) click(x, y int) {
	if list := v.drawn.list; list.has(x, y) {
		v.list.click(y-list.y, list.h)
	}
}

// toggleUser asks for the requests of the selected one's user only, or for everybody's.
func (v *waitingView) toggleUser(q *client.WaitingQuery) {
	if !q.User.IsZero() {
		q.User = client.Name{}
	} else if r := v.list.chosen(); r != nil {
		q.User = r.User
	}
}

// pressFilter takes a key while the text to look for is typed. It is looked for at once.
func (v *waitingView) pressFilter(msg tea.KeyPressMsg) {
	k := v.keys.typing
	switch {
	case matches(msg, k.Cancel):
		v.filter = entry{}
	case matches(msg, k.Send):
		v.filter.open = false
	default:
		v.filter.update(msg, k, anyText())
	}
	v.search()
}

func (v *waitingView) search() {
	v.list.choose(func(q *client.WaitingQuery) { q.Text = v.filter.text })
}

// receive takes what is pasted while the text is typed.
func (v *waitingView) receive(msg tea.Msg, _ *state, open bool) effect {
	if paste, ok := msg.(tea.PasteMsg); ok && open && v.filter.open {
		v.filter.add(paste.Content, anyText())
		v.search()
	}
	return effect{}
}
