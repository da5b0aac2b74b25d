package sim

import (
	"testing"
	"time"
)

// TestBucket reads as a transcript: at so many milliseconds a limit is set, or a
// token is taken and the bucket answers.
func TestBucket(t *testing.T) {
	type limit struct{ perMinute, size int }
	type step struct {
		at   int    // ms since the start
		set  *limit // nil takes a token
		wait string // what take answers: empty if it let the request through
	}
	set := func(at, perMinute, size int) step { return step{at: at, set: &limit{perMinute, size}} }
	take := func(at int) step { return step{at: at} }
	refuse := func(at int, wait string) step { return step{at: at, wait: wait} }

	for name, steps := range map[string][]step{
		"one a second, two at once": {
			set(0, 60, 2),
			take(0), take(0), refuse(0, "1s"),
			refuse(999, "1s"), take(1000), refuse(1000, "1s"),
			take(3000), take(3000), refuse(3000, "1s"),
		},
		"never more than its size": {
			set(0, 60, 2),
			take(3_600_000), take(3_600_000), refuse(3_600_000, "1s"),
		},
		"retry-after is in whole seconds, up": {
			set(0, 50, 1),
			take(0), refuse(0, "2s"), refuse(100, "2s"), refuse(300, "1s"), take(1200),
		},
		"a slow bucket says so": {
			set(0, 2, 1),
			take(0), refuse(0, "30s"), refuse(29_000, "1s"), take(30_000),
		},
		"no limit": {
			set(0, 0, 0),
			take(0), take(0), take(0),
		},
		"a limit that comes later begins full": {
			set(0, 0, 0), take(0),
			set(1000, 60, 1), take(1000), refuse(1000, "1s"),
		},
		"what is spent stays spent when the limit changes": {
			set(0, 60, 3),
			take(0), take(0), take(0),
			set(0, 30, 5), refuse(0, "2s"), take(2000),
		},
		"a smaller bucket loses what no longer fits": {
			set(0, 60, 10), set(0, 60, 1),
			take(0), refuse(0, "1s"),
		},
		"a clock that goes back gives nothing": {
			set(0, 60, 1),
			take(1000), refuse(500, "1s"), refuse(1999, "1s"), take(2000),
		},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
			var b requestBucket
			for i, s := range steps {
				now := start.Add(time.Duration(s.at) * time.Millisecond)
				if s.set != nil {
					b.set(now, s.set.perMinute, s.set.size)
					continue
				}
				got := ""
				if retryAfter, ok := b.take(now); !ok {
					got = retryAfter.String()
				}
				if got != s.wait {
					t.Fatalf("step %d, at %d ms: got %q, want %q", i, s.at, got, s.wait)
				}
			}
		})
	}
}
