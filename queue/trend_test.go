package queue

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// A line that grows is said to, without going on and off; one that gets shorter never is.
func TestALineThatGrows(t *testing.T) {
	for _, c := range []struct {
		name           string
		load           float64 // of what is served
		from, until    float64
		mostChanges    int // of each run
		least, most    int // seconds in which it is said to grow, from 60 s on
		burst          int // at the beginning
		looksFrom, end float64
	}{
		{"more come than start", 1.2, 0, 300, 4, 30, 240, 0, 60, 300},
		{"many more", 2, 0, 300, 1, 180, 240, 0, 60, 300},
		{"a long line of which more start than come", 0.6, 0, 300, 0, 0, 0, 100, 0, 300},
		{"nobody comes any more", 0, 0, 300, 0, 0, 0, 100, 0, 200},
		{"they came, and come no more", 2, 0, 120, 1, 0, 0, 0, 141, 300},
		{"about as many come as start", 0.9, 0, 600, 6, 0, 200, 0, 60, 600},
	} {
		for seed := range uint64(8) {
			s := newScript(t, every(1500*time.Millisecond), 100*time.Millisecond)
			random := rand.New(rand.NewPCG(seed, 9))
			s.crowdOf("many", c.burst)
			next, said, changes, before := c.from, 0, 0, false
			for second := 0.; second < c.end; second++ {
				for c.load > 0 && next < second && next < c.until {
					s.add("x", Request{User: fmt.Sprint(random.IntN(9))})
					next += random.ExpFloat64() * 1.5 / c.load
				}
				s.run(second + 0.5)
				grows := s.m.Report(s.now).Detail.Growing
				if grows != before {
					changes++
				}
				if before = grows; grows && second >= c.looksFrom {
					said++
				}
			}
			if changes > c.mostChanges+1 || said < c.least || said > c.most {
				t.Errorf("%s, %d: said for %d s, with %d changes", c.name, seed, said, changes)
			}
		}
	}
}
