package sim

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// What never reaches the buckets draws from none, and tells of none.
func TestAccountTurnsAway(t *testing.T) {
	limits := Limits{RequestsPerMinute: 1, InputTokensPerMinute: 100, OutputTokensPerMinute: 100, TokensPerMinute: 100}
	for _, s := range []struct {
		call Call
		want string
	}{
		{Call{Lacking: true}, "429 rate_limit_error"},
		{Call{Malformed: 400}, "400 invalid_request_error"},
		{Call{Malformed: 404}, "404 not_found_error"},
		{Call{Malformed: 413}, "413 request_too_large"},
		{Call{Malformed: 7}, "400 invalid_request_error"},
		{Call{Malformed: 404, Lacking: true}, "404 not_found_error"},
	} {
		account := plainAccount(limits)
		account.HeadersOnlyOn429, account.SpentAt = true, time.Minute
		account.Acceleration = Acceleration{Factor: 1, Floor: 1, Window: time.Minute}
		a := newAccount(t, account)
		s.call.InputTokens, s.call.OutputTokens = 1000, 1000
		for i := range 3 {
			s.call.ID = uint64(i)
			if wait, ok := a.Wait(noon, s.call); wait != 0 || !ok {
				t.Errorf("%+v: got a wait of %v, %t, want none", s.call, wait, ok)
			}
			d := a.Arrive(noon, s.call)
			if got := fmt.Sprint(d.Status, " ", d.ErrorType); got != s.want || d.Message == "" {
				t.Errorf("%+v: got %s %q, want %s", s.call, got, d.Message, s.want)
			}
			if d.Headers != (Headers{}) || d.RetryAfter != 0 || d.RefusedBy != LimitNone || d.Took <= 0 || d.Took > 300*time.Millisecond {
				t.Errorf("%+v: got %+v, want neither headers nor retry-after, at once", s.call, d)
			}
		}
		if got, want := levels(a, noon, "other"), "req 1, in 100, out 100, tok 100"; got != want {
			t.Errorf("%+v: got %s left, want %s", s.call, got, want)
		}
		if d := a.Arrive(noon, Call{ID: 9}); !d.Admitted() {
			t.Errorf("the next call: got %s, want it let in", d.words())
		}
	}
}

// In a storm of refused connections its share does not arrive, what arrives meets
// the other faults as often as ever, and only that draws from the buckets.
func TestAccountStormOfConnections(t *testing.T) {
	const n = 20_000
	for name, script := range map[string]struct {
		storms []Storm
		want   map[string]float64
	}{
		"refused": {[]Storm{{At: time.Hour, Length: time.Minute, Share: 0.6, Connection: true}},
			map[string]float64{"0 connection refused": 0.6, "529 Overloaded": 0.1, "500 Internal server error": 0.05, "200 ": 0.25}},
		"refused, and 529": {[]Storm{{At: time.Hour, Length: time.Minute, Share: 0.6, Connection: true}, {At: 0, Length: 2 * time.Hour, Share: 0.3}},
			map[string]float64{"0 connection refused": 0.6, "529 Overloaded": 0.3, "500 Internal server error": 0.05, "200 ": 0.05}},
		"all": {[]Storm{{At: time.Hour, Length: time.Minute, Share: 1, Connection: true}},
			map[string]float64{"0 connection refused": 1}},
	} {
		s := plainAccount(Limits{RequestsPerMinute: maxPerMinute})
		s.Faults = Faults{Overloaded: 0.1, Server: 0.05}
		s.Storms = script.storms
		a := newAccount(t, s)
		at, got := noon.Add(time.Hour), map[string]int{}
		for i := range n {
			d := a.Arrive(at, Call{ID: uint64(i), Took: time.Second})
			got[fmt.Sprint(d.Status, " ", d.Message)]++
			if d.Status == 0 && (d.Headers != (Headers{}) || d.Took > 300*time.Millisecond || d.Hangs) {
				t.Fatalf("%s: got %+v, want a quick end", name, d)
			}
		}
		for kind, share := range script.want {
			if part := float64(got[kind]) / n; math.Abs(part-share) > 5*math.Sqrt(share*(1-share)/n) {
				t.Errorf("%s, %s: got %.3f of the calls, want %.3f", name, kind, part, share)
			}
			delete(script.want, kind)
		}
		if left, want := a.Buckets(at, a.Group(""))[0].Remaining, float64(maxPerMinute-n+got["0 connection refused"]); left != want {
			t.Errorf("%s: got %v requests left, want %v", name, left, want)
		}
		if d := a.Arrive(at.Add(time.Minute), Call{ID: n, noFaults: true}); d.Status != 200 {
			t.Errorf("%s: got %s after it", name, d.words())
		}
	}
}

// A call that hangs was let in: it costs its request and its input, and runs until
// its client leaves, or for an hour.
func TestAccountHangs(t *testing.T) {
	for _, reserve := range []bool{false, true} {
		s := plainAccount(Limits{RequestsPerMinute: 4, InputTokensPerMinute: 6000, OutputTokensPerMinute: 6000})
		s.ReserveOutput = reserve
		a := newAccount(t, s)
		call := Call{ID: 1, InputTokens: 1000, OutputTokens: 500, MaxTokens: 5000, Took: time.Second, Hang: true}
		d := a.Arrive(noon, call)
		if d.Status != 0 || !d.Hangs || d.Took != time.Hour || d.Headers.Requests.Remaining != 3 {
			t.Errorf("got %+v, want it to hang", d)
		}
		if got, want := levels(a, noon, a.Group("")), "req 3, in 5000, out "; got[:len(want)] != want {
			t.Errorf("got %s, want %s…", got, want)
		}
		at := noon.Add(time.Minute)
		if n, ok := a.Produced(at, 1); n != 0 || !ok {
			t.Errorf("got %d tokens, %t, want it to run without any", n, ok)
		}
		if n, ok := a.Cancel(at, 1); n != 0 || !ok || a.Running(at) != 0 {
			t.Errorf("left: got %d tokens, %t, and %d running", n, ok, a.Running(at))
		}
		if got, want := levels(a, at, "other"), "req 4, in 6000, out 6000"; got != want {
			t.Errorf("after it: got %s, want %s", got, want)
		}
		a.Arrive(at, call)
		if n, after := a.Running(at.Add(time.Hour-1)), a.Running(at.Add(time.Hour)); n != 1 || after != 0 {
			t.Errorf("got %d running for an hour, and then %d, want 1 and none", n, after)
		}
	}
}

func TestAccountHangsAtItsRate(t *testing.T) {
	s := plainAccount(Limits{})
	s.Hang, s.Faults.Server = 0.2, 0.3
	a := newAccount(t, s)
	const n = 10_000
	hung, failed := 0, 0
	for i := range n {
		switch d := a.Arrive(noon, Call{ID: uint64(i)}); {
		case d.Hangs:
			hung++
		case !d.Admitted():
			failed++
		}
	}
	if math.Abs(float64(hung)-0.2*n) > 200 || math.Abs(float64(failed)-0.3*n) > 230 || a.Running(noon) != hung {
		t.Errorf("got %d that hang, %d that fail and %d running, want about 2,000, 3,000, and all that hang", hung, failed, a.Running(noon))
	}
	if d := a.Arrive(noon, Call{ID: n, noFaults: true}); d.Hangs {
		t.Error("chance has a part in a steady call")
	}
}

// A storm of 429s refuses what the buckets would hold, and does not say when to come again.
func TestAccountStormOfRefusals(t *testing.T) {
	s := DefaultAccountSettings()
	s.Storms = []Storm{{At: time.Minute, Length: time.Minute, Share: 1, Refusing: true}}
	a, err := NewAccount(s)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 429, 200} {
		d := a.Arrive(time.Unix(0, 0).Add(time.Duration(i)*time.Minute), Call{ID: uint64(i), Model: "claude-opus-5-5"})
		if d.Status != want || d.RetryAfter != 0 || (d.Headers == Headers{}) != (want == 429) {
			t.Errorf("after %d min: got %d, to come again after %v, with the headers %+v; want %d", i, d.Status, d.RetryAfter, d.Headers, want)
		}
	}
}
