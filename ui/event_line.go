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

// eventLevel is how bad an event is.
func eventLevel(k queue.Kind) client.Level {
	switch k {
	case kindIsCritical, kindWasCritical, queue.KindFailed, queue.KindOutage, queue.KindTimedOut:
		return client.Critical
	case queue.KindAdded, queue.KindBusy, queue.KindStarted, queue.KindCompleted, queue.KindSpacing, queue.KindIdle, queue.KindMetrics,
		queue.KindResumed, queue.KindRecovered, queue.KindCancelled, queue.KindPriority, queue.KindReset, queue.KindSettings:
		return client.Healthy
	default:
		return client.Warning
	}
}

// eventStyle returns the icon that operators know from the log, two cells wide, or the mark of
// the event's level where there are no such icons or it is an incident; and the style of the
// text, which has no colour. Nothing here needs a variation selector: terminals do not agree on
// the width of those.
func (t *theme) eventStyle(k queue.Kind) (string, lipgloss.Style) {
	level, text := eventLevel(k), t.text
	sev := t.figure(level)
	switch k {
	case queue.KindSpacing, queue.KindIdle, queue.KindCancelled:
		sev.style, text = t.muted, t.muted
	}
	switch {
	case t.ascii && level == client.Healthy:
		return " ", text
	case t.ascii, t.narrow && level > client.Healthy:
		return sev.style.Render(sev.icon), text
	case isIncident(k):
		return sev.style.Render(sev.icon) + " ", text // as wide as an icon of the log
	case t.narrow:
		return sev.style.Render(t.narrowIcon(eventIcon(k))), text
	default:
		return eventIcon(k), text
	}
}

// eventIcon is the icon of the log.
func eventIcon(k queue.Kind) string {
	switch k {
	case queue.KindAdded:
		return "📥"
	case queue.KindBusy:
		return "🔄"
	case queue.KindStarted:
		return "⚡"
	case queue.KindCompleted:
		return "✅"
	case queue.KindFailed:
		return "❌"
	case queue.KindSpacing:
		return "⏳"
	case queue.KindIdle:
		return "✨"
	case queue.KindMetrics:
		return "📊"
	case queue.KindRetry:
		return "🔁"
	case queue.KindPaused:
		return "✋"
	case queue.KindResumed, queue.KindRecovered:
		return "⏩"
	case queue.KindCancelled:
		return "🚪"
	case queue.KindPriority:
		return "🔀"
	case queue.KindRefused:
		return "⛔"
	case queue.KindTimedOut:
		return "⌛"
	case queue.KindReset:
		return "🧹"
	case queue.KindSettings:
		return "🔧"
	case queue.KindTrouble:
		return "🚧"
	case queue.KindDraining:
		return "🛑"
	default:
		return "🔌"
	}
}

func splitLines(s string) []string { return strings.Split(s, "\n") }
