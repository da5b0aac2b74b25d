package cli

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/api"
	"paceline/ui/cli/command"
)

// What the endpoint says under detail is what status --json prints there, but
// for the log and how long each user has been away.
func TestStatusSaysTheWholeDetail(t *testing.T) {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	defer command.StopQueue(q)
	boom := errors.New("boom")
	for _, user := range []string{"a", "b"} { // two lanes, so that neither waits
		_, err := queue.Do(t.Context(), q, queue.Request{User: user, Lane: user}, func(context.Context) (int, error) { return 0, boom })
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
	}
	o := api.Options{Version: "v1.2.3", Simulated: api.AlwaysSimulated}
	decorate := func(r *queue.Report) {
		o.Decorator(q)(r)
		r.Detail.Advice = &queue.Advice{Remedies: []queue.Remedy{{What: "a cache"}}, Published: queue.PublishedAdvice{Advice: []string{"monitoring"}}}
	}
	source := client.NewEmbedded(q, decorate)
	defer func() { _ = source.Close() }()

	report := q.Report()
	decorate(&report)
	want := slices.DeleteFunc(fields(t, report.Detail), func(path string) bool {
		return strings.HasPrefix(path, "events") || path == "users[].idleMs"
	})
	got := fields(t, newStatusJSON(pollOnce(t.Context(), source)).Detail)
	if !slices.Equal(got, want) {
		t.Errorf("the keys differ\ngot  %q\nwant %q", got, want)
	}
}

func TestStatusSaysNullWhereNothingIsKnown(t *testing.T) {
	sample := client.Sample{Detail: &client.Detail{Lanes: []client.Lane{{Name: "l"}}, Users: []client.User{{Name: client.NameOf("u")}}}}
	sample.Detail.Advice = &client.Advice{Remedies: []client.Remedy{{What: "w"}}}
	b, err := json.Marshal(newStatusJSON(pollResult{sample: sample}))
	if err != nil {
		t.Fatal(err)
	}
	for _, zero := range []string{":0,", ":0}", ":\"\"", ":false"} {
		text := strings.NewReplacer(`"exit":0`, "", `"reason":""`, "").Replace(string(b))
		if strings.Contains(text, zero) {
			t.Errorf("nothing is known, but %q is said: %s", zero, b)
		}
	}
}

// What the endpoint advises is what status --json prints.
func TestStatusSaysTheAdvice(t *testing.T) {
	measured := int64(29_400)
	want := &queue.Advice{
		At: queue.Time{Time: time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)}, OverMs: 3_480_000, Requests: 812, Users: 14,
		Account: "50 requests a minute", Assumed: true, BindsNow: "input tokens", Binds: "requests",
		P50Ms: 9000, P95Ms: 31_000, Refused: 12, MeasuredP95Ms: &measured,
		Remedies: []queue.Remedy{
			{Kind: "tier", What: "the Scale tier", Note: "dear", P50Ms: 300, P95Ms: 4100, Refused: 1},
			{Kind: "cache", What: "a cache", Note: "14% are repeated", P50Ms: 3000, P95Ms: 24_000, Refused: 9},
		},
		Published: queue.PublishedAdvice{Users: "5-15", Advice: []string{"watch", "quotas"}, Verdict: "manageable"},
	}
	sample, err := client.FromReport(queue.Report{Detail: &queue.Detail{Advice: want}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(newStatusJSON(pollResult{sample: sample}).Detail.Advice)
	if err != nil {
		t.Fatal(err)
	}
	got := new(queue.Advice)
	if err := json.Unmarshal(b, got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %s, %v", b, err)
	}
}

// fields lists the paths of a value's JSON keys, sorted. Of a list only the first
// entry counts.
func fields(t *testing.T, v any) []string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	var paths []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				at := strings.TrimPrefix(path+"."+key, ".")
				paths = append(paths, at)
				walk(at, value)
			}
		case []any:
			if len(v) > 0 {
				walk(path+"[]", v[0])
			}
		}
	}
	walk("", tree)
	slices.Sort(paths)
	return paths
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		reading pollResult
		want    int
		word    string
	}{
		{pollResult{}, 0, "healthy"},
		{pollResult{verdict: client.Verdict{Level: client.Warning}}, 1, "warning"},
		{pollResult{verdict: client.Verdict{Level: client.Critical}}, 2, "critical"},
		{pollResult{failed: &client.Failure{Words: "connection refused"}}, 3, "unreachable"},
	} {
		if got := c.reading.exit(); got != c.want || c.reading.verdictName() != c.word {
			t.Errorf("%+v: got %d %s, want %d %s", c.reading, got, c.reading.verdictName(), c.want, c.word)
		}
	}
}

// The line says what failed in the last minute, for whoever looks when all is well again.
func TestStatusLineSaysWhatFailed(t *testing.T) {
	sample, err := client.FromReport(queue.Report{Detail: &queue.Detail{Failures: []queue.ClassFailures{
		{Class: "network", Count: 12, Users: 3, Names: []string{"a", "b", "c"}}, {Class: "time-out", Count: 1, Users: 1, Names: []string{"anna\x1b[2J"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	got := pollResult{sample: sample, verdict: client.Verdict{Message: "Fine"}}.line()
	if want := "healthy: Fine; waiting 0, 0 in, 0 out a minute, failed calls in the last minute: 12 network (3 users), 1 time-out (anna)"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// The line says when those who wait will have started, and whether more come than start.
func TestStatusLineSaysWhetherTheLineGrows(t *testing.T) {
	for late, words := range map[int64]string{42_400: "all start in 40 s", 70_000: "all start in 40 to 70 s"} {
		empty := int64(42_000)
		sample, err := client.FromReport(queue.Report{Metrics: queue.Metrics{CurrentQueueLength: 3}, Detail: &queue.Detail{Growing: true, EmptyInMs: &empty, EmptyLateMs: &late, ArrivalsPerMinute: 30, StartsPerMinute: 20}})
		if err != nil {
			t.Fatal(err)
		}
		got := pollResult{sample: sample, verdict: client.Verdict{Message: "Fine"}}.line()
		if want := "healthy: Fine; waiting 3, " + words + ", growing: 30 in, 20 out a minute"; got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// A queue that lies or is attacked cannot reach the terminal of who asks.
func TestStatusLineIsOneCleanLine(t *testing.T) {
	r := pollResult{verdict: client.Verdict{Message: "fine\x1b[2J\nhealthy: \u202eno", Recommendation: "none\r"}}
	if got := r.line(); strings.ContainsAny(got, "\x1b\n\r\u202e") {
		t.Errorf("got %q, want one line without control characters", got)
	}
	r = pollResult{source: "q\x1b", failed: &client.Failure{Words: "bad\x1b\nthing", Hint: "look"}}
	if got, want := r.line(), `unreachable: q\x1b: bad\x1b\nthing; look`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
