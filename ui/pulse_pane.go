package ui

import (
	"slices"
	"strings"

	"paceline/client"
	"paceline/queue/human"
)

// pulsePane is the last minutes in one row: the waits, the line, the success, the 429s.
type pulsePane struct {
	line bool // how many wait has no plot
}

// beat is one part of the row: a spark between its label and its figure.
type beat struct {
	label  string
	spark  func(w int) string
	figure string
	sev    severity
}

// leastSpark is the least width of a spark that says something.
const leastSpark = 5

func (p pulsePane) view(s *state, w, h int) []string {
	s = s.untilCursor()
	t, indent := s.theme, indentOf(w)
	beats, tail := []beat{s.waitBeat()}, ""
	switch {
	case s.sample.Detail == nil:
		beats, tail = s.plainBeats(p.line), s.paceWords()
	case w < 100:
		beats = append(beats, s.lineBeat())
	default:
		beats, tail = append(beats, s.successBeat(), s.limitedBeat()), s.sample.FlowWords()
	}
	room := w - indent - 1
	fixed := func() (n int) {
		for _, b := range beats {
			n += width(b.label) + 1 + 1 + width(b.figure) + 3
		}
		return n + width(tail)
	}
	if fixed()+leastSpark*len(beats) > room {
		tail = ""
	}
	if len(beats) > 0 && fixed()+leastSpark*len(beats) > room {
		beats[0].figure = strings.TrimSuffix(strings.TrimPrefix(beats[0].figure, "last "), inAMinute)
	}
	if len(beats) == 0 {
		return t.block(w, h, []string{spaces(indent) + t.muted.Render(tail)})
	}
	each := min(max((room-fixed())/len(beats), leastSpark), 40)
	line := ""
	for i, b := range beats {
		if i > 0 {
			line += "   "
		}
		line += t.muted.Render(b.label) + " " + b.spark(each) + " " + b.sev.style.Render(b.figure)
	}
	if tail != "" {
		line = t.fit(line, room-width(tail)) + t.muted.Render(tail)
	}
	return t.block(w, h, []string{spaces(indent) + line})
}

// inAMinute is said of the longest wait of the last minute, while nobody waits.
const inAMinute = " in 1 min"

// plainBeats are those of an endpoint that tells counters only: what could be derived. Its
// rates stand among the counters.
func (s *state) plainBeats(line bool) (beats []beat) {
	if line {
		beats = append(beats, s.lineBeat())
	}
	wait, success := s.waitBeat(), s.successBeat()
	success.figure = ""
	if slices.ContainsFunc(s.waitPoints(60), isKnown) {
		beats = append(beats, wait)
	}
	if !line && slices.ContainsFunc(s.successColumns(60), isKnown) {
		beats = append(beats, success)
	}
	return beats
}

func isKnown(c client.Column) bool { return c.Known }

// paceWords say how many are done a minute, and when all who wait will have started.
func (s *state) paceWords() string {
	var words []string
	if n := s.derived.PerMinute; n.Known {
		words = append(words, human.Count(int64(n.Value+0.5))+" done a minute")
	}
	if empty := s.emptyWords(); empty != "" {
		words = append(words, empty)
	}
	return strings.Join(words, " "+s.theme.dot+" ")
}

// waitBeat is the waits: the longest of each column, and of now.
func (s *state) waitBeat() beat {
	longest, past := s.longestNow()
	b := beat{label: "wait", figure: orDash(s.theme, longest, human.Duration), sev: s.waitSeverity(longest, s.thresholds().CriticalUserWait)}
	if past && longest.Known && s.sample.Detail != nil {
		b.figure += inAMinute
	}
	if s.sample.Detail == nil {
		b.figure = "last " + b.figure
	}
	b.spark = func(w int) string { return s.theme.waitSpark(s.waitPoints(w), w) }
	return b
}

// lineBeat is how many wait.
func (s *state) lineBeat() beat {
	return beat{
		label: "line", figure: orDash(s.theme, s.sample.Waiting, human.Count[int]), sev: s.waitingSeverity(),
		spark: func(w int) string { return s.theme.spark(s.lineColumns(w), w) },
	}
}

// successBeat is how many of those that finished succeeded.
func (s *state) successBeat() beat {
	b := beat{label: "success", figure: s.successWords(), sev: s.rateSeverity(s.derived.RecentRate)}
	b.spark = func(w int) string { return s.theme.shareSpark(s.successColumns(w), w) }
	return b
}

// successColumns are the shares that succeeded of what finished in each column; where nothing
// did, and where the endpoint does not tell, as of late.
func (s *state) successColumns(n int) []client.Column {
	waits := s.waits(s.window, n)
	if waits == nil {
		return s.columns(client.MetricSuccess, n)
	}
	columns, before := make([]client.Column, len(waits)), client.Column{}
	for i, c := range waits {
		if finished := c.Successful + c.Failed; finished > 0 {
			before = client.Column{Value: float64(c.Successful) / float64(finished), Known: true}
		}
		columns[i] = before
		columns[i].Outage = c.Outage
	}
	return columns
}

// successWords are the rates of late and overall.
func (s *state) successWords() string {
	if s.past {
		return orDash(s.theme, s.derived.RecentRate, human.Share) + " in that minute"
	}
	return "recent " + s.recentWords() + ", overall " + s.overallRate()
}

// recentWords are the rate of late, and how many failures are not in it.
func (s *state) recentWords() string {
	rate, mistakes := s.derived.RecentRate, s.detail().RecentMistakes.Value
	switch {
	case mistakes == 0:
		return orDash(s.theme, rate, human.Share)
	case !rate.Known:
		return "0 of " + human.Count(mistakes)
	default:
		return human.Share(rate.Value) + " without " + human.Plural(mistakes, "mistake")
	}
}

// limitedBeat is how often the API has answered with 429, in the window of the plots.
func (s *state) limitedBeat() beat {
	total := int64(0)
	for _, c := range s.waits(s.window, 60) {
		total += c.Limited
	}
	b := beat{label: "429", figure: human.Count(total) + " in " + human.Exact(s.window), sev: severity{style: s.theme.text}}
	if s.past {
		b.figure = orDash(s.theme, s.minute.RateLimited, human.Count[int64]) + " in that minute"
	}
	b.spark = func(w int) string {
		var columns []client.Column
		for _, c := range s.waits(s.window, w) {
			columns = append(columns, client.Column{Value: float64(c.Limited), Known: true, Outage: c.Outage})
		}
		return s.theme.spark(columns, w)
	}
	return b
}
