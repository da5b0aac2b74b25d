package ui

import (
	"context"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
)

// view is what fills the screen: the overview, or one of the views that are opened
// from it. It reads the state, changes nothing but itself, and asks for everything
// else with an [effect]. One view is open at a time.
type view interface {
	// available reports whether the server tells what the view shows. While it does
	// not, the key that opens the view neither works nor is shown.
	available(d client.Detail) bool
	// open prepares the view for being shown anew.
	open()
	// set gives the view what it shows and its size, whenever one of them has changed,
	// before it is drawn.
	set(s *state, w, h int)
	// frame draws the whole screen: h lines of w cells each, 40x10 at least.
	frame(s *state, w, h int) string
	// help returns the keys that work now.
	help(g *globalKeys) viewHelp
	// press takes one of the view's own keys. It reports false for any other key.
	press(msg tea.KeyPressMsg, s *state) (effect, bool)
}

// receiver is a view that also takes messages: the answers to its calls, each poll,
// and what is pasted. It gets them whether or not it is open.
type receiver interface {
	receive(msg tea.Msg, s *state, open bool) effect
}

// starter is a view that asks for something when it is opened.
type starter interface {
	opened(s *state) effect
}

// counter is a view that may show a time which counts down: then it is drawn each second.
type counter interface {
	countsDown() bool
}

// leaver is a view that says something when it is left.
type leaver interface {
	left() effect
}

// lister is a view that shows who waits: it says which of them.
type lister interface {
	lineQuery() *client.WaitingQuery // nil for nobody
}

// follower is a view that shows the moment in the past that the overview shows. The others
// are of now.
type follower interface{ follows() }

// targeter is a view in which the keys of the line hit what is chosen.
type targeter interface {
	target() lineTarget // zero: nothing
}

// explainer is a view that says why one of its keys does nothing at the moment; empty where
// there is nothing to say.
type explainer interface {
	whyNot(msg tea.KeyPressMsg, s *state) string
}

// viewHelp is the keys of a view, its own and those of the model that work in it,
// the most wanted first. A key that is not among them does nothing.
type viewHelp struct {
	footer []key.Binding // for the last row of the screen
	own    []key.Binding // of the view, with those of the model that work in it alone
	back   key.Binding   // leaves the view; no key on the overview
	shared []key.Binding // of the model, that work in every view
	note   string        // below the keys in the help; may be empty
	typing bool          // every key goes to the view, save what leaves the program
}

// all returns every key that works.
func (h viewHelp) all() []key.Binding { return slices.Concat(h.own, []key.Binding{h.back}, h.shared) }

// effect is what a view asks of the model. The zero effect asks for nothing.
type effect struct {
	call    func(ctx context.Context) tea.Msg // runs outside Update; what it returns is received
	notice  string                            // for the first row
	isError bool                              // the notice says that something did not work
	at      time.Time                         // show the overview of then, by the endpoint's clock
	kind    queue.Kind                        // of the event that is at that time; empty: the time itself is meant
	poll    bool                              // show what was done, by a poll that begins after it
	ask     *question
	open    *opening // another view
}

// opener is a view with the key that opens it.
type opener struct {
	key key.Binding
	view
}

// newViews returns the views, in the order of their keys. This is the list to add a view to.
func newViews(o Options, home view, book *eventBook) []opener {
	return []opener{
		{bind("1", "overview", "1"), home},
		{bind("2", "waiting", "2"), newWaitingView(o)},
		{bind("3", "users", "3"), newUsersView(o, book)},
		{bind("l", "lanes", "l", "4"), newLanesView(o)},
		{bind("e", "events", "e", "5"), newEventsView(o, book)},
		{bind("s", "settings", "s", "6"), newSettingsView(o)},
		{bind("A", "advice", "A", "shift+a", "7"), newAdviceView()},
	}
}
