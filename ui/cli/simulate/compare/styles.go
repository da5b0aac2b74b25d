package compare

import (
	"image/color"

	"paceline/queue/replay"

	"charm.land/lipgloss/v2"
	"github.com/guptarohit/asciigraph"
)

// styles are the styles and glyphs of a comparison. Text has no colour of its
// own, and the colours are neither light nor dark, so that they can be read on any
// background.
type styles struct {
	strong, muted, bad lipgloss.Style

	line           asciigraph.CharSet
	axis           rune
	afterEnd       rune // of a line, when nothing more comes
	dash, ellipsis string
}

func newStyles(ascii bool) styles {
	s := lipgloss.NewStyle()
	l := styles{
		strong: s.Bold(true), muted: s.Faint(true), bad: s.Foreground(lipgloss.Red),
		line: asciigraph.DefaultCharSet, axis: '┤', afterEnd: '╌', dash: "–", ellipsis: "…",
	}
	if ascii {
		l.line = asciigraph.CharSet{
			Horizontal: "-", VerticalLine: "|", ArcDownRight: "/", ArcDownLeft: `\`, ArcUpRight: `\`, ArcUpLeft: "/",
			EndCap: "-", StartCap: "-", UpRight: "+", DownHorizontal: "+",
		}
		l.axis, l.afterEnd, l.dash, l.ellipsis = '|', '.', "-", "~"
	}
	return l
}

// mark is what tells a pace from the others in a picture and in the table below: a
// letter, and a colour beside it.
type mark struct {
	letter rune
	style  lipgloss.Style
}

func (l styles) mark(pace string) mark {
	of := func(letter rune, c color.Color) mark { return mark{letter, lipgloss.NewStyle().Foreground(c)} }
	switch pace {
	case replay.NoQueue:
		return of('n', lipgloss.ANSIColor(203))
	case replay.SDKRetries:
		return of('r', lipgloss.ANSIColor(160))
	case replay.PublishedSpacing:
		return of('p', lipgloss.ANSIColor(133))
	case replay.Spaced:
		return of('s', lipgloss.ANSIColor(136))
	case replay.KnownLimit:
		return of('t', lipgloss.ANSIColor(69))
	case replay.AdaptiveCold:
		return of('c', lipgloss.ANSIColor(37))
	case replay.AdaptiveColdDefaults:
		return of('d', lipgloss.ANSIColor(73))
	case replay.AdaptiveRestarted:
		return of('a', lipgloss.ANSIColor(71))
	case replay.Adaptive:
		return mark{'A', lipgloss.NewStyle().Foreground(lipgloss.ANSIColor(35)).Bold(true)}
	case replay.Oracle:
		return mark{'o', lipgloss.NewStyle()}
	default:
		return mark{'g', l.muted}
	}
}
