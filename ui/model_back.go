package ui

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
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
	s.cursor = s.at
	m.hold(s)
}

// hold shows a moment until something else is to be shown.
func (m *Model) hold(s snapshot) {
	s.kept, s.keptWaits = map[plotKey][]client.Column{}, map[waitKey][]client.WaitColumn{}
	m.frozen = &s
	m.keys.frozen(true)
}

// goLive shows what is now.
func (m *Model) goLive() {
	m.frozen = nil
	m.keys.frozen(false)
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
	s := m.live
	s.at = m.now
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
	shown := m.snapshot()
	return m.askMoment(shown.momentAt().Add(-compareWith), shown.at)
}

// momentAt is the time of the moment that is shown, by this process's clock.
func (s *snapshot) momentAt() time.Time {
	if s.cursor.IsZero() {
		return s.at
	}
	return s.cursor
}

// backStep is how far a step goes: about a column of the plots.
func (m *Model) backStep() time.Duration { return max(m.window/60, 5*time.Second) }

// step goes some steps through the time; past now it is live again.
func (m *Model) step(n int) tea.Cmd {
	from := m.now
	if m.frozen != nil {
		from = m.frozen.cursor
	}
	to := from.Add(time.Duration(n) * m.backStep())
	if to.After(m.now.Add(-m.backStep())) {
		if n > 0 {
			m.goLive()
			return nil
		}
		to = m.now.Add(-m.backStep())
	}
	return m.goTo(to)
}

// goTo shows a moment in the past, in whole steps of the endpoint's clock, and asks for what
// was not told of it yet.
func (m *Model) goTo(at time.Time) tea.Cmd {
	if oldest := m.now.Add(-backLimit); at.Before(oldest) {
		at = oldest
	}
	theirs := m.history.EndpointTime(at)
	at = at.Add(theirs.Truncate(5 * time.Second).Sub(theirs))
	end := m.now
	if m.frozen != nil {
		end = m.frozen.at
	}
	if at.After(end) || at.Before(end.Add(-m.window*9/10)) {
		end = at.Add(m.window / 2)
		if end.After(m.now) {
			end = m.now
		}
	}
	m.hold(m.past(at, end))
	return m.askMoment(at, end)
}

// goToEvent shows the moment of an event, by the endpoint's clock: where an incident was over
// then, its worst.
func (m *Model) goToEvent(at time.Time) tea.Cmd {
	for _, i := range m.history.Incidents() {
		if i.Until.Equal(at) {
			at = i.Peak
			break
		}
	}
	return m.goTo(m.now.Add(at.Sub(m.history.EndpointTime(m.now))))
}

// past is what is known of a moment, in plots that end at a time.
func (m *Model) past(at, end time.Time) snapshot {
	s := momentOf(m.history, at)
	s.at = end
	theirs := m.history.EndpointTime(at)
	s.events = m.eventsUntil(theirs.Add(5 * time.Second))
	all := m.history.Incidents()
	s.over = incidentEvents(all, m.options.Zone)
	s.over = s.over[:firstAt(s.over, theirs.Add(5*time.Second))]
	for _, i := range all {
		if !theirs.Before(i.Since) && theirs.Before(i.Until) {
			s.incident = &i
		}
	}
	return s
}

// momentOf is what is known of a moment, without what happened until then.
func momentOf(h *client.History, at time.Time) snapshot {
	moment, ok := h.At(at)
	s := snapshot{
		at: at, cursor: at, past: true, known: ok,
		sample: moment.Sample, derived: moment.Derived, verdict: moment.Verdict, minute: moment.Minute,
	}
	s.sample.At, s.sample.Timestamp = at, client.Some(h.EndpointTime(at))
	return s
}

// eventsUntil returns the latest events before a time.
func (m *Model) eventsUntil(at time.Time) []client.Event {
	events := m.live.events
	if m.book.told {
		events = merged(m.book.troubles, m.book.routine)
	}
	return last(events[:firstAt(events, at)], 256)
}

// toIncident goes to the worst moment of the next incident, earlier or later.
func (m *Model) toIncident(step int) tea.Cmd {
	from := m.now
	if m.frozen != nil {
		from = m.frozen.cursor
	}
	theirs := m.history.EndpointTime(from)
	all := m.history.Incidents()
	to := slices.IndexFunc(all, func(i client.Incident) bool { return i.Peak.After(theirs) })
	if step < 0 {
		earlier := func(i client.Incident) bool { return i.Peak.Before(theirs) }
		to = -1
		for n, i := range slices.Backward(all) {
			if earlier(i) {
				to = n
				break
			}
		}
	}
	if to >= 0 {
		return m.goToEvent(all[to].Until)
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

// renewPast shows the moment in the past anew, with what has become known of it.
func (m *Model) renewPast() {
	if m.frozen != nil && m.frozen.past {
		m.hold(m.past(m.frozen.cursor, m.frozen.at))
	}
}

// pastBlock is the stretch of time that is asked for at once.
const pastBlock = 5 * time.Minute

// askMoment asks what was at a moment, unless that was told: polls do not tell who waited
// longest and what the lanes were like, and nothing of the time before the monitor began.
func (m *Model) askMoment(at, end time.Time) tea.Cmd {
	if m.options.Historian == nil || m.live.sample.Detail == nil {
		return nil
	}
	theirs, now := m.history.EndpointTime(at), m.history.EndpointTime(m.now)
	from, to := theirs.Add(-time.Minute), theirs
	if theirs.Before(now.Add(-time.Hour + pastBlock)) { // the plots do not have it, either
		from, to = m.history.EndpointTime(end).Add(-m.window-time.Minute), m.history.EndpointTime(end)
	}
	first, until := time.Time{}, time.Time{}
	for block := from.Truncate(pastBlock); !block.After(to); block = block.Add(pastBlock) {
		if m.asked5[block.Unix()] {
			continue
		}
		if first.IsZero() {
			first = block
		}
		if until = block.Add(pastBlock); until.Before(now.Add(-15 * time.Second)) { // else it is not over
			m.asked5[block.Unix()] = true
		}
	}
	if first.IsZero() {
		return nil
	}
	return m.askHistory(first, until)
}

// momentWords says when the moment is that is shown.
func (m *Model) momentWords(s *snapshot) string {
	return human.Clock(s.sample.Timestamp.Or(s.cursor).In(m.options.Zone), m.history.EndpointTime(m.now).In(m.options.Zone))
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
	return h
}
