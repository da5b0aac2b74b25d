package ui

import "testing"

// How many 429s there were is of the time that the plots show, and says so.
func TestLimitedNamesItsTime(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 61 {
		r.answerPoll(incident(i))
	}
	r.shows(" in 5 min ")
	r.press("w")
	r.shows(" in 30 min ")
	r.hides(" 3 in 5 min")
}
