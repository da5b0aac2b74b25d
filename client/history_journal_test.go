package client

import (
	"fmt"
	"testing"
	"time"

	"paceline/queue"
)

func TestOutageIsOneLine(t *testing.T) {
	h := NewHistory(time.Second)
	wantEvents(t, "at first", h)
	h.Add(waits(0, 1))
	h.Fail(at(127), &Failure{Words: "time-out"})
	wantEvents(t, "as it begins", h,
		"14:00:00 missed: no figures 14:00:00 to 14:02:07",
		"14:02:07 unreachable: unreachable since 14:02:07: time-out")
	h.Fail(at(130), &Failure{Words: "connection refused"})
	wantEvents(t, "as it goes on", h,
		"14:00:00 missed: no figures 14:00:00 to 14:02:07",
		"14:02:07 unreachable: unreachable since 14:02:07: connection refused")
	h.Add(waits(133, 1))
	h.Add(waits(134, 1))
	wantEvents(t, "when it is over", h,
		"14:00:00 missed: no figures 14:00:00 to 14:02:07",
		"14:02:07 unreachable: unreachable 14:02:07 to 14:02:13: connection refused")
	h.Fail(at(135), &Failure{Words: "502"})
	h.Add(waits(90000, 1))
	check(t, "over a night", told(h)[2], "14:02:15 unreachable: unreachable Mon 23 Nov 14:02:15 to Tue 24 Nov 15:00:00: 502")
}

func TestSlowPollsAreOneLine(t *testing.T) {
	h := NewHistory(time.Second)
	for i := range 4 {
		h.Add(waits(float64(5*i), 1))
	}
	h.Add(waits(16, 1))
	h.Add(waits(30, 1))
	wantEvents(t, "slow, then late again", h,
		"14:00:00 missed: no figures 14:00:00 to 14:00:15",
		"14:00:16 missed: no figures 14:00:16 to 14:00:30")
}

// The clocks may be hours apart: what this package tells stands where it was among the
// endpoint's events, and one line stays one though the answers take different times.
func TestEventsByTheEndpointsClock(t *testing.T) {
	h := NewHistory(time.Second)
	add := func(seconds, late float64) {
		s := logged(seconds, Event{At: at(7*3600 + 1), Kind: queue.KindIdle, Text: "a"}, Event{At: at(7*3600 + 3), Kind: queue.KindIdle, Text: "b"})
		s.Timestamp = Some(at(7*3600 + seconds - late))
		h.Add(s)
	}
	add(0, 0)
	h.Fail(at(2), &Failure{Words: "502"})
	wantEvents(t, "as it begins", h, "21:00:01 idle: a", "21:00:02 unreachable: unreachable since 21:00:02: 502", "21:00:03 idle: b")
	add(4, 0)
	const outage = "21:00:02 unreachable: unreachable 21:00:02 to 21:00:04: 502"
	wantEvents(t, "when it is over", h, "21:00:01 idle: a", outage, "21:00:03 idle: b")
	for i := range 5 {
		add(14+10*float64(i), float64(i%3)/100)
	}
	wantEvents(t, "slow polls", h, "21:00:01 idle: a", outage, "21:00:03 idle: b", "21:00:04 missed: no figures 21:00:04 to 21:00:54")
}

// logged returns a sample whose endpoint tells these events.
func logged(seconds float64, events ...Event) Sample {
	return Sample{At: at(seconds), Detail: &Detail{Events: events}}
}

func TestEventsAreMerged(t *testing.T) {
	event := func(seconds float64, text string) Event {
		return Event{At: at(seconds), Kind: queue.KindIdle, Text: text}
	}
	h := NewHistory(time.Second)
	h.Add(logged(0, event(-3, "a"), event(-2, "b")))
	h.Add(logged(1, event(-2, "b"), event(0.5, "c")))
	h.Fail(at(2), &Failure{Words: "connection refused"})
	h.Add(logged(5, event(3, "d"), event(4, "e"))) // it restarted, and forgot
	h.Add(Sample{At: at(6)})
	wantEvents(t, "merged", h,
		"13:59:57 idle: a", "13:59:58 idle: b", "14:00:00 idle: c",
		"14:00:02 unreachable: unreachable 14:00:02 to 14:00:05: connection refused",
		"14:00:03 idle: d", "14:00:04 idle: e")
}

// However busy the endpoint's log is, an outage keeps its line.
func TestEventsAreBounded(t *testing.T) {
	h := NewHistory(time.Second)
	h.Fail(at(0), &Failure{Words: "connection refused"})
	var events []Event
	for i := range maxEvents {
		events = append(events, Event{At: at(float64(i)), Kind: queue.KindAdded, Text: fmt.Sprint(i)})
	}
	h.Add(logged(1, events...))
	got := h.Events()
	check(t, "how many", len(got), maxEvents)
	check(t, "the newest", got[len(got)-1].Text, "255")
	check(t, "the oldest", got[0].Text, "unreachable 14:00:00 to 14:00:01: connection refused")
	for i := range 500 {
		h.Fail(at(float64(1000+2*i)), &Failure{Words: "connection refused"})
		h.Add(waits(float64(1001+2*i), 1))
	}
	check(t, "our own", len(h.journal.own), maxOwnEvents)
	check(t, "all", len(h.Events()), maxEvents)
}

// What was handed out before does not change under the reader while it draws.
func TestEventsOfADrawnFrame(t *testing.T) {
	h := NewHistory(time.Second)
	h.Add(logged(0, Event{At: at(0), Kind: queue.KindIdle, Text: "a"}))
	frame := h.Events()
	h.Fail(at(1), &Failure{Words: "connection refused"})
	h.Add(logged(2, Event{At: at(1), Kind: queue.KindIdle, Text: "b"}))
	check(t, "length", len(frame), 1)
	check(t, "text", frame[0].Text, "a")
	check(t, "and now", len(h.Events()), 3)
}
