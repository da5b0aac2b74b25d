package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// The icons of the log are two cells wide for most terminals and one for some
// older ones, where each of them would shift the rest of its line. So the
// terminal is asked: an icon is written into two blank cells at the start of the
// last row, the cursor position is requested, and the cells are cleared. Without
// an answer icons are two cells wide.

// askEmojiDelay leaves the program the time to enter the alternate screen.
const askEmojiDelay = 300 * time.Millisecond

// askEmojiMsg says that it is time to ask.
type askEmojiMsg struct{}

// askEmoji asks, where there are icons.
func (m *Model) askEmoji() tea.Cmd {
	if m.h < minHeight || m.options.ASCII || m.leaving {
		return nil
	}
	home := fmt.Sprintf("\x1b[%d;1H", m.h)
	return tea.Raw(ansi.SaveCursor + ansi.ResetStyle + home + "⚡" + ansi.RequestCursorPositionReport + home + "  " + ansi.RestoreCursor)
}

// narrowIcon is what stands for an icon of the log where icons would tear, of an event that is
// neither a warning nor critical.
func (t *theme) narrowIcon(icon string) string {
	switch icon {
	case "📥":
		return "+"
	case "✅":
		return t.glyphs.good
	case "⏳", "🚪", "✨":
		return t.waiting
	default:
		return t.pointer
	}
}
