package ui

import (
	"strconv"
	"strings"

	"paceline/queue/human"
)

// viewTab is a view that can be opened, in the first row.
type viewTab struct {
	number, title string
	key           string // that opens it
	isOpen        bool
}

// tabs are the views that the endpoint tells enough for; none where that is the overview alone.
func (m *Model) tabs() []viewTab {
	var tabs []viewTab
	for i, open := range m.keys.Open {
		if open.Enabled() {
			tabs = append(tabs, viewTab{strconv.Itoa(i + 1), human.Capitalize(open.Help().Desc), firstKey(open), m.views[i].view == m.current})
		}
	}
	if len(tabs) < 2 {
		return nil
	}
	return tabs
}

// tabForm is how long tabs are.
type tabForm int

const (
	allNamed tabForm = iota
	openNamed
	onlyNumbers
	noTabs
)

// text is a tab in a form.
func (v viewTab) text(form tabForm) string {
	text := v.number
	if form == allNamed || form == openNamed && v.isOpen {
		text += " " + v.title
	}
	if v.isOpen {
		text = "[" + text + "]"
	}
	return text
}

// tabsWidth is how many cells tabs take in a form.
func tabsWidth(tabs []viewTab, form tabForm) int {
	if form == noTabs {
		return 0
	}
	n := max(len(tabs)-1, 0)
	for _, v := range tabs {
		n += width(v.text(form))
	}
	return n
}

// tabLine draws tabs.
func (t *theme) tabLine(tabs []viewTab, form tabForm) string {
	if form == noTabs {
		return ""
	}
	var parts []string
	for _, v := range tabs {
		style := t.muted
		if v.isOpen {
			style = t.accent
		}
		parts = append(parts, style.Render(v.text(form)))
	}
	return strings.Join(parts, " ")
}

// tabForm returns the longest form of the tabs for which there is room beside the least that is
// to stand left of them.
func (p statusPane) tabForm(room, least int) tabForm {
	if len(p.tabs) == 0 {
		return noTabs
	}
	form := allNamed
	for form < noTabs && tabsWidth(p.tabs, form)+2+least > room {
		form++
	}
	return form
}

// tabAt returns the key of the tab that is drawn in a cell of the row; empty if there is none.
func (p statusPane) tabAt(s *state, w, x int) string {
	_, form, from := p.row(s, w)
	if form == noTabs {
		return ""
	}
	for _, v := range p.tabs {
		to := from + width(v.text(form))
		if x >= from && x < to {
			return v.key
		}
		from = to + 1
	}
	return ""
}
