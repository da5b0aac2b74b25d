package ui

import (
	"slices"

	"paceline/client"
)

// limitPlot shows how much of a lane's limit was free, over time: the least in each column.
type limitPlot struct {
	lane   client.Lane
	limit  client.Limit
	named  bool // the title begins with the lane
	joined bool
}

func (o limitPlot) view(s *state, w, h int) []string {
	t := s.theme
	kind, per := limitLabel(o.limit.Kind), t.short(o.limit.PerMinute.Value)
	head := section{title: kind + " free of " + per, joined: o.joined}
	if o.named {
		name := s.laneName(o.lane.Name) + " " + t.dot + " "
		head.title = t.firstThatFits(w-6, name+head.title, name+kind+" of "+per, name+kind, t.cutMiddle(name, max(w-6-width(kind), 8))+kind)
	}
	p := plot{steps: countSteps(), label: countLabel, high: float64(o.limit.PerMinute.Value)}
	n := plotColumns(head.inner(w))
	p.columns = s.history.Free(o.lane.Name, o.limit.Kind, s.at, s.window, n)
	if p.columns == nil {
		return t.section(w, h, head, t.centred("its past is not told", w-2, h-1))
	}
	return s.plotSection(head, p, w, h)
}

// leastLimitPlot is how many cells the plot of a limit has at least.
const leastLimitPlot = 34

// limitPlots are the plots of a lane's limits side by side, as many as there is room for: always
// the one that the next in line waits for.
func (s *state) limitPlots(r rect, l client.Lane) []placed {
	limits := slices.DeleteFunc(slices.Clone(l.Limits), func(l client.Limit) bool { return l.PerMinute.Value <= 0 })
	n := max(min(r.w/leastLimitPlot, len(limits)), 1)
	if n < len(limits) {
		i := slices.IndexFunc(limits, func(limit client.Limit) bool { return binds(l, limit) })
		if i >= n {
			limits[n-1] = limits[i]
		}
	}
	var panes []placed
	for i := range n {
		from, to := r.w*i/n, r.w*(i+1)/n
		panes = append(panes, s.place(rect{r.x + from, r.y, to - from, r.h}, limitPlot{l, limits[i], i == 0, i > 0}))
	}
	return panes
}
