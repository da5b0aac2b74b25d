package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue/human"
)

// userList is everybody, who fails first and then who waits most, with a cursor that stays on
// its user while the list moves.
type userList struct {
	rows     []client.User
	selected client.Name // zero: none
	at       int         // its row when it was selected: to one who may not see names, several have one
	fresh    bool        // nobody was selected since the list was opened
	idle     bool        // another list has the keys
	top      int         // the first row in sight
	room     int         // rows in sight
	longest  int         // cells of the longest name
	most     int         // of one user's that waited at one time in the last five minutes
	failing  bool        // requests of somebody failed in that time
	past     bool        // it is of a moment in the past, of which less was kept
}

// set takes everybody as they are now, and the room for them.
func (l *userList) set(users []client.User, room int) {
	l.rows, l.room = slices.Clone(users), max(room, 1)
	slices.SortStableFunc(l.rows, func(a, b client.User) int {
		return cmp.Or(cmp.Compare(failedLately(b), failedLately(a)), cmp.Compare(b.Waiting.Value, a.Waiting.Value), cmp.Compare(b.Oldest.Value, a.Oldest.Value))
	})
	l.longest, l.most, l.failing = 0, 0, false
	for i := range l.rows {
		u := &l.rows[i]
		l.longest, l.failing = max(l.longest, width(clean(u.Name.String()))), l.failing || failedLately(*u) > 0
		for _, n := range recent(u).Waiting {
			l.most = max(l.most, n)
		}
	}
	if l.fresh && len(l.rows) > 0 {
		l.selected, l.at, l.fresh = l.rows[0].Name, 0, false
	}
	at := l.index()
	if at < 0 {
		l.selected = client.Name{}
		at = l.top
	}
	l.at = at
	l.top = max(min(l.top, at, len(l.rows)-l.room), at-l.room+1, 0)
}

// failedLately is how many requests of a user failed in the last five minutes; zero where that
// is not told.
func failedLately(u client.User) (n int64) {
	if u.Recent == nil {
		return 0
	}
	for _, c := range u.Recent.Failed {
		n += c.Count.Value
	}
	return n
}

// index is the row of the one that is selected; -1 if there is none.
func (l *userList) index() int {
	if l.at < len(l.rows) && !l.selected.IsZero() && l.rows[l.at].Name == l.selected {
		return l.at
	}
	return slices.IndexFunc(l.rows, func(u client.User) bool { return !l.selected.IsZero() && u.Name == l.selected })
}

// user is the one that is selected; nil if there is none.
func (l *userList) user() *client.User {
	if at := l.index(); at >= 0 {
		return &l.rows[at]
	}
	return nil
}

// selectUser moves the cursor to a user, if they are listed.
func (l *userList) selectUser(name client.Name) {
	if i := slices.IndexFunc(l.rows, func(u client.User) bool { return u.Name == name }); i >= 0 {
		l.at, l.selected = i, name
		l.top = max(min(l.top, i), i-l.room+1)
	}
}

// target is all that wait of the user that is selected; zero if none does.
func (l *userList) target() lineTarget {
	if u := l.user(); u != nil && u.Waiting.Value > 0 {
		return lineTarget{RequestRef: client.RequestRef{User: u.Name}, n: u.Waiting.Value}
	}
	return lineTarget{}
}

// update takes a key that moves the cursor. It reports false for any other key.
func (l *userList) update(msg tea.KeyPressMsg, k scrollKeys) bool {
	at, ok := k.move(msg, l.index(), l.room, len(l.rows)-1)
	if !ok {
		return false
	}
	if len(l.rows) > 0 {
		l.at = min(max(at, 0), len(l.rows)-1)
		l.selected = l.rows[l.at].Name
	}
	return true
}

// userHead is how many of h rows stand above the first user: the heads of the columns, and a
// rule where there is room.
func userHead(h int) int {
	if h < lineHeadFrom {
		return 1
	}
	return 2
}

// click selects the row that is drawn in row y of h of the list's part of the screen.
func (l *userList) click(y, h int) {
	y -= userHead(h)
	if i := l.top + y; y >= 0 && y < l.room && i < len(l.rows) {
		l.at, l.selected = i, l.rows[i].Name
	}
}

// userColumn is a column of the list: what it says of a user, and in which style where the
// row is not selected. Where there is not room for all columns, those of the lowest ranks are
// shown.
type userColumn struct {
	title string
	width int
	rank  int
	left  bool
	cell  func(s *state, u *client.User) (string, lipgloss.Style)
}

// figureColumn is a column of figures that have no style of their own.
func figureColumn(title string, width, rank int, text func(t *theme, u *client.User) string) userColumn {
	return userColumn{title, width, rank, false, func(s *state, u *client.User) (string, lipgloss.Style) { return text(s.theme, u), s.theme.text }}
}

// columns returns the columns that fit into w cells beside the names, and the cells that a
// name has. What failed of late is told where something has.
func (l *userList) columns(w int) (columns []userColumn, name int) {
	all := []userColumn{
		figureColumn("waiting", 9, 0, func(t *theme, u *client.User) string { return orDash(t, u.Waiting, human.Count[int]) }),
		{"oldest", 8, 1, false, func(s *state, u *client.User) (string, lipgloss.Style) {
			return orDash(s.theme, u.Oldest, human.Short), s.waitSeverity(u.Oldest, s.thresholds().CriticalUserWait).style
		}},
		figureColumn("running", 9, 8, func(t *theme, u *client.User) string { return orDash(t, u.Running, human.Count[int]) }),
		figureColumn("done", 7, 9, func(t *theme, u *client.User) string { return orDash(t, u.Done, human.ShortCount[int64]) }),
		{"failed", 8, 2, false, func(s *state, u *client.User) (string, lipgloss.Style) {
			style := s.theme.text
			if failedLately(*u) > 0 {
				style = s.theme.crit
			}
			return orDash(s.theme, u.Failed, human.ShortCount[int64]), style
		}},
		figureColumn("last wait", 11, 9, func(t *theme, u *client.User) string { return orDash(t, u.LastWait, human.Short) }),
		figureColumn("p95 wait", 10, 6, func(t *theme, u *client.User) string { return orDash(t, recent(u).P95Wait, human.Short) }),
		figureColumn("starts", 8, 3, func(t *theme, u *client.User) string { return orDash(t, recent(u).StartsShare, wholeShare) }),
		figureColumn("tokens", 8, 7, func(t *theme, u *client.User) string { return orDash(t, recent(u).TokensShare, wholeShare) }),
		figureColumn("cost", 8, 7, userCost),
		{"waited", 12, 5, false, func(s *state, u *client.User) (string, lipgloss.Style) { return s.userSpark(u, l.most), s.theme.accent }},
	}
	if l.past {
		all = []userColumn{
			figureColumn("had", 5, 1, func(t *theme, u *client.User) string { return orDash(t, u.Waiting, human.Count[int]) }),
			{"waited", 15, 0, false, func(s *state, u *client.User) (string, lipgloss.Style) {
				if u.LastWait.Known {
					return human.Short(u.LastWait.Value) + " to start", s.waitSeverity(u.LastWait, s.thresholds().CriticalUserWait).style
				}
				return orDash(s.theme, u.Oldest, human.Short), s.waitSeverity(u.Oldest, s.thresholds().CriticalUserWait).style
			}},
		}
	}
	const words = 20
	if l.failing && !l.past {
		all = append(all, userColumn{"  failed in 5 min", words, 4, true, func(s *state, u *client.User) (string, lipgloss.Style) {
			return "  " + failedWords(u), s.theme.crit
		}})
	}
	least := min(max(l.longest, 6)+1, max(min(w*2/5, 24), 12))
	left, most := w, -1
	for rank := range 10 {
		of := 0
		for _, c := range all {
			if c.rank == rank {
				of += c.width
			}
		}
		if left-of < least {
			break
		}
		left, most = left-of, rank
	}
	for _, c := range all {
		if c.rank <= most {
			columns = append(columns, c)
		}
	}
	name = min(left, max(l.longest+1, least))
	if n := len(columns) - 1; columns[n].left {
		columns[n].width += left - name
	}
	return columns, name
}

// recent is what was told of a user's last five minutes.
func recent(u *client.User) client.UserRecent {
	if u.Recent == nil {
		return client.UserRecent{}
	}
	return *u.Recent
}

// wholeShare writes a share in whole hundredths.
func wholeShare(v client.Share) string { return fmt.Sprintf("%.0f%%", float64(v)*100) }

// failedWords says what failed in the last five minutes: "2 network, 1 time-out".
func failedWords(u *client.User) string {
	var words []string
	for _, c := range recent(u).Failed {
		words = append(words, human.Count(c.Count.Value)+" "+clean(string(c.Class)))
	}
	return strings.Join(words, ", ")
}

// userSpark is how many of a user's requests waited in each half minute, where the highest
// glyph stands for so many.
func (s *state) userSpark(u *client.User, most int) string {
	var b strings.Builder
	for _, n := range last(recent(u).Waiting, 10) {
		b.WriteString(s.theme.glyphs.spark[s.theme.sparkLevel(float64(n), float64(most))])
	}
	return b.String()
}

// last returns the last rows of a list, n at most.
func last[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }

// lines draws the list in w cells, below the heads of its columns.
func (l *userList) lines(s *state, w int) []string {
	t := s.theme
	columns, name := l.columns(w - 3)
	heads := t.fit("user", name)
	for _, c := range columns {
		heads += c.fit(t, c.title)
	}
	lines := []string{"  " + t.muted.Render(heads)}
	for i := l.top; i < min(l.top+l.room, len(l.rows)); i++ {
		u := &l.rows[i]
		row := t.fit(t.cut(clean(u.Name.String()), name-1), name)
		if i == l.index() && !l.idle {
			for _, c := range columns {
				text, _ := c.cell(s, u)
				row += c.fit(t, text)
			}
			lines = append(lines, t.accent.Render(t.pointer)+" "+t.chosen.Render(row))
			continue
		}
		row = t.text.Render(row)
		for _, c := range columns {
			text, style := c.cell(s, u)
			row += style.Render(c.fit(t, text))
		}
		lines = append(lines, "  "+row)
	}
	return lines
}

// fit returns a text in exactly the cells of the column.
func (c userColumn) fit(t *theme, text string) string {
	if c.left {
		return t.fit(text, c.width)
	}
	return t.fitRight(t.cut(text, c.width-1), c.width)
}

// note says which part of the list is in sight.
func (l *userList) note() string {
	if len(l.rows) <= l.room {
		return "who fails first, then who waits most; p95 and shares of 5 min"
	}
	return fmt.Sprintf("%d-%d of %d", l.top+1, min(l.top+l.room, len(l.rows)), len(l.rows))
}

// waitedLongest returns those of some users that wait, the longest first.
func waitedLongest(users []client.User) []client.User {
	waiting := slices.DeleteFunc(slices.Clone(users), func(u client.User) bool { return !u.Oldest.Known })
	slices.SortStableFunc(waiting, func(a, b client.User) int { return cmp.Compare(b.Oldest.Value, a.Oldest.Value) })
	return waiting
}
