package ui

import "paceline/client"

// settingRow is a setting in the list as it is now: its value, the one that it is to have,
// and what there is to say of that.
type settingRow struct {
	setting
	value float64
	next  *client.Change // prepared or pending; nil if neither
	words string         // of next, or why a change was not prepared
	alert bool           // words are of something that is not as was meant
}

// row returns the row of a setting.
func (t *tuner) row(f setting, s client.Settings, th *theme) settingRow {
	r := settingRow{setting: f, value: s.Get(f.Setting).Value}
	if p := t.pendingFor(f.Path()); p != nil {
		r.next, r.words = &p.Change, "sending"+th.ellipsis
		if !p.accepted.IsZero() {
			r.words = "sent, not in the figures yet"
		}
	}
	if c := t.draft.of(f.Path()); c != nil {
		r.next, r.words, r.value = c, "prepared, not sent", c.From.Value
	}
	if news := t.draft.news[f.Path()]; news != "" {
		r.words, r.alert = news, r.next != nil
	}
	if note := t.notes[f.Path()]; note != "" {
		r.words, r.alert = note, true
	}
	return r
}

// The widths of the columns of the list.
const (
	settingName    = 18
	settingValue   = 10
	settingMark    = 4
	settingDefault = 9
	aboutStart     = settingName + 1 + settingValue + settingMark + settingDefault + 1
	settingAbout   = 38
)

// columns puts the columns of a line side by side, as many as there is room for.
func (t *theme) columns(layout settingsListLayout, name, value, mark, byDefault, what, bounds string) string {
	line := t.fit(name, settingName+1) + t.fitRight(value, settingValue) + t.fit(mark, settingMark)
	if layout.byDefault {
		line += t.fit(byDefault, settingDefault+1)
	}
	switch {
	case layout.bounds && width(what) <= settingAbout:
		line += t.fit(what, settingAbout) + " " + bounds
	case layout.about: // what is long has the room of both
		line += what
	}
	return line
}

// line is one setting in w cells.
func (p settingsPane) line(t *theme, layout settingsListLayout, r settingRow, bounds string, chosen bool, w int) string {
	name, value, next, mark, what := "  "+r.Name, r.write(r.value), r.write(r.Default), "", r.Does
	if chosen {
		name = t.pointer + " " + r.Name
	}
	if r.alert {
		mark = " " + t.warning
	}
	if r.words != "" {
		what = r.words
	}
	if r.next != nil { // the new value stands in place of the default
		next, mark = r.write(r.next.Value), " "+t.arrow
	}
	switch {
	case chosen && p.entry.open:
		line := t.fit(t.columns(layout, name, "", mark, next, what, bounds), w)
		left, right := cells(line, settingName+1, settingValue)
		return t.chosen.Render(left) + t.typed.Render(t.fitRight(p.entry.text+"_", settingValue)) + t.chosen.Render(right)
	case r.next != nil && !layout.byDefault:
		return t.narrowRow(name, value, next, chosen, w)
	case chosen:
		return t.chosen.Render(t.fit(t.columns(layout, name, value, mark, next, what, bounds), w))
	}
	before, after, tone := t.text, t.muted, t.muted
	switch {
	case r.next != nil:
		before, after, tone = t.muted, t.accent.Bold(true), t.accent
	case value != next:
		before = t.accent
	}
	if r.alert {
		tone = t.warn
	}
	return t.fit(t.columns(layout, t.text.Render(name), before.Render(value), tone.Render(mark), after.Render(next), tone.Render(t.cut(what, w-aboutStart)), t.muted.Render(bounds)), w)
}

// narrowRow is a setting that is to change, in few cells: from the old value to the new one.
func (t *theme) narrowRow(name, from, to string, chosen bool, w int) string {
	words := from + " " + t.arrow + " " + to
	name = t.fit(t.cut(name, w-width(words)-1), w-width(words))
	if chosen {
		return t.chosen.Render(name + words)
	}
	return t.text.Render(name) + t.muted.Render(from+" "+t.arrow+" ") + t.accent.Bold(true).Render(to)
}

// cells returns what stands in a plain line before column from, and after the n
// cells that follow.
func cells(line string, from, n int) (left, right string) {
	r := []rune(line)
	return string(r[:min(from, len(r))]), string(r[min(from+n, len(r)):])
}
