package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Only who has sent more at once than the account serves is to blame, where others wait for it.
func TestWhoIsToBlame(t *testing.T) {
	const blame, wasBlamed = "what alice has waiting", "Ask alice to send fewer"
	type load struct {
		user  string
		at, n float64 // so many at once; for n below 1: one in so many seconds, until 100 s
	}
	for _, c := range []struct {
		name   string
		loads  []load
		play   func(s *script, second int)
		blamed bool // in words that say so of somebody, at some time
	}{
		{"one floods", []load{{"alice", 10, 30}, {"carol", 0, 0.3}}, nil, true},
		{"she floods alone", []load{{"alice", 10, 30}}, nil, false},
		{"a pause makes her wait", []load{{"alice", 0, 0.4}, {"carol", 0, 0.1}}, func(s *script, second int) {
			if second == 20 {
				s.result = func(string, int) error {
					s.result = nil
					return &Error{Class: RateLimited, RetryAfter: 45 * time.Second}
				}
			}
		}, false},
		{"two flood, and one has less", []load{{"alice", 10, 40}, {"zed", 10, 25}, {"carol", 0, 0.3}}, nil, false},
		{"the other half was cancelled", []load{{"alice", 10, 40}, {"zed", 10, 38}, {"carol", 0, 0.3}}, func(s *script, second int) {
			if second == 30 {
				s.leaveAll("zed")
			}
		}, false},
		{"who was lowered", []load{{"alice", 10, 30}, {"carol", 0, 0.3}}, func(s *script, second int) {
			if second == 10 {
				s.lowerAll("alice")
			}
		}, false},
	} {
		settings := adaptiveSettings()
		s := newScript(t, settings, 500*time.Millisecond)
		s.learn = Limits{Requests: Limit{PerMinute: 60}} // of which nothing is left but what refills
		s.add("first", Request{User: "first"})
		s.run(0.9)
		s.learn = Limits{}
		owed := map[string]float64{}
		said := ""
		for second := 1; second < 160; second++ {
			for _, l := range c.loads {
				switch {
				case l.n >= 1 && second == int(l.at):
					for i := range int(l.n) {
						s.add(fmt.Sprint(l.user, i), Request{User: l.user})
					}
				case l.n < 1 && second < 100:
					if owed[l.user] += l.n; owed[l.user] >= 1 {
						owed[l.user]--
						s.add(l.user, Request{User: l.user})
					}
				}
			}
			if c.play != nil {
				c.play(s, second)
			}
			s.run(float64(second) + 0.9)
			for line := range strings.Lines(s.findings()) {
				if strings.Contains(line, "they alone") {
					said += fmt.Sprint(second, " s: ", line)
				}
			}
		}
		if blamed := strings.Contains(said, blame) || strings.Contains(said, wasBlamed); blamed != c.blamed || !c.blamed && said != "" {
			t.Errorf("%s: got\n%s", c.name, said)
		}
	}
}

// leaveAll lets all that a user has waiting leave.
func (s *script) leaveAll(user string) {
	for u := s.m.users.find("", user); u.requests.Len > 0; {
		s.leave(u.requests.First.Item)
	}
}

// lowerAll gives all that a user has waiting the low priority.
func (s *script) lowerAll(user string) {
	u := s.m.users.find("", user)
	for n := u.requests.First; n != nil; n = n.Next {
		s.m.setPriority(n.Item, Low)
	}
}
