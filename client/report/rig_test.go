package report

import (
	"fmt"
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// t0 is when the tests' stories begin.
func t0() time.Time { return time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC) }

func at(seconds float64) time.Time {
	return t0().Add(time.Duration(seconds * float64(time.Second)))
}

func check[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// figures are what an answer of a test tells.
type figures struct {
	total, ok, failed int64
	waiting           int
	average           time.Duration
}

// old is an answer of a server that tells only the published counters.
func old(seconds float64, f figures) client.Entry {
	return answer(client.FromReport(published(seconds, f)))
}

func published(seconds float64, f figures) queue.Report {
	return queue.Report{
		Status: "healthy", Timestamp: queue.Time{Time: at(seconds)},
		Metrics: queue.Metrics{
			TotalRequests: f.total, Successful: f.ok, Failed: f.failed, CurrentQueueLength: f.waiting,
			SuccessRate: "0.0%", AverageWaitTime: fmt.Sprintf("%dms", f.average.Milliseconds()),
		},
		Health: queue.Health{IsHealthy: true, Message: "Queue is processing normally"},
	}
}

// detailed is an answer of a paceline, completed by more.
func detailed(seconds float64, f figures, more func(*queue.Detail)) client.Entry {
	r := published(seconds, f)
	r.Detail = &queue.Detail{UptimeMs: int64(1000 * (seconds + 3600)), Settings: queue.DefaultSettings()}
	if more != nil {
		more(r.Detail)
	}
	return answer(client.FromReport(r))
}

func answer(s client.Sample, err error) client.Entry {
	if err != nil {
		panic(err)
	}
	s.At = s.Timestamp.Value
	return client.Entry{At: s.At, Sample: s}
}

func fails(seconds float64, words string) client.Entry {
	return client.Entry{Kind: client.EntryFailed, At: at(seconds), Failed: &client.Failure{Words: words}}
}

// reportOf returns the report of entries.
func reportOf(entries ...client.Entry) *Report {
	b := NewBuilder()
	for _, e := range entries {
		b.Add(e)
	}
	return b.Report()
}
