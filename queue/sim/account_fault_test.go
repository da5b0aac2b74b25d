package sim

import (
	"fmt"
	"math"
	"testing"
	"time"
)

func TestAccountFaults(t *testing.T) {
	s := plainAccount(Limits{})
	s.Faults = Faults{Overloaded: 0.1, Server: 0.05, Timeout: 0.04, Connection: 0.03, MidStream: 0.08}
	s.Storms = []Storm{{At: time.Hour, Length: time.Hour, Share: 0.6}}
	a := newAccount(t, s)
	const n = 20_000
	for from, want := range map[time.Duration]map[string]float64{
		0:         {"529 overloaded_error": 0.1, "500 api_error": 0.05, "504 timeout_error": 0.04, "0 ": 0.03, "200 overloaded_error": 0.08, "200 ": 0.7},
		time.Hour: {"529 overloaded_error": 0.6, "500 api_error": 0.05, "504 timeout_error": 0.04, "0 ": 0.03, "200 overloaded_error": 0.08, "200 ": 0.2},
	} {
		a := a
		if from == 0 {
			a = newAccount(t, s)
		}
		got := map[string]float64{}
		for i := range n {
			d := a.Arrive(noon.Add(from), Call{ID: uint64(i), Model: "claude-opus-5-5", OutputTokens: 1000, Took: 10 * time.Second, FirstToken: time.Second})
			got[fmt.Sprint(d.Status, " ", d.ErrorType)]++
			switch {
			case d.Admitted() && d.ErrorType == "" && (d.Took != 10*time.Second || d.OutputTokens != 1000):
				t.Fatalf("got %+v, want a whole answer", d)
			case d.Admitted() && d.ErrorType != "" && (d.Took < d.FirstToken || d.Took >= 10*time.Second || math.Abs(d.Took.Seconds()-1-float64(d.OutputTokens)*9/1000) > 0.01):
				t.Fatalf("got %+v, want a part of an answer", d)
			case d.Status == 504 && d.Took != timeoutAfter, d.Status != 504 && !d.Admitted() && d.Took > 300*time.Millisecond:
				t.Fatalf("got %+v, want another time", d)
			case d.RetryAfter != 0 || d.RefusedBy != "" || (d.Message == "") != (d.Status == 200 && d.ErrorType == ""):
				t.Fatalf("got %+v", d)
			}
		}
		for kind, share := range want {
			if math.Abs(got[kind]/n-share) > 5*math.Sqrt(share*(1-share)/n) {
				t.Errorf("at %v, %s: got %.3f of the calls, want %.3f", from, kind, got[kind]/n, share)
			}
			delete(got, kind)
		}
		if len(got) > 0 {
			t.Errorf("at %v: got %v too, want none else", from, got)
		}
	}
}

// A call that fails costs a request; its input and reserve come back.
func TestAccountFailureGivesBack(t *testing.T) {
	for name, f := range map[string]Faults{"529": {Overloaded: 1}, "504": {Timeout: 1}, "connection": {Connection: 1}} {
		s := plainAccount(Limits{2, 6000, 6000, 0})
		s.Faults, s.ReserveOutput = f, true
		a := newAccount(t, s)
		d := a.Arrive(noon, Call{ID: 1, InputTokens: 5000, OutputTokens: 10, MaxTokens: 5000})
		if got, want := levels(a, noon, ""), "req 1, in 1000, out 1000"; got != want {
			t.Errorf("%s: got %s at the start, want %s", name, got, want)
		}
		if _, ok := a.Produced(noon, 1); ok {
			t.Errorf("%s: an answer runs", name)
		}
		if got, want := levels(a, noon.Add(d.Took), ""), "in 6000, out 6000"; got[len(got)-len(want):] != want {
			t.Errorf("%s: got %s in the end, want %s", name, got, want)
		}
	}
}

// An answer that breaks off costs its input, and its output until then.
func TestAccountMidStream(t *testing.T) {
	s := plainAccount(Limits{2, 6000, 60_000, 0})
	s.Faults.MidStream = 1
	a := newAccount(t, s)
	d := a.Arrive(noon, Call{ID: 1, InputTokens: 5000, OutputTokens: 50_000, Took: time.Second})
	end := noon.Add(d.Took)
	want := fmt.Sprintf("in %.5g, out %.5g", 1000+100*d.Took.Seconds(), 60_000+1000*d.Took.Seconds()-float64(d.OutputTokens))
	if got := levels(a, end, ""); got[len(got)-len(want):] != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if a.Running(end) != 0 || d.OutputTokens == 0 || d.OutputTokens == 50_000 {
		t.Errorf("got %d running after %+v", a.Running(end), d)
	}
}
