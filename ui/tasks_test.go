package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"paceline/client"
)

// What an operator comes for in an incident, from the first screen on: the keys for it, as
// many as are needed, and what the screen then says.
func TestOperatorsTasks(t *testing.T) {
	type task struct {
		name  string
		keys  string
		says  []string
		did   []string // of those that wait
		after func(r *rig)
	}
	failing := func(r *rig) {
		s := incident(61)
		s.Detail.Failures = []client.ClassFailures{{Class: "network", Count: client.Some(12), Users: client.Some(3), Names: []string{"anna", "ben", "cleo"}}}
		r.answerPoll(s)
	}
	for _, c := range []task{
		{"who waits longest", "", []string{"alice@example.com 21", "oldest 57 s"}, nil, nil},
		{"whose request it is, and all about it", "2 O enter", []string{"alice@example.com", "59 s", "place 1"}, nil, nil},
		{"why they wait", "", []string{"output tokens, 0 of 8,000 free"}, nil, nil},
		{"the limit that binds", "", []string{"▸output"}, nil, nil},
		{"who floods", "", []string{"c cancel the 21 of alice@example.com"}, nil, nil},
		{"cancel what the flooder has waiting", "c y", []string{"cancelled 3 requests of alice@example.com"}, []string{"cancel all of alice@example.com"}, nil},
		{"cancel one", "j c y", []string{"cancelled the request of alice@example.com"}, []string{"cancel req_1 of alice@example.com"}, nil},
		{"raise one", "j j >", []string{"the request of carol has high priority now"}, []string{"high req_2 of carol"}, nil},
		{"lower the flooder", "< y", []string{"alice@example.com"}, []string{"low all of alice@example.com"}, nil},
		{"the cause of the failures", "", []string{"12 network"}, nil, failing},
		{"what was at 14:02", "e : 1 4 : 0 2 enter enter", []string{"BACK AT 14:02:00", "Queue is backing up: 11 waiting"}, nil, nil},
		{"the incident before", "[", []string{"BACK AT 13:46:55", "High failure rate"}, nil, nil},
		{"now against ten minutes ago", "d", []string{"now against 10 min before", "+22"}, nil, nil},
		{"copy a summary", "Y", []string{"summary copied"}, nil, nil},
	} {
		for _, size := range [][2]int{{120, 36}, {80, 24}} {
			t.Run(fmt.Sprintf("%s/%dx%d", c.name, size[0], size[1]), func(t *testing.T) {
				line := &fakeLine{}
				r := pastRig(t, Options{Line: line})
				r.size(size[0], size[1])
				if c.after != nil {
					c.after(r)
				}
				n := 61
				for _, key := range strings.Fields(c.keys) {
					if r.does(key); len(c.did) == 0 && r.frozen == nil {
						r.answerPoll(incident(n))
						n++
					}
				}
				r.shows(c.says...)
				if !slices.Equal(line.did, c.did) {
					t.Errorf("it did %q, want %q", line.did, c.did)
				}
			})
		}
	}
}

// An operator is told by the bell, and by a command, that it stands worse: no key.
func TestOperatorIsTold(t *testing.T) {
	r := newRig(t, Options{Bell: true})
	r.answers(sampleOf(0, 1, 0))
	if told := rings(r.answers(incident(60))); !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, "\a") }) {
		t.Errorf("nothing rang: %q", told)
	}
}
