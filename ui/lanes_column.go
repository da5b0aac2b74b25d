package ui

import (
	"fmt"

	"paceline/queue/human"
)

// lanesColumn is the lanes beside the lists, where the screen is very wide: a line for each,
// and one for each of its limits.
type lanesColumn struct{}

func (lanesColumn) view(s *state, w, h int) []string {
	t, lanes := s.theme, lanesByWaiting(s)
	head := section{title: "Lanes", joined: true}
	if len(lanes) == 0 {
		return t.section(w, h, head, t.centred("nobody waits and nothing runs now", w-2, h-1))
	}
	var body []string
	for i, l := range lanes {
		if len(body)+1+len(l.Limits) > h-1 && i > 0 {
			head.note = fmt.Sprintf("%d of %d", i, len(lanes))
			break
		}
		counts := human.Count(l.Waiting.Value) + " wait, " + human.Count(l.Running.Value) + " run"
		body = append(body, " "+t.text.Render(t.fit(s.laneName(l.Name), max(w-3-width(counts)-1, 1)))+" "+t.muted.Render(counts))
		words, sev := s.laneStatus(l)
		if l.Waiting.Value > 0 || l.PausedUntil.Known || l.Breaker != nil {
			body = append(body, "   "+sev.style.Render(t.cut(words, w-5)))
		}
		for _, limit := range l.Limits {
			free := t.freeShort(limit)
			body = append(body, "   "+t.muted.Render(t.fit(limitLabel(limit.Kind), 9))+t.bar(freeShare(limit).Or(0), max(w-5-9-1-11, 3), t.accent)+t.fitRight(free, 12))
		}
	}
	return t.section(w, h, head, body)
}
