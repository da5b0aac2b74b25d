package sim

import (
	"math"
	"testing"
	"time"
)

func TestOthers(t *testing.T) {
	s := plainAccount(Limits{1500, 120_000, 60_000, 0})
	s.Workspaces = map[string]GroupLimits{"lab": {"": {RequestsPerMinute: 1800}}}
	s.Others = []OtherTraffic{{
		Model: "claude-opus-5-5", Workspace: "lab", At: time.Minute, Length: 10 * time.Second,
		PerMinute: 6000, InputTokens: 100, OutputTokens: 50,
	}}
	a := newAccount(t, s)
	const full = "req 1500, in 1.2e+05, out 60000, lab req 1800"
	if got := levels(a, noon.Add(time.Minute), "opus-5.5"); got != full {
		t.Errorf("before they came: got %s, want %s", got, full)
	}
	// A thousand in ten seconds, less what refills: 250 requests, 20,000 and
	// 10,000 tokens.
	end := noon.Add(70 * time.Second)
	for i, l := range a.Buckets(end, "opus-5.5") {
		want := []float64{1500 - 750, 120_000 - 80_000, 60_000 - 40_000, 1800 - 700}[i]
		off := []float64{150, 18_000, 9000, 150}[i] // about five standard deviations
		if math.Abs(l.Remaining-want) > off {
			t.Errorf("%s %s: got %v, want %v or %v more or less", l.Kind, l.Workspace, l.Remaining, want, off)
		}
	}
	if n := a.Running(end); n != 0 {
		t.Errorf("got %d answers that run, want none of ours", n)
	}
	if got := levels(a, noon.Add(3*time.Minute), "opus-5.5"); got != full {
		t.Errorf("after they left: got %s, want %s", got, full)
	}
	if got := levels(a, end, "haiku-5.5"); got != full {
		t.Errorf("another group: got %s, want %s", got, full)
	}
}

// Others are refused as everybody is, and leave something only by chance.
func TestOthersAreLimited(t *testing.T) {
	s := plainAccount(Limits{RequestsPerMinute: 60})
	s.Others = []OtherTraffic{{Model: "claude-opus-5-5", PerMinute: 6000}}
	a := newAccount(t, s)
	in := 0
	for i := range 3600 {
		now := noon.Add(time.Minute + time.Duration(i)*time.Second)
		if l := a.Buckets(now, "opus-5.5")[0]; l.Remaining < 0 || l.Remaining >= 1.2 {
			t.Fatalf("at %v: got %v left, want hardly any", now, l.Remaining)
		}
		if a.Arrive(now, Call{ID: uint64(i), Model: "claude-opus-5-5"}).Admitted() {
			in++
		}
	}
	if in > 100 {
		t.Errorf("got %d of 3,600 let in beside a hundred times as many others, want about 36", in)
	}
}

// What is missing in all at a time is missing, whatever was taken before, but a debt stays.
func TestUses(t *testing.T) {
	for _, c := range []struct {
		use  Use
		want string
	}{
		{Use{Requests: 10, Input: 100}, "req 50, in 900, out -890"},
		{Use{Requests: 10, Input: 100, Output: 600, InAll: true}, "req 50, in 900, out -890"},
		{Use{Requests: 60, Input: 2000, InAll: true}, "req 0, in 0, out 600"},
	} {
		s := plainAccount(Limits{60, 1000, 600, 0})
		c.use.At, c.use.Group = time.Second, "opus-5.5"
		s.Uses = []Use{c.use}
		a := newAccount(t, s)
		a.Arrive(noon, Call{Model: "claude-opus-5-5", InputTokens: 1, OutputTokens: 1500})
		if got := levels(a, noon.Add(time.Second), "opus-5.5"); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.use, got, c.want)
		}
	}
}
