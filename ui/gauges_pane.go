package ui

import (
	"strings"

	"paceline/client"
	"paceline/queue/human"
)

// gaugesPane is the limits of the lane whose oldest request waits longest, and a word about
// each other lane.
type gaugesPane struct{}

func (gaugesPane) view(s *state, w, h int) []string {
	t, indent := s.theme, indentOf(w)
	lane, ok := s.bindingLane()
	if !ok {
		return t.block(w, h, nil)
	}
	room := w - indent - 1
	others := s.otherLaneWords(lane)
	if width(others) > room/3 {
		others = t.cut(others, room/3)
	}
	line := s.laneGauges(lane, room-width(others)-3)
	if others != "" {
		line = t.fit(line, room-width(others)) + t.muted.Render(others)
	}
	return t.block(w, h, []string{spaces(indent) + line})
}

// laneGauges is a lane with as many of its limits as fit into w cells: first the one that
// the next in line waits for.
func (s *state) laneGauges(l client.Lane, w int) string {
	t := s.theme
	limits := orderedLimits(l)
	name := t.text.Render(t.cut(s.laneName(l.Name), max(w/4, 12)))
	if l.PausedUntil.Known || l.Breaker != nil || len(limits) == 0 {
		words, sev := s.laneStatus(l)
		if l.Pace.Known {
			words = clean(l.Pace.Value) + " " + t.dot + " " + words
		}
		return name + "  " + sev.style.Render(t.cut(words, max(w-width(name)-2, 0)))
	}
	const least = 6 // of a bar
	texts := make([]string, len(limits))
	fits, used := 0, width(name)
	for i, limit := range limits {
		texts[i] = limitLabel(limit.Kind) + " "
		need := 2 + 1 + width(texts[i]) + least + 1 + width(t.freeShort(limit))
		if used+need > w {
			break
		}
		fits, used = i+1, used+need
	}
	bar := least
	if fits > 0 {
		bar = min(least+(w-used)/fits, 24)
	}
	line := name
	for i, limit := range limits[:fits] {
		lead, style := " ", t.muted
		if limit.Kind == l.WaitsFor.Value && l.Waiting.Value > 0 {
			lead, style = t.warn.Render(t.pointer), t.warn
		}
		free := freeShare(limit)
		line += "  " + lead + style.Render(texts[i]) + t.bar(free.Or(0), bar, t.accent) + " " + t.text.Render(t.freeShort(limit))
	}
	return line
}

// orderedLimits returns the limits of a lane, the one that is waited for first.
func orderedLimits(l client.Lane) []client.Limit {
	limits := make([]client.Limit, 0, len(l.Limits))
	for _, first := range []bool{true, false} {
		for _, limit := range l.Limits {
			if (limit.Kind == l.WaitsFor.Value) == first {
				limits = append(limits, limit)
			}
		}
	}
	return limits
}

// limitLabel is the kind of a limit in one word.
func limitLabel(kind string) string { return strings.TrimSuffix(clean(kind), " tokens") }

// otherLaneWords says one word about each lane but one.
func (s *state) otherLaneWords(but client.Lane) string {
	var words []string
	for _, l := range lanesByWaiting(s) {
		if l.Name == but.Name {
			continue
		}
		state := "free"
		switch {
		case l.PausedUntil.Known:
			state = "paused"
		case l.Breaker != nil:
			state = "stopped"
		case l.Waiting.Value > 0:
			state = human.Count(l.Waiting.Value) + " wait"
		case l.Running.Value > 0:
			state = human.Count(l.Running.Value) + " running"
		}
		words = append(words, s.laneName(l.Name)+" "+state)
	}
	return strings.Join(words, " "+s.theme.dot+" ")
}
