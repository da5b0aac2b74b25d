package ui

// viewLayout says where everything is in a view that is about something else than
// the dashboard. What is in it covers the screen without overlap.
type viewLayout struct{ title, banner, list, keys rect }

// newViewLayout divides a screen of w×h cells, 40x10 at least.
func newViewLayout(w, h int) viewLayout {
	var l viewLayout
	all := column{0, 0, w, h}
	l.title = all.take(1)
	l.keys = rect{0, h - 1, w, 1}
	all.left--
	l.banner = all.take(briefBanner(w, h))
	l.list = all.rest()
	return l
}

// briefBanner is how many rows the verdict has in a view that is about something
// else.
func briefBanner(w, h int) int {
	switch {
	case h >= 32 && w >= 60:
		return 4
	case h >= 28 && w >= 60:
		return 3
	case h >= 14:
		return 2
	default:
		return 1
	}
}
