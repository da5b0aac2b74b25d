package ui

import (
	"fmt"
	"strings"
	"testing"
)

// There is room for what matters at every size.
func TestAdviceRoom(t *testing.T) {
	for w := minWidth; w <= 300; w++ {
		for h := minHeight; h <= 110; h++ {
			box := newPageLayout(w, h).list
			layout, name := newAdviceLayout(box.w, box.h), fmt.Sprintf("%dx%d", w, h)
			sum := 2 + layout.name()
			if layout.columns {
				sum += remedyWait + remedyRefused
			}
			if layout.bar > 0 {
				sum += 2 + layout.bar
			}
			if sum != layout.w || layout.rows < 5 || layout.rows != box.h-1 || layout.bar > 0 && !layout.columns {
				t.Fatalf("%s: %+v in %v: %d cells", name, layout, box, sum)
			}
			if layout.name() < 32 || layout.w-layout.label < 24 {
				t.Fatalf("%s: %d cells for a name, %d for a fact", name, layout.name(), layout.w-layout.label)
			}
		}
	}
}

// A gap between the parts is there only where all of them are in sight with it.
func TestAdviceGap(t *testing.T) {
	blocks := [][]string{make([]string, 3), make([]string, 2), make([]string, 1)}
	for rows, want := range map[int]int{8: 1, 9: 1, 7: 0, 3: 0} {
		list, layout := newAdviceList(blocks, adviceLayout{rows: rows})
		if layout.gap != want || list.total != 6+2*want || list.rows != rows {
			t.Errorf("%d rows: got gap %d, %+v", rows, layout.gap, list)
		}
	}
	if list, _ := newAdviceList(nil, adviceLayout{rows: 5}); list.total != 0 || list.clamp(3) != 0 {
		t.Errorf("no parts: got %+v", list)
	}
}

// What of a remedy stands in columns stands below each other.
func TestAdviceColumns(t *testing.T) {
	for _, size := range [][2]int{{68, 40}, {80, 40}, {108, 40}, {120, 40}, {200, 60}} {
		r := newRig(t, Options{})
		r.showAdvice(8, someAdvice())
		r.size(size[0], size[1])
		arrow, n := -1, 0
		for _, line := range r.lines()[7:] {
			if i := strings.Index(line, "  →"); i >= 0 && strings.Contains(line, "≈31s  →") {
				at := width(line[:i])
				if arrow >= 0 && at != arrow {
					t.Errorf("%v: an arrow at %d, another at %d in\n%s", size, arrow, at, r.text())
				}
				arrow, n = at, n+1
			}
		}
		if n != len(someAdvice().Remedies) {
			t.Errorf("%v: %d arrows in\n%s", size, n, r.text())
		}
	}
}
