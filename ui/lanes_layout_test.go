package ui

import (
	"fmt"
	"testing"
)

// What is laid out covers the screen, without overlap, at every size.
func TestLanesLayoutCovers(t *testing.T) {
	for w := minWidth; w <= 300; w++ {
		for h := minHeight; h <= 110; h++ {
			l, name := newLanesLayout(w, h, someLanes()), fmt.Sprintf("%dx%d", w, h)
			all := map[string]rect{"title": l.title, "banner": l.banner, "list": l.list, "side": l.side, "troubles": l.troubles, "keys": l.keys}
			for i, r := range l.plots {
				all[fmt.Sprint("plot ", i)] = r
			}
			checkTiles(t, name, w, h, all)
			if l.title.h != 1 || l.keys.h != 1 || !l.banner.shown() {
				t.Fatalf("%s: %+v", name, l)
			}
			layout := newLaneLayout(l.list.w, l.list.h)
			if list := newLaneList(someLanes(), layout); len(l.plots) > 0 && list.total > layout.rows {
				t.Fatalf("%s: plots, but no room for the list: %+v", name, l)
			}
			if sum := layout.head + layout.rows + layout.foot; layout.rows < 5 || sum != l.list.h-1 || layout.beside && !layout.columns {
				t.Fatalf("%s: %+v in %v", name, layout, l.list)
			}
			if layout.columns && layout.nameWidth() < 16 {
				t.Fatalf("%s: %d cells for a name", name, layout.nameWidth())
			}
		}
	}
}
