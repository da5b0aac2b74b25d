package ui

import (
	"fmt"
	"testing"

	"paceline/queue"
)

// What is laid out covers the screen, without overlap, at every size.
func TestSettingsLayoutCovers(t *testing.T) {
	n := len(queue.SettingTable())
	for w := minWidth; w <= 300; w++ {
		for h := minHeight; h <= 110; h++ {
			l, name := newSettingsLayout(w, h, n), fmt.Sprintf("%dx%d", w, h)
			checkTiles(t, name, w, h, map[string]rect{"title": l.title, "banner": l.banner, "list": l.list, "effect": l.effect, "side": l.side, "troubles": l.troubles, "keys": l.keys})
			if l.title.h != 1 || l.keys.h != 1 || !l.banner.shown() || l.effect.shown() != (w >= 80 && h >= 15) {
				t.Fatalf("%s: %+v", name, l)
			}
			layout := newSettingsListLayout(l.list.w, l.list.h, n)
			if sum := layout.head + layout.rows + layout.foot; layout.rows < 3 || layout.foot < 1 || sum > l.list.h-1 {
				t.Fatalf("%s: %+v in %v", name, layout, l.list)
			}
			if longer := newSettingsLayout(w, h, 10*n); longer.effect.shown() != l.effect.shown() || longer.list.h > h-2-l.banner.h {
				t.Fatalf("%s: a longer list pushes something away: %+v", name, longer)
			}
		}
	}
}
