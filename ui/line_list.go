package ui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue/human"
)

// lineList is who waits, in the order that the endpoint lists them, with a cursor that stays
// on its request while the list moves.
type lineList struct {
	rows     []client.WaitingRequest
	selected client.Name // zero: none
	top      int         // the first row in sight
	room     int         // rows in sight
}

// set takes the list as it is now, and the room for it.
func (l *lineList) set(page *client.WaitingPage, room int) {
	l.rows, l.room = nil, max(room, 1)
	if page != nil {
		l.rows = page.Waiting
	}
	at := l.index()
	if at < 0 {
		l.selected = client.Name{}
		at = l.top
	}
	l.top = max(min(l.top, at, len(l.rows)-l.room), at-l.room+1, 0)
}

// index is the row of the one that is selected; -1 if there is none.
func (l *lineList) index() int {
	for i, r := range l.rows {
		if !l.selected.IsZero() && r.ID == l.selected {
			return i
		}
	}
	return -1
}

// update takes a key that moves the cursor. It reports false for any other key.
func (l *lineList) update(msg tea.KeyPressMsg, k scrollKeys) bool {
	at := l.index()
	switch {
	case matches(msg, k.Up):
		at--
	case matches(msg, k.Down):
		at++
	case matches(msg, k.PageUp):
		at -= l.room
	case matches(msg, k.PageDown):
		at += l.room
	case matches(msg, k.Top):
		at = 0
	case matches(msg, k.Bottom):
		at = len(l.rows) - 1
	default:
		return false
	}
	if len(l.rows) > 0 {
		l.selected = l.rows[min(max(at, 0), len(l.rows)-1)].ID
	}
	return true
}

// target is the request that is selected; zero if none is.
func (l *lineList) target() lineTarget {
	i := l.index()
	if i < 0 {
		return lineTarget{}
	}
	r := l.rows[i]
	t := lineTarget{id: r.ID, user: r.User, n: 1, more: clean(r.ID.String())}
	if r.Waited.Known {
		t.more = "waits for " + human.Duration(r.Waited.Value) + ", " + t.more
	}
	return t
}

// lineColumn is a column of the list.
type lineColumn struct {
	title string
	width int
	left  bool
	text  func(*theme, *client.WaitingRequest) string
}

// lineColumns returns the columns that fit into w cells beside a user's name, the most
// important of these columns: their order is that of the screen.
func lineColumns(w int, several bool) (columns []lineColumn, name int) {
	place := lineColumn{"", 4, false, placeWords}
	priority := lineColumn{"priority", 9, true, func(_ *theme, r *client.WaitingRequest) string { return priorityWords(r) }}
	lane := lineColumn{"lane", 14, true, func(t *theme, r *client.WaitingRequest) string { return t.cut(clean(r.Lane), 13) }}
	waited := lineColumn{"waited", 8, false, func(t *theme, r *client.WaitingRequest) string {
		return orDash(t, r.Waited, human.Short)
	}}
	starts := lineColumn{"starts in", 11, false, startsWords}
	const least = 12 // of a name
	switch {
	case w >= place.width+least+priority.width+lane.width+waited.width+starts.width && several:
		columns = []lineColumn{place, priority, lane, waited, starts}
	case w >= place.width+least+priority.width+waited.width+starts.width:
		columns = []lineColumn{place, priority, waited, starts}
	case w >= place.width+least+waited.width+starts.width:
		columns = []lineColumn{place, waited, starts}
	default:
		columns = []lineColumn{waited, starts}
	}
	name = w
	for _, c := range columns {
		name -= c.width
	}
	return columns, max(name, 1)
}

// placeWords is a request's place in its lane.
func placeWords(t *theme, r *client.WaitingRequest) string {
	if r.Position.Value <= 0 {
		return t.dash
	}
	return human.ShortCount(r.Position.Value)
}

// priorityWords is a request's priority, and the one that its age has given it.
func priorityWords(r *client.WaitingRequest) string {
	if r.Class != "" && r.Class != r.Priority {
		return clean(r.Priority) + "+"
	}
	return clean(r.Priority)
}

// startsWords says when a request will start, or why nobody knows.
func startsWords(t *theme, r *client.WaitingRequest) string {
	words := t.dash
	switch {
	case r.ETA.Known && r.ETA.Value <= 0:
		words = "now"
	case r.ETA.Known:
		words = t.approx + human.Short(r.ETA.Value)
	}
	if r.Aside != "" {
		words = "aside " + words
	}
	return t.cut(words, 11)
}

// lines draws the list in w cells, with the heads of its columns where that is wanted.
func (l *lineList) lines(s *state, w int, head bool) []string {
	t := s.theme
	columns, name := lineColumns(w-2, len(s.detail().Lanes) > 1)
	row := func(text func(c lineColumn) string, user string) string {
		line := ""
		for i, c := range columns {
			if i == 0 && c.title == "" { // the place stands before the name
				line += t.fitRight(text(c), c.width-1) + " " + t.fit(user, name)
				continue
			}
			if i == 0 {
				line += t.fit(user, name)
			}
			if c.left {
				line += t.fit(text(c), c.width)
			} else {
				line += t.fitRight(text(c), c.width)
			}
		}
		return line
	}
	var lines []string
	if head {
		lines = append(lines, "  "+t.muted.Render(row(func(c lineColumn) string { return c.title }, "user")))
	}
	for i := l.top; i < min(l.top+l.room, len(l.rows)); i++ {
		r := &l.rows[i]
		user := clean(r.User.String())
		if r.Subagent {
			user += " (subagent)"
		}
		text := row(func(c lineColumn) string { return c.text(t, r) }, t.cut(user, name-1))
		if r.ID == l.selected {
			lines = append(lines, t.accent.Render(t.pointer)+" "+t.chosen.Render(text))
			continue
		}
		lines = append(lines, "  "+t.text.Render(text))
	}
	return lines
}

// lineTitle is the title of the list.
func (s *state) lineTitle(shown int) string {
	title := "Waiting " + orDash(s.theme, s.sample.Waiting, human.Count[int]) + " " + s.theme.dot + " by turn"
	if words := s.emptyWords(); words != "" {
		title += " " + s.theme.dot + " " + words + " if nobody comes"
	}
	return title
}

// lineNote says which part of the list is in sight.
func (l *lineList) note() string {
	if len(l.rows) <= l.room {
		return ""
	}
	return fmt.Sprintf("%d-%d of %d", l.top+1, min(l.top+l.room, len(l.rows)), len(l.rows))
}
