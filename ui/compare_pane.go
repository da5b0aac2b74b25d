package ui

import (
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// compareWith is how far back the moment is that another one is compared with.
const compareWith = 10 * time.Minute

// comparePane shows the figures of the moment that is shown beside those of ten minutes
// before it.
type comparePane struct{}

// compared is a figure of both moments: a number that can be subtracted, or words.
type compared struct {
	label string
	value func(*state) client.Opt[float64]
	text  func(float64) string // of the value, and of a difference
	words func(*state) string  // in place of a value
	most  bool                 // of a moment in the past, it is the most of its 5 s
}

func (comparePane) view(s *state, w, h int) []string {
	t := s.theme
	then, now := s.compared()
	heads := [2]string{then.clock(then.sample.Timestamp.Value), "now"}
	if s.past {
		heads[1] = now.clock(now.sample.Timestamp.Value)
	}
	head := section{title: "Compare: " + heads[1] + " against 10 min before", note: "counts of the minute before each"}
	if !then.known {
		words := "nothing is known of " + heads[0]
		if now.sample.Waiting.Known && w >= 60 {
			words += ", ten minutes before"
		}
		return t.section(w, h, head, t.centred(words, w-2, h-1))
	}
	right := 0
	if w >= 100 {
		right = w / 2
	}
	table := s.compareTable(then, now, heads, w-right-3, h-1)
	plots := s.comparePlots(then, now, heads, w, h-1-len(table))
	h -= len(plots)
	body := t.block(w-right-1, h-1, table)
	if right > 0 {
		for i, who := range t.block(right, h-1, s.compareUsers(then, now, heads, right)) {
			body[i] += who
		}
	}
	return append(t.section(w, h, head, body), plots...)
}

// The rows of the plots that are compared.
const (
	leastComparePlot = 8
	mostComparePlot  = 14
)

// comparePlots are how many waited and for how long until both moments, side by side and on the
// same scale, in w cells and h rows at most; none where there is no room.
func (s *state) comparePlots(then, now *state, heads [2]string, w, h int) []string {
	n := min(h/leastComparePlot, 2)
	if n == 0 || w < 2*leastLimitPlot {
		return nil
	}
	moment := s.cursor
	if moment.IsZero() {
		moment = s.end
	}
	sides := [2]*state{s.until(then, moment.Add(-compareWith)), s.until(now, moment)}
	widths := [2]int{w - w/2, w / 2}
	var lines []string
	for _, of := range []struct {
		title   string
		plot    plot
		columns func(*state, int) []client.Column
	}{
		{"Waiting", plot{steps: countSteps(), label: countLabel}, (*state).lineColumns},
		{"Longest wait", plot{steps: secondSteps(), label: secondLabel}, (*state).waitPoints},
	}[:n] {
		var columns [2][]client.Column
		for i, side := range sides {
			columns[i] = of.columns(side, plotColumns(section{joined: i > 0}.inner(widths[i])))
			for _, c := range columns[i] {
				of.plot.high = max(of.plot.high, c.Value)
			}
		}
		rows := min(h/n, mostComparePlot)
		both := make([]string, rows)
		for i, side := range sides {
			of.plot.columns = columns[i]
			for row, line := range side.plotSection(section{title: of.title + " until " + heads[i], joined: i > 0}, of.plot, widths[i], rows) {
				both[row] += line
			}
		}
		lines = append(lines, both...)
	}
	return lines
}

// until returns the state of a moment with plots that end with it, by the history's clock.
func (s *state) until(of *state, at time.Time) *state {
	u := *of
	u.at, u.end, u.cursor = s.at.Add(at.Sub(s.end)), at, time.Time{}
	u.kept, u.keptWaits = s.kept, s.keptWaits
	return &u
}

// compared returns the two moments: both with the figures of the minute before them, which ends
// with the last slice that is over. The one that is not would make the minute of now shorter.
func (s *state) compared() (then, now *state) {
	before, after := *s, *s
	if s.then != nil {
		before.snapshot = *s.then
		return &before, &after
	}
	at := s.history.Clock(s.sample.At) // what was told last: of the time since then nothing is known yet
	moment, _ := s.history.At(at.Add(-client.SliceLength))
	before.snapshot, after.minute = momentOf(s.history, at.Add(-compareWith)), moment.Minute
	return &before, &after
}

// comparedFigures are the figures, the most important first.
func comparedFigures() []compared {
	number := func(v float64) string { return human.Count(int64(v)) }
	short := func(v float64) string { return human.ShortCount(int64(v)) }
	duration := func(v float64) string { return human.Short(time.Duration(v * float64(time.Second))) }
	seconds := func(d client.Opt[time.Duration]) client.Opt[float64] {
		return client.Opt[float64]{Value: d.Value.Seconds(), Known: d.Known}
	}
	count := func(n client.Opt[int64]) client.Opt[float64] {
		return client.Opt[float64]{Value: float64(n.Value), Known: n.Known}
	}
	return []compared{
		{label: "waiting", text: number, most: true, value: func(s *state) client.Opt[float64] {
			return client.Opt[float64]{Value: float64(s.sample.Waiting.Value), Known: s.sample.Waiting.Known}
		}},
		{label: "oldest", text: duration, value: func(s *state) client.Opt[float64] {
			if s.sample.Waiting == client.Some(0) { // nobody is
				return client.Opt[float64]{}
			}
			return seconds(s.detail().OldestWait)
		}},
		{label: "p95 of 1 min", text: duration, value: func(s *state) client.Opt[float64] {
			if m := s.detail().Measured; m != nil {
				return seconds(m.P95)
			}
			return client.Opt[float64]{}
		}},
		{label: "last wait", text: duration, value: func(s *state) client.Opt[float64] {
			if s.sample.Detail == nil {
				return seconds(s.derived.RecentWait)
			}
			return client.Opt[float64]{}
		}},
		{label: "verdict", words: func(s *state) string { return s.verdict.Level.String() }},
		{label: "waits for", words: func(s *state) string {
			if b := s.detail().Binds; b != nil && s.sample.Waiting.Value > 0 {
				return bindWord(b.Kind)
			}
			return s.theme.dash
		}},
		{label: "arrived", text: number, value: func(s *state) client.Opt[float64] {
			if told := s.detail().ArrivalsPerMinute; told.Known { // as it is told above
				return client.Some(float64(told.Value))
			}
			return count(s.minute.Arrivals)
		}},
		{label: "calls began", text: number, value: func(s *state) client.Opt[float64] { return count(s.minute.Starts) }},
		{label: "succeeded", text: number, value: func(s *state) client.Opt[float64] { return count(s.minute.Successful) }},
		{label: "failed", text: number, value: func(s *state) client.Opt[float64] { return count(s.minute.Failed) }},
		{label: "429", text: number, value: func(s *state) client.Opt[float64] { return count(s.minute.RateLimited) }},
		{label: "input tokens", text: short, value: func(s *state) client.Opt[float64] { return count(s.minute.InputTokens) }},
		{label: "output tokens", text: short, value: func(s *state) client.Opt[float64] { return count(s.minute.OutputTokens) }},
	}
}

// bindWord is what holds up requests in a word or two.
func bindWord(kind string) string {
	switch kind {
	case queue.BlockedBySpacing:
		return "spacing"
	case queue.BlockedByPause:
		return "a pause"
	case queue.BlockedBySlots:
		return "a slot"
	case queue.BlockedByOverload:
		return "overload"
	case queue.BlockedByNetwork:
		return "network"
	case queue.BlockedByExploring, queue.BlockedByRate:
		return "a limit"
	case queue.BlockedByCaution:
		return "caution"
	default:
		return limitLabel(kind)
	}
}

// compareTable is the figures in w cells and h rows, with what has changed where there is room.
// Where not all of them fit it says how many are left out.
func (s *state) compareTable(then, now *state, heads [2]string, w, h int) []string {
	t := s.theme
	const label = 14
	columns := 3
	if label+columns*10 > w-1 {
		columns = 2
	}
	each := min((w-1-label)/columns, 15)
	row := func(texts ...string) (line string) {
		for _, text := range texts[:columns] {
			line += t.fitRight(t.cut(text, each-1), each)
		}
		return line
	}
	lines := []string{" " + t.muted.Render(t.fit("", label)+row(heads[0], heads[1], "change"))}
	for _, f := range comparedFigures() {
		texts := [3]string{}
		if f.words != nil {
			texts[0], texts[1] = f.words(then), f.words(now)
			if texts[0] == t.dash && texts[1] == t.dash {
				continue
			}
		} else {
			a, b := f.value(then), f.value(now)
			if !a.Known && !b.Known {
				continue
			}
			texts[0], texts[1] = orDash(t, a, f.text), orDash(t, b, f.text)
			for i, of := range []*state{then, now} {
				if f.most && of.past && texts[i] != t.dash {
					texts[i] = "most " + texts[i]
				}
			}
			switch {
			case !a.Known || !b.Known || a.Value == b.Value:
			case b.Value > a.Value:
				texts[2] = "+" + f.text(b.Value-a.Value)
			default:
				texts[2] = t.minus + f.text(a.Value-b.Value)
			}
		}
		lines = append(lines, " "+t.muted.Render(t.fit(f.label, label))+t.text.Render(row(texts[:]...)))
	}
	if more := len(lines) - h; more > 0 && h > 1 {
		lines = append(lines[:h-1], " "+t.muted.Render(t.cut(human.Count(more+1)+" more in a taller window", w-1)))
	}
	return lines
}

// compareUsers is who waited longest at both moments, side by side in w cells.
func (s *state) compareUsers(then, now *state, heads [2]string, w int) []string {
	t := s.theme
	each := (w - 2) / 2
	lines := []string{t.muted.Render(t.fit("waited longest, "+heads[0], each) + "  " + t.fit(heads[1], each))}
	a, b := then.longestWaiters(), now.longestWaiters()
	cell := func(users []client.User, i int) string {
		if i >= len(users) {
			return spaces(each)
		}
		waited := human.Short(max(users[i].Oldest.Value, users[i].LastWait.Value))
		return t.text.Render(t.fit(clean(users[i].Name.String()), each-8) + t.fitRight(waited, 7) + " ")
	}
	for i := range min(max(len(a), len(b)), 10) {
		lines = append(lines, cell(a, i)+"  "+cell(b, i))
	}
	if len(a)+len(b) == 0 {
		words := "nobody waits, and nobody did"
		if then.sample.Waiting.Value+now.sample.Waiting.Value > 0 {
			words = "who waited is not known"
		}
		lines = append(lines, t.muted.Render(words))
	}
	return lines
}

// longestWaiters returns who waited longest at a moment in the past, also until they started;
// else who waits longest, without the wait before that.
func (s *state) longestWaiters() []client.User {
	if s.past {
		return s.detail().Users
	}
	users := waitedLongest(s.detail().Users)
	for i := range users {
		users[i].LastWait = client.Opt[time.Duration]{}
	}
	return users
}
