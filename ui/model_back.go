package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
	"paceline/queue"
	"paceline/queue/human"
)

// backLimit is how far one can go back: so long a server remembers.
const backLimit = 24 * time.Hour

// freeze holds the overview as it is, or lets it go on. Polls and history go on all
// the time. To be frozen is to stand in time at now: from there one goes back.
func (m *Model) freeze() {
	if m.frozen != nil {
		m.goLive()
		return
	}
	s := m.snapshot()
	s.cursor = s.end
	moment, _ := m.history.At(s.end)
	s.minute = moment.Minute
	m.hold(s)
}

// hold shows a moment until something else is to be shown.
func (m *Model) hold(s snapshot) {
	then := momentOf(m.history, s.cursor.Add(-compareWith))
	s.then = &then
	s.events, s.troubles = slices.Clone(s.events), slices.Clone(s.troubles) // the book goes on
	s.kept, s.keptWaits = map[plotKey][]client.Column{}, map[waitKey][]client.WaitColumn{}
	m.frozen = &s
	m.keys.frozen(true)
	m.nameViews()
}

// goLive shows what is now.
func (m *Model) goLive() {
	m.frozen = nil
	m.keys.frozen(false)
	m.nameViews()
}

// ofNow is added to the name of a view that shows what is now, while the others show the past.
const ofNow = " (now)"

// nameViews says of the keys of which views they show what is now, beside a moment in the past.
func (m *Model) nameViews() {
	for i, v := range m.views {
		_, follows := v.view.(follower)
		help := m.keys.Open[i].Help()
		what := strings.TrimSuffix(help.Desc, ofNow)
		if m.frozen != nil && m.frozen.past && !follows && v.view != m.home {
			what += ofNow
		}
		m.keys.Open[i].SetHelp(help.Key, what)
	}
}

// isFrozen reports whether what is on the screen is not now: the overview, and back in time
// the views that follow it.
func (m *Model) isFrozen() bool {
	_, follows := m.current.(follower)
	return m.frozen != nil && (m.current == m.home || follows && m.frozen.past)
}

// snapshot returns what the view that is open shows.
func (m *Model) snapshot() snapshot {
	if m.isFrozen() {
		return *m.frozen
	}
	return m.liveSnapshot()
}

// liveSnapshot returns what is live, as of now.
func (m *Model) liveSnapshot() snapshot {
	s := m.live
	s.at, s.end, s.troubles = m.now, m.history.Clock(m.now), m.book.troubles
	s.groups = m.book.grouped()
	s.kept, s.keptWaits = map[plotKey][]client.Column{}, map[waitKey][]client.WaitColumn{}
	return s
}

// pressBack takes a key that goes through the time.
func (m *Model) pressBack(msg tea.KeyPressMsg) tea.Cmd {
	switch k := &m.keys; {
	case matches(msg, k.Live):
		m.goLive()
	case matches(msg, k.Earlier):
		return m.step(-1)
	case matches(msg, k.Later):
		return m.step(+1)
	case matches(msg, k.MuchEarlier):
		return m.step(-10)
	case matches(msg, k.MuchLater):
		return m.step(+10)
	case matches(msg, k.Before):
		return m.toIncident(-1)
	case matches(msg, k.After):
		return m.toIncident(+1)
	}
	return nil
}

// compare sets the moment that is shown beside the one of ten minutes before, or shows the
// lists again.
func (m *Model) compare() tea.Cmd {
	m.comparing = !m.comparing
	m.keys.compared(m.comparing)
	if !m.comparing {
		return nil
	}
	return m.askMoment(m.momentAt().Add(-compareWith), m.snapshot().at)
}

// momentAt is the time of the moment that is shown, by the history's clock.
func (m *Model) momentAt() time.Time {
	if s := m.snapshot(); !s.cursor.IsZero() {
		return s.cursor
	}
	return m.history.Clock(m.now)
}

// backStep is how far a step goes: about a column of the plots.
func (m *Model) backStep() time.Duration { return max(m.window/60, client.SliceLength) }

// step goes some steps through the time; past now it is live again.
func (m *Model) step(n int) tea.Cmd {
	to, newest := m.momentAt().Add(time.Duration(n)*m.backStep()), m.history.Clock(m.now).Add(-m.backStep())
	if to.After(newest) {
		if n > 0 {
			m.goLive()
			return nil
		}
		to = newest
	}
	return m.goTo(to)
}

// goTo shows a moment in the past, by the history's clock, and asks for what was not told of
// it yet.
func (m *Model) goTo(at time.Time) tea.Cmd {
	now, plotsEnd := m.history.Clock(m.now), m.now
	if oldest := now.Add(-backLimit); at.Before(oldest) {
		at = oldest
	}
	at = at.Truncate(client.SliceLength)
	if m.frozen != nil {
		plotsEnd = m.frozen.at
	}
	if end := m.history.Clock(plotsEnd); at.After(end) || at.Before(end.Add(-m.window*9/10)) {
		plotsEnd = m.now.Add(min(at.Add(m.window/2).Sub(now), 0))
	}
	m.hold(m.past(at, plotsEnd))
	return m.askMoment(at, plotsEnd)
}

// goToEvent shows the moment of an event: of an incident, its worst.
func (m *Model) goToEvent(at time.Time, kind queue.Kind) tea.Cmd {
	if !isIncident(kind) {
		return m.goTo(at)
	}
	for _, i := range m.history.Incidents() {
		if goesOn(kind) && i.Since.Equal(at) || !goesOn(kind) && i.Until.Equal(at) {
			return m.goTo(i.Peak)
		}
	}
	return m.goTo(at)
}

// past is what is known of a moment, in plots that end at a time of this process's clock.
func (m *Model) past(at, plotsEnd time.Time) snapshot {
	s := momentOf(m.history, at)
	s.at, s.end = plotsEnd, m.history.Clock(plotsEnd)
	known := m.book.all()
	s.events = last(known[:firstAt(known, s.until)], 256)
	s.troubles = m.book.troubles[:firstAt(m.book.troubles, s.until)]
	s.groups = groupTroubles(s.troubles)
	s.over, s.going = incidentEvents(m.history.IncidentsUntil(s.until), s.verdict.Level, m.options.Zone)
	for _, i := range m.history.Incidents() {
		if !at.Before(i.Since) && at.Before(i.Until) {
			s.incident = &i
		}
	}
	return s
}

// momentOf is what is known of a moment, without what happened until then.
func momentOf(h *client.History, at time.Time) snapshot {
	moment, ok := h.At(at)
	s := snapshot{
		at: at, cursor: at, until: moment.Until, past: true, known: ok,
		sample: moment.Sample, derived: moment.Derived, verdict: moment.Verdict, minute: moment.Minute,
	}
	if !ok {
		s.until = at.Add(client.SliceLength)
	}
	s.sample.At, s.sample.Timestamp = at, client.Some(at)
	return s
}

// toIncident goes to the worst moment of the next incident, earlier or later.
func (m *Model) toIncident(step int) tea.Cmd {
	from, all, live := m.momentAt(), m.history.Incidents(), m.frozen == nil
	if step < 0 {
		slices.Reverse(all)
	}
	to := slices.IndexFunc(all, func(i client.Incident) bool {
		return step*i.Peak.Compare(from) > 0
	})
	if to >= 0 {
		cmd := m.goTo(all[to].Peak)
		if words := "this incident goes on; once more: the one before"; step < 0 && live && all[to].Open {
			return tea.Batch(cmd, m.notify(words, false))
		}
		return cmd
	}
	if step > 0 {
		return m.notify("no later incident", false)
	}
	if e := m.book.ask(m.history.EndpointTime(m.now)); e.call != nil {
		m.seeking = true
		return tea.Batch(m.apply(e), m.notify("asking for the day"+m.theme.ellipsis, false))
	}
	if m.seeking {
		return nil // the day is on its way
	}
	return m.notify("no earlier incident is known", false)
}

// takeDay takes what the endpoint tells of a day, and goes to the incident that was looked for.
func (m *Model) takeDay(msg dayMsg) tea.Cmd {
	for _, half := range msg.halves {
		m.history.AddPast(half)
	}
	m.renewPast()
	if !m.seeking {
		return nil
	}
	m.seeking = false
	if msg.failure != nil {
		return m.notify("the day before is not known: "+failureText(msg.failure), true)
	}
	return m.toIncident(-1)
}

// renewPast lets incidents be looked for anew, and shows the moment in the past anew, with what
// has become known of it.
func (m *Model) renewPast() {
	m.overOf = time.Time{}
	if m.frozen != nil && m.frozen.past {
		m.hold(m.past(m.frozen.cursor, m.frozen.at))
	}
}

// pastBlock is the stretch of time that is asked for at once.
const pastBlock = 5 * time.Minute

// blockKey names a stretch of the past that was asked for: in the hour after it the endpoint
// tells it in short slices, which the history forgets, and then by the minute.
type blockKey struct {
	began    int64
	byMinute bool
}

// askMoment asks what was at a moment, unless that was told: polls do not tell who waited
// longest and what the lanes were like, and nothing of the time before the monitor began.
func (m *Model) askMoment(at, plotsEnd time.Time) tea.Cmd {
	if !m.book.canAsk() || m.live.sample.Detail == nil {
		return nil
	}
	now := m.history.Clock(m.now)
	from, to := at.Add(-time.Minute), at
	if at.Before(now.Add(-time.Hour + pastBlock)) { // the plots do not have it, either
		to = m.history.Clock(plotsEnd)
		from = to.Add(-m.window - time.Minute)
	}
	first, until := time.Time{}, time.Time{}
	for block := from.Truncate(pastBlock); !block.After(to); block = block.Add(pastBlock) {
		key := blockKey{block.Unix(), block.Before(now.Add(-time.Hour))}
		if m.askedPast[key] {
			continue
		}
		if first.IsZero() {
			first = block
		}
		if until = block.Add(pastBlock); until.Before(now.Add(-3 * client.SliceLength)) { // else it is not over
			m.askedPast[key] = true
		} else {
			m.askAgain = m.now.Add(client.SliceLength + time.Second)
		}
	}
	if first.IsZero() {
		return nil
	}
	return m.askHistory(first, until)
}

// askMomentAgain asks again who waited at the moment that is shown, if its slice was not over
// when that was asked.
func (m *Model) askMomentAgain() tea.Cmd {
	if !m.isFrozen() || !m.frozen.past || m.askAgain.IsZero() || m.now.Before(m.askAgain) {
		return nil
	}
	m.askAgain = time.Time{}
	if d := m.frozen.sample.Detail; d == nil || len(d.Users) > 0 || m.frozen.sample.Waiting.Value == 0 {
		return nil
	}
	return m.goTo(m.frozen.cursor)
}

// momentWords says when the moment is that is shown.
func (m *Model) momentWords(s *snapshot) string {
	return human.Clock(s.cursor.In(m.options.Zone), m.history.Clock(m.now).In(m.options.Zone))
}

// pastLine is the verdict of a moment in the past.
func (m *Model) pastLine() headline {
	s := m.frozen
	if !s.known {
		h := headline{severity: m.theme.connecting(), message: fmt.Sprintf("nothing is known of %s", m.momentWords(s))}
		h.word = "unknown"
		return h
	}
	h := m.verdictLine(*s)
	h.advice, h.isPast = nil, true
	h.message, _ = client.CutFigures(h.message) // its figures are of another time of the slice than those beside it
	return h
}
