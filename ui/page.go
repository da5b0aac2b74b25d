package ui

// pageLayout says where everything is in a view that is about something else than
// the overview. What is in it covers the screen without overlap.
type pageLayout struct {
	title, banner, list, keys rect
	side                      rect // of the plots; not where there is no room
	troubles                  rect // below both; not where there is no room
}

// On a screen of sideWidth×sideHeight cells a list has listWidth of them and is not stretched:
// what is right of it shows the plots, and what is below plots of sideRows the troubles.
const (
	sideWidth, sideHeight = 170, 32
	listWidth             = 120
	sideRows              = 42
	leastTroubles         = 5
)

// newPageLayout divides a screen of w×h cells, 40x10 at least.
func newPageLayout(w, h int) pageLayout {
	var l pageLayout
	all := column{0, 0, w, h}
	l.title = all.take(1)
	l.keys = rect{0, h - 1, w, 1}
	all.left--
	l.banner = all.take(pageBannerRows(w, h))
	if w >= sideWidth && h >= sideHeight {
		rows := all.left
		if rows >= sideRows+leastTroubles {
			rows = sideRows
		}
		l.list, l.side = split(all.take(rows), w-listWidth)
		l.troubles = all.rest()
		return l
	}
	l.list = all.rest()
	return l
}

// withoutTroubles is the layout of a page whose list has the troubles.
func (l pageLayout) withoutTroubles() pageLayout {
	l.list.h += l.troubles.h
	l.side.h += l.troubles.h
	l.troubles = rect{}
	return l
}

// pageBannerRows returns how many rows the verdict has on a page.
func pageBannerRows(w, h int) int {
	switch {
	case h >= 32 && w >= 100:
		return wholeHead
	case h >= 14:
		return wholeHead - 1
	default:
		return wholeHead - 2
	}
}

// alwaysLive is the note in the help of a page.
const alwaysLive = "This view is live, also while the overview is frozen."

// page is the screen of a view that is about something else than the overview: what
// is watched, the verdict, the panes of the view, and the keys.
func (s *state) page(l pageLayout, h int, panes ...placed) string {
	bright := s.unfaded()
	if l.side.shown() {
		panes = append(panes, s.sidePlots(l.side)...)
	}
	if l.troubles.shown() {
		panes = append(panes, s.place(l.troubles, troublesPane{}))
	}
	return assemble(h, append(panes,
		bright.place(l.title, s.status),
		bright.place(l.banner, pageHead{s.headline}),
		bright.place(l.keys, s.keys),
	))
}

// place draws a pane at its place on the screen.
func (s *state) place(r rect, p pane) placed { return placed{r, p.view(s, r.w, r.h)} }

// sidePlots are the plots of the overview and the heat map, below each other.
func (s *state) sidePlots(r rect) []placed {
	const heatRows = 10 // each band has a row, and there are no more
	all := column{r.x, r.y, r.w, r.h}
	rows := max(r.h-heatRows, 0)
	waiting, wait := all.take(rows/2), all.take(rows-rows/2)
	return []placed{
		s.place(waiting, waitingPlot{joined: true}), s.place(wait, waitPlot{below: true}), s.place(all.rest(), heatPlot{joined: true, below: true}),
	}
}
