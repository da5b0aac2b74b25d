package client

import (
	"testing"
	"time"
)

// counted returns a sample of the old wire.
func counted(seconds float64, total, successful, failed int64) Sample {
	return Sample{
		At: at(seconds), Timestamp: Some(at(seconds)), Status: Some("healthy"), Health: Health{IsHealthy: Some(true)},
		Metrics: Metrics{Total: Some(total), Successful: Some(successful), Failed: Some(failed), Waiting: Some(0)},
	}
}

func TestTotals(t *testing.T) {
	h := NewHistory(1e9)
	h.Rebase() // before the first sample: nothing
	check(t, "before the first sample", h.Totals(), Totals{})

	h.Add(counted(0, 50, 45, 2))
	check(t, "the server's own", h.Totals(), Totals{Total: Some[int64](50), Successful: Some[int64](45), Failed: Some[int64](2), Rate: Some(45.0 / 47)})

	h.Rebase()
	check(t, "at the baseline", h.Totals(), Totals{Total: Some[int64](0), Successful: Some[int64](0), Failed: Some[int64](0), Since: at(0)})

	h.Add(counted(1, 54, 48, 3))
	check(t, "from the baseline", h.Totals(), Totals{Total: Some[int64](4), Successful: Some[int64](3), Failed: Some[int64](1), Rate: Some(0.75), Since: at(0)})

	h.Add(counted(2, 1, 1, 0)) // the server was reset: the baseline is, too
	check(t, "after a reset", h.Totals(), Totals{Total: Some[int64](1), Successful: Some[int64](1), Failed: Some[int64](0), Rate: Some(1.0), Since: at(2)})

	older := counted(3, 0, 0, 0) // from a cache
	older.Timestamp = Some(at(-5))
	h.Add(older)
	check(t, "an older answer", h.Totals().Total, Some[int64](0))
	h.Rebase()
	h.Add(counted(4, 9, 9, 0))
	h.Rebase()
	older.At = at(5)
	h.Add(older)
	check(t, "an older answer than the baseline", h.Totals(), Totals{Failed: Some[int64](0), Since: at(4)})
	h.Add(counted(6, 1, 1, 0))
	h.Rebase()

	h.Add(Sample{At: at(7)})
	check(t, "when nothing is told", h.Totals(), Totals{Since: at(6)})
}

// A server that keeps its counters over a restart goes on where it was: the view
// that counts from its own baseline does, too.
func TestBaselineOutlivesARestartThatKeepsTheCounters(t *testing.T) {
	sample := func(second float64, up time.Duration, total, successful, failed int64) Sample {
		s := counted(second, total, successful, failed)
		s.Timestamp = Some(s.At)
		s.Detail = &Detail{Uptime: Some(Uptime(up)), Resets: Some[int64](2)}
		return s
	}
	h := NewHistory(time.Second)
	h.Add(sample(0, time.Hour, 110, 90, 10)) // ten under way
	h.Rebase()
	h.Add(sample(10, time.Hour+10*time.Second, 120, 98, 12))
	h.Add(sample(20, 2*time.Second, 112, 99, 13)) // eight were lost
	check(t, "note", h.Derived().Note, "the server restarted")
	got := h.Totals()
	check(t, "successful", got.Successful, Some[int64](9))
	check(t, "failed", got.Failed, Some[int64](3))
	check(t, "total", got.Total, Some[int64](10))
	h.Add(sample(30, time.Second, 1, 1, 0)) // this time it kept nothing
	got = h.Totals()
	check(t, "successful after a restart from nothing", got.Successful, Some[int64](1))
	check(t, "total after a restart from nothing", got.Total, Some[int64](1))
}
