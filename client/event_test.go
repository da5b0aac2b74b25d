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
		{said{Kind: queue.KindAdded, User: "user_123", Waiting: Some(3)}, "Request added for user_123 (queue: 3)"},
		{said{Kind: queue.KindAdded}, "Request added"},
		{said{Kind: queue.KindBusy, Waiting: Some(3)}, "Starting to process 3 requests"},
		{said{Kind: queue.KindStarted, User: "u", Took: Some(2400 * time.Millisecond)}, "Processing request for u (waited 2.4 s)"},
		{said{Kind: queue.KindCompleted, User: "u"}, "Request completed for u"},
		{said{Kind: queue.KindFailed, User: "u", Error: "529 overloaded", Class: "overloaded"}, "Request failed for u: 529 overloaded"},
		{said{Kind: queue.KindFailed, User: "u", Class: "network"}, "Request failed for u: network"},
		{said{Kind: queue.KindRetry, User: "u", Took: Some(450 * time.Millisecond), Error: "reset"}, "Retrying request for u in 0.5 s: reset"},
		{said{Kind: queue.KindPaused, Took: Some(45 * time.Second), Error: "rate limited"}, "Paused by the API for 45 s: rate limited"},
		{said{Kind: queue.KindResumed}, "Pause is over"},
		{said{Kind: queue.KindResumed, By: "ops"}, "Pause ended by ops"},
		{said{Kind: queue.KindSpacing, Took: Some(1900 * time.Millisecond), Waiting: Some(2)}, "Waiting 1.9 s before next request (queue: 2)"},
		{said{Kind: queue.KindCancelled, User: "u"}, "Request cancelled by u"},
		{said{Kind: queue.KindRefused, User: "u", Error: "full"}, "Request refused for u: full"},
		{said{Kind: queue.KindTimedOut, User: "u", Took: Some(10 * time.Minute)}, "Request for u was silent for 10 min, its slot is free"},
		{said{Kind: queue.KindIdle}, "All requests processed"},
		{said{Kind: queue.KindReset, By: "the monitor"}, "Metrics reset by the monitor"},
		{said{Kind: queue.KindSettings}, "Settings changed"},
		{said{Kind: queue.KindSettings, By: "ops"}, "Settings changed by ops"},
		{said{Kind: queue.KindDraining, Waiting: Some(2)}, "Draining, no new requests (queue: 2)"},
		{said{Kind: queue.KindTrouble, Error: "advice: boom"}, "A part beside the requests failed, they go on: advice: boom"},
		{said{Kind: "promoted", User: "u"}, "promoted u"},
	} {
		check(t, string(c.e.Kind), c.e.text(), c.want)
	}
	long := said{Kind: queue.KindFailed, User: strings.Repeat("u", maxText), Error: strings.Repeat("e", maxText)}
	check(t, "length of a long one", len([]rune(long.text())), maxText)
}
