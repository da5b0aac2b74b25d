package ui

import (
	"slices"
	"testing"

	"paceline/client"
)

// afterStarts answers the next poll with a line whose first requests have started.
func (r *rig) afterStarts(s client.Sample, started int) {
	r.startPoll()
	s.At = r.at
	page := pageOf(s, *r.poll.query)
	page.Waiting = page.Waiting[started:]
	page.Matching = client.Some(len(page.Waiting))
	r.send(pollMsg{tag: r.poll.tag, sample: s, line: page, query: *r.poll.query})
}

// Once a chosen request has started, no key hits somebody else, however long the reader waits:
// only a new choice, or esc, gives the keys a target again.
func TestKeysAfterTheChosenHasLeft(t *testing.T) {
	for _, key := range []string{"c", ">", "<"} {
		r, line := newLineRig(t)
		r.answerPoll(incident(60))
		r.press("j", "j")
		r.afterStarts(incident(60), 3)
		for n := range 5 { // polls of 5 s
			r.hides("c cancel")
			if r.does(key); r.question != nil || len(line.did) > 0 {
				t.Fatalf("%s after %d polls: it asks %v, did %q", key, n, r.question != nil, line.did)
			}
			r.shows("that request has started or left")
			r.afterStarts(incident(60), 4+n)
		}
		r.press("esc", "c")
		r.shows("Cancel all 21 waiting requests of alice@example.com?")
		r.press("n", "j", "c")
		r.shows("Cancel the request of ")
		if len(line.did) > 0 {
			t.Errorf("it did %q", line.did)
		}
	}
}

// Esc gives up a choice.
func TestEscChoosesNothing(t *testing.T) {
	r, line := newLineRig(t)
	r.answerPoll(incident(60))
	r.press("j", "esc")
	r.hides("▸ ")
	r.does("c")
	r.does("y")
	r.press("tab", "j", "j", "esc")
	r.does("c")
	r.does("y")
	if want := []string{"cancel all of alice@example.com", "cancel all of alice@example.com"}; !slices.Equal(line.did, want) {
		t.Errorf("it did %q, want %q", line.did, want)
	}
}

// The question about all of a user's requests counts them as they are now.
func TestQuestionCountsAsOfNow(t *testing.T) {
	for _, keys := range [][]string{{"c"}, {"<"}, {"tab", "j", "c"}, {"3", "c"}, {"2", "j", "C"}} {
		r, _ := newLineRig(t)
		r.answerPoll(incident(45))
		r.answerPoll(incident(45))
		r.press(keys[:len(keys)-1]...)
		r.answerPoll(incident(45))
		r.press(keys[len(keys)-1])
		r.shows("15 waiting requests of")
		r.answerPoll(incident(60))
		r.shows("21 waiting requests of")
		r.hides("15 waiting requests")
	}
}
