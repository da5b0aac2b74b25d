package ui

import (
	"slices"
	"testing"

	"paceline/client"
)

// listOf is a list of lanes with so many limits each.
func listOf(rows, gap int, limits ...int) blockList {
	lanes := make([]client.Lane, len(limits))
	for i, n := range limits {
		lanes[i].Limits = make([]client.Limit, n)
	}
	return newLaneList(lanes, laneLayout{rows: rows, gap: gap})
}

func TestBlockList(t *testing.T) {
	l := listOf(5, 1, 3, 0, 2)
	if want := []int{0, 6, 9}; !slices.Equal(l.starts, want) || l.total != 13 {
		t.Errorf("got %v of %d, want %v of 13", l.starts, l.total, want)
	}
	for line, want := range [][2]int{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}, {2, 3}} {
		if lane, of := l.at(line); [2]int{lane, of} != want {
			t.Errorf("line %d: got %d %d, want %v", line, lane, of, want)
		}
	}
	for _, c := range []struct {
		l         blockList
		top, want int
	}{
		{l, -3, 0},
		{l, 8, 6},
		{l, 11, 9},
		{l, 99, 9},
		{listOf(13, 1, 3, 0, 2), 9, 0}, // all are in sight
		{listOf(7, 1, 3, 0, 2), 99, 6}, // the last two are
		{listOf(8, 0, 3, 0, 2), 3, 0},  // to the first line of a lane
		{listOf(4, 0, 8, 0), 3, 3},     // or into one that is higher than what is in sight
		{listOf(4, 0, 0, 8), 99, 8},
	} {
		if got := c.l.clamp(c.top); got != c.want {
			t.Errorf("%+v keep %d: got %d, want %d", c.l, c.top, got, c.want)
		}
	}
}

// With each way to scroll, every line comes into sight, from either end.
func TestBlockListReachesAll(t *testing.T) {
	for rows := 3; rows < 12; rows++ {
		for gap := range 2 {
			for _, limits := range [][]int{{0}, {3}, {3, 3, 3}, {8, 8}, {0, 0, 0, 0, 0, 0, 0}, {0, 8, 1, 3, 0, 0, 8, 3}, {8, 0, 0, 0, 8}} {
				l := listOf(rows, gap, limits...)
				for name, step := range map[string]func(int) int{
					"down": l.down, "up": l.up, "page down": func(top int) int { return top + l.rows }, "page up": l.pageUp,
				} {
					seen := make([]bool, l.total)
					top := 0
					if name == "up" || name == "page up" {
						top = l.clamp(l.total)
					}
					for range 2*l.total + 2 {
						for i := top; i < min(top+l.rows, l.total); i++ {
							seen[i] = true
						}
						top = l.clamp(step(top))
					}
					if i := slices.Index(seen, false); i >= 0 {
						t.Errorf("%d rows, gap %d, %v: %s never shows line %d of %d", rows, gap, limits, name, i, l.total)
					}
				}
			}
		}
	}
}
