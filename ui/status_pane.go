package ui

import (
	"cmp"
	"strings"
	"time"

	"charm.land/bubbles/v2/spinner"

	"paceline/queue/human"
)

// statusPane is the first row: what is watched, how fresh it is, and what was
// just done.
type statusPane struct {
	name      string
	scene     string // what a demo plays, or that the API is simulated; may be empty
	pace      string // what decides the pace; may be empty
	notice    string // what was just done, or is odd about the source; may be empty
	isError   bool   // the notice says that something did not work
	freshness []statusItem
	tabs      []viewTab
}

// statusItem is a part of the row with a severity of its own.
type statusItem struct {
	severity
	text string
	chip bool
}

func (m *Model) statusPane() statusPane {
	p := statusPane{name: m.name(), notice: m.notice.text, isError: m.notice.isError, tabs: m.tabs()}
	if d := m.live.sample.Detail; d != nil {
		if d.Simulated.Or(false) {
			p.scene = m.theme.dot + " simulated"
		}
		if pace := clean(d.Pace.Or("")); pace != "" {
			if d.PaceOff != nil {
				pace = "PACE OFF"
			}
			p.pace = m.theme.dot + " " + pace
		}
	}
	if m.live.known && m.live.sample.Detail == nil {
		p.pace = m.theme.dot + " tells counters only"
	}
	if m.scene != "" {
		p.scene = strings.TrimSpace(p.scene + " " + m.theme.dot + " " + m.scene)
	}
	if p.notice == "" {
		p.notice = clean(m.live.derived.Note)
	}
	if p.notice == "" {
		p.notice = cmp.Or(m.live.sample.DrainWords(), m.live.sample.UnreadWords())
	}
	switch {
	case m.isFrozen() && m.frozen.past:
		p.freshness = append(p.freshness, statusItem{m.theme.connecting(), " BACK AT " + m.momentWords(m.frozen) + " ", true})
	case m.isFrozen():
		p.freshness = append(p.freshness, statusItem{m.theme.connecting(), " FROZEN since " + m.clock(m.frozen.at) + " ", true})
	}
	if m.bell.muted {
		p.freshness = append(p.freshness, statusItem{m.theme.stale(), "muted", false})
	}
	t, every := m.theme, "every "+human.Exact(m.poll.interval)
	switch {
	case m.poll.failure != nil:
		p.freshness = append(p.freshness, statusItem{t.unreachable(), m.outageWords(), false})
	case !m.live.known:
		p.freshness = append(p.freshness, statusItem{m.awaitingSeverity(), "no data yet", false})
	case m.isStale():
		p.freshness = append(p.freshness, statusItem{t.stale(), human.Age(m.dataAge()) + " old", false})
	case m.isLate():
		p.freshness = append(p.freshness, statusItem{m.awaitingSeverity(), human.Age(m.dataAge()) + " old " + t.dot + " " + every, false})
	case m.isFrozen() && m.frozen.past:
		now := t.level(m.live.verdict.Level)
		p.freshness = append(p.freshness, statusItem{now, "now " + now.word, false})
	default:
		live := statusItem{t.level(0), "live " + t.dot + " " + every, false}
		if m.w < smallWidth {
			live.text = "live"
		}
		p.freshness = append(p.freshness, live)
	}
	return p
}

// outageWords say how old the figures are, and when the next attempt is.
func (m *Model) outageWords() string {
	words, next := "no data yet", "next attempt "
	if m.live.known {
		words = "data " + human.Age(m.dataAge()) + " old"
	}
	switch {
	case m.poll.inFlight:
		return words + " " + m.theme.dot + " trying now"
	case m.w < 60:
		next = "next "
	}
	return words + " " + m.theme.dot + " " + next + m.clock(m.poll.next)
}

// awaitingSeverity is how missing or late data is shown: with a spinner while a poll
// is in flight.
func (m *Model) awaitingSeverity() severity {
	awaiting := m.theme.connecting()
	if m.isWaiting() {
		awaiting.icon = m.spin.View()
	}
	return awaiting
}

// newSpinner returns the spinner for an answer that is awaited. It is slow, because
// each of its pictures is sent to the terminal.
func newSpinner(ascii bool) spinner.Model {
	frames := spinner.MiniDot.Frames
	if ascii {
		frames = spinner.Line.Frames
	}
	return spinner.New(spinner.WithSpinner(spinner.Spinner{Frames: frames, FPS: time.Second / 4}))
}

func (p statusPane) view(s *state, w, h int) []string {
	line, _, _ := p.row(s, w)
	return s.theme.block(w, h, []string{line})
}

// row is the row, the form of the tabs in it, and the cell in which they begin.
func (p statusPane) row(s *state, w int) (line string, form tabForm, from int) {
	const leastName = 8
	t := s.theme
	right, room := "", w-3
	for _, f := range p.freshness {
		text := f.style.Render(f.icon) + " " + t.muted.Render(f.text)
		if f.chip {
			text = f.severity.chip.Render(f.text)
		}
		if right != "" {
			right += "  "
		}
		right += text
	}
	right = t.cut(right, room)
	room -= width(right)
	name := "paceline " + p.name
	least := width(name)
	if p.notice != "" {
		least = leastName + 4 + width(p.notice)
	}
	if form = p.tabForm(room, least); form == noTabs && len(p.tabs) > 0 && p.notice == "" && tabsWidth(p.tabs, onlyNumbers)+2+leastName <= room {
		form = onlyNumbers
	}
	if n := tabsWidth(p.tabs, form); n > 0 {
		right = t.tabLine(p.tabs, form) + "  " + right
		room -= n + 2
	}
	left := t.accent.Bold(true).Render("paceline") + " " + t.text.Render(p.name)
	if width(name) > room-1 { // rather what is watched than by what
		left = t.text.Render(p.name)
	}
	for _, more := range []string{p.scene, p.pace} {
		if more != "" && width(left)+width(more) < room-1 {
			left += " " + t.muted.Render(more)
		}
	}
	if p.notice != "" {
		style := t.accent
		if p.isError {
			style = t.warn
		}
		note := style.Render(p.notice)
		keep := max(room-width(note)-4, 0)
		if keep < 8 {
			left = note
		} else {
			left = t.cut(left, keep) + "  " + note
		}
	}
	return "  " + t.fit(left, room-1) + " " + right, form, 2 + room
}
