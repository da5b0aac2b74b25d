package ui

// dashboardLayout says where everything is on the dashboard. What does not fit is left
// out; what is in it covers the screen without overlap.
type dashboardLayout struct {
	title, banner, keys rect
	// figures is the compact form of the panes that do not fit.
	figures rect
	// sparks are the plots of a screen that has no room for them.
	sparks                    rect
	queue, wait               rect
	success, totals, capacity rect
	users, events             rect
	list                      rect // users or events, whichever has the keys
}

// newDashboardLayout divides a screen of w×h cells. Nothing is in it where the screen
// is too small.
func newDashboardLayout(w, h int) dashboardLayout {
	var l dashboardLayout
	if isTooSmall(w, h) {
		return l
	}
	all := column{0, 0, w, h}
	l.title = all.take(1)
	l.keys = rect{0, h - 1, w, 1}
	all.left--
	switch {
	case w >= 100 && h >= 30:
		l.wide(all)
	case w >= 60 && h >= 20:
		l.medium(all)
	default:
		l.small(all)
	}
	return l
}

// From so many rows on, in the wide layout and in the medium one, the verdict has one more: a
// long message wraps, or what else applies follows.
const (
	tallWide   = 34
	tallMedium = 22
)

// wide is the whole dashboard: totals in a strip, plots left, the other figures
// and users right. The events have the whole width, so that a terminal can scroll
// them with a few bytes.
func (l *dashboardLayout) wide(all column) {
	bannerRows := 4
	if all.left >= tallWide {
		bannerRows = 5
	}
	l.banner = all.take(bannerRows)
	l.totals = all.take(totalRows(all.w))
	eventRows := max(7, all.left*3/10)
	top := column{all.x, all.y, all.w, all.left - eventRows}
	all.take(top.left)
	l.events = all.rest()

	right := min(max(top.w*37/100, 40), 64)
	plots := column{0, top.y, top.w - right, top.left}
	side := column{top.w - right, top.y, right, top.left}
	l.queue = plots.take((plots.left + 1) / 2)
	l.wait = plots.rest()
	capacityRows := 6
	if side.left < 18 {
		capacityRows = 4
	}
	l.success, l.capacity = side.take(4), side.take(capacityRows)
	l.users = side.rest()
}

// medium has the figures in rows and as many of the other panes as fit.
func (l *dashboardLayout) medium(all column) {
	bannerRows := 4
	if all.left >= tallMedium {
		bannerRows = 5
	}
	l.banner = all.take(bannerRows)
	figureRows := 3
	if all.w >= 100 {
		figureRows = 2
	}
	l.figures = all.take(figureRows)
	if all.w >= 100 {
		half := all.w / 2
		plots := max(6, all.left*6/10)
		if all.left < 11 {
			plots = all.left
		}
		top := all.take(plots)
		l.queue, l.wait = rect{0, top.y, half, top.h}, rect{half, top.y, all.w - half, top.h}
		if all.left > 0 {
			rest := all.rest()
			l.users, l.events = rect{0, rest.y, half, rest.h}, rect{half, rest.y, all.w - half, rest.h}
		}
		return
	}
	switch {
	case all.left >= 28:
		quarter := all.left / 4
		l.queue, l.wait = all.take(quarter+1), all.take(quarter)
		l.users = all.take(quarter)
		l.events = all.rest()
	case all.left >= 20:
		third := all.left / 3
		l.queue, l.wait = all.take(third), all.take(third)
		l.list = all.rest()
	default:
		l.queue = all.take((all.left + 2) / 2)
		l.list = all.rest()
	}
}

// small has the verdict, the figures, and what else there is room for.
func (l *dashboardLayout) small(all column) {
	bannerRows := 4
	if all.left < 8 {
		bannerRows = all.left - 4
	} else if all.w >= 60 || all.left > 8 && all.left < 12 {
		bannerRows = 3
	}
	l.banner = all.take(bannerRows)
	figureRows := (figureCount + figureColumns(all.w) - 1) / figureColumns(all.w)
	figureRows = min(figureRows, 4)
	if all.left >= 9 {
		figureRows = min(figureRows, 3)
	}
	switch left := all.left - figureRows; {
	case left >= 6:
		l.figures, l.sparks = all.take(figureRows), all.take(2)
		l.list = all.rest()
	case left >= 4:
		l.figures = all.take(figureRows)
		l.list = all.rest()
	case left >= 1:
		l.figures, l.sparks = all.take(figureRows), all.rest()
	default:
		l.figures = all.rest()
	}
}
