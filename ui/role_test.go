package ui

import (
	"testing"
	"time"

	"paceline/client"
)

// Who may not do a thing does not see its key, and the verdict does not offer it.
func TestKeysByRole(t *testing.T) {
	for role, may := range map[client.Role]bool{"": true, client.RoleAdmin: true, client.RoleViewer: false, client.RoleMember: false} {
		r := newRig(t, Options{Line: &fakeLine{}, Tuner: &fakeTuner{}, Resumer: &fakeResumer{}})
		s := withLanes(sampleOf(0, 12, 9*time.Second), someLanes())
		s.Role = role
		s.Detail.Crowd = &client.Crowd{User: client.NameOf("user_7"), Waiting: client.Some(3), OldestWait: client.Some(20 * time.Second), OthersOldest: client.Some(4 * time.Second)}
		r.answerPoll(s)
		r.shows("user_7 3, oldest 20 s", "; others at most 4.0 s")
		says := func(words string) {
			t.Helper()
			if may {
				r.shows(words)
			} else {
				r.hides(words)
			}
		}
		says("do   c cancel the 3 of user_7, or < lower their priority")
		says("c cancel  r reset")
		r.press("c")
		says("Cancel all 3 waiting requests of user_7?")
		r.press("esc", "r")
		says("for everybody")
		r.press("esc", "l")
		says("T try now")
		r.press("esc", "s")
		says("→ more")
	}
}

// Who has all of a lane's line is not said to be the only one that waits while others do in
// another lane.
func TestTheOnlyOneThatWaits(t *testing.T) {
	for waiting, alone := range map[int]bool{12: false, 9: true} {
		r := newRig(t, Options{})
		s := sampleOf(0, waiting, 9*time.Second)
		s.Detail.Crowd = &client.Crowd{User: client.NameOf("user_7"), Waiting: client.Some(9), OldestWait: client.Some(20 * time.Second)}
		r.answerPoll(s)
		r.shows("user_7 9, oldest 20 s")
		if alone {
			r.shows("; nobody else waits")
		} else {
			r.hides("nobody else waits")
		}
	}
}

// The keys of the line hit who was selected, however the list moves.
func TestLineKeys(t *testing.T) {
	line := &fakeLine{}
	r := newRig(t, Options{Line: line})
	r.answerPoll(sampleOf(0, 6, 9*time.Second))
	r.press("c")
	if r.question != nil {
		t.Fatal("asked though nothing is selected")
	}
	r.press("down", "down", "c") // the second: 3 keys and y
	r.shows("Cancel the request of user_7?", "req_2")
	r.answerPoll(sampleOf(1, 6, 9*time.Second))
	for _, msg := range run(r.press("y")) {
		r.send(msg)
	}
	r.shows("cancelled the request of user_7")
	run(r.press(">"))
	r.press("tab", "down", "c")
	r.shows("Cancel all 2 waiting requests of user_123?")
	run(r.press("y"))
	want := []string{"cancel req_2 of user_7", "high req_2 of user_7", "cancel all of user_123"}
	for i, did := range want {
		if len(line.did) <= i || line.did[i] != did {
			t.Fatalf("did %q, want %q", line.did, want)
		}
	}
	line.err = &client.Failure{Words: "it has started meanwhile"}
	r.press("tab", "home", "c")
	for _, msg := range run(r.press("y")) {
		r.send(msg)
	}
	r.shows("not done: it has started meanwhile")
}
