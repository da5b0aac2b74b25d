package ui

// waitingLayout says where everything is in the view of who waits: its list has the page,
// but for the line in which a text is typed and the details of one request.
type waitingLayout struct {
	pageLayout
	detail, filter rect
}

// detailRows are the rows of the details of a request, with the rule above them.
const detailRows = 10

// newWaitingLayout divides a screen of w×h cells, 40x10 at least. Where there is no room for
// both, the details take the place of the list.
func newWaitingLayout(w, h int, typing, details bool) waitingLayout {
	l := waitingLayout{pageLayout: newPageLayout(w, h)}
	all := column{0, l.list.y, l.list.w, l.list.h}
	if typing {
		l.filter = rect{0, all.y + all.left - 1, all.w, 1}
		all.left--
	}
	if details && all.left < detailRows+5 {
		l.list, l.detail = rect{}, all.rest()
		return l
	}
	if details {
		l.list = all.take(all.left - detailRows)
		l.detail = all.rest()
		return l
	}
	l.list = all.rest()
	return l
}
