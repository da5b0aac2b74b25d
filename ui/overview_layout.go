package ui

// overviewLayout says where everything is on the overview. What does not fit is left out;
// what is in it covers the screen without overlap.
type overviewLayout struct {
	title, verdict, keys rect
	pulse, counters      rect
	waiting, wait        rect // the plots
	gauges               rect
	line, users, lanes   rect
	troubles, foot       rect
}

// told is what the endpoint tells, as far as it changes the layout.
type told struct {
	countersOnly bool // nothing beyond the published wire
	line         bool // who waits, in the order of their turns
}

// newOverviewLayout divides a screen of w×h cells. Nothing is in it where the screen is too
// small.
func newOverviewLayout(w, h int, told told) overviewLayout {
	var l overviewLayout
	if isTooSmall(w, h) {
		return l
	}
	all := column{0, 0, w, h}
	l.title = all.take(1)
	l.keys = rect{0, h - 1, w, 1}
	all.left--
	switch {
	case told.countersOnly:
		l.plain(all)
	case w >= 100 && h >= 30:
		l.wide(all, told.line)
	case w >= 60 && h >= 20:
		l.medium(all)
	default:
		l.small(all)
	}
	return l
}

// comparing makes room for a comparison, if there is to be one, and returns where: in place of
// the lists, and where there is not much room, of all below the verdict.
func (l *overviewLayout) comparing(on bool) (room rect) {
	if !on || !l.verdict.shown() {
		return room
	}
	from := l.pulse
	switch {
	case l.waiting.shown() && l.line.shown():
		from = l.line
	case l.waiting.shown() && l.users.shown():
		from = l.users
	case l.waiting.shown(): // of an endpoint that tells counters only
		from = l.waiting
	}
	room = rect{0, from.y, l.keys.w, l.keys.y - from.y}
	if l.troubles.h > 1 && l.waiting.shown() {
		room.h = l.troubles.y - from.y
	}
	for _, r := range []*rect{&l.pulse, &l.counters, &l.waiting, &l.wait, &l.gauges, &l.line, &l.users, &l.lanes, &l.troubles, &l.foot} {
		if r.shown() && r.y >= room.y && r.y < room.y+room.h {
			*r = rect{}
		}
	}
	return room
}

// split divides a row of panes: n columns of cells stand right.
func split(r rect, right int) (rect, rect) {
	return rect{r.x, r.y, r.w - right, r.h}, rect{r.x + r.w - right, r.y, right, r.h}
}

// wide has everything: plots side by side, below them who waits beside the users, and the
// troubles over the whole width, so that a terminal can scroll them with a few bytes.
func (l *overviewLayout) wide(all column, line bool) {
	verdict := 4
	if all.left >= 50 {
		verdict = 5
	}
	l.verdict = all.take(verdict)
	l.pulse, l.counters = all.take(1), all.take(1)
	plots := min(max(all.left/3, 7), 16)
	l.waiting, l.wait = split(all.take(plots), all.w/2)
	l.gauges = all.take(1)
	troubles := max(3, all.left/4)
	lists := all.take(all.left - troubles)
	l.troubles = all.rest()
	if all.w >= 170 {
		lists, l.lanes = split(lists, all.w*3/10)
	}
	if !line {
		l.users = lists
		return
	}
	l.line, l.users = split(lists, max(lists.w*2/5, 44))
}

// medium has the plot of who waits, with the waits beside it, and one list.
func (l *overviewLayout) medium(all column) {
	verdict := 4
	if all.left >= 24 {
		verdict = 5
	}
	l.verdict = all.take(verdict)
	counters := 2
	if all.w >= 120 {
		counters = 1
	}
	l.counters = all.take(counters)
	plot := 7
	if all.left >= 26 {
		plot = all.left / 3
	}
	l.waiting, l.wait = split(all.take(plot), max(all.w*36/100, 27))
	l.gauges = all.take(1)
	troubles := 1
	if all.left >= 10 {
		troubles = max(3, all.left*3/10)
	}
	l.line = all.take(all.left - troubles)
	l.troubles = all.rest()
}

// small has the verdict, the figures, the plots as sparks, and who waits.
func (l *overviewLayout) small(all column) {
	l.verdict = all.take(4)
	l.pulse = all.take(1)
	counters := 1
	if all.left >= 8 {
		counters = 2
	}
	l.counters = all.take(counters)
	if all.left >= 6 {
		l.gauges = all.take(1)
	}
	troubles := 0
	switch {
	case all.left >= 14:
		troubles = all.left / 3
	case all.left >= 5:
		troubles = 1
	}
	l.line = all.take(all.left - troubles)
	l.troubles = all.rest()
}

// plain is for an endpoint that tells counters only: how many wait is all that is sure, so
// it has the room.
func (l *overviewLayout) plain(all column) {
	verdict := 3
	if all.w < 60 {
		verdict = 4
	}
	l.verdict = all.take(verdict)
	counters := 1
	switch {
	case all.w < 60 && all.left < 8:
		counters = 3
	case all.w < 100:
		counters = 2
	}
	l.counters = all.take(min(counters, all.left-1))
	if all.left >= 6 {
		foot := rect{all.x, all.y + all.left - 1, all.w, 1}
		l.foot = foot
		all.left--
	}
	if all.left >= 5 {
		pulse := rect{all.x, all.y + all.left - 1, all.w, 1}
		l.pulse = pulse
		all.left--
		l.waiting = all.rest()
		return
	}
	l.pulse = all.rest()
}
