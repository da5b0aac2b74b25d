package ui

import (
	"fmt"
	"testing"
)

func (l overviewLayout) all() map[string]rect {
	return map[string]rect{
		"title": l.title, "verdict": l.verdict, "keys": l.keys, "pulse": l.pulse, "counters": l.counters, "waiting": l.waiting, "wait": l.wait,
		"gauges": l.gauges, "line": l.line, "users": l.users, "lanes": l.lanes, "troubles": l.troubles, "foot": l.foot,
	}
}

// What is laid out covers the screen, without overlap, at every size, and a larger screen
// never loses what matters.
func TestLayoutCovers(t *testing.T) {
	for _, told := range everyTold() {
		for w := minWidth; w <= 300; w++ {
			for h := minHeight; h <= 110; h++ {
				l, where := newOverviewLayout(w, h, told), fmt.Sprintf("%dx%d, %+v", w, h, told)
				checkTiles(t, where, w, h, l.all())
				if l.title.h != 1 || l.keys.h != 1 || l.keys.y != h-1 || l.verdict.h < 3 || !l.counters.shown() || !l.pulse.shown() && !l.wait.shown() {
					t.Fatalf("%s: %+v", where, l)
				}
				for name, r := range map[string]rect{"waiting": l.waiting, "wait": l.wait, "line": l.line, "users": l.users} {
					if r.shown() && (r.h < 2 || r.w < 26) {
						t.Fatalf("%s: %s is too small: %v", where, name, r)
					}
				}
			}
		}
	}
}

// everyTold returns all that an endpoint can tell, as far as it changes the layout.
func everyTold() []told {
	return []told{{}, {countersOnly: true}, {line: true}}
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

func TestLayoutShows(t *testing.T) {
	for _, c := range []struct {
		w, h int
		told told
		want []string
	}{
		{120, 36, told{line: true}, []string{"pulse", "waiting", "wait", "gauges", "line", "users", "troubles"}},
		{200, 60, told{line: true}, []string{"pulse", "waiting", "wait", "gauges", "line", "users", "lanes", "troubles"}},
		{80, 24, told{line: true}, []string{"waiting", "wait", "gauges", "line", "troubles"}},
		{50, 15, told{line: true}, []string{"pulse", "counters", "line", "troubles"}},
		{40, 10, told{line: true}, []string{"pulse", "counters", "line"}},
		{120, 36, told{}, []string{"pulse", "waiting", "wait", "gauges", "users", "troubles"}},
		{120, 36, told{countersOnly: true}, []string{"pulse", "waiting", "foot"}},
		{50, 15, told{countersOnly: true}, []string{"pulse", "waiting", "foot"}},
	} {
		l := newOverviewLayout(c.w, c.h, c.told)
		shown := l.all()
		for _, name := range c.want {
			if !shown[name].shown() {
				t.Errorf("%dx%d, %+v: %s is missing: %+v", c.w, c.h, c.told, name, l)
			}
		}
	}
	for _, size := range [][2]int{{39, 10}, {40, 9}, {0, 0}, {1, 1}} {
		for name, r := range newOverviewLayout(size[0], size[1], told{}).all() {
			if r.shown() {
				t.Errorf("%v is too small, but there is %s", size, name)
			}
		}
	}
}
