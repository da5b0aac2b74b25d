package report

import (
	"testing"

	"paceline/client"
)

// The best source that tells anything counts, and there was one user at least.
func TestEstimateUsers(t *testing.T) {
	waiting := func(n int) []Extreme { return []Extreme{{Value: n}} }
	for _, c := range []struct {
		name  string
		r     Report
		n     int
		basis string
	}{
		{"nothing is told", Report{}, 1, ""},
		{"nobody was there", Report{Users: Users{Most: client.Some(0)}, Extremes: waiting(0)}, 1, ""},
		{"users are told", Report{Users: Users{Most: client.Some(7)}, Extremes: waiting(20)}, 7, "the most that were active at a time"},
		{"only the length of the queue is told", Report{Extremes: waiting(20)}, 21, "as many as waited at a time, and one"},
	} {
		if n, basis := c.r.EstimateUsers(); n != c.n || basis != c.basis {
			t.Errorf("%s: got %d, %q, want %d, %q", c.name, n, basis, c.n, c.basis)
		}
	}
}
