package ui

import (
	"context"
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue/human"
)

// lineTarget is what an action on the line hits: one request, or all that wait of a user. It
// holds their names and never a row, for the list moves. The zero lineTarget is nothing.
type lineTarget struct {
	client.RequestRef // without an ID: all of the user's

	n        int    // how many wait; zero: that is not known
	priority string // of the request
	lowest   bool   // all that wait of the user have the lowest priority
	more     string // what else is known of the request
}

func (t lineTarget) isZero() bool { return t.ID.IsZero() && t.User.IsZero() }

func (t lineTarget) isUser() bool { return t.ID.IsZero() }

// atMoment returns the target with how many of a user's wait at a moment.
func (s *state) atMoment(t lineTarget) lineTarget {
	if !t.isUser() {
		return t
	}
	for _, u := range s.detail().Users {
		if u.Name == t.User && u.Waiting.Known {
			t.n = u.Waiting.Value
			return t
		}
	}
	if c := s.detail().Crowd; c != nil && c.User == t.User {
		t.n = c.Waiting.Value
	}
	return t
}

// words say whom it hits.
func (t lineTarget) words() string {
	name := clean(t.User.String())
	if t.isUser() {
		return t.many() + " " + name
	}
	return "the request of " + name
}

// raised is the priority that the target gets when it is raised; empty if it has the
// highest.
func (t lineTarget) raised() string { return t.next("high", "normal", "low") }

// lowered is the priority that it gets when it is lowered; empty if it has the lowest.
func (t lineTarget) lowered() string { return t.next(lowestPriority, "normal", "high") }

const lowestPriority = "low"

// next is the priority one step from that of a request, in a row of priorities that begins
// with the last one to go to. A user's requests, which may have several, get that one.
func (t lineTarget) next(last, middle, first string) string {
	switch {
	case t.isUser() && t.lowest && last == lowestPriority:
		return ""
	case t.isUser():
		return last
	case t.priority == last:
		return ""
	case t.priority == first:
		return middle
	default:
		return last
	}
}

// lineActions are what can be done about those who wait, and the keys for it.
type lineActions struct {
	line                 client.Line // nil where nothing can be done
	Cancel, Raise, Lower key.Binding
}

func newLineActions(o Options) lineActions {
	a := lineActions{line: o.Line, Cancel: bind("c", "cancel", "c"), Raise: bind(">", "raise", ">"), Lower: bind("<", "lower", "<")}
	a.enable(lineTarget{}, false)
	return a
}

// enable enables the keys while there is something that they would hit, and the endpoint lets
// its reader do that.
func (a *lineActions) enable(t lineTarget, may bool) {
	may = may && a.line != nil && !t.isZero()
	a.Cancel.SetEnabled(may)
	a.Raise.SetEnabled(may && t.raised() != "")
	a.Lower.SetEnabled(may && t.lowered() != "")
}

func (a *lineActions) keys() []key.Binding { return []key.Binding{a.Cancel, a.Raise, a.Lower} }

// press takes one of the keys. It reports false for any other key.
func (a *lineActions) press(msg tea.KeyPressMsg, t lineTarget) (effect, bool) {
	switch {
	case matches(msg, a.Cancel):
		return effect{ask: a.cancelQuestion(t)}, true
	case matches(msg, a.Raise):
		return a.prioritize(t, t.raised()), true
	case matches(msg, a.Lower):
		return a.prioritize(t, t.lowered()), true
	}
	return effect{}, false
}

// whyNot says why a key for a target does nothing at the moment: nobody is told of a key that
// they may not use. of is whose requests the target would be; empty if nobody is chosen.
func (a *lineActions) whyNot(msg tea.KeyPressMsg, t lineTarget, of string, s *state) string {
	isKey := func(b key.Binding) bool { return slices.Contains(b.Keys(), msg.String()) }
	switch {
	case a.line == nil || !s.canActOnLine || !slices.ContainsFunc(a.keys(), isKey):
		return ""
	case t.isZero() && of != "":
		return of + " has nothing waiting"
	case t.isZero() && s.sample.Waiting == client.Some(0):
		return "nobody waits"
	case t.isZero():
		return "nothing is chosen: choose a request first"
	case isKey(a.Raise) && t.raised() == "":
		return "the priority is the highest already"
	case isKey(a.Lower) && t.lowered() == "":
		return "the priority is the lowest already"
	}
	return ""
}

// prioritize gives a request another priority; all that wait of a user only once that was
// asked.
func (a *lineActions) prioritize(t lineTarget, priority string) effect {
	if !t.isUser() {
		return a.move(t, priority)
	}
	return effect{ask: &question{
		title: "Priority",
		text: func(s *state, w int) []string {
			return s.theme.askedOf("Give "+priority+" priority to "+s.atMoment(t).many(), t, w)
		},
		choices: []choice{{bind("y", "yes, "+priority, "y"), func(*state) effect { return a.move(t, priority) }}},
		no:      "no priority was changed",
	}}
}

// many says how many requests of a user the target is, without whose.
func (t lineTarget) many() string {
	if t.n == 0 {
		return "all waiting requests of"
	}
	return "all " + human.Plural(t.n, "waiting request") + " of"
}

// askedOf is a question about a target, in lines of w cells: the name in a line of its own
// where there is not room for it.
func (t *theme) askedOf(words string, of lineTarget, w int) []string {
	name := clean(of.User.String())
	if line := words + " " + name + "?"; width(line) <= w {
		return []string{t.strong.Render(line)}
	}
	return []string{t.strong.Render(t.cut(words, w)), t.strong.Render(t.cutMiddle(name+"?", w))}
}

// cancelQuestion asks whether to take out what the target is.
func (a *lineActions) cancelQuestion(t lineTarget) *question {
	return &question{
		title: "Cancel",
		text: func(s *state, w int) []string {
			th := s.theme
			what := "Cancel the request of"
			if t.isUser() {
				what = "Cancel " + s.atMoment(t).many()
			}
			lines := th.askedOf(what, t, w)
			if t.more != "" {
				lines = append(lines, th.text.Render(th.cut(t.more, w)))
			}
			return append(lines, th.muted.Render(th.cut("Clients are told to come back later.", w)))
		},
		choices: []choice{{bind("y", "yes, cancel", "y"), func(s *state) effect { return a.cancel(t) }}},
		no:      "nothing was cancelled",
	}
}

// lineDoneMsg is the answer to an action on the line.
type lineDoneMsg struct {
	words   string // what was done
	failure *client.Failure
}

func (a *lineActions) cancel(t lineTarget) effect {
	line := a.line
	return effect{notice: "cancelling " + t.words(), call: func(ctx context.Context) tea.Msg {
		if !t.isUser() {
			return lineDoneMsg{"cancelled " + t.words(), asFailure(line.Cancel(ctx, t.RequestRef))}
		}
		n, err := line.CancelUser(ctx, t.User)
		return lineDoneMsg{fmt.Sprintf("cancelled %s of %s", human.Plural(n, "request"), clean(t.User.String())), asFailure(err)}
	}}
}

// move gives the target another priority.
func (a *lineActions) move(t lineTarget, priority string) effect {
	line := a.line
	return effect{notice: priority + " priority for " + t.words(), call: func(ctx context.Context) tea.Msg {
		if !t.isUser() {
			return lineDoneMsg{t.words() + " has " + priority + " priority now", asFailure(line.SetPriority(ctx, t.RequestRef, priority))}
		}
		n, err := line.SetUserPriority(ctx, t.User, priority)
		return lineDoneMsg{fmt.Sprintf("%s of %s: %s priority now", human.Plural(n, "request"), clean(t.User.String()), priority), asFailure(err)}
	}}
}

// handleLineDone says what became of an action on the line.
func (m *Model) handleLineDone(msg lineDoneMsg) effect {
	if msg.failure != nil {
		return effect{notice: "not done: " + failureText(msg.failure), isError: true}
	}
	m.poll.lineOld = true
	return effect{notice: msg.words, poll: true}
}
