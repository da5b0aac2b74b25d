package client

import (
	"fmt"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/human"
)

// The kinds of our own events, beside queue's. A reset that only we can tell of
// is a [queue.KindReset].
const (
	KindUnreachable queue.Kind = "unreachable" // from the first failed poll to the next that worked
	KindMissed      queue.Kind = "missed"      // nobody polled for a while
	KindRestarted   queue.Kind = "restarted"
	KindUncertain   queue.Kind = "uncertain" // the counters fell, or jump, and the endpoint does not say why
)

// Event is one line of the endpoint's log, or of our own.
type Event struct {
	At   time.Time  `json:"-"`
	Kind queue.Kind `json:"-"` // or one of ours, see the constants
	Text string     `json:"-"` // one line in words, without icon; cleaned
}

// finish implements [finisher]: it puts into words what the endpoint tells of an
// event. An event that has no kind or no time is none.
func (e *Event) finish(o object) bool {
	var s wireEvent
	fillStruct(&s, o)
	*e = Event{At: s.At.Value, Kind: s.Kind, Text: s.text()}
	return s.At.Known && s.Kind != ""
}

// wireEvent is what an endpoint's event tells; a figure that it does not tell is unknown.
type wireEvent struct {
	At      Opt[time.Time]     `json:"time"`
	Kind    queue.Kind         `json:"kind"`
	User    string             `json:"user"`
	Error   string             `json:"error"`
	Class   string             `json:"class"`
	By      string             `json:"by"`
	Waiting Opt[int]           `json:"waiting"`
	Took    Opt[time.Duration] `json:"millis"`
}

// text returns the event in words.
func (e wireEvent) text() string {
	return Clean(e.sentence() + e.cause() + e.queueLength())
}

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
		return "Paused by the API" + e.lasting(" for %s")
	case queue.KindResumed:
		if e.By != "" {
			return "Pause ended by " + e.By
		}
		return "Pause is over"
	case queue.KindSpacing:
		return "Waiting" + e.lasting(" %s") + " before next request"
	case queue.KindCancelled:
		return "Request cancelled" + with(" by ", e.User)
	case queue.KindRefused:
		return "Request refused" + with(" for ", e.User)
	case queue.KindTimedOut:
		return "Request" + with(" for ", e.User) + " was silent" + e.lasting(" for %s") + ", its slot is free"
	case queue.KindIdle:
		return "All requests processed"
	case queue.KindReset:
		return "Metrics reset" + with(" by ", e.By)
	case queue.KindSettings:
		return "Settings changed" + with(" by ", e.By)
	case queue.KindTrouble:
		return "A part beside the requests failed, they go on"
	case queue.KindDraining:
		return "Draining, no new requests"
	default:
		return string(e.Kind) + with(" ", e.User)
	}
}

// cause returns what went wrong.
func (e wireEvent) cause() string {
	if strings.TrimSpace(e.Error) != "" {
		return ": " + e.Error
	}
	return with(": ", e.Class)
}

// queueLength returns how many wait, where that is news.
func (e wireEvent) queueLength() string {
	switch e.Kind {
	case queue.KindAdded, queue.KindSpacing, queue.KindDraining:
		return e.count(" (queue: %d)")
	default:
		return ""
	}
}

func (e wireEvent) count(format string) string {
	if !e.Waiting.Known {
		return ""
	}
	return fmt.Sprintf(format, e.Waiting.Value)
}

func (e wireEvent) lasting(format string) string {
	if !e.Took.Known {
		return ""
	}
	return fmt.Sprintf(format, human.Duration(e.Took.Value))
}

func with(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}
