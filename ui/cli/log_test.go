package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paceline/client"
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
			queue.Event{Time: at, Kind: queue.KindMetrics, Brief: &queue.Brief{
				Total: 47, Successful: 45, Failed: 2, SuccessRate: "95.7%", AverageWait: "2345ms", Healthy: true}},
			`📊 [QUEUE METRICS] { total: 47, successful: 45, failed: 2, successRate: '95.7%', avgWaitTime: '2345ms', currentQueue: 0, healthy: '✅' }`,
			`{"time":"2026-11-23T14:02:07Z","level":"INFO","msg":"metrics","total":47,"successful":45,"failed":2,"successRate":"95.7%","averageWait":"2345ms","waiting":0,"healthy":true}`,
			`time=2026-11-23T14:02:07.000Z level=INFO msg=metrics total=47 successful=45 failed=2 successRate=95.7% averageWait=2345ms waiting=0 healthy=true`,
		},
	} {
		for format, want := range map[string]string{logPretty: c.pretty, logJSON: c.json, logText: c.text} {
			var b bytes.Buffer
			observer(format, &b)(c.event)
			if got := b.String(); got != want+"\n" {
				t.Errorf("%s, %s:\ngot  %s\nwant %s", c.event.Kind, format, got, want)
			}
		}
	}
}

func TestLogFileIsAppendedTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	for _, line := range []string{"one", "two"} {
		w, closeLog, err := openLog(path)
		if err != nil {
			t.Fatal(err)
		}
		observer(logPretty, w)(queue.Event{Kind: queue.KindCompleted, User: line})
		if err := closeLog(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if want := "✅ [QUEUE] Request completed for one\n✅ [QUEUE] Request completed for two\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// script is a source whose polls answer what it says, in turn.
type script []error

func (s *script) Poll(context.Context) (client.Sample, error) {
	err := (*s)[0]
	*s = (*s)[1:]
	return client.Sample{}, err
}
func (s *script) Reset(context.Context) error { return errors.New("the server\x1b refuses") }
func (s *script) Close() error                { return nil }
func (s *script) Name() string                { return "q:3000" }

func TestLoggedSourceSaysOnceThatItIsAway(t *testing.T) {
	away := errors.New("connection refused")
	var b bytes.Buffer
	s := &loggedSource{Source: &script{nil, away, away, nil, nil, away}, log: newSlog(logText, &b)}
	for range 6 {
		_, _ = s.Poll(t.Context())
	}
	_ = s.Reset(t.Context())
	var got []string
	for line := range strings.Lines(b.String()) {
		_, rest, _ := strings.Cut(line, " ") // the time
		rest, _, _ = strings.Cut(strings.TrimSpace(rest), " after=")
		got = append(got, rest)
	}
	want := []string{
		`level=WARN msg=unreachable queue=q:3000 error="connection refused"`,
		`level=INFO msg="live again" queue=q:3000`,
		`level=WARN msg=unreachable queue=q:3000 error="connection refused"`,
		`level=WARN msg="reset failed" queue=q:3000 error="the server\\x1b refuses"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// tuned is a tuner that says what it is.
type tuned struct{ err error }

func (t tuned) Tune(context.Context, client.Change) error { return t.err }

// ended is a resumer that says what it is.
type ended struct{ err error }

func (e ended) Resume(context.Context, string) error { return e.err }

func TestLoggedResumerWritesEachPause(t *testing.T) {
	var b bytes.Buffer
	s := &loggedSource{Source: &script{}, log: newSlog(logText, &b)}
	refused := errors.New("the server\x1b refuses")
	for _, err := range []error{nil, refused} {
		if got := (loggedResumer{ended{err}, s}).Resume(t.Context(), "org_1/sonnet-5"); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
	}
	for _, want := range []string{
		`level=INFO msg="pause ended" queue=q:3000 lane=org_1/sonnet-5`,
		`level=WARN msg="pause not ended" queue=q:3000 lane=org_1/sonnet-5 error="the server\\x1b refuses"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
		}
	}
}

func TestLoggedTunerWritesEachChange(t *testing.T) {
	var b bytes.Buffer
	s := &loggedSource{Source: &script{}, log: newSlog(logText, &b)}
	refused := errors.New("the server\x1b refuses")
	for _, err := range []error{nil, refused} {
		if got := (loggedTuner{tuned{err}, s}).Tune(t.Context(), client.Change{Field: "minDelayMs", Value: 1600}); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
	}
	for _, want := range []string{
		`level=INFO msg="setting changed" queue=q:3000 field=minDelayMs value=1600`,
		`level=WARN msg="setting not changed" queue=q:3000 field=minDelayMs value=1600 error="the server\\x1b refuses"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
		}
	}
}
