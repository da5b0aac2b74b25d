package ui

import "paceline/queue/human"

// usersPane is the users on the overview: the list of the users' view, in less room.
type usersPane struct {
	list            *userList
	focused, joined bool // it has the keys; there is another part on its left
}

func (p usersPane) view(s *state, w, h int) []string {
	t, head := s.theme, section{title: "Users", focused: p.focused, joined: p.joined}
	if active := s.detail().ActiveUsers; active.Known {
		head.note = human.Count(active.Value) + " active in 5 min"
	}
	if len(p.list.rows) == 0 {
		text := "nobody yet"
		if !s.known {
			text = t.dash
		}
		return t.section(w, h, head, t.centred(text, w-2, h-1))
	}
	return t.section(w, h, head, p.list.lines(s, w-1))
}
