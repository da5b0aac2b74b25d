package ui

import (
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue/human"
)

// eventsView is what happened: the troubles of a day, the newest last, and how many routine
// events there were between them.
type eventsView struct {
	scroll                     scrollKeys
	allKey, filterKey, jumpKey key.Binding
	onlyKey                    key.Binding // lists the incidents alone
	clearKey                   key.Binding // ends the filter; it works while there is one
	beforeKey, afterKey        key.Binding // from incident to incident
	showKey                    key.Binding // shows the moment of the chosen line, or first all of it
	cut, whole                 bool        // the details do not have all of the chosen line; they have the list's room
	wholeOf                    rowID       // this one
	book                       *eventBook
	list                       eventList
	which                      eventRows
	box                        rect // of the list, with its title and what is below it
	typing                     eventTyping
	problem                    string // with what was typed
}

func newEventsView(_ Options, book *eventBook) *eventsView {
	v := &eventsView{
		scroll: newScrollKeys("newest"), book: book,
		allKey: bind("i", "routine events", "i"), filterKey: bind("/", "filter", "/"), jumpKey: bind(":", "go to a time", ":"),
		onlyKey:  bind("I", "incidents alone", "I", "shift+i"),
		clearKey: bind("esc", "end the filter", "esc"), showKey: bind("enter", "show that moment", "enter"),
		beforeKey: bind("[", "incident before", "[", ","), afterKey: bind("]", "incident after", "]", "."),
	}
	v.scroll.Up.SetHelp("↑/k", "choose")
	return v
}

func (v *eventsView) available(d client.Detail) bool { return d.EventsTotal.Known || len(d.Events) > 0 }

// open shows the newest events, with the filter that was left.
func (v *eventsView) open() {
	v.typing, v.problem = eventTyping{}, ""
	v.which.mark, v.which.incidents = time.Time{}, false
	v.list.newest()
}

// opened implements starter.
func (v *eventsView) opened(s *state) effect { return v.book.ask(s.endpointTime()) }

func (v *eventsView) set(s *state, w, h int) {
	v.which.zone = s.zone
	v.box = newPageLayout(w, h).withoutTroubles().list
	v.list.set(v.book, v.which, v.room())
	row := v.list.row()
	v.showKey.SetEnabled(row != nil && !row.day)
	v.showKey.SetHelp("enter", "show that moment")
	v.whole = v.whole && row != nil && row.id() == v.wholeOf
	v.cut = row != nil && !row.day && !v.whole && s.detailCut(row, v.box.w-1, eventDetailRows(v.box.h))
	if v.cut {
		v.showKey.SetHelp("enter", "all of it")
	}
	v.list.set(v.book, v.which, v.room())
	v.onlyKey.SetHelp("I", "incidents alone")
	if v.which.incidents {
		v.onlyKey.SetHelp("I", "all troubles")
	}
	if at := v.list.asked; !at.IsZero() { // it is not the line's
		v.showKey.SetHelp("enter", "show "+at.In(s.zone).Format(time.TimeOnly))
	}
	v.clearKey.SetEnabled(v.which.filter != "")
}

// room is how many lines of the list are in sight.
func (v *eventsView) room() int {
	room := v.box.h - 1
	if v.typing.open {
		room--
	}
	if row := v.list.row(); row != nil && !row.day {
		room -= v.detailRows(v.box.h)
	}
	return room
}

// detailRows is how many rows the details of the chosen line have below a list of h rows.
func (v *eventsView) detailRows(h int) int {
	if v.whole {
		return h - 2
	}
	return eventDetailRows(h)
}

func (v *eventsView) frame(s *state, w, h int) string {
	l := newPageLayout(w, h).withoutTroubles()
	return s.page(l, h, s.unfaded().place(l.list, v))
}

func (v *eventsView) help(g *globalKeys) viewHelp {
	own := slices.Concat([]key.Binding{v.showKey, v.filterKey, v.jumpKey, v.beforeKey, v.afterKey, v.onlyKey, v.allKey, v.scroll.Up, v.scroll.Down}, v.scroll.far())
	help := pageHelp(g, own)
	if v.list.row() == nil && len(v.list.rows) > 0 {
		help.footer = slices.Insert(help.footer, 2, v.scroll.Up)
	}
	if v.clearKey.Enabled() { // before esc goes back
		help.own, help.back = append([]key.Binding{v.clearKey}, own...), bind("q", "back", "q")
		help.footer = slices.Concat([]key.Binding{v.clearKey, g.Help, help.back}, help.footer[2:])
	}
	if v.typing.open {
		help.footer, help.typing = v.typing.keys().help(), true
	}
	return help
}

func (v *eventsView) press(msg tea.KeyPressMsg, s *state) (effect, bool) {
	switch {
	case v.typing.open:
		return v.pressTyping(msg, s), true
	case matches(msg, v.filterKey):
		v.typing, v.problem = eventTyping{entry: entry{true, v.which.filter}}, ""
	case matches(msg, v.jumpKey):
		v.typing, v.problem = eventTyping{entry: entry{open: true}, time: true}, ""
	case matches(msg, v.clearKey):
		v.which.filter = ""
	case matches(msg, v.allKey):
		v.which.all, v.which.incidents = !v.which.all, false
	case matches(msg, v.onlyKey):
		v.which.incidents, v.which.all = !v.which.incidents, false
		v.list.newest()
	case matches(msg, v.beforeKey):
		return v.seek(-1), true
	case matches(msg, v.afterKey):
		return v.seek(+1), true
	case matches(msg, v.showKey) && v.cut:
		v.whole, v.wholeOf = true, v.list.row().id()
	case matches(msg, v.showKey):
		if at := v.list.asked; !at.IsZero() {
			return effect{at: at}, true
		}
		row := v.list.row()
		return effect{at: row.at, kind: row.event.Kind}, true
	case v.list.update(msg, v.scroll):
	default:
		return effect{}, false
	}
	return effect{}, true
}

// pressTyping takes a key while something is typed.
func (v *eventsView) pressTyping(msg tea.KeyPressMsg, s *state) effect {
	switch k := v.typing.keys(); {
	case matches(msg, k.Cancel):
		if !v.typing.time {
			v.which.filter = ""
		}
		v.typing, v.problem = eventTyping{}, ""
		return effect{}
	case matches(msg, k.Send) && v.typing.time:
		v.jump(s)
		return effect{}
	case matches(msg, k.Send):
		v.typing = eventTyping{}
		return effect{}
	default:
		v.typing.update(msg, k, v.typing.rule())
	}
	v.typed()
	return effect{}
}

// typed does what takes effect while it is typed.
func (v *eventsView) typed() {
	v.problem = ""
	if !v.typing.time {
		v.which.filter = strings.ToLower(v.typing.text)
	}
}

// jump goes to the time that was typed.
func (v *eventsView) jump(s *state) {
	at, ok := clockTime(v.typing.text, s.endpointTime().In(s.zone))
	if !ok {
		v.problem = "not a time: type 14:02 or 14:02:31"
		return
	}
	v.which.mark = at.Truncate(time.Minute)
	v.list.set(v.book, v.which, v.list.room)
	if !v.list.jump(at) {
		v.problem = "nothing has happened yet"
		return
	}
	v.typing, v.problem = eventTyping{}, ""
}

// seek goes to the next incident before or after the chosen line.
func (v *eventsView) seek(step int) effect {
	if v.list.seek(step) {
		return effect{}
	}
	if step < 0 {
		return effect{notice: "no earlier incident is listed"}
	}
	return effect{notice: "no later incident is listed"}
}

// focus implements pointed: there is one list.
func (v *eventsView) focus(int, int) {}

// click implements pointed.
func (v *eventsView) click(x, y int) {
	if v.box.has(x, y) {
		v.list.click(y - v.box.y - 1)
	}
}

// receive takes what a poll and the history tell, and what is pasted.
func (v *eventsView) receive(msg tea.Msg, s *state, open bool) effect {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if open && v.typing.open {
			v.typing.add(msg.Content, v.typing.rule())
			v.typed()
		}
	case dayMsg:
		v.book.takeDay(msg)
	case pollMsg:
		v.book.takePoll(msg, s)
		if open && msg.failure == nil {
			return v.book.ask(s.endpointTime())
		}
	}
	return effect{}
}

// view implements pane.
func (v *eventsView) view(s *state, w, h int) []string {
	t := s.theme
	head := section{title: v.title(t), note: v.list.note(t), focused: true}
	if head.note == "" && v.book.failure != "" {
		head.note = t.cut("the day before is not known: "+clean(v.book.failure), max(w-width(head.title)-8, 0))
	}
	body := v.list.lines(s, w-1)
	if len(v.list.rows) == 0 {
		body = t.centred(v.nothing(s), w-2, v.list.room)
	}
	if row := v.list.row(); row != nil && !row.day {
		rows := v.detailRows(h)
		body = append(t.block(w-1, v.list.room, body), t.block(w-1, rows, s.eventDetail(row, w-1, rows))...)
	}
	if v.typing.open {
		body = append(t.block(w-1, h-2, body), v.typing.line(t, v.problem, w-1))
	}
	return t.section(w, h, head, body)
}

// title says which events are listed.
func (v *eventsView) title(t *theme) string {
	title := "Troubles"
	switch {
	case v.which.incidents:
		title = "Incidents"
	case v.which.all:
		title = "Events"
	}
	if v.book.told {
		title += " of a day"
	}
	title += ", oldest first"
	if v.which.filter != "" {
		n := 0
		for _, r := range v.list.rows {
			n += r.times
		}
		title += " " + t.dot + " " + human.Count(n) + " with \"" + v.which.filter + "\""
	}
	return title
}

// nothing says why there is no line.
func (v *eventsView) nothing(s *state) string {
	switch {
	case !s.known:
		return s.theme.dash
	case v.which.incidents && v.which.filter == "":
		return "no incident is known"
	case v.which.filter != "":
		return "nothing has \"" + v.which.filter + "\" in it"
	}
	return "nothing has happened yet"
}
