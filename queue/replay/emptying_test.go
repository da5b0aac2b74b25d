package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/sim"
)

// toldLine is what a report told of when all who wait will have started, and when they had.
type toldLine struct {
	at          time.Duration
	early, late time.Duration // after it
	truth       time.Duration // if nobody comes from then on
}

// readsReports is the pace of our queue, of which somebody reads a report now and then. From
// a time on nobody comes any more.
type readsReports struct {
	*queued
	lines  []toldLine
	next   time.Duration
	cut    time.Duration    // from then on nobody comes; zero: all come
	before map[*Message]int // attempts of those that waited then, until they start
	truth  time.Duration    // when the last of them has started
}

func (p *readsReports) ask(s *simulation, m *Message) {
	if p.cut == 0 || s.now <= p.cut {
		p.queued.ask(s, m)
	}
}

func (p *readsReports) afterEvents(s *simulation) {
	p.queued.afterEvents(s)
	switch {
	case p.before != nil:
		for m, attempts := range p.before {
			if m.attempts > attempts {
				p.truth = s.now - p.cut
				delete(p.before, m)
			}
		}
	case p.cut > 0 && s.now >= p.cut:
		p.before = map[*Message]int{}
		waiting := p.machine.Waiting(s.clock())
		for t, m := range p.messages {
			if slices.ContainsFunc(waiting, func(w queue.WaitingRequest) bool { return w.ID == t.ID() }) {
				p.before[m] = m.attempts
			}
		}
	case p.cut == 0 && s.now >= max(p.next, WarmUp):
		p.next = s.now + 2*time.Second + (s.now-WarmUp)/100
		p.readReport(s)
	}
}

// readReport notes what is told of a line of three or more.
func (p *readsReports) readReport(s *simulation) {
	r := p.machine.Report(s.clock())
	if d := r.Detail; d.EmptyLateMs != nil && r.Metrics.CurrentQueueLength > 2 {
		of := func(ms *int64) time.Duration { return time.Duration(*ms) * time.Millisecond }
		p.lines = append(p.lines, toldLine{at: s.now, early: of(d.EmptyEarlyMs), late: of(d.EmptyLateMs)})
	}
}

// run runs a load until all who came before the cut are done.
func (p *readsReports) run(tb testing.TB, l *Load, c *promiseCase) {
	_, err := Run(tb.Context(), l, Pace{warm: c.warm, newPacer: func(l *Load) (pacer, error) {
		var err error
		p.queued, err = newQueued(c.settings(), l.Seed)
		return p, err
	}})
	if err != nil {
		tb.Fatal(err)
	}
}

// toldLines returns what was told of the line of a load at so many moments at most, and what
// would have been true if nobody had come from then on.
func (c *promiseCase) toldLines(tb testing.TB, l *Load, moments int) (told []toldLine) {
	var all readsReports
	all.run(tb, l, c)
	n := min(moments, len(all.lines))
	for i := range n {
		line := all.lines[(2*i+1)*len(all.lines)/(2*n)]
		until := readsReports{cut: line.at}
		until.run(tb, l, c)
		line.truth = until.truth
		told = append(told, line)
	}
	return told
}

// emptyings is how good was what was told of lines.
type emptyings struct{ told, early, late, narrow int }

func (e *emptyings) note(l *toldLine) {
	e.told++
	switch {
	case l.truth < l.early-exact:
		e.early++
	case l.truth > l.late+exact:
		e.late++
	}
	if l.late-l.early <= max(l.truth*3/10, 2*time.Second) {
		e.narrow++
	}
}

func (e *emptyings) add(more emptyings) {
	e.told, e.early, e.late, e.narrow = e.told+more.told, e.early+more.early, e.late+more.late, e.narrow+more.narrow
}

// inside is the share of the lines that were empty in their intervals.
func (e *emptyings) inside() float64 { return 1 - float64(e.early+e.late)/float64(max(e.told, 1)) }

// isNarrow is the share of intervals that are no wider than 30% of the time, or 2 s.
func (e *emptyings) isNarrow() float64 { return float64(e.narrow) / float64(max(e.told, 1)) }

func (e *emptyings) String() string {
	return fmt.Sprintf("%d lines: %.1f%% are empty in the interval that was told, %d before, %d after; %.0f%% of these are narrow", e.told, 100*e.inside(), e.early, e.late, 100*e.isNarrow())
}

// linesOf are loads of one kind.
type linesOf struct {
	kind    string
	loads   []Load
	moments int     // of each load
	least   float64 // the share of lines that are empty in their intervals, at least
}

// lineLoads are loads where lines are hard to foresee: of several priorities, beside others
// on the account, with requests that cost different amounts; and all that there are but a day that takes long to run.
func lineLoads() []linesOf {
	perMinute := func(n int) sim.Limits { return sim.Limits{RequestsPerMinute: n} }
	tokens := sim.Limits{RequestsPerMinute: 100, InputTokensPerMinute: 60_000, OutputTokensPerMinute: 20_000}
	beside := func(l sim.Limits, others ...sim.OtherTraffic) sim.AccountSettings {
		a := AccountWith(l)
		a.Others = others
		return a
	}
	others := func(perMinute float64, input, output int) sim.OtherTraffic {
		return sim.OtherTraffic{Model: sonnet, PerMinute: perMinute, InputTokens: input, OutputTokens: output}
	}
	var comeAndGo []sim.OtherTraffic
	for i := range 8 {
		o := others(60, 200, 40)
		o.At, o.Length = WarmUp+time.Duration(i)*80*time.Second, 40*time.Second
		comeAndGo = append(comeAndGo, o)
	}
	const length = 8 * time.Minute
	short := func(users int, perMinute float64) func() []*Message { return steady(users, 0, length, perMinute) }
	long := func(perMinute float64, k messageKind) func() []*Message {
		return func() []*Message { return arrivals(20, 0, length, k, func(time.Duration) float64 { return perMinute }) }
	}
	prompts, answers := withTokens(300, 6000, 30, 200), withTokens(200, 400, 100, 1500)
	return []linesOf{
		{"priorities", []Load{
			{Name: "80 a minute of 60", Users: 12, Account: AccountWith(perMinute(60)), Messages: ofAllPriorities(short(12, 80))},
			{Name: "150 a minute of 120", Users: 40, Account: AccountWith(perMinute(120)), Messages: ofAllPriorities(short(40, 150))},
			{Name: "prompts of 300 to 6000 tokens", Users: 20, Account: AccountWith(tokens), Messages: ofAllPriorities(long(40, prompts))},
			{Name: "answers of 100 to 1500 tokens", Users: 20, Account: AccountWith(tokens), Messages: ofAllPriorities(long(35, answers))},
		}, 12, 0.9},
		{"others on the account", []Load{
			{Name: "20 of 60 a minute", Users: 20, Account: beside(perMinute(60), others(20, 200, 40)), Messages: short(20, 65)},
			{Name: "40 of 80 a minute", Users: 20, Account: beside(perMinute(80), others(40, 200, 40)), Messages: short(20, 85)},
			{Name: "90 of 120 a minute", Users: 20, Account: beside(perMinute(120), others(90, 200, 40)), Messages: short(20, 120)},
			{Name: "a third of the tokens", Users: 20, Account: beside(tokens, others(10, 2000, 300)), Messages: long(35, prompts)},
			{Name: "and priorities", Users: 20, Account: beside(perMinute(80), others(25, 200, 40)), Messages: ofAllPriorities(short(20, 80))},
			{Name: "that come and go", Users: 20, Account: beside(perMinute(80), comeAndGo...), Messages: ofAllPriorities(short(20, 70))},
			{Name: "and 40 low at once", Users: 40, Account: beside(perMinute(100), others(40, 200, 40)), Messages: besideLow(40, ofAllPriorities(short(40, 90)))},
		}, 8, 0.85},
		{"mixed costs", []Load{
			{Name: "25 users, 8 prompts each", Users: 25, Account: AccountWith(tokens), Messages: allAtOnce(25, 8, withTokens(300, 6000, 30, 400))},
			{Name: "20 users, 8 answers each", Users: 20, Account: AccountWith(tokens), Messages: allAtOnce(20, 8, answers)},
			{Name: "24 prompts a minute", Users: 20, Account: AccountWith(tokens), Messages: long(24, withTokens(300, 6000, 30, 400))},
		}, 12, 0.75},
		{"unseen loads", unseenLoads(), 3, 0.8},
		{"the loads of the comparison", slices.DeleteFunc(Loads(), func(l Load) bool { return strings.HasPrefix(l.Name, "a day of") }), 2, 0.85},
	}
}

// emptyingsOf returns how good was what was told in loads of a kind. Where it is verbose, the log
// has each.
func (c *promiseCase) emptyingsOf(t *testing.T, of linesOf) (all emptyings) {
	for _, l := range of.loads {
		ofLoad, words := emptyings{}, ""
		for _, line := range c.toldLines(t, &l, of.moments) {
			ofLoad.note(&line)
			words += fmt.Sprintf(" %.1f in %.1f-%.1f", line.truth.Seconds(), line.early.Seconds(), line.late.Seconds())
		}
		if testing.Verbose() {
			t.Logf("%s, %s / %s: %v:%s", c.pace, of.kind, l.Name, &ofLoad, words)
		}
		all.add(ofLoad)
	}
	t.Logf("%s, %s: %v", c.pace, of.kind, &all)
	return all
}

// About nine in ten lines are empty in the interval that was told, if nobody comes from then
// on: also with several priorities, and more than eight in ten beside others on the account.
// More than half of the intervals are narrow.
func TestLinesAreEmptyInTheirIntervals(t *testing.T) {
	if raceEnabled {
		t.Skip("it has one goroutine, and ten times as much to do under the race detector")
	}
	for _, c := range []promiseCase{spacedPromises, coldPromises, warmPromises} {
		var all emptyings
		for _, of := range lineLoads() {
			got := c.emptyingsOf(t, of)
			if got.inside() < of.least {
				t.Errorf("%s, %s: %.1f%% are empty in their intervals, want %.0f", c.pace, of.kind, 100*got.inside(), 100*of.least)
			}
			all.add(got)
		}
		t.Logf("%s: %v", c.pace, &all)
		if inside := all.inside(); inside < 0.85 || inside > c.most {
			t.Errorf("%s: %.1f%% of the lines are empty in their intervals, want 85 to %.0f", c.pace, 100*inside, 100*c.most)
		}
		if narrow := all.isNarrow(); narrow < 0.5 {
			t.Errorf("%s: %.1f%% of the intervals are narrow, want 50", c.pace, 100*narrow)
		}
	}
}
