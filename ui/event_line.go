package ui

import (
	"strings"

	"charm.land/lipgloss/v2"

	"paceline/client"
	"paceline/queue"
)

// eventLine is an event on one line, with the time that is written before it.
func (s *state) eventLine(when string, e client.Event) string {
	t := s.theme
	icon, style := t.eventStyle(e.Kind)
	if icon != "" {
		icon += " "
	}
	// One style for the whole of most lines: each change of it costs bytes.
	return style.Render(when) + " " + icon + style.Render(s.theme.eventText(e))
}

// eventText is an event in words.
func (t *theme) eventText(e client.Event) string {
	return strings.ReplaceAll(clean(e.Text), "→", t.arrow)
}

// eventStyle returns the icon that operators know from the log, two cells wide, or the mark of an
// incident's level, and the style of the text: it has no colour. Nothing here needs a variation selector: terminals
// do not agree on the width of those.
func (t *theme) eventStyle(k queue.Kind) (string, lipgloss.Style) {
	icon, style := "", t.text // of the icon, where it is one cell wide
	switch k {
	case queue.KindAdded:
		icon = "📥"
	case queue.KindBusy:
		icon = "🔄"
	case queue.KindStarted:
		icon = "⚡"
	case queue.KindCompleted:
		icon = "✅"
	case kindIsWarning, kindWasWarning:
		return t.warn.Render(t.warning), t.text
	case kindIsCritical, kindWasCritical:
		return t.crit.Render(t.critical), t.text
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
	if k != queue.KindSpacing && k != queue.KindIdle && k != queue.KindCancelled {
		style = t.text
	}
	return icon, style
}

func splitLines(s string) []string { return strings.Split(s, "\n") }
