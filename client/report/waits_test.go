package report

import (
	"testing"
	"time"

	"paceline/client"
	"paceline/queue"
)

// measured is an answer that tells the waits of the last 5 minutes, in seconds.
func measured(seconds float64, count int64, p50, p95 float64) client.Entry {
	return detailed(seconds, figures{}, func(d *queue.Detail) {
		ms := func(s float64) *float64 { s *= 1000; return &s }
		d.Wait = queue.Quantiles{Count: count, AverageMs: ms(p50), P50Ms: ms(p50), P95Ms: ms(p95)}
	})
}

func near(t *testing.T, what string, got client.Opt[time.Duration], want, slack time.Duration) {
	t.Helper()
	if !got.Known || (got.Value-want).Abs() > slack {
		t.Errorf("%s: got %v, want %v ± %v", what, got, want, slack)
	}
}

func TestOneAnswersWaits(t *testing.T) {
	w := reportOf(measured(0, 20, 2, 8)).Waits
	check(t, "all is the last", w.All, w.Last)
	check(t, "count", w.All.Count, 20)
	check(t, "p95", w.All.P95, client.Some(8*time.Second))
	check(t, "derived", w.Derived, false)
}

// Ten minutes with quick waits and five with slow ones.
func TestWaitsOverTheWholeTime(t *testing.T) {
	var all []client.Entry
	for s := 0; s <= 900; s += 10 {
		if s <= 600 {
			all = append(all, measured(float64(s), 100, 1, 2))
		} else {
			all = append(all, measured(float64(s), 50, 20, 40))
		}
	}
	w := reportOf(all...).Waits
	check(t, "count", w.All.Count, 250)
	near(t, "p50", w.All.P50, 1400*time.Millisecond, 200*time.Millisecond)  // 125 of the 200 quick ones
	near(t, "p95", w.All.P95, 31100*time.Millisecond, 200*time.Millisecond) // 37.5 of the 50 slow ones
	near(t, "average", w.All.Average, (200*time.Second+1000*time.Second)/250, time.Millisecond)
	check(t, "worst", w.Worst.P95, client.Some(40*time.Second))
	check(t, "worst at", w.Worst.To, at(610))
	check(t, "last", w.Last.To, at(900))
}

// A reset makes the server forget what it measured; the report does not.
func TestWaitsOverAReset(t *testing.T) {
	reset := func(e client.Entry) client.Entry {
		e.Sample.Detail.Resets = client.Some[int64](1)
		return e
	}
	w := reportOf(
		measured(0, 0, 0, 0), measured(60, 30, 10, 20), measured(120, 60, 10, 20),
		reset(measured(121, 0, 0, 0)), reset(measured(180, 60, 2, 4)),
	).Waits
	// Of the first 60 those count that are of these 2 minutes, as far as can be
	// told: two fifths. Of the second all.
	check(t, "count", w.All.Count, 24+60)
	near(t, "average", w.All.Average, (24*10*time.Second+60*2*time.Second)/84, 50*time.Millisecond)
}

// Hostile quantiles make no hostile report.
func TestWaitsThatMakeNoSense(t *testing.T) {
	w := reportOf(measured(0, 1e12, 0, 0), measured(300, 1e12, 90, 1), measured(600, 5, 0, 0)).Waits
	if w.All.Count < 0 || w.All.P95.Value < 0 || w.All.P95.Value > 10*time.Minute {
		t.Errorf("got %+v", w.All)
	}
}

// What an old server tells is its average; where one request starts between two
// polls it gives that one's wait.
func TestDerivedWaits(t *testing.T) {
	b := NewBuilder()
	average, total := 0.0, int64(0)
	b.Add(old(0, figures{}))
	for i, wait := range []float64{1, 2, 3, 4, 30} {
		total++
		average += (wait - average) / float64(total)
		f := figures{total: total, ok: total - 1, average: time.Duration(average * float64(time.Second))}
		b.Add(old(float64(10*i+1), f))
		b.Add(old(float64(10*i+2), f)) // nothing new
	}
	w := b.Report().Waits
	check(t, "derived", w.Derived, true)
	check(t, "count", w.All.Count, 5)
	near(t, "p50", w.All.P50, 3*time.Second, 20*time.Millisecond)
	near(t, "p95", w.All.P95, 30*time.Second, 20*time.Millisecond)
	near(t, "average", w.All.Average, 8*time.Second, 20*time.Millisecond)
	near(t, "since start", w.Average, 8*time.Second, time.Millisecond)
}
