package ui

import (
	"fmt"
	"strings"

	"paceline/queue"
	"paceline/queue/human"
)

// settingsPane is the list of all settings: the value as the endpoint tells it,
// the default, and what it does or what becomes of a change.
type settingsPane struct {
	settingsList
	tuner *tuner
}

func (p settingsPane) view(s *state, w, h int) []string {
	t, settings := s.theme, s.detail().Settings
	all := p.all
	if len(all) == 0 {
		return t.panel(w, h, section{title: "Settings", focused: true}, t.centred("this endpoint does not tell its settings", w-4, h-1))
	}
	layout := newSettingsListLayout(w, h, len(all))
	title := "Settings"
	if layout.rows < len(all) {
		title = fmt.Sprintf("Settings %d/%d", p.cursor+1, len(all))
	}
	body := make([]string, 0, h)
	if layout.head > 0 {
		body = append(body, t.muted.Render(t.columns(layout, "  setting", "value", "", "default", "what it does", "can be")))
	}
	for i := p.top; i < min(p.top+layout.rows, len(all)); i++ {
		bounds := strings.TrimPrefix(all[i].limitWords(p.tuner.planned(settings).Named), "from ")
		body = append(body, p.line(t, layout, p.tuner.row(all[i], settings, t), bounds, i == p.cursor, w-4))
	}
	body = append(body, p.about(s, layout, w-4)...)
	return t.panel(w, h, section{title: title, note: p.note(s, w-width(title)-7), focused: true}, body)
}

// note says what is prepared, or what can be undone, in at most w cells.
func (p settingsPane) note(s *state, w int) string {
	t, prepared, last := s.theme, p.tuner.draft.title(), p.tuner.last()
	var notes []string // the first one for which there is room
	switch {
	case s.stale:
		notes = []string{"not live: nothing is sent"}
	case !s.sample.Role.MayChange():
		notes = []string{"you may look, and change nothing"}
	case len(p.tuner.draft.changes) > 0:
		notes = []string{prepared + ", not sent: for everybody, once sent", prepared + ", not sent", prepared}
	case last != nil:
		notes = []string{"u undoes " + t.changeWords(last), "u undoes " + human.Plural(len(last), "change")}
	default:
		notes = []string{"prepared first, then sent for everybody"}
	}
	for _, n := range notes {
		if width(n) <= w {
			return n
		}
	}
	return ""
}

// about is what there is to say about the chosen setting, in the rows below the
// list.
func (p settingsPane) about(s *state, layout settingsListLayout, w int) []string {
	t, f, settings := s.theme, p.chosen(), s.detail().Settings
	r := p.tuner.row(f, settings, t)
	text, style := f.Effect, t.muted
	if !layout.bounds {
		text += " It can be " + f.limitWords(p.tuner.planned(settings).Named) + "."
	}
	if !layout.about {
		text = human.Capitalize(f.Does) + ". " + text
	}
	if !layout.byDefault || r.next != nil { // where the default is not in the line
		text = "Default " + f.write(f.Default) + ". " + text
	}
	switch refusal := p.tuner.draft.refusal; {
	case p.tuner.notes[f.Path()] != "":
		text, style = t.warning+" "+r.words, t.warn
	case p.entry.open:
		text = f.hint()
	case refusal != "":
		text, style = t.warning+" "+refusal, t.warn
	case s.stale:
		text = "The values are as they were when the queue answered last; nothing is sent now."
	case r.alert:
		text, style = t.warning+" "+r.words, t.warn
	case r.next != nil && !layout.about:
		text, style = human.Capitalize(r.words)+". "+text, t.accent
	}
	lines := t.wrap(text, w, w, layout.foot)
	for i := range lines {
		lines[i] = style.Render(lines[i])
	}
	if len(lines) < layout.foot && layout.rows == len(settings.Rows()) {
		lines = append([]string{""}, lines...)
	}
	return lines
}

// hint says what can be typed.
func (s setting) hint() string {
	like := "12"
	switch s.Unit {
	case queue.Milliseconds:
		like = "1.5s, 200ms or 5m"
	case queue.Share:
		like = "80%"
	}
	return "Such as " + like + ". Enter prepares it, esc leaves all as it is."
}
