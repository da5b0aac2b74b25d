package ui

// focus implements pointed.
func (v *overview) focus(x, y int) {
	switch {
	case v.drawn.users.has(x, y):
		v.giveKeys(true)
	case v.drawn.line.has(x, y):
		v.giveKeys(false)
	}
}

// giveKeys gives the keys to the users, or to who waits. In another list than before nothing was
// chosen, or lost.
func (v *overview) giveKeys(toUsers bool) {
	if toUsers != v.tabbed {
		v.tabbed, v.chosen, v.lost = toUsers, false, false
	}
}

// click implements pointed.
func (v *overview) click(x, y int) {
	v.focus(x, y)
	line, users := v.drawn.line, v.drawn.users
	switch {
	case v.comparing, v.heat && !v.drawn.wait.shown(): // the lists may be covered
	case !v.listed && line.has(x, y): // the users stand there
		v.users.click(y-line.y, line.h)
	case users.has(x, y):
		v.users.click(y-users.y, users.h)
	case line.has(x, y):
		v.line.click(y-line.y, line.h)
	}
}

// click selects the row that is drawn in row y of h of the list.
func (l *lineList) click(y, h int) {
	if h >= lineHeadFrom {
		y -= 2 // the rule and the heads of the columns
	}
	if i := l.top + y; y >= 0 && y < l.room && i < l.total {
		l.moveTo(i)
	}
}
