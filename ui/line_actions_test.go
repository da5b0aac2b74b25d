package ui

import (
	"testing"

	"paceline/client"
)

// A key for those who wait that does nothing at the moment says why; where the verdict has put
// the cursor on somebody who has nothing waiting any more, it goes on to the next.
func TestKeysSayWhyNothingHappens(t *testing.T) {
	after := func(next string) client.Sample { // what alice had is cancelled
		s := incident(60)
		d := s.Detail
		d.Users[0].Waiting, d.Crowd = client.Some(0), nil
		s.Waiting = client.Some(5)
		if next != "" {
			d.Crowd = &client.Crowd{User: client.NameOf(next), Waiting: client.Some(2), OldestWait: d.OldestWait}
		}
		return s
	}
	nobody := after("")
	nobody.Waiting = client.Some(0)
	for i := range nobody.Detail.Users {
		nobody.Detail.Users[i].Waiting = client.Some(0)
	}
	for _, c := range []struct {
		name   string
		before string // keys
		then   client.Sample
		keys   string
		says   string
	}{
		{"who has nothing waiting", "3", after(""), "c", "alice@example.com has nothing waiting"},
		{"also not to be raised", "3", after(""), ">", "alice@example.com has nothing waiting"},
		{"nor lowered", "3", after(""), "<", "alice@example.com has nothing waiting"},
		{"on to the next", "3", after("carol"), "c", "Cancel all 2 waiting requests of carol?"},
		{"but not from whom the reader has chosen", "3 j k", after("carol"), "c", "alice@example.com has nothing waiting"},
		{"nobody waits", "", nobody, "c", "nobody waits"},
		{"nobody is chosen", "2", after(""), "C", "nothing is chosen: choose a request first"},
		{"highest", "2", incident(60), ">", "the priority is the highest already"},
	} {
		for _, size := range [][2]int{{120, 36}, {80, 24}} {
			r := newRig(t, Options{Line: &fakeLine{}})
			r.size(size[0], size[1])
			r.answerPoll(incident(60))
			r.typeKeys(c.before)
			r.answerPoll(c.then)
			if c.name == "highest" {
				for i := range r.live.line.Waiting {
					r.live.line.Waiting[i].Priority = "high"
				}
				r.redraw()
				r.press("j")
			}
			r.typeKeys(c.keys)
			r.shows(c.says)
		}
	}
	r := newRig(t, Options{Line: &fakeLine{}}) // who may not do it is not told of it
	r.answerPoll(incident(60))
	r.press("3")
	s := after("")
	s.Role = client.RoleViewer
	r.answerPoll(s)
	r.press("c")
	r.hides("has nothing waiting")
}
