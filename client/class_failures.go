package client

import (
	"fmt"
	"strings"

	"paceline/queue"
	"paceline/queue/human"
)

// ClassFailures are the failures of one class: of the last minute, or as long as a finding
// is about failures.
type ClassFailures struct {
	Class queue.ClassName `json:"class"`
	Count Opt[int]        `json:"count"` // calls that failed, and requests that the queue gave up
	Users Opt[int]        `json:"users"` // that were hit
	Names List[string]    `json:"names" first:"5"`
}

// finish implements [finisher].
func (f *ClassFailures) finish(object) bool { return f.Class != "" && f.Count.Value > 0 }

// FailureWords says what failed, and for whom: "failed calls in the last minute: 12 network (3
// users), 1 time-out (anna)", or "failed calls since 14:02:31: …", by the local clock, with
// the day where that is not the sample's own; empty if nothing did, or if the endpoint does not
// tell.
func (s Sample) FailureWords() string { return s.FailureWordsOf("in the last minute") }

// FailureWordsOf is [Sample.FailureWords] of another minute, which is named so.
func (s Sample) FailureWordsOf(minute string) string {
	d := s.Detail
	if d == nil || len(d.Failures) == 0 {
		return ""
	}
	since := minute
	if d.FailuresSince.Known {
		since = "since " + human.Clock(d.FailuresSince.Value.Local(), s.Timestamp.Or(s.At))
	}
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
	return "failed calls " + since + ": " + strings.Join(words, ", ")
}
