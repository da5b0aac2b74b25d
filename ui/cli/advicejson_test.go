package cli

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

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
	d := client.FromReport(queue.Report{Detail: &queue.Detail{Advice: want}}).Detail
	b, err := json.Marshal(newDetailJSON(d).Advice)
	if err != nil {
		t.Fatal(err)
	}
	got := new(queue.Advice)
	if err := json.Unmarshal(b, got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %s, %v", b, err)
	}
}
