package queue

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// Of many lanes a report lists those that matter, and adds up the others.
func TestAReportListsSomeOfManyLanes(t *testing.T) {
	const n = 500
	m := lanesMachine(t, n)
	busy := "organization-00321/opus"
	if _, err := m.Add(t0, Request{Lane: busy}); err != nil {
		t.Fatal(err)
	}
	d := m.Report(t0).Detail
	if len(d.Lanes) != reportedLanes || d.OtherLanes == nil || d.OtherLanes.Lanes != n-reportedLanes {
		t.Fatalf("%d lanes are listed, others are %+v, want %d and %d", len(d.Lanes), d.OtherLanes, reportedLanes, n-reportedLanes)
	}
	waiting, running := d.OtherLanes.Waiting, d.OtherLanes.Running
	for _, l := range d.Lanes {
		waiting += l.Waiting
		running += l.Running
	}
	if waiting != 3*n+1 || running != 2*n {
		t.Errorf("%d wait and %d run in the lanes, want %d and %d", waiting, running, 3*n+1, 2*n)
	}
	byName := func(a, b Lane) int { return cmp.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(d.Lanes, byName) || d.Lanes[99].Name != "organization-00099/opus" {
		t.Error("the first 100 by name are not the first")
	}
	if _, ok := slices.BinarySearchFunc(d.Lanes, Lane{Name: busy}, byName); !ok {
		t.Error("the lane with the most waiting is not listed")
	}
}

func TestLeastOf(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + r.IntN(20)
		all := make([]int, n+r.IntN(200))
		for i := range all {
			all[i] = r.IntN(1000)
		}
		got, want := leastOf(all, n, cmp.Compare[int]), slices.Sorted(slices.Values(all))[:n]
		if !slices.Equal(got, want) {
			t.Fatalf("the %d least of %v are %v, want %v", n, all, got, want)
		}
	}
}
