package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue/human"
)

// lineList is who waits, in the order that the endpoint lists them, with a cursor that stays
// on its request while the list moves. Only a part of a long list is known: the rows in
// sight, and some around them.
type lineList struct {
	query    client.WaitingQuery // asks for what the list shows
	rows     []client.WaitingRequest
	first    int               // which of the whole list rows[0] is
	idle     bool              // another list has the keys
	total    int               // of the whole list
	asking   bool              // no answer to the query has come yet
	selected client.RequestRef // zero: none
	at       int               // where the cursor is, or was
	moved    bool              // the cursor is at a row that is not known yet, or whose ID is not told
	top      int               // the first row in sight
	room     int               // rows in sight
}

// The rows that are asked for: three times those in sight, and so many at least and at most.
const (
	leastAsked = 50
	mostAsked  = 1000
)

// set takes the list as it is now, and the room for it.
func (l *lineList) set(s *state, room int) {
	l.rows, l.first, l.total, l.room = nil, 0, 0, max(room, 1)
	if l.asking = s.line == nil || !sameList(s.lineQuery, l.query); !l.asking {
		l.rows, l.first = s.line.Waiting, s.lineQuery.Offset
		l.total = max(s.line.Matching.Or(s.line.Total.Or(0)), 0)
		if end := l.first + len(l.rows); len(l.rows) > 0 && (l.total < end || len(l.rows) < s.lineQuery.Limit) {
			l.total = end // it has changed while it was listed
		}
		l.follow()
	}
	top := min(l.top, l.total-l.room)
	if l.hasCursor() {
		top = max(min(top, l.at), l.at-l.room+1)
	}
	l.top = max(top, 0)
	l.aim()
}

// sameList reports whether two queries ask for parts of the same list.
func sameList(a, b client.WaitingQuery) bool {
	a.Limit, a.Offset = b.Limit, b.Offset
	return a == b
}

// filters reports whether only some of those that wait are asked for.
func (l *lineList) filters() bool { return l.query.Text != "" || !l.query.User.IsZero() }

// follow moves the cursor with its request. Where that is gone, nothing is selected.
func (l *lineList) follow() {
	l.at = max(min(l.at, l.total-1), 0)
	if !l.selected.IsZero() {
		for i, r := range l.rows {
			if r.Ref() == l.selected {
				l.at = l.first + i
				return
			}
		}
		l.selected = client.RequestRef{}
	}
	if r := l.row(l.at); l.moved && r != nil {
		l.selected, l.moved = r.Ref(), r.ID.IsZero()
	}
}

// aim sees to it that the rows in sight and some around them are asked for. It asks for
// others only when the sight comes near the end of what was asked for.
func (l *lineList) aim() {
	q := &l.query
	from, to := max(l.top-l.room/2, 0), min(l.top+l.room+l.room/2, l.total)
	if q.Limit > 0 && q.Offset <= from && to <= q.Offset+q.Limit {
		return
	}
	q.Limit = min(max(3*l.room, leastAsked), mostAsked)
	q.Offset = max(l.top+l.room/2-q.Limit/2, 0)
}

// row returns a row of the whole list; nil if it is not known.
func (l *lineList) row(i int) *client.WaitingRequest {
	if i < l.first || i >= l.first+len(l.rows) {
		return nil
	}
	return &l.rows[i-l.first]
}

func (l *lineList) hasCursor() bool { return l.moved || !l.selected.IsZero() }

// update takes a key that moves the cursor. It reports false for any other key.
func (l *lineList) update(msg tea.KeyPressMsg, k scrollKeys) bool {
	at, ok := k.move(msg, l.at, l.room, l.total-1)
	switch {
	case !ok:
		return false
	case matches(msg, k.Down) && !l.hasCursor(): // the one that stands where the cursor was
		at = l.at
	}
	l.moveTo(at)
	return true
}

// moveTo moves the cursor to a row, which may not be known yet.
func (l *lineList) moveTo(at int) {
	if l.total == 0 {
		return
	}
	l.at = min(max(at, 0), l.total-1)
	l.selected, l.moved = client.RequestRef{}, true
	if r := l.row(l.at); r != nil {
		l.selected, l.moved = r.Ref(), r.ID.IsZero()
	}
}

// choose asks for another list: its order, and which of those that wait are in it. The one
// that is selected stays so if it is among the first of them.
func (l *lineList) choose(change func(q *client.WaitingQuery)) {
	before := l.query
	change(&l.query)
	if l.query == before {
		return
	}
	l.query.Offset, l.top, l.at, l.moved = 0, 0, 0, false
	l.rows, l.first, l.total, l.asking = nil, 0, 0, true
}

// chosen is the request under the cursor; nil if there is none.
func (l *lineList) chosen() *client.WaitingRequest {
	if r := l.row(l.at); r != nil && l.hasCursor() && r.Ref() == l.selected {
		return r
	}
	return nil
}

// target is the request that is selected, for an action; zero if none is, or its ID is not
// told.
func (l *lineList) target() lineTarget {
	r := l.chosen()
	if r == nil || r.ID.IsZero() {
		return lineTarget{}
	}
	t := lineTarget{RequestRef: r.Ref(), n: 1, priority: r.Priority, more: clean(r.ID.String())}
	if r.Waited.Known {
		t.more = "waits for " + human.Duration(r.Waited.Value) + ", " + t.more
	}
	return t
}

// lines draws the list in w cells, with the heads of its columns where that is wanted.
func (l *lineList) lines(s *state, w int, head bool) []string {
	t := s.theme
	columns, name := lineColumns(w-2, len(s.detail().Lanes) > 1, l.rows, s.laneName)
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
				line += t.fit(t.cut(text(c), c.width-1), c.width)
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
	for i := l.top; i < min(l.top+l.room, l.total); i++ {
		r := l.row(i)
		text, style := t.ellipsis, t.muted
		if r != nil {
			text, style = row(func(c lineColumn) string { return c.text(t, r) }, t.cut(userOf(r), name-1)), t.text
		}
		if l.hasCursor() && i == l.at && !l.idle {
			lines = append(lines, t.accent.Render(t.pointer)+" "+t.chosen.Render(t.fit(text, w-2)))
			continue
		}
		lines = append(lines, "  "+style.Render(text))
	}
	return lines
}

// userOf is whose a request is.
func userOf(r *client.WaitingRequest) string {
	user := clean(r.User.String())
	if r.Subagent {
		user += " (subagent)"
	}
	return user
}

// lineTitle is the title of the list on the overview, in w cells if it can be.
func (s *state) lineTitle(w int) string {
	title := "Waiting " + orDash(s.theme, s.sample.Waiting, human.Count[int]) + " " + s.theme.dot + " by turn"
	words := s.emptyWords()
	if words == "" {
		return title
	}
	title += " " + s.theme.dot + " " + words
	if whole := title + " if nobody comes"; width(whole) <= w {
		return whole
	}
	return title
}

// note says which part of the list is in sight.
func (l *lineList) note() string {
	if l.total <= l.room {
		return ""
	}
	return fmt.Sprintf("%s-%s of %s", human.Count(l.top+1), human.Count(min(l.top+l.room, l.total)), human.Count(l.total))
}

// noteBeside is note beside a title that says how many wait. The list is asked for by itself, and
// may be a poll older or newer: then its own number is left out, for two on one line agree.
func (l *lineList) noteBeside(waiting client.Opt[int]) string {
	note := l.note()
	if waiting.Known && waiting.Value != l.total {
		note, _, _ = strings.Cut(note, " of ")
	}
	return note
}
