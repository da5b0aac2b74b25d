package limiter

import (
	"slices"
	"testing"
	"time"
)

// A refusal says that a request never fits only if its bucket was full, or nearly, where the
// estimate says so, too.
func TestWhoNeverFits(t *testing.T) {
	for _, c := range []struct {
		needs    float64
		left     int
		oversize bool
	}{
		{28_700, 28_500, false}, // a little more of the bucket, and it fits
		{28_700, 30_000, true},  // the estimate is too low
		{31_000, 28_500, true},
		{31_000, 20_000, false}, // the estimate may be too high
		{90_000, 20_000, true},
	} {
		left := Report{Input: Limit{PerMinute: 30_000, Remaining: c.left}}
		a := learned(t, left)
		n := a.Start(0, Cost(c.needs, 0))
		a.ReportLimits(0, n, left, 0)
		if got := a.Refuse(0, time.Second, n, false); got.Oversize != c.oversize {
			t.Errorf("%.0f tokens, refused with %d left: got %+v", c.needs, c.left, got)
		}
	}
}

// What no full bucket holds waits for none, and takes nothing from those that fit.
func TestWhatNeverFitsHoldsUpNobody(t *testing.T) {
	a := learned(t, Report{Input: Limit{PerMinute: 30_000, Remaining: 2000}})
	if at, by := a.Next(Cost(90_000, 0)); at > 0 {
		t.Errorf("it waits until %v for %s", at, by)
	}
	n := a.Start(0, Cost(90_000, 0))
	if at, by := a.Next(Cost(1000, 0)); at > 0 {
		t.Errorf("after its start a small one waits until %v for %s", at, by)
	}
	a.Refuse(0, time.Minute, n, false)
	if at, by := a.Next(Cost(1000, 0)); at > 0 {
		t.Errorf("after its refusal a small one waits until %v for %s", at, by)
	}
}

// After a refusal that the account's own figures do not explain less is started, for caution:
// these figures stay what the account tells, and the caution is over as its answers show room.
// It was told as the account's ("0 of 50 free"), and held back requests for minutes.
func TestCautionAfterARefusalIsNotTheAccounts(t *testing.T) {
	full := Report{
		Requests: Limit{PerMinute: 50, Remaining: 50}, Input: Limit{PerMinute: 30_000, Remaining: 30_000},
		Output: Limit{PerMinute: 8000, Remaining: 8000},
	}
	a, now := learned(t, full), time.Second
	free := func(least int) {
		t.Helper()
		for _, r := range a.Remaining(now) {
			if left := full[r.Dimension]; r.Free < left.Remaining*least/50 {
				t.Errorf("at %v: %d of %d %s left, and the account tells of more", now, r.Free, r.PerMinute, DimensionName(r.Dimension))
			}
		}
	}
	n := a.Start(now, Cost(120, 200))
	a.ReportLimits(now, n, full, 0)
	a.Refuse(now, now+45*time.Second, n, false)
	a.End(now, n, NoAnswer)
	free(49)
	if at, by := a.Next(Cost(120, 200)); by != Cautious || at < now+44*time.Second {
		t.Errorf("in the pause: the next starts at %v, for %q", at, by)
	}
	now += 46 * time.Second
	starts := 0
	for end := now + 20*time.Second; now < end; now += time.Second { // more than the limit refills: what is left is used
		var started []uint64
		for at, by := a.Next(Cost(120, 200)); at <= now && len(started) < 5; at, by = a.Next(Cost(120, 200)) {
			if 50-starts > 20 && by != "" && by != Cautious {
				t.Errorf("at %v the next waits for %q", now, by)
			}
			started = append(started, a.Start(now, Cost(120, 200)))
		}
		starts += len(started)
		for _, n := range started {
			a.ReportUsage(now, n, Cost(120, 200))
			left := full
			left[Requests].Remaining = max(50-starts, 5)
			a.ReportLimits(now+time.Second, n, left, time.Second)
			a.End(now+time.Second, n, Success)
		}
	}
	if starts < 35 { // 17 are what refills in this time
		t.Errorf("%d started in 20 s, though the account told of room for more", starts)
	}
	if got := a.Remaining(now); !slices.ContainsFunc(got, func(r Remaining) bool { return r.Dimension == Requests && r.Free >= 4 && r.Free <= 12 }) {
		t.Errorf("at the end the account told of 5 requests left: got %+v", got)
	}
}
