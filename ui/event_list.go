package ui

import (
	"fmt"
	"slices"
	"sort"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/queue/human"
)

// eventList is the lines of the events, the newest last. It follows the newest line until
// somebody scrolls up; then the lines stay under their eyes while newer ones come.
type eventList struct {
	rows   []eventRow
	top    int       // the first line in sight
	room   int       // lines in sight
	back   bool      // somebody has scrolled up
	found  time.Time // the line that was jumped to; zero: none
	isOver bool      // it is that of an incident
	lastOf eventRows // what the rows were made for,
	made   int       // and from which version of the book
}

// set takes the lines as they are now, and the room for them.
func (l *eventList) set(b *eventBook, which eventRows, room int) {
	l.room = max(room, 1)
	if l.rows == nil || l.made != b.version || l.lastOf != which {
		top, of := time.Time{}, 0 // the line at the top, and which it is of its time
		if l.top < len(l.rows) {
			top = l.rows[l.top].at
			of = l.top - l.firstAt(top)
		}
		l.rows, l.made, l.lastOf = which.of(b), b.version, which
		if first := l.firstAt(top); l.back {
			l.top = first
			if at := first + of; at < len(l.rows) && l.rows[at].at.Equal(top) {
				l.top = at
			}
		}
	}
	l.clamp()
}

// clamp keeps the top line among the lines: the last possible one while nobody has scrolled
// up.
func (l *eventList) clamp() {
	end := max(len(l.rows)-l.room, 0)
	if !l.back {
		l.top = end
	}
	l.top = max(min(l.top, end), 0)
}

// firstAt is the first line that is not before a time.
func (l *eventList) firstAt(at time.Time) int {
	return sort.Search(len(l.rows), func(i int) bool { return !l.rows[i].at.Before(at) })
}

// update takes a key that scrolls. It reports false for any other key.
func (l *eventList) update(msg tea.KeyPressMsg, k scrollKeys) (ok bool) {
	if l.top, ok = k.move(msg, l.top, l.room, len(l.rows)); !ok {
		return false
	}
	l.back = l.top < len(l.rows)-l.room
	l.clamp()
	return true
}

// jump shows the first line at a time or after it, at the top. It reports false if there is
// none.
func (l *eventList) jump(at time.Time) bool {
	i := slices.IndexFunc(l.rows, func(r eventRow) bool { return !r.day && !r.at.Before(at) })
	if i < 0 {
		return false
	}
	l.found, l.isOver = l.rows[i].at, isIncident(l.rows[i].event)
	l.top, l.back = i, true
	l.clamp()
	return true
}

// seek shows the next incident before or after the line that was jumped to, or before the
// newest one. It reports false if there is none.
func (l *eventList) seek(step int) bool {
	at := len(l.rows)
	if !l.found.IsZero() {
		at = l.firstAt(l.found)
		for at < len(l.rows) && !isIncident(l.rows[at].event) && l.rows[at].at.Equal(l.found) {
			at++
		}
	}
	for i := at + step; i >= 0 && i < len(l.rows); i += step {
		if isIncident(l.rows[i].event) {
			l.found, l.isOver = l.rows[i].at, true
			l.top, l.back = i-l.room/2, true
			l.clamp()
			return true
		}
	}
	return false
}

// lines draws those in sight, in w cells.
func (l *eventList) lines(s *state, w int) []string {
	var lines []string
	marked := false
	for _, r := range l.rows[l.top:min(l.top+l.room, len(l.rows))] {
		lead := "  "
		if !marked && !r.day && !l.found.IsZero() && r.at.Equal(l.found) && isIncident(r.event) == l.isOver {
			lead, marked = s.theme.accent.Render(s.theme.pointer)+" ", true
		}
		lines = append(lines, lead+r.text(s, w-2))
	}
	return lines
}

// note says where the reader is.
func (l *eventList) note(t *theme) string {
	if below := len(l.rows) - l.top - l.room; l.back && below > 0 {
		return fmt.Sprintf("scrolled back %s %s below %s G: newest", t.dot, human.Count(below), t.dot)
	}
	return ""
}
