package queue

import "strings"

// Action is what the recommendation of a [Finding] says to do to the queue itself, for those
// who may: a program decides by it, and not by the words.
type Action string

// The actions.
const (
	ActionEndPause  Action = "end-pause"  // end the pause of a lane
	ActionLimitUser Action = "limit-user" // cancel or lower what the finding's user has waiting
)

// The marks of the actions, each before the words of a [namedText] that say to do it.
const (
	markAction = "\x04"
	endsPause  = markAction + string(ActionEndPause) + markEnd
	limitsUser = markAction + string(ActionLimitUser) + markEnd
)

// action returns the action that is marked in the text; empty if none is.
func (t namedText) action() Action {
	_, rest, _ := strings.Cut(string(t), markAction)
	action, _, _ := strings.Cut(rest, markEnd)
	return Action(action)
}

// withoutAction returns the text without the mark of an action.
func (t namedText) withoutAction() string {
	before, rest, marked := strings.Cut(string(t), markAction)
	if !marked {
		return before
	}
	_, after, _ := strings.Cut(rest, markEnd)
	return before + after
}
