package ui

import "testing"

// Enter on the overview opens everything about what is chosen, / the filter of who waits; a key
// that does nothing in a view says why, or where it does something.
func TestKeysThatWereSilent(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		w, h       int
		old        bool
		says       []string
	}{
		{name: "a chosen request", keys: "j j enter", says: []string{"Request req_2", "carol", "[2 Waiting]"}},
		{name: "and back", keys: "j enter esc", says: []string{"by turn"}},
		{name: "a chosen user", keys: "tab j enter", says: []string{"Users · ", "[3 Users]"}},
		{name: "filter", keys: "/ c a r", says: []string{"car", "[2 Waiting]"}},
		{name: "no filter here", keys: "3 /", w: 160, h: 40, says: []string{"/ filters in waiting (2)"}},
		{name: "no time here", keys: ":", w: 160, h: 40, says: []string{": goes to a time in events (e)"}},
		{name: "no users", keys: "3", old: true, says: []string{"this endpoint tells counters only, and no users"}},
		{name: "no settings", keys: "6", old: true, says: []string{"this endpoint tells counters only, and no settings"}},
		{name: "no waits", keys: "h", old: true, says: []string{"no waits to map"}},
		{name: "no room", keys: "h", w: 40, h: 10, says: []string{"no room for the heat map"}},
	} {
		r := newRig(t, Options{Line: &fakeLine{}})
		if c.w > 0 {
			r.size(c.w, c.h)
		}
		for range 2 {
			s := incident(60)
			if c.old {
				s = oldWire(s)
			}
			r.answerPoll(s)
		}
		r.typeKeys(c.keys)
		r.shows(c.says...)
	}
	r := newRig(t, Options{})
	r.answerPoll(oldWire(incident(60)))
	r.hides("[ incident", "d compare")
}
