package ui

import (
	"fmt"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// settingsPane is the list of all settings: the value as the endpoint tells it,
// the default, and what it does or what becomes of a change.
type settingsPane struct {
	settingsList
	tuner *tuner
	stale bool
}

// The widths of the columns of the list.
const (
	settingName    = 20
	settingValue   = 10
	settingMark    = 3
	settingDefault = 8
)

func (p settingsPane) view(s *state, w, h int) []string {
	t, settings := s.theme, s.detail().Settings
	all := p.all
	if len(all) == 0 {
		return t.box(w, h, "Settings", "", true, t.centred("this endpoint does not tell its settings", w-4, h-2))
	}
	layout := newSettingsListLayout(w, h, len(all))
	note := "a change applies at once, for everybody"
	if p.stale {
		note = "not live: nothing is sent"
	}
	title := "Settings"
	if layout.rows < len(all) {
		title = fmt.Sprintf("Settings %d/%d", p.cursor+1, len(all))
	}
	body := make([]string, 0, h)
	if layout.head > 0 {
		body = append(body, t.muted.Render(t.row(layout, "  setting", "value", "", "default", "what it does")))
	}
	for i := p.top; i < min(p.top+layout.rows, len(all)); i++ {
		body = append(body, p.line(t, layout, all[i], settings, i == p.cursor, w-4))
	}
	body = append(body, p.about(t, p.chosen(), settings, layout, w-4)...)
	return t.box(w, h, title, note, true, body)
}

// row puts the columns of a line side by side, as many as there is room for.
func (t *theme) row(layout settingsListLayout, name, value, mark, byDefault, what string) string {
	line := t.fit(name, settingName+1) + t.fitRight(value, settingValue) + t.fit(mark, settingMark)
	if layout.byDefault {
		line += t.fit(byDefault, settingDefault+1)
	}
	if layout.about {
		line += what
	}
	return line
}

// line is one setting in w cells.
func (p settingsPane) line(t *theme, layout settingsListLayout, f setting, s client.Settings, chosen bool, w int) string {
	lead, value, byDefault, what := "  ", f.write(s.Get(f.Setting).Value), f.write(f.Default), f.Does
	mark, tone := "", t.muted
	change, note := p.tuner.pendingFor(f.Path()), p.tuner.notes[f.Path()]
	switch {
	case note != "":
		mark, what, tone = " "+t.warning, note, t.warn
	case change != nil:
		mark, what, tone = " "+t.ellipsis, change.words(f, t), t.accent
	}
	if !chosen {
		style := t.text
		switch {
		case change != nil:
			style = t.neutral
		case value != byDefault:
			style = t.accent
		}
		name := t.text.Render(lead + f.Name)
		return t.fit(t.row(layout, name, style.Render(value), tone.Render(mark), t.muted.Render(byDefault), tone.Render(t.cut(what, w-aboutStart))), w)
	}
	name := t.pointer + " " + f.Name
	if !p.entry.open {
		return t.chosen.Render(t.fit(t.row(layout, name, value, mark, byDefault, what), w))
	}
	cell := t.fitRight(p.entry.text+"_", settingValue)
	line := t.fit(t.row(layout, name, "", mark, byDefault, what), w)
	left, right := cells(line, settingName+1, settingValue)
	return t.chosen.Render(left) + t.typed.Render(cell) + t.chosen.Render(right)
}

// aboutStart is where the last column begins.
const aboutStart = settingName + 1 + settingValue + settingMark + settingDefault + 1

// words say which value is asked for, and how far the change has come.
func (c *pendingChange) words(f setting, t *theme) string {
	switch c.phase {
	case notSent:
		return "to be " + f.write(c.Value) + ": not sent yet" + t.ellipsis
	case sending:
		return "to be " + f.write(c.Value) + ": sending" + t.ellipsis
	default:
		return "to be " + f.write(c.Value) + ": taken, not in the figures yet"
	}
}

// about is what there is to say about the chosen setting, in the rows below the
// list.
func (p settingsPane) about(t *theme, f setting, s client.Settings, layout settingsListLayout, w int) []string {
	text, style := f.Effect+" It can be "+f.limitWords(s.Named)+".", t.muted
	if !layout.about {
		text = human.Capitalize(f.Does) + ". " + text
		if !layout.byDefault {
			text = "Default " + f.write(f.Default) + ". " + text
		}
	}
	switch note, change := p.tuner.notes[f.Path()], p.tuner.pendingFor(f.Path()); {
	case note != "":
		text, style = t.warning+" "+note, t.warn
	case p.entry.open:
		text = f.hint()
	case p.stale:
		text = "The values are as they were when the queue answered last; nothing is sent now."
	case change != nil && !layout.about:
		text, style = change.words(f, t), t.accent
	}
	lines := t.wrap(text, w, w, layout.foot)
	for i := range lines {
		lines[i] = style.Render(lines[i])
	}
	if len(lines) < layout.foot && layout.rows == len(s.Rows()) {
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
	return "Such as " + like + ". Enter sends it, esc leaves all as it is."
}

// cells returns what stands in a plain line before column from, and after the n
// cells that follow.
func cells(line string, from, n int) (left, right string) {
	r := []rune(line)
	return string(r[:min(from, len(r))]), string(r[min(from+n, len(r)):])
}
