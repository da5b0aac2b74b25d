package ui

import (
	"fmt"
	"testing"
)

func (l dashboardLayout) all() map[string]rect {
	return map[string]rect{
		"title": l.title, "banner": l.banner, "keys": l.keys, "figures": l.figures, "sparks": l.sparks, "queue": l.queue, "wait": l.wait,
		"success": l.success, "totals": l.totals, "capacity": l.capacity, "users": l.users, "events": l.events, "list": l.list,
	}
}

// What is laid out covers the screen, without overlap, at every size.
func TestLayoutCovers(t *testing.T) {
	for w := minWidth; w <= 300; w++ {
		for h := minHeight; h <= 110; h++ {
			l := newDashboardLayout(w, h)
			checkTiles(t, fmt.Sprintf("%dx%d", w, h), w, h, l.all())
		}
	}
}

// checkTiles fails the test unless the rectangles cover w×h cells without overlap.
func checkTiles(t *testing.T, what string, w, h int, all map[string]rect) {
	t.Helper()
	cells := 0
	var shown []rect
	for name, r := range all {
		if !r.shown() {
			continue
		}
		if r.x < 0 || r.y < 0 || r.x+r.w > w || r.y+r.h > h {
			t.Fatalf("%s: %s %v is out of bounds", what, name, r)
		}
		for _, o := range shown {
			if r.x < o.x+o.w && o.x < r.x+r.w && r.y < o.y+o.h && o.y < r.y+r.h {
				t.Fatalf("%s: %s %v overlaps %v", what, name, r, o)
			}
		}
		shown = append(shown, r)
		cells += r.w * r.h
	}
	if cells != w*h {
		t.Fatalf("%s: %d cells are covered, want %d", what, cells, w*h)
	}
}

// A larger screen never loses the verdict, the keys or the figures.
func TestLayoutKeepsWhatMatters(t *testing.T) {
	for w := minWidth; w <= 300; w++ {
		for h := minHeight; h <= 110; h++ {
			l := newDashboardLayout(w, h)
			if l.title.h != 1 || l.keys.h != 1 || l.keys.y != h-1 || l.banner.h < 2 {
				t.Fatalf("%dx%d: title %v, banner %v, keys %v", w, h, l.title, l.banner, l.keys)
			}
			if !l.figures.shown() && (!l.queue.shown() || !l.success.shown() || !l.totals.shown()) {
				t.Fatalf("%dx%d: neither figures nor the panes: %+v", w, h, l)
			}
			for name, r := range map[string]rect{"queue": l.queue, "wait": l.wait, "users": l.users, "list": l.list, "events": l.events} {
				if r.shown() && (r.h < 3 || r.w < 30) {
					t.Fatalf("%dx%d: %s is too small: %v", w, h, name, r)
				}
			}
		}
	}
}

func TestLayoutShows(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want []string
	}{
		{120, 36, []string{"queue", "wait", "success", "totals", "capacity", "users", "events"}},
		{80, 24, []string{"figures", "queue", "list"}},
		{50, 15, []string{"figures", "sparks", "list"}},
		{40, 10, []string{"figures"}},
		{80, 50, []string{"figures", "queue", "wait", "users", "events"}},
		{200, 22, []string{"figures", "queue", "wait", "users", "events"}},
	} {
		l := newDashboardLayout(c.w, c.h)
		shown := l.all()
		for _, name := range c.want {
			if !shown[name].shown() {
				t.Errorf("%dx%d: %s is missing: %+v", c.w, c.h, name, l)
			}
		}
	}
	for _, size := range [][2]int{{39, 10}, {40, 9}, {0, 0}, {1, 1}} {
		for name, r := range newDashboardLayout(size[0], size[1]).all() {
			if r.shown() {
				t.Errorf("%v is too small, but there is %s", size, name)
			}
		}
	}
}
