package ui

import (
	"fmt"
	"strings"

	"paceline/client"
	"paceline/queue/human"
)

// lanesPane is the list of all lanes: what each waits for, and a gauge for each of
// its limits.
type lanesPane struct {
	top    int
	chosen string // the lane that was pointed at; empty: none
}

// The widths of the columns of a lane.
const (
	lanePace    = 10
	laneCount   = 9
	laneNext    = 12
	laneFigures = lanePace + 2*laneCount + laneNext
)

func (p lanesPane) view(s *state, w, h int) []string {
	t, lanes, title, note := s.theme, lanesByWaiting(s), "Lanes", ""
	if len(lanes) == 0 {
		text := "nobody waits and nothing runs now"
		switch {
		case !s.known:
			text = t.dash
		case s.detail().Lanes == nil:
			text = "this endpoint does not tell its lanes"
		}
		return t.panel(w, h, section{title: title, focused: true}, t.centred(text, w-4, h-1))
	}
	layout := newLaneLayout(w, h)
	list := newLaneList(lanes, layout)
	p.top = list.clamp(p.top)
	first, _ := list.at(p.top)
	end := min(p.top+layout.rows, list.total)
	last, _ := list.at(end - 1)
	switch {
	case list.total > layout.rows:
		title = fmt.Sprintf("Lanes %d-%d/%d", first+1, last+1, len(lanes))
	case len(lanes) > 1:
		title = "Lanes " + human.Count(len(lanes))
	}
	if len(lanes) > 1 {
		note = "most waiting first"
	}
	if others := s.detail().OtherLanes; others != nil {
		note = t.otherLanes(others)
	}
	body := make([]string, 0, h)
	if layout.head > 0 {
		body = append(body, t.muted.Render(t.laneRow(layout, "lane", "pace", "waiting", "running", "next start", "")))
	}
	figure := freeWidth(t, lanes)
	for line := p.top; line < end; line++ {
		lane, of := list.at(line)
		body = append(body, s.laneLine(lanes[lane], of, layout, figure, lanes[lane].Name == p.chosen))
	}
	if layout.foot > 0 {
		body = append(t.block(w-4, h-3, body), t.muted.Render("adaptive: paced by the API's limits "+t.dot+" spaced: by the settings"))
	}
	return t.panel(w, h, section{title: title, note: note, focused: true}, body)
}

// otherLanes says how many lanes are not listed, and what waits in them.
func (t *theme) otherLanes(o *client.OtherLanes) string {
	return orDash(t, o.Lanes, human.Count[int]) + " more with " + orDash(t, o.Waiting, human.Count[int]) + " waiting"
}

// laneRow puts the columns of a lane side by side, and words where there is room.
func (t *theme) laneRow(layout laneLayout, name, pace, waiting, running, next, words string) string {
	wide := 0
	if layout.beside {
		wide = laneWords(layout.w)
	}
	line := t.fit(name, layout.w-laneFigures-wide) + "  " + t.fit(pace, lanePace-2) +
		t.fitRight(waiting, laneCount) + t.fitRight(running, laneCount) + t.fitRight(next, laneNext)
	if wide > 0 {
		line += "  " + t.cut(words, wide-2)
	}
	return line
}

// laneWords is the width of a lane's status in a line of w cells.
func laneWords(w int) int { return min(w-laneFigures-28, 64) }

// laneLine is one of a lane's lines.
func (s *state) laneLine(l client.Lane, of int, layout laneLayout, figure int, chosen bool) string {
	t := s.theme
	strong := t.strong
	if chosen {
		strong = t.chosen
	}
	switch limit := of - layout.lead(); {
	case limit >= len(l.Limits): // the gap
		return ""
	case limit >= 0 && layout.columns:
		return s.limitLine(l, l.Limits[limit], layout.w, figure)
	case limit >= 0:
		return s.limitShort(l, l.Limits[limit], layout.w)
	case of == 0 && layout.columns:
		name, words, tone := t.cutMiddle(s.laneName(l.Name), layout.nameWidth()), "", t.text
		if layout.beside {
			status, sev := s.laneStatusIn(l, laneWords(layout.w)-2)
			words, tone = status, sev.style
		}
		return t.laneRow(layout, strong.Render(name), t.accent.Render(orDash(t, l.Pace, clean)),
			orDash(t, l.Waiting, human.Count[int]), orDash(t, l.Running, human.Count[int]), s.nextStartIn(l), tone.Render(words))
	case of == 0:
		counts := orDash(t, l.Waiting, human.Count[int]) + " waiting, " + orDash(t, l.Running, human.Count[int]) + " running"
		name := t.cutMiddle(s.laneName(l.Name), max(layout.w-width(counts)-2, 5))
		return strong.Render(t.fit(name, layout.w-width(counts))) + t.text.Render(counts)
	case layout.columns:
		words, sev := s.laneStatusIn(l, layout.w-2)
		return "  " + sev.style.Render(words)
	default:
		pace := orDash(t, l.Pace, clean) + " " + t.dot + " "
		words, sev := s.laneStatusIn(l, layout.w-width(pace))
		return t.accent.Render(pace) + sev.style.Render(words)
	}
}

// nameWidth is how many cells a lane's name has in its column.
func (l laneLayout) nameWidth() int {
	if l.beside {
		return l.w - laneFigures - laneWords(l.w)
	}
	return l.w - laneFigures
}

// freeWidth is the width of the figures beside the gauges. It depends only on what
// does not change with each poll, so that the gauges stand still.
func freeWidth(t *theme, lanes []client.Lane) int {
	most := 0
	for _, lane := range lanes {
		for _, l := range lane.Limits {
			l.Free = client.Opt[client.Balance]{Value: client.Balance(l.PerMinute.Value), Known: l.PerMinute.Known}
			most = max(most, width(t.freeWords(l)))
		}
	}
	return max(most, len("overdrawn by 10,000"))
}

// limitLine is a limit in w cells.
func (s *state) limitLine(l client.Lane, limit client.Limit, w, figure int) string {
	t := s.theme
	const label, full = 16, 15
	lead, style := "  ", t.muted
	if binds(l, limit) {
		lead, style = t.pointer+" ", t.warn
	}
	return style.Render(t.fit(lead+clean(limit.Kind), label)) + s.freeGauge(l, limit, w-label-figure-full-2) +
		t.text.Render(t.fitRight(t.freeWords(limit), figure+2)) + t.muted.Render(t.fitRight(t.fullWords(limit), full))
}

// limitShort is a limit in a few cells.
func (s *state) limitShort(l client.Lane, limit client.Limit, w int) string {
	t := s.theme
	const label, figure, full = 10, 10, 11
	lead, style := " ", t.muted
	if binds(l, limit) {
		lead, style = t.pointer, t.warn
	}
	words := strings.Replace(t.fullWords(limit), " in ", " ", 1)
	return style.Render(t.fit(lead+limitLabel(limit.Kind), label)) + s.freeGauge(l, limit, w-label-figure-full) +
		t.text.Render(t.fitRight(t.freeShort(limit), figure)) + t.muted.Render(t.fitRight(words, full))
}

// binds reports whether a limit is the one that the next request of the lane waits for.
func binds(l client.Lane, limit client.Limit) bool {
	return l.WaitsFor.Known && l.WaitsFor.Value == limit.Kind && l.Waiting.Value > 0
}

// freeGauge is how full a limit is, in w cells. It is blank where that is not known: an
// empty gauge would say that nothing is free.
func (s *state) freeGauge(l client.Lane, limit client.Limit, w int) string {
	t, share := s.theme, freeShare(limit)
	if !share.Known {
		return t.fit("", max(w, 1))
	}
	style := t.accent
	if binds(l, limit) {
		style = t.warn
	}
	return t.bar(share.Value, max(w, 1), style)
}
