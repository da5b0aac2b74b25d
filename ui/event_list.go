package ui

import (
	"fmt"
	"slices"
	"sort"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/queue"
	"paceline/queue/human"
)

// eventList is the lines of the events, the newest last. It follows the newest line until
// one is chosen; then the lines stay under their eyes while newer ones come.
type eventList struct {
	rows   []eventRow
	chosen rowID     // zero: none
	at     int       // its row, and where another is chosen once it is gone
	top    int       // the first line in sight
	room   int       // lines in sight
	asked  time.Time // the time that was gone to; zero: the line itself is meant
	lastOf eventRows
	made   int // rows are of lastOf, and of this version of the book
}

// rowID tells a row from others, also while it grows.
type rowID struct {
	at   int64 // Unix time in ns
	kind queue.Kind
	text string
	day  bool
}

func (r *eventRow) id() rowID {
	id := rowID{r.at.UnixNano(), r.event.Kind, r.event.Text, r.day}
	if r.of != nil { // it grows
		id.at, id.kind, id.text = r.from.UnixNano(), queue.KindFailed, string(r.event.Class)+" "+r.event.Lane
	}
	if goesOn(id.kind) { // it is told anew with each slice
		id.kind, id.text = kindIsWarning, ""
	}
	return id
}

// set takes the lines as they are now, and the room for them.
func (l *eventList) set(b *eventBook, which eventRows, room int) {
	l.room = max(room, 1)
	if l.rows == nil || l.made != b.version || l.lastOf != which {
		below := l.at - l.top
		l.rows, l.made, l.lastOf = which.of(b), b.version, which
		if l.isChosen() {
			l.follow()
			l.top = l.at - below
		}
	}
	l.clamp()
}

// follow finds the chosen row among new ones; where it is gone, the one at its time or after.
func (l *eventList) follow() {
	l.at = slices.IndexFunc(l.rows, func(r eventRow) bool { return r.id() == l.chosen })
	if l.at < 0 {
		l.choose(l.firstAt(time.Unix(0, l.chosen.at)))
	}
}

// choose moves the cursor to a row, or to the nearest that there is.
func (l *eventList) choose(at int) {
	if len(l.rows) == 0 {
		l.newest()
		return
	}
	l.at = max(min(at, len(l.rows)-1), 0)
	l.chosen, l.asked = l.rows[l.at].id(), time.Time{}
}

// newest chooses none, and follows the newest line.
func (l *eventList) newest() { l.chosen, l.asked = rowID{}, time.Time{} }

func (l *eventList) isChosen() bool { return l.chosen != rowID{} }

// row is the chosen one; nil if there is none.
func (l *eventList) row() *eventRow {
	if !l.isChosen() {
		return nil
	}
	return &l.rows[l.at]
}

// clamp keeps the top line among the lines, and the chosen one in sight; the last lines are
// while none is.
func (l *eventList) clamp() {
	end := max(len(l.rows)-l.room, 0)
	if !l.isChosen() {
		l.top = end
		return
	}
	l.top = max(min(l.top, end, l.at), l.at-l.room+1, 0)
}

// firstAt is the first line that is not before a time, of those that stand in their order: an
// incident that goes on is below them.
func (l *eventList) firstAt(at time.Time) int {
	n := len(l.rows)
	for n > 0 && goesOn(l.rows[n-1].event.Kind) {
		n--
	}
	return sort.Search(n, func(i int) bool { return !l.rows[i].at.Before(at) })
}

// update takes a key that moves the cursor. It reports false for any other key.
func (l *eventList) update(msg tea.KeyPressMsg, k scrollKeys) bool {
	from := len(l.rows)
	if l.isChosen() {
		from = l.at
	}
	at, ok := k.move(msg, from, l.room, len(l.rows))
	switch {
	case !ok:
		return false
	case at >= len(l.rows):
		l.newest()
	default:
		l.choose(at)
	}
	l.clamp()
	return true
}

// click chooses the line that is drawn in row y of those in sight.
func (l *eventList) click(y int) {
	if i := l.top + y; y >= 0 && y < l.room && i < len(l.rows) {
		l.choose(i)
	}
}

// jump goes to a time: to the first line at it or after, at the top, or to the last one. It
// reports false if there is no line.
func (l *eventList) jump(at time.Time) bool {
	if len(l.rows) == 0 {
		return false
	}
	i := slices.IndexFunc(l.rows, func(r eventRow) bool { return !r.day && !r.at.Before(at) })
	if i < 0 {
		i = len(l.rows) - 1
	}
	l.choose(i)
	l.asked, l.top = at, i
	l.clamp()
	return true
}

// seek chooses the next incident before or after the chosen line, or before the newest one.
// It reports false if there is none.
func (l *eventList) seek(step int) bool {
	at := len(l.rows)
	if l.isChosen() {
		at = l.at
	}
	for i := at + step; i >= 0 && i < len(l.rows); i += step {
		if isIncident(l.rows[i].event.Kind) {
			l.choose(i)
			l.top = i - l.room/2
			l.clamp()
			return true
		}
	}
	return false
}

// lines draws those in sight, in w cells.
func (l *eventList) lines(s *state, w int) []string {
	var lines []string
	for i, r := range l.rows[l.top:min(l.top+l.room, len(l.rows))] {
		lead := "  "
		if l.isChosen() && l.top+i == l.at {
			lead = s.theme.accent.Render(s.theme.pointer) + " "
		}
		lines = append(lines, lead+r.text(s, w-2))
	}
	return lines
}

// note says where the reader is.
func (l *eventList) note(t *theme) string {
	if below := len(l.rows) - l.top - l.room; l.isChosen() && below > 0 {
		return fmt.Sprintf("%s below %s G: newest", human.Count(below), t.dot)
	}
	return ""
}
