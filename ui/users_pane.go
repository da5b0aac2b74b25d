package ui

import (
	"paceline/queue"
	"paceline/queue/human"
)

// keptWords says what was kept of who waited at a moment in the past; empty where that is all.
func keptWords(users int) string {
	if users < queue.SliceUsers {
		return ""
	}
	return "only the ten longest were kept"
}

// usersPane is the users on the overview: the list of the users' view, in less room.
type usersPane struct {
	list            *userList
	focused, joined bool // it has the keys; there is another part on its left
}

func (p usersPane) view(s *state, w, h int) []string {
	t, head := s.theme, section{title: s.usersTitle(len(p.list.rows)), focused: p.focused, joined: p.joined}
	if active := s.detail().ActiveUsers; active.Known {
		head.note = human.Count(active.Value) + " active in 5 min"
	}
	if s.past {
		head.title, head.note = "Who waited longest", keptWords(len(p.list.rows))
	}
	if len(p.list.rows) == 0 {
		return t.section(w, h, head, t.centred(s.nobodyWords(), w-2, h-1))
	}
	if h < lineHeadFrom { // rather one row more
		return t.block(w, h, p.list.lines(s, w))
	}
	return t.section(w, h, head, p.list.lines(s, w-1))
}

// usersTitle is the title of a list of so many users: of how many, where there are more.
func (s *state) usersTitle(listed int) string {
	title, all := "Users", s.detail().UsersTotal
	if listed > 0 {
		title += " " + human.Count(listed)
	}
	if all.Value > listed {
		title += " of " + human.Count(all.Value)
	}
	return title
}

// nobodyWords is what stands in place of users where none is told.
func (s *state) nobodyWords() string {
	switch {
	case !s.known:
		return s.theme.dash
	case s.past && s.sample.Waiting.Value > 0:
		return "who waited is not known"
	case s.past:
		return "nobody waited"
	default:
		return "nobody yet"
	}
}
