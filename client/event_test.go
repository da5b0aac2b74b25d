package client

import (
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

func TestEventText(t *testing.T) {
	for _, c := range []struct {
		e    said
		want string
	}{
		{said{kind: queue.KindAdded, user: "user_123", waiting: Some(3)}, "Request added for user_123 (queue: 3)"},
		{said{kind: queue.KindAdded}, "Request added"},
		{said{kind: queue.KindBusy, waiting: Some(3)}, "Starting to process 3 requests"},
		{said{kind: queue.KindStarted, user: "u", took: Some(2400 * time.Millisecond)}, "Processing request for u (waited 2.4 s)"},
		{said{kind: queue.KindCompleted, user: "u"}, "Request completed for u"},
		{said{kind: queue.KindFailed, user: "u", error: "529 overloaded", class: "overloaded"}, "Request failed for u: 529 overloaded"},
		{said{kind: queue.KindFailed, user: "u", class: "network"}, "Request failed for u: network"},
		{said{kind: queue.KindRetry, user: "u", took: Some(450 * time.Millisecond), error: "reset"}, "Retrying request for u in 450 ms: reset"},
		{said{kind: queue.KindPaused, took: Some(45 * time.Second), error: "rate limited"}, "Paused by the API for 45 s: rate limited"},
		{said{kind: queue.KindResumed}, "Pause is over"},
		{said{kind: queue.KindResumed, by: "ops"}, "Pause ended by ops"},
		{said{kind: queue.KindSpacing, took: Some(1900 * time.Millisecond), waiting: Some(2)}, "Waiting 1.9 s before next request (queue: 2)"},
		{said{kind: queue.KindCancelled, user: "u"}, "Request cancelled by u"},
		{said{kind: queue.KindRefused, user: "u", error: "full"}, "Request refused for u: full"},
		{said{kind: queue.KindTimedOut, user: "u", took: Some(10 * time.Minute)}, "Request for u was silent for 10 min, its slot is free"},
		{said{kind: queue.KindIdle}, "All requests processed"},
		{said{kind: queue.KindReset, by: "the monitor"}, "Metrics reset by the monitor"},
		{said{kind: queue.KindSettings}, "Settings changed"},
		{said{kind: queue.KindSettings, by: "ops"}, "Settings changed by ops"},
		{said{kind: queue.KindDraining, waiting: Some(2)}, "Draining, no new requests (queue: 2)"},
		{said{kind: queue.KindTrouble, error: "advice: boom"}, "A part beside the requests failed, they go on: advice: boom"},
		{said{kind: "promoted", user: "u"}, "promoted u"},
	} {
		check(t, string(c.e.kind), c.e.text(), c.want)
	}
	long := said{kind: queue.KindFailed, user: strings.Repeat("u", maxText), error: strings.Repeat("e", maxText)}
	check(t, "length of a long one", len([]rune(long.text())), maxText)
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 450 * time.Millisecond: "450 ms", time.Second: "1 s", 2345 * time.Millisecond: "2.3 s",
		9990 * time.Millisecond: "10 s", 45 * time.Second: "45 s", 90 * time.Second: "90 s",
		3 * time.Minute: "3 min", 3 * time.Hour: "3 h",
	} {
		check(t, d.String(), short(d), want)
	}
}
