package client

import (
	"fmt"
	"strings"

	"paceline/queue/human"
)

// ClassFailures are the failures of the last minute of one class.
type ClassFailures struct {
	Class string       `json:"class"`
	Count Opt[int]     `json:"count"` // calls that failed, and requests that the queue gave up
	Users Opt[int]     `json:"users"` // that were hit
	Names List[string] `json:"names" first:"5"`
}

// finish implements [finisher].
func (f *ClassFailures) finish(object) bool { return f.Class != "" && f.Count.Value > 0 }

// FailureWords says what failed in the last minute, and for whom: "12 network (3 users),
// 1 time-out (anna)"; empty if nothing did, or if the endpoint does not tell.
func (d Detail) FailureWords() string {
	var words []string
	for _, f := range d.Failures {
		text := fmt.Sprintf("%s %s", human.Count(f.Count.Value), f.Class)
		switch {
		case f.Users.Value == 1 && len(f.Names) == 1:
			text += fmt.Sprintf(" (%s)", f.Names[0])
		case f.Users.Value > 0:
			text += fmt.Sprintf(" (%s)", human.Plural(f.Users.Value, "user"))
		}
		words = append(words, text)
	}
	return strings.Join(words, ", ")
}
