package logging

import (
	"bytes"
	"testing"
	"time"

	"paceline/queue"
)

// The names have in them what would clear a screen, begin a line of its own and
// turn the text around.
const evil = "eve\x1b[2J\n📥\u202e"

func TestEachFormOfTheLog(t *testing.T) {
	at := queue.Time{Time: time.Date(2026, 11, 23, 14, 2, 7, 0, time.UTC)}
	for _, c := range []struct {
		event              queue.Event
		pretty, json, text string
	}{
		{
			queue.Event{Time: at, Kind: queue.KindAdded, User: evil, Waiting: 3},
			`📥 [QUEUE] Request added for eve\x1b[2J\n📥\u202e (queue: 3)`,
			`{"time":"2026-11-23T14:02:07Z","level":"INFO","msg":"added","user":"eve\\x1b[2J\\n📥\\u202e","waiting":3}`,
			`time=2026-11-23T14:02:07.000Z level=INFO msg=added user=eve\x1b[2J\n📥\u202e waiting=3`,
		},
		{
			queue.Event{Time: at, Kind: queue.KindStarted, User: "u", Waiting: 2, Millis: 2400},
			`⚡ [QUEUE] Processing request for u (waited 2400ms)`,
			`{"time":"2026-11-23T14:02:07Z","level":"INFO","msg":"started","user":"u","waiting":2,"waitedMs":2400}`,
			`time=2026-11-23T14:02:07.000Z level=INFO msg=started user=u waiting=2 waitedMs=2400`,
		},
		{
			queue.Event{Time: at, Kind: queue.KindFailed, User: "u", Lane: "org", Error: "529: overloaded\r", Class: "overloaded"},
			`❌ [QUEUE] Request failed for u: 529: overloaded\r`,
			`{"time":"2026-11-23T14:02:07Z","level":"ERROR","msg":"failed","user":"u","lane":"org","waiting":0,"class":"overloaded","error":"529: overloaded\\r"}`,
			`time=2026-11-23T14:02:07.000Z level=ERROR msg=failed user=u lane=org waiting=0 class=overloaded error="529: overloaded\\r"`,
		},
		{
			queue.Event{Time: at, Kind: queue.KindRetry, User: "u", Millis: 800, Error: "e"},
			`🔁 [QUEUE] Retrying request for u in 800ms: e`,
			`{"time":"2026-11-23T14:02:07Z","level":"WARN","msg":"retry","user":"u","waiting":0,"backoffMs":800,"error":"e"}`,
			`time=2026-11-23T14:02:07.000Z level=WARN msg=retry user=u waiting=0 backoffMs=800 error=e`,
		},
		{
			queue.Event{Time: at, Kind: queue.KindReset, By: "127.0.0.1"},
			`🧹 [QUEUE] Metrics reset by 127.0.0.1`,
			`{"time":"2026-11-23T14:02:07Z","level":"INFO","msg":"reset","waiting":0,"by":"127.0.0.1"}`,
			`time=2026-11-23T14:02:07.000Z level=INFO msg=reset waiting=0 by=127.0.0.1`,
		},
		{
			queue.Event{Time: at, Kind: queue.KindTrouble, Error: "advice: boom\x1b[2J", Stack: "goroutine 1\n\tmain.go:1\n"},
			`🚧 [QUEUE] A part beside the requests failed, they go on: advice: boom\x1b[2J` + "\ngoroutine 1\n\tmain.go:1",
			`{"time":"2026-11-23T14:02:07Z","level":"ERROR","msg":"trouble","waiting":0,"error":"advice: boom\\x1b[2J","stack":"goroutine 1\n\tmain.go:1\n"}`,
			`time=2026-11-23T14:02:07.000Z level=ERROR msg=trouble waiting=0 error="advice: boom\\x1b[2J" stack="goroutine 1\n\tmain.go:1\n"`,
		},
		{
			queue.Event{Time: at, Kind: queue.KindMetrics, Metrics: &queue.MetricsLine{
				Total: 47, Successful: 45, Failed: 2, SuccessRate: "95.7%", AverageWait: "2345ms", Healthy: true}},
			`📊 [QUEUE METRICS] { total: 47, successful: 45, failed: 2, successRate: '95.7%', avgWaitTime: '2345ms', currentQueue: 0, healthy: '✅' }`,
			`{"time":"2026-11-23T14:02:07Z","level":"INFO","msg":"metrics","total":47,"successful":45,"failed":2,"successRate":"95.7%","averageWait":"2345ms","waiting":0,"healthy":true}`,
			`time=2026-11-23T14:02:07.000Z level=INFO msg=metrics total=47 successful=45 failed=2 successRate=95.7% averageWait=2345ms waiting=0 healthy=true`,
		},
	} {
		for format, want := range map[string]string{Pretty: c.pretty, JSON: c.json, Text: c.text} {
			var b bytes.Buffer
			Observer(format, &b)(c.event)
			if got := b.String(); got != want+"\n" {
				t.Errorf("%s, %s:\ngot  %s\nwant %s", c.event.Kind, format, got, want)
			}
		}
	}
}
