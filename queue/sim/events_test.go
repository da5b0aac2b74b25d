package sim

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// What is planned happens by time, and at one time in the order of the plans.
func TestAgenda(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var q eventQueue[micros]
	type plan struct {
		at     micros
		number int
	}
	var got []plan
	for i := range 1000 {
		at := micros(rng.IntN(20))
		q.schedule(at, func(now micros) { got = append(got, plan{now, i}) })
	}
	if _, ok := q.next(-1); ok {
		t.Error("something was due before its time")
	}
	for now := range micros(20) {
		for d, ok := q.next(now); ok; d, ok = q.next(now) {
			if d.at != now {
				t.Fatalf("at %d: got what was due at %d", now, d.at)
			}
			d.do(d.at)
		}
	}
	for i := range len(got) - 1 {
		if x, y := got[i], got[i+1]; x.at > y.at || x.at == y.at && x.number > y.number {
			t.Fatalf("got %s", fmt.Sprint(x, " before ", y))
		}
	}
	if len(got) != 1000 {
		t.Errorf("got %d, want all 1,000", len(got))
	}
}
