package ui

// settingsLayout says where everything is in the settings view. What is in it
// covers the screen without overlap.
type settingsLayout struct {
	pageLayout
	effect rect // not where there is no room
}

// The rows of the list beside its settings, and the fewest of the effect: with its
// plot where the screen has plotRows, else without.
const (
	extraListRows = 5
	minEffectRows = 5
	minPlotRows   = 9
	plotRows      = 28
)

// newSettingsLayout divides a screen of w×h cells, 40x10 at least, for n settings.
// Below 80x15 there is the list alone. Settings for which there is no room are scrolled
// to; the effect keeps its place.
func newSettingsLayout(w, h, n int) settingsLayout {
	l := settingsLayout{pageLayout: newPageLayout(w, h)}
	all := column{0, l.list.y, l.list.w, l.list.h}
	rows, full, effect := all.left, n+extraListRows, minEffectRows
	if rows >= plotRows {
		effect = minPlotRows
	}
	switch {
	case w < 80 || h < 15:
	case all.w >= 150 && rows < full+effect:
		l.list, l.effect = split(l.list, all.w*4/10)
	default:
		l.list = all.take(min(rows-effect, full))
		l.effect = all.rest()
	}
	return l
}

// settingsListLayout is how the list divides its box: a head, the settings in sight, and
// words about the chosen one.
type settingsListLayout struct {
	head, rows, foot int
	about, byDefault bool // each line tells what it does, and its default
	bounds           bool // and what it can be
}

// Minimum inner widths for each part of a line.
const (
	defaultWidth = 46
	aboutWidth   = 76
	boundsWidth  = 106
)

// newSettingsListLayout divides a box of w×h cells for n settings.
func newSettingsListLayout(w, h, n int) settingsListLayout {
	inner := max(h-1, 1)
	l := settingsListLayout{about: w-4 >= aboutWidth, byDefault: w-4 >= defaultWidth, bounds: w-4 >= boundsWidth}
	if inner >= 8 && l.byDefault {
		l.head = 1
	}
	l.foot = min(2, max(inner-2, 0))
	if l.about && inner < 8 {
		l.foot = 1
	}
	l.rows = min(inner-l.head-l.foot, n)
	return l
}
