package ui

import (
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue/human"
)

// usersView is who uses the queue: who waits, how long, who fails and who takes which share.
// A user's own page has their requests and what happened to them.
type usersView struct {
	scroll  scrollKeys
	act     lineActions
	openKey key.Binding // opens the page of the user under the cursor
	back    key.Binding // closes it
	list    userList
	book    *eventBook
	user    userPage
	box     rect        // where it was drawn
	past    bool        // it is a moment in the past that is shown
	named   client.Name // on whom the cursor is because the verdict names them; zero: the reader has put it there
	lowest  client.Name // whose requests all have the lowest priority, as far as is told
}

func newUsersView(o Options, book *eventBook) *usersView {
	return &usersView{
		scroll: newScrollKeys("last"), act: newLineActions(o), book: book, user: userPage{line: o.Line},
		openKey: bind("enter", "open", "enter"), back: bind("esc/q", "back", "esc", "q"),
	}
}

// follows implements follower.
func (v *usersView) follows() {}

func (v *usersView) available(d client.Detail) bool { return d.ActiveUsers.Known || len(d.Users) > 0 }

// open shows the list from its top.
func (v *usersView) open() {
	v.user.close()
	v.list, v.named = userList{fresh: true}, client.Name{}
}

func (v *usersView) set(s *state, w, h int) {
	box := newPageLayout(w, h).list
	v.box = box
	v.past, v.list.past = s.past, s.past
	v.scroll.endIsNow(s.past)
	if v.user.isOpen() { // the cursor comes back to a user who was not listed for a while
		v.list.selected = v.user.name
	}
	fresh := v.list.fresh
	v.list.set(s.detail().Users, box.h-2)
	done := !v.named.IsZero() && v.list.selected == v.named && v.list.target().isZero() && !v.user.isOpen()
	if c := s.detail().Crowd; c != nil && (fresh || done) { // whom the verdict names, and then the next
		v.list.selectUser(c.User)
		v.named = c.User
	}
	v.user.set(s, v.list.user(), v.book, box.w, box.h)
	v.lowest = client.Name{}
	if c := s.detail().Crowd; c != nil && c.Lowest.Value {
		v.lowest = c.User
	}
	v.act.enable(v.target(), !s.past && s.sample.Role.MayChange())
	v.openKey.SetEnabled(!s.past && v.list.user() != nil) // what they sent then was not kept
}

// target implements targeter.
func (v *usersView) target() lineTarget {
	t := v.list.target()
	t.lowest = !t.isZero() && t.User == v.lowest
	return t
}

func (v *usersView) frame(s *state, w, h int) string {
	l := newPageLayout(w, h)
	if v.user.isOpen() {
		return s.page(l, h, s.place(l.list, &v.user))
	}
	return s.page(l, h, s.place(l.list, usersListPane{&v.list}))
}

func (v *usersView) help(g *globalKeys) viewHelp {
	move := slices.Concat([]key.Binding{v.scroll.Up, v.scroll.Down}, v.scroll.far())
	if v.user.isOpen() {
		return pageHelp(g, slices.Concat(v.act.keys(), move))
	}
	if v.past {
		return backHelp(g, move)
	}
	act := v.act.keys()
	return pageHelp(g, slices.Concat(act[:1], []key.Binding{v.openKey}, act[1:], move))
}

func (v *usersView) press(msg tea.KeyPressMsg, s *state) (effect, bool) {
	switch {
	case v.user.isOpen() && matches(msg, v.back):
		v.user.close()
	case v.user.isOpen() && v.user.scroll(msg, v.scroll):
	case v.user.isOpen():
		return v.act.press(msg, v.target())
	case matches(msg, v.openKey):
		v.user.open(v.list.selected)
		return v.user.ask(), true
	case v.list.update(msg, v.scroll):
		v.named = client.Name{}
	default:
		return v.act.press(msg, v.target())
	}
	return effect{}, true
}

// opened implements starter: what happened to a user is in the book of a day.
func (v *usersView) opened(s *state) effect { return v.book.ask(s.endpointTime()) }

// receive takes a user's requests, and asks for them anew after each poll.
func (v *usersView) receive(msg tea.Msg, _ *state, open bool) effect {
	switch msg := msg.(type) {
	case userLineMsg:
		return v.user.take(msg)
	case pollMsg:
		if open && msg.failure == nil {
			return v.user.ask()
		}
	}
	return effect{}
}

// focus implements pointed: there is one list.
func (v *usersView) focus(int, int) {}

// click implements pointed.
func (v *usersView) click(x, y int) {
	if v.box.has(x, y) && !v.user.isOpen() {
		v.list.click(y-v.box.y, v.box.h)
		v.named = client.Name{}
	}
}

// whyNot implements explainer.
func (v *usersView) whyNot(msg tea.KeyPressMsg, s *state) string {
	of := ""
	if u := v.list.user(); u != nil {
		of = clean(u.Name.String())
	}
	return v.act.whyNot(msg, v.target(), of, s)
}

// usersListPane draws the list of all users.
type usersListPane struct{ list *userList }

func (p usersListPane) view(s *state, w, h int) []string {
	t, d := s.theme, s.detail()
	head := section{title: s.usersTitle(len(p.list.rows)), note: p.list.note(), focused: true}
	if s.past {
		head.title, head.note = "Who waited longest", keptWords(len(p.list.rows))
	}
	if d.ActiveUsers.Known {
		head.title += " " + t.dot + " " + human.Count(d.ActiveUsers.Value) + " active in 5 min"
	}
	if spent := spentWords(d.Models); spent != "" && !s.past {
		head.title += " " + t.dot + " " + spent
	}
	if len(p.list.rows) == 0 {
		text := s.nobodyWords()
		return t.section(w, h, head, t.centred(text, w-2, h-1))
	}
	return t.section(w, h, head, p.list.lines(s, w-1))
}

// userLineMsg is who waits of a user.
type userLineMsg struct {
	user client.Name
	page *client.WaitingPage // nil: it was not told
}

// askUserLine asks who waits of a user.
func askUserLine(line client.Line, user client.Name) effect {
	return effect{call: func(ctx context.Context) tea.Msg {
		page, err := line.Waiting(ctx, client.WaitingQuery{User: user, Limit: 100})
		if err != nil {
			return userLineMsg{user, nil}
		}
		return userLineMsg{user, &page}
	}}
}
