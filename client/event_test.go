package client

import (
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

func TestEventText(t *testing.T) {
	for _, c := range []struct {
		e    wireEvent
		want string
	}{
		{wireEvent{Kind: queue.KindAdded, User: "user_123", Waiting: Some(3)}, "Request added for user_123 (queue: 3)"},
		{wireEvent{Kind: queue.KindAdded}, "Request added"},
		{wireEvent{Kind: queue.KindBusy, Waiting: Some(3)}, "Starting to process 3 requests"},
		{wireEvent{Kind: queue.KindStarted, User: "u", Took: Some(2400 * time.Millisecond)}, "Processing request for u (waited 2.4 s)"},
		{wireEvent{Kind: queue.KindCompleted, User: "u"}, "Request completed for u"},
		{wireEvent{Kind: queue.KindFailed, User: "u", Error: "529 overloaded", Class: "overloaded"}, "Request failed for u: 529 overloaded"},
		{wireEvent{Kind: queue.KindFailed, User: "u", Class: "network"}, "Request failed for u: network"},
		{wireEvent{Kind: queue.KindRetry, User: "u", Took: Some(450 * time.Millisecond), Error: "reset"}, "Retrying request for u in 0.5 s: reset"},
		{wireEvent{Kind: queue.KindPaused, Took: Some(45 * time.Second), Error: "rate limited"}, "Paused by the API for 45 s: rate limited"},
		{wireEvent{Kind: queue.KindPaused, Took: Some(45 * time.Second), OwnPause: true}, "Held back after a 429 without a time, for 45 s at most"},
		{wireEvent{Kind: queue.KindResumed}, "Pause is over"},
		{wireEvent{Kind: queue.KindResumed, By: "ops"}, "Pause ended by ops"},
		{wireEvent{Kind: queue.KindOutage, Error: "dial tcp: refused", Class: "network"}, "Nothing succeeds: dial tcp: refused"},
		{wireEvent{Kind: queue.KindOutage, Error: "refused", Lane: "opus", Alone: true}, "Nothing succeeds for opus: refused"},
		{wireEvent{Kind: queue.KindOutage, Error: "refused", Lane: "opus"}, "Nothing succeeds: refused"},
		{wireEvent{Kind: queue.KindRecovered, Took: Some(37 * time.Second), Class: "network"}, "Reachable again after 37 s: network"},
		{wireEvent{Kind: queue.KindRecovered, Took: Some(37 * time.Second), Class: "overloaded"}, "Calls succeed again after 37 s: overloaded"},
		{wireEvent{Kind: queue.KindSpacing, Took: Some(1900 * time.Millisecond), Waiting: Some(2)}, "Waiting 1.9 s before next request (queue: 2)"},
		{wireEvent{Kind: queue.KindCancelled, User: "u"}, "Request cancelled by u"},
		{wireEvent{Kind: queue.KindCancelled, User: "u", By: "ops"}, "Request of u cancelled by ops"},
		{wireEvent{Kind: queue.KindPriority, User: "u", From: "normal", To: "high", By: "ops"}, "u's request: normal → high, by ops"},
		{wireEvent{Kind: queue.KindPriority, User: "u", To: "low", By: "ops", Count: Some(1)}, "u's request → low, by ops"},
		{wireEvent{Kind: queue.KindPriority, User: "u", To: "low", Count: Some(21)}, "u's 21 requests → low"},
		{wireEvent{Kind: queue.KindRefused, User: "u", Error: "full"}, "Request refused for u: full"},
		{wireEvent{Kind: queue.KindTimedOut, User: "u", Took: Some(10 * time.Minute)}, "Request for u was silent for 10 min, its slot is free"},
		{wireEvent{Kind: queue.KindIdle}, "All requests processed"},
		{wireEvent{Kind: queue.KindReset, By: "the monitor"}, "Metrics reset by the monitor"},
		{wireEvent{Kind: queue.KindSettings}, "Settings changed"},
		{wireEvent{Kind: queue.KindSettings, By: "ops"}, "Settings changed by ops"},
		{wireEvent{Kind: queue.KindDraining, Waiting: Some(2)}, "Draining, no new requests (queue: 2)"},
		{wireEvent{Kind: queue.KindTrouble, Error: "advice: boom"}, "A part beside the requests failed, they go on: advice: boom"},
		{wireEvent{Kind: "promoted", User: "u"}, "promoted u"},
	} {
		check(t, string(c.e.Kind), c.e.text(), c.want)
	}
	long := wireEvent{Kind: queue.KindFailed, User: strings.Repeat("u", maxText), Error: strings.Repeat("e", maxText)}
	check(t, "length of a long one", len([]rune(long.text())), maxText)
}

func TestCause(t *testing.T) {
	for _, c := range []struct {
		e                   wireEvent
		cause, withoutCause string
	}{
		{wireEvent{Kind: queue.KindRetry, User: "team: anna", Took: Some(time.Second), Error: "reset: by peer", Class: "network"}, "reset: by peer", "Retrying request for team: anna in 1.0 s"},
		{wireEvent{Kind: queue.KindRetry, User: "u", Class: "network"}, "network", "Retrying request for u"},
		{wireEvent{Kind: queue.KindRetry, User: "team: anna"}, "", "Retrying request for team: anna"},
		{wireEvent{Kind: queue.KindReset, By: "team: ops"}, "", "Metrics reset by team: ops"},
	} {
		c.e.At = Some(at(0))
		o := Event{}
		o.take(c.e)
		check(t, "cause", o.Cause, c.cause)
		check(t, "without it", o.WithoutCause(), c.withoutCause)
	}
}

func TestIsDiscontinuity(t *testing.T) {
	for kind, want := range map[queue.Kind]bool{
		queue.KindReset: true, KindRestarted: true, KindUncertain: true,
		KindUnreachable: false, KindMissed: false, queue.KindTrouble: false, "": false,
	} {
		check(t, string(kind), Event{Kind: kind}.IsDiscontinuity(), want)
	}
}
