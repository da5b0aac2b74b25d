package client

import (
	"fmt"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/human"
)

// The kinds of the events that this package adds to the queue's. A reset that it
// detects is a [queue.KindReset].
const (
	KindUnreachable queue.Kind = "unreachable" // from the first failed poll to the next successful one
	KindMissed      queue.Kind = "missed"      // there was no poll for a while
	KindRestarted   queue.Kind = queue.KindRestarted
	KindUncertain   queue.Kind = "uncertain" // the counters fell or jump, and the endpoint does not report why
)

// Event is an event of the endpoint's log, or one that this package adds.
type Event struct {
	At   time.Time  `json:"-"`
	Kind queue.Kind `json:"-"` // of package queue, or one of the constants above
	Text string     `json:"-"` // one line in words, without icon; cleaned
	// Cause is why, in words: what a failure says, or how long a server that restarted could not
	// be reached before. The text ends with it; empty where it says none.
	Cause string `json:"-"`
	User  string `json:"-"` // whose; empty where it is nobody's
	Lane  string `json:"-"` // where; empty where it is in none
	// Class is the class of a failure; empty where it is none.
	Class queue.ClassName `json:"-"`
	By    string          `json:"-"` // who asked for it; empty where nobody did
	// Change is what has changed of the settings, see [queue.HasChange]; empty where nothing has,
	// or where the endpoint does not tell.
	Change string `json:"-"`
	// Took is how long the request had waited, the call will wait or the pause lasts, as the
	// text says; unknown where it says nothing.
	Took Opt[time.Duration] `json:"-"`
	// SeveralServers is set for an event of this package that says that several servers
	// answer at one address.
	SeveralServers bool `json:"-"`
}

// WithoutCause returns the text without its cause.
func (e Event) WithoutCause() string { return strings.TrimSuffix(e.Text, ": "+e.Cause) }

// IsDiscontinuity reports whether the counters after the event do not continue those
// before it: a reset, a restart, or a change without a certain reason.
func (e Event) IsDiscontinuity() bool {
	return e.Kind == queue.KindReset || e.Kind == KindRestarted || e.Kind == KindUncertain
}

// finish implements [finisher]: it reads the endpoint's event and puts it into
// words. A row without a kind or a time is dropped.
func (e *Event) finish(o object) bool {
	var s wireEvent
	fillStruct(&s, o)
	e.take(s)
	return s.At.Known && s.Kind != ""
}

// take fills the event with what the endpoint has written.
func (e *Event) take(s wireEvent) {
	*e = Event{
		At: s.At.Value, Kind: s.Kind, Text: s.text(), Cause: Clean(s.cause()),
		User: s.User, Lane: s.Lane, Class: s.Class, By: s.By, Change: s.Change, Took: s.Took,
	}
	if s.Kind == queue.KindStarted && !s.Took.Known { // no wait is left out
		e.Took = Some(time.Duration(0))
	}
}

// wireEvent is an event as the endpoint writes it.
type wireEvent struct {
	At       Opt[time.Time]     `json:"time"`
	Kind     queue.Kind         `json:"kind"`
	User     string             `json:"user"`
	Lane     string             `json:"lane"`
	Error    string             `json:"error"`
	Class    queue.ClassName    `json:"class"`
	By       string             `json:"by"`
	Waiting  Opt[int]           `json:"waiting"`
	Took     Opt[time.Duration] `json:"millis"`
	From     string             `json:"from"`
	To       string             `json:"to"`
	Count    Opt[int]           `json:"count"`
	Change   string             `json:"change"`
	OwnPause bool               `json:"ownPause"`
	Alone    bool               `json:"alone"`
}

// finish implements [finisher]: the user is written as a [Name] is.
func (e *wireEvent) finish(o object) bool {
	e.User = nameIn(o, "user").String()
	return true
}

// text returns the event in words.
func (e wireEvent) text() string {
	return Clean(e.sentence() + with(": ", e.cause()) + e.queueLength())
}

// sentence returns the event without its cause and the queue's length.
func (e wireEvent) sentence() string {
	switch e.Kind {
	case queue.KindAdded:
		return "Request added" + with(" for ", e.User)
	case queue.KindBusy:
		return "Starting to process" + e.count(" %d requests")
	case queue.KindStarted:
		return "Processing request" + with(" for ", e.User) + e.lasting(" (waited %s)")
	case queue.KindCompleted:
		return "Request completed" + with(" for ", e.User)
	case queue.KindFailed:
		return "Request failed" + with(" for ", e.User)
	case queue.KindRetry:
		return "Retrying request" + with(" for ", e.User) + e.lasting(" in %s")
	case queue.KindPaused:
		if e.OwnPause {
			return "Held back after a 429 without a time" + e.lasting(", for %s at most")
		}
		return "Paused by the API" + e.lasting(" for %s")
	case queue.KindResumed:
		switch {
		case e.Class != "":
			return "Next try of the API brought forward" + with(" by ", e.By)
		case e.By != "":
			return "Pause ended by " + e.By
		}
		return "Pause is over"
	case queue.KindOutage:
		if e.Alone {
			return "Nothing succeeds" + with(" for ", e.Lane)
		}
		return "Nothing succeeds"
	case queue.KindRecovered:
		if e.Class == queue.NetworkError.Name() {
			return "Reachable again" + e.lasting(" after %s")
		}
		return "Calls succeed again" + e.lasting(" after %s")
	case queue.KindSpacing:
		return "Waiting" + e.lasting(" %s") + " before next request"
	case queue.KindCancelled:
		if e.By != "" {
			return "Request" + with(" of ", e.User) + " cancelled by " + e.By
		}
		return "Request cancelled" + with(" by ", e.User)
	case queue.KindPriority:
		return e.priorityChange()
	case queue.KindRefused:
		return "Request refused" + with(" for ", e.User)
	case queue.KindTimedOut:
		return "Request" + with(" for ", e.User) + " was silent" + e.lasting(" for %s") + ", its slot is free"
	case queue.KindIdle:
		return "All requests processed"
	case queue.KindReset:
		return "Metrics reset" + with(" by ", e.By)
	case queue.KindSettings:
		if e.Change != "" {
			return e.Change + with(", by ", e.By)
		}
		return "Settings changed" + with(" by ", e.By)
	case queue.KindTrouble:
		return "A part beside the requests failed, they go on"
	case queue.KindRestarted:
		if e.Waiting.Value > 0 && e.Took.Known {
			return fmt.Sprintf("The server restarted, %s after it was last known: %d waited then", human.Duration(e.Took.Value), e.Waiting.Value)
		}
		return "The server restarted" + e.lasting(" after %s")
	case queue.KindDraining:
		return "Draining, no new requests"
	default:
		return string(e.Kind) + with(" ", e.User)
	}
}

// priorityChange returns a change of one priority, or of all of a user's, in words.
func (e wireEvent) priorityChange() string {
	what := "request"
	if e.Count.Value > 1 {
		what = fmt.Sprintf("%d requests", e.Count.Value)
	}
	return e.User + "'s " + what + with(": ", e.From) + " → " + e.To + with(", by ", e.By)
}

// cause returns the error of a failed event, or its class.
func (e wireEvent) cause() string {
	if strings.TrimSpace(e.Error) != "" {
		return e.Error
	}
	return string(e.Class)
}

// queueLength returns how many requests wait, for the events that change it.
func (e wireEvent) queueLength() string {
	switch e.Kind {
	case queue.KindAdded, queue.KindSpacing, queue.KindDraining:
		return e.count(" (queue: %d)")
	default:
		return ""
	}
}

// count formats the number of waiting requests; empty if it is unknown.
func (e wireEvent) count(format string) string {
	if !e.Waiting.Known {
		return ""
	}
	return fmt.Sprintf(format, e.Waiting.Value)
}

// lasting formats the duration; empty if it is unknown.
func (e wireEvent) lasting(format string) string {
	if !e.Took.Known {
		return ""
	}
	return fmt.Sprintf(format, human.Duration(e.Took.Value))
}

// with returns s after the text before it; empty if s is.
func with(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}
