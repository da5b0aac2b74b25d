package ui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue"
)

// eventsPane is the log: it follows the newest line until somebody scrolls up.
// It has a rule above and no border around: a row with an icon is sent to the
// terminal as a whole whenever it changes, the blanks before a border with it.
type eventsPane struct {
	port    viewport.Model
	events  []client.Event
	focused bool
}

func newEventsPane(k scrollKeys) eventsPane {
	p := eventsPane{port: viewport.New()}
	p.port.KeyMap = viewport.KeyMap{Up: k.Up, Down: k.Down, PageUp: k.PageUp, PageDown: k.PageDown}
	return p
}

// update takes a key that scrolls. It reports false for any other key.
func (p *eventsPane) update(msg tea.KeyPressMsg, k scrollKeys) bool {
	switch {
	case matches(msg, k.Top):
		p.port.GotoTop()
	case matches(msg, k.Bottom):
		p.port.GotoBottom()
	case matches(msg, k.Up, k.Down, k.PageUp, k.PageDown):
		p.port, _ = p.port.Update(msg)
	default:
		return false
	}
	return true
}

// set gives the pane its lines and its room, the rule included. Where the reader
// has scrolled up, the lines stay under their eyes while newer ones come.
func (p *eventsPane) set(s *state, w, h int, focused bool) {
	p.focused = focused
	follow := p.port.AtBottom()
	offset := p.port.YOffset()
	if !follow && offset < len(p.events) {
		first := p.events[offset]
		for i, e := range s.events {
			if e.At.Equal(first.At) && e.Kind == first.Kind && e.Text == first.Text {
				offset = i
				break
			}
		}
	}
	p.events = s.events
	p.port.SetWidth(max(w-3, 0))
	p.port.SetHeight(max(h-1, 0))
	lines := make([]string, len(s.events))
	p.port.SetContentLines(lines)
	if follow {
		p.port.GotoBottom()
	} else {
		p.port.SetYOffset(offset)
	}
	// Only the lines in sight are drawn; each key that scrolls comes back here.
	for i := p.port.YOffset(); i < min(p.port.YOffset()+h, len(lines)); i++ {
		lines[i] = s.theme.cut(s.eventLine(s.events[i]), w-3)
	}
	p.port.SetContentLines(lines)
}

func (s *state) eventLine(e client.Event) string {
	t := s.theme
	icon, style := t.eventStyle(e.Kind)
	if icon != "" {
		icon += " "
	}
	// One style for the whole of most lines: each change of it costs bytes.
	return style.Render(e.At.In(s.zone).Format(time.TimeOnly)) + " " + icon + style.Render(clean(e.Text))
}

// eventStyle returns the icon that operators know from the log, two cells wide,
// and the style of the text. Nothing here needs a variation selector: terminals
// do not agree on the width of those.
func (t *theme) eventStyle(k queue.Kind) (string, lipgloss.Style) {
	icon, style := "", t.text
	switch k {
	case queue.KindAdded:
		icon = "📥"
	case queue.KindBusy:
		icon = "🔄"
	case queue.KindStarted:
		icon = "⚡"
	case queue.KindCompleted:
		icon = "✅"
	case queue.KindFailed:
		icon, style = "❌", t.crit
	case queue.KindSpacing:
		icon, style = "⏳", t.muted
	case queue.KindIdle:
		icon, style = "✨", t.muted
	case queue.KindMetrics:
		icon = "📊"
	case queue.KindRetry:
		icon, style = "🔁", t.warn
	case queue.KindPaused:
		icon, style = "✋", t.warn
	case queue.KindResumed, queue.KindRecovered:
		icon = "⏩"
	case queue.KindOutage:
		icon, style = "🔌", t.crit
	case queue.KindCancelled:
		icon, style = "🚪", t.muted
	case queue.KindPriority:
		icon = "🔀"
	case queue.KindRefused:
		icon, style = "⛔", t.warn
	case queue.KindTimedOut:
		icon, style = "⌛", t.crit
	case queue.KindReset:
		icon = "🧹"
	case queue.KindSettings:
		icon = "🔧"
	case queue.KindTrouble:
		icon, style = "🚧", t.warn
	case queue.KindDraining:
		icon, style = "🛑", t.warn
	default:
		icon, style = "🔌", t.warn
	}
	switch {
	case t.ascii:
		icon = ""
	case t.narrow:
		icon = style.Render(t.narrowIcon(icon))
	}
	return icon, style
}

func (p *eventsPane) view(s *state, w, h int) []string {
	t, note := s.theme, ""
	if !p.port.AtBottom() {
		note = "scrolled back " + t.dot + " G: newest"
	}
	if len(p.events) == 0 {
		text := "nothing has happened yet"
		if !s.known {
			text = t.dash
		} else if s.sample.Detail == nil {
			text = "this endpoint tells no events"
		}
		return t.section(w, h, section{title: "Events", note: note, focused: p.focused}, t.centred(text, w-3, h-1))
	}
	body := splitLines(p.port.View())
	for i := range body {
		body[i] = " " + body[i]
	}
	return t.section(w, h, section{title: "Events", note: note, focused: p.focused}, body)
}

func splitLines(s string) []string { return strings.Split(s, "\n") }
