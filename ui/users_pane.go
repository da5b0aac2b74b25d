package ui

import (
	"charm.land/bubbles/v2/table"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue/human"
)

// usersPane lists who waits, with a cursor while it has the keys. The table is
// given only the rows in sight, so that the cursor is always among them.
type usersPane struct {
	table     table.Model
	rows      int // of all users
	cursor    int // among all rows
	top       int // the first row in sight
	room      int // rows in sight
	hasDetail bool
	focused   bool
	shared    bool // shares its place with the events
	active    client.Opt[int]
}

func newUsersPane() usersPane { return usersPane{table: table.New()} }

// update takes a key that moves the cursor. It reports false for any other key.
func (p *usersPane) update(msg tea.KeyPressMsg, k scrollKeys) bool {
	switch {
	case matches(msg, k.Up):
		p.cursor--
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
	return true
}

// set gives the pane its rows and its room, borders included.
func (p *usersPane) set(s *state, w, h int, focused, lone bool) {
	d, t := s.detail(), s.theme
	p.hasDetail, p.focused, p.shared, p.active = s.sample.Detail != nil, focused, lone, d.ActiveUsers
	p.rows, p.room = len(d.Users), max(h-3, 1)
	if !focused {
		p.cursor = 0
	}
	p.cursor = max(min(p.cursor, p.rows-1), 0)
	p.top = max(min(p.top, p.cursor, p.rows-p.room), p.cursor-p.room+1, 0)

	columns, cells := userColumns(max(w-4, 0))
	selected := lipgloss.NewStyle()
	if focused {
		selected = selected.Reverse(true)
	}
	p.table.SetStyles(table.Styles{Header: t.muted, Cell: t.text, Selected: selected})
	p.table.SetRows(nil) // the old ones may have other columns
	p.table.SetColumns(columns)
	p.table.SetWidth(max(w-4, 0))
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
	const waiting, last, failed, running, done = 8, 10, 7, 8, 7
	name := w - waiting - last - failed
	wide := name >= 30
	if wide {
		name -= running + done
	}
	right := func(t string, w int) string { return spaces(w-len(t)) + t }
	columns := []table.Column{{Title: "user", Width: max(name, 1)}, {Title: right("waiting", waiting), Width: waiting}}
	if wide {
		columns = append(columns, table.Column{Title: right("running", running), Width: running})
	}
	columns = append(columns, table.Column{Title: right("last wait", last), Width: last})
	if wide {
		columns = append(columns, table.Column{Title: right("done", done), Width: done})
	}
	columns = append(columns, table.Column{Title: right("failed", failed), Width: failed})
	return columns, func(t *theme, u client.User) table.Row {
		row := table.Row{t.cut(clean(u.Name), max(name, 1)), t.fitRight(orDash(t, u.Waiting, human.Count[int]), waiting)}
		if wide {
			row = append(row, t.fitRight(orDash(t, u.Running, human.Count[int]), running))
		}
		row = append(row, t.fitRight(orDash(t, u.LastWait, human.Short), last))
		if wide {
			row = append(row, t.fitRight(orDash(t, u.Done, human.Count[int64]), done))
		}
		return append(row, t.fitRight(orDash(t, u.Failed, human.Count[int64]), failed))
	}
}

func (p *usersPane) view(s *state, w, h int) []string {
	t, title, note := s.theme, "Users", ""
	if p.shared {
		note = "tab: events"
	} else if p.active.Known {
		note = human.Count(p.active.Value) + " active"
	}
	if p.rows == 0 {
		text := "nobody yet"
		switch {
		case !s.known:
			text = t.dash
		case !p.hasDetail:
			text = "this endpoint does not tell who waits"
		}
		return t.box(w, h, title, note, p.focused, t.centred(text, w-4, h-2))
	}
	return t.box(w, h, title, note, p.focused, splitLines(p.table.View()))
}
