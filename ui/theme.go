package ui

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"

	"paceline/client"
)

// theme is every style and glyph that a pane may use. Text has no colour of its
// own, so that it is readable on whatever background there is.
type theme struct {
	glyphs

	text    lipgloss.Style
	strong  lipgloss.Style
	muted   lipgloss.Style // labels, axes, times
	accent  lipgloss.Style // titles, plots
	good    lipgloss.Style
	warn    lipgloss.Style
	crit    lipgloss.Style
	neutral lipgloss.Style // for what is neither good nor bad: connecting, frozen
	mark    lipgloss.Style // for an outage in a plot; never faded
	chosen  lipgloss.Style // the line with the cursor
	typed   lipgloss.Style // the value that is typed, in that line

	border lipgloss.Style
	focus  lipgloss.Style // the border of the pane that has the keys

	chipGood, chipWarn, chipCrit, chipOff lipgloss.Style
}

// glyphs are what differs between Unicode and ASCII. Each is one cell wide, but for arrow
// and ellipsis, and each has one meaning.
type glyphs struct {
	ascii                                bool
	narrow                               bool // icons of the log take one cell
	good, warning, critical, waiting     string
	dash, dot, ellipsis, minus           string
	approx, arrow                        string // before a computed figure; from one figure to another
	border                               lipgloss.Border
	spark                                []string // low to high; the first is zero
	heat                                 []string // few to many
	full, empty                          rune     // of a gauge
	pointer                              string
	plot                                 map[rune]rune // replaces the plot's own
	thresholdRune, outageRune, shadeRune rune
	trouble                              [client.Critical + 1]rune // below a plot, where the verdict was so bad
}

func unicodeGlyphs() glyphs {
	return glyphs{
		good: "●", warning: "▲", critical: "✖", waiting: "◌",
		dash: "–", dot: "·", ellipsis: "…", minus: "−", approx: "≈", arrow: "→",
		border: lipgloss.RoundedBorder(),
		// Without the full cell: rows of sparks would run into each other.
		spark: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇"},
		heat:  []string{"░", "▒", "▓", "█"},
		full:  '━', empty: '─', pointer: "▸",
		thresholdRune: '╌', outageRune: 'x', shadeRune: '░',
		trouble: [...]rune{client.Warning: '┄', client.Critical: '─'}, // thin: the data are the loud ones
	}
}

func asciiGlyphs() glyphs {
	return glyphs{
		ascii: true,
		good:  "*", warning: "!", critical: "X", waiting: "o",
		dash: "-", dot: "|", ellipsis: "...", minus: "-", approx: "~", arrow: "->",
		border: lipgloss.ASCIIBorder(),
		spark:  []string{"_", ",", "-", "=", "+", "*", "#"},
		heat:   []string{"-", "+", "*", "#"},
		full:   '#', empty: '_', pointer: ">",
		plot: map[rune]rune{
			'┤': '|', '┼': '+', '─': '-', '│': '|', '╭': '/', '╮': '\\', '╰': '\\', '╯': '/',
			'╴': '-', '╶': '-', '╌': '.', '░': ':', '·': '\'', '┊': '!',
		},
		thresholdRune: '.', outageRune: 'x', shadeRune: ':',
		trouble: [...]rune{client.Warning: '-', client.Critical: '='},
	}
}

// palette is the few colours there are. A nil colour is the terminal's own.
type palette struct {
	muted, border, accent, good, warn, crit, chip color.Color
}

// newPalette picks from the fixed 240 colours, whose codes are half as long on
// the wire as true colours, and from the terminal's own 16 where it has no more.
func newPalette(dark bool, p colorprofile.Profile) palette {
	switch {
	case p == colorprofile.ANSI && dark:
		return palette{accent: lipgloss.Cyan, good: lipgloss.Green, warn: lipgloss.Yellow, crit: lipgloss.Red, chip: lipgloss.Black}
	case p == colorprofile.ANSI:
		return palette{accent: lipgloss.Blue, good: lipgloss.Green, warn: lipgloss.Magenta, crit: lipgloss.Red, chip: lipgloss.BrightWhite}
	case dark:
		return palette{
			muted: lipgloss.ANSIColor(246), border: lipgloss.ANSIColor(240), accent: lipgloss.ANSIColor(110),
			good: lipgloss.ANSIColor(114), warn: lipgloss.ANSIColor(221), crit: lipgloss.ANSIColor(203), chip: lipgloss.ANSIColor(234),
		}
	default:
		return palette{
			muted: lipgloss.ANSIColor(242), border: lipgloss.ANSIColor(250), accent: lipgloss.ANSIColor(25),
			good: lipgloss.ANSIColor(28), warn: lipgloss.ANSIColor(130), crit: lipgloss.ANSIColor(160), chip: lipgloss.ANSIColor(231),
		}
	}
}

// newTheme returns the theme for a background and what the terminal can show.
// Where the profile has no colours at all, what is written is stripped of them
// on its way out; bold and faint stay.
func newTheme(dark bool, profile colorprofile.Profile, ascii, narrow bool) *theme {
	p, s := newPalette(dark, profile), lipgloss.NewStyle()
	t := &theme{
		glyphs: unicodeGlyphs(),
		text:   s,
		strong: s.Bold(true),
		muted:  s.Foreground(p.muted),
		accent: s.Foreground(p.accent),
		good:   s.Foreground(p.good),
		warn:   s.Foreground(p.warn),
		crit:   s.Foreground(p.crit),
		border: s.Foreground(p.border),
		focus:  s.Foreground(p.accent),
	}
	if p.muted == nil {
		t.muted, t.border = s.Faint(true), s.Faint(true)
	}
	t.neutral, t.mark = t.muted, t.crit
	t.chosen, t.typed = s.Reverse(true), s.Bold(true)
	chip := s.Foreground(p.chip).Bold(profile != colorprofile.ANSI) // of 16 colours a bold black is grey
	t.chipGood, t.chipWarn, t.chipCrit = chip.Background(p.good), chip.Background(p.warn), chip.Background(p.crit)
	t.chipOff = s.Reverse(true).Bold(true)
	if profile <= colorprofile.ASCII {
		t.chipGood, t.chipWarn, t.chipCrit = t.chipOff, t.chipOff, t.chipOff
	}
	if ascii {
		t.glyphs = asciiGlyphs()
	}
	t.narrow = narrow
	return t
}

// faded returns the theme for figures that are not live: all in one faint grey.
func (t *theme) faded() *theme {
	f := *t
	faint := t.muted.Faint(true)
	f.text, f.strong, f.muted, f.accent = faint, faint, faint, faint
	f.good, f.warn, f.crit, f.neutral = faint, faint, faint, faint
	f.chosen = faint.Reverse(true)
	return &f
}

// severity is how something is shown: its colour, and the icon and the word that say
// the same without colour.
type severity struct {
	style, chip lipgloss.Style
	icon, word  string
}

func (t *theme) level(l client.Level) severity {
	switch l {
	case client.Healthy:
		return severity{t.good, t.chipGood, t.glyphs.good, l.String()}
	case client.Warning:
		return severity{t.warn, t.chipWarn, t.warning, l.String()}
	default:
		return severity{t.crit, t.chipCrit, t.critical, l.String()}
	}
}

// figure is how a figure of a level is shown: what is well has no colour, for it may stand
// beside something that is not.
func (t *theme) figure(l client.Level) severity {
	sev := t.level(l)
	if l == client.Healthy {
		sev.style = t.text
	}
	return sev
}

func (t *theme) unreachable() severity {
	return severity{t.crit, t.chipCrit, t.critical, "unreachable"}
}

func (t *theme) stale() severity { return severity{t.warn, t.chipWarn, t.warning, "stale"} }

func (t *theme) connecting() severity {
	return severity{t.neutral, t.chipOff, t.waiting, "connecting"}
}
