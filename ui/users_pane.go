package ui

import (
	"slices"

	"charm.land/bubbles/v2/table"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue/human"
)

// usersPane lists who waits, with a cursor while it has the keys. The table is
// given only the rows in sight, so that the cursor is always among them.
type usersPane struct {
	table   table.Model
	rows    int // of all users
	cursor  int // among all rows
	top     int // the first row in sight
	room    int // rows in sight
	focused bool
	shared  bool // there is nothing on its left
	active  client.Opt[int]
	users   []client.User
	chosen  client.Name // the user under the cursor, once it has been moved
}

func newUsersPane() usersPane { return usersPane{table: table.New()} }

// update takes a key that moves the cursor. It reports false for any other key.
func (p *usersPane) update(msg tea.KeyPressMsg, k scrollKeys) bool {
	switch {
	case matches(msg, k.Up):
		p.cursor--
	case matches(msg, k.Down) && p.chosen.IsZero(): // the first one
	case matches(msg, k.Down):
		p.cursor++
	case matches(msg, k.PageUp):
		p.cursor -= p.room
	case matches(msg, k.PageDown):
		p.cursor += p.room
	case matches(msg, k.Top):
		p.cursor = 0
	case matches(msg, k.Bottom):
		p.cursor = p.rows - 1
	default:
		return false
	}
	if p.rows > 0 {
		p.cursor = max(min(p.cursor, p.rows-1), 0)
		p.chosen = p.users[p.cursor].Name
	}
	return true
}

// target is all that wait of the user under the cursor; zero if the cursor was not moved, or
// nobody of that name waits.
func (p *usersPane) target() lineTarget {
	for _, u := range p.users {
		if u.Name == p.chosen && u.Waiting.Value > 0 {
			return lineTarget{user: u.Name, n: u.Waiting.Value}
		}
	}
	return lineTarget{}
}

// set gives the pane its rows and its room, the rule and the heads of the columns included.
func (p *usersPane) set(s *state, w, h int, focused, lone bool) {
	d, t := s.detail(), s.theme
	p.focused, p.shared, p.active, p.users = focused, lone, d.ActiveUsers, d.Users
	p.rows, p.room = len(d.Users), max(h-2, 1)
	if at := slices.IndexFunc(p.users, func(u client.User) bool { return u.Name == p.chosen }); at >= 0 {
		p.cursor = at // it stays on its user while the list moves
	} else {
		p.chosen, p.cursor = client.Name{}, 0
	}
	p.cursor = max(min(p.cursor, p.rows-1), 0)
	p.top = max(min(p.top, p.cursor, p.rows-p.room), p.cursor-p.room+1, 0)

	columns, cells := userColumns(max(w-3, 0))
	selected := lipgloss.NewStyle()
	if focused && !p.chosen.IsZero() {
		selected = selected.Reverse(true)
	}
	p.table.SetStyles(table.Styles{Header: t.muted, Cell: t.text, Selected: selected})
	p.table.SetRows(nil) // the old ones may have other columns
	p.table.SetColumns(columns)
	p.table.SetWidth(max(w-3, 0))
	p.table.SetHeight(p.room + 1)
	var rows []table.Row
	for _, u := range d.Users[p.top:min(p.top+p.room, p.rows)] {
		rows = append(rows, cells(t, u))
	}
	p.table.SetRows(rows)
	p.table.SetCursor(p.cursor - p.top)
}

// userColumns returns the columns that fit into w cells, and the function that makes a
// row of a user.
func userColumns(w int) ([]table.Column, func(*theme, client.User) table.Row) {
	type column struct {
		title string
		width int
		text  func(*theme, client.User) string
	}
	columns := []column{
		{"waiting", 8, func(t *theme, u client.User) string { return orDash(t, u.Waiting, human.Count[int]) }},
		{"oldest", 8, func(t *theme, u client.User) string { return orDash(t, u.Oldest, human.Short) }},
		{"failed", 8, func(t *theme, u client.User) string { return orDash(t, u.Failed, human.Count[int64]) }},
		{"last wait", 11, func(t *theme, u client.User) string { return orDash(t, u.LastWait, human.Short) }},
		{"running", 9, func(t *theme, u client.User) string { return orDash(t, u.Running, human.Count[int]) }},
		{"done", 8, func(t *theme, u client.User) string { return orDash(t, u.Done, human.Count[int64]) }},
	}
	const least = 12 // of a name
	name, n := w, 0
	for ; n < len(columns) && name-columns[n].width >= least; n++ {
		name -= columns[n].width
	}
	columns = columns[:n]
	heads := []table.Column{{Title: "user", Width: max(name, 1)}}
	for _, c := range columns {
		heads = append(heads, table.Column{Title: spaces(c.width-len(c.title)) + c.title, Width: c.width})
	}
	return heads, func(t *theme, u client.User) table.Row {
		row := table.Row{t.cut(clean(u.Name.String()), max(name, 1))}
		for _, c := range columns {
			row = append(row, t.fitRight(c.text(t, u), c.width))
		}
		return row
	}
}

func (p *usersPane) view(s *state, w, h int) []string {
	t, head := s.theme, section{title: "Users", focused: p.focused, joined: !p.shared}
	if p.active.Known {
		head.note = human.Count(p.active.Value) + " active in 5 min"
	}
	if p.rows == 0 {
		text := "nobody yet"
		if !s.known {
			text = t.dash
		}
		return t.section(w, h, head, t.centred(text, w-2, h-1))
	}
	body := splitLines(p.table.View())
	for i := range body {
		body[i] = " " + body[i]
	}
	return t.section(w, h, head, body)
}
