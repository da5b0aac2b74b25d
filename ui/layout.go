package ui

// The smallest screen that is drawn on; below it there is a sentence.
const (
	minWidth  = 40
	minHeight = 10
)

func isTooSmall(w, h int) bool { return w < minWidth || h < minHeight }

// rect is a part of the screen, in cells. The zero rect is not on it.
type rect struct{ x, y, w, h int }

func (r rect) shown() bool { return r.w > 0 && r.h > 0 }

// has reports whether a cell of the screen is in r.
func (r rect) has(x, y int) bool { return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h }

// column hands out the rows of a part of the screen, from top to bottom.
type column struct{ x, y, w, left int }

func (c *column) take(h int) rect {
	h = max(min(h, c.left), 0)
	r := rect{c.x, c.y, c.w, h}
	c.y, c.left = c.y+h, c.left-h
	return r
}

func (c *column) rest() rect { return c.take(c.left) }

// indentOf is how far what has no rule above it is away from the left edge.
func indentOf(w int) int {
	if w < 60 {
		return 0
	}
	return 1
}
