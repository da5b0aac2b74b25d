package queue

import (
	"fmt"
	"time"
)

const (
	pauseBase  = time.Second // of a 429 without a time: 1 s, 2 s, 4 s
	pauseMost  = time.Minute
	pauseLimit = 8 * 24 * time.Hour // no answer pauses a lane for longer, but for a spend cap
	spendLimit = 32 * 24 * time.Hour
	pauseShort = 5 * time.Minute  // one that is longer is probed from its middle on; no try of a breaker waits longer
	probeEvery = time.Minute      // then after 1, 2, 4 … minutes
	pauseRow   = 10 * time.Minute // after its end a pause still counts for the next one's length
)

// pause is the time in which a lane starts nothing, because the API said so. The zero
// pause is none.
//
// A wrong header must not lock everybody out: from the middle of a long pause on one
// request may start as a probe, and then another one after 1, 2, 4 … minutes.
type pause struct {
	until  time.Duration // zero or past: not paused
	began  time.Duration // the last one
	row    int           // pauses in a row that the API gave no time for
	words  string
	probe  time.Duration // when the next probe may start; never while one runs, or if none may
	probes int           // that have started
	final  bool          // it is never probed
	shed   time.Duration // the end for which those that cannot start in time were failed
}

func (p *pause) on(now time.Duration) bool { return p.until > now }

// matters reports whether it is still to be remembered.
func (p *pause) matters(now time.Duration) bool {
	return p.on(now) || p.row > 0 && now-p.until < pauseRow
}

// opens returns when the next start may happen: at the end, or as a probe.
func (p *pause) opens() time.Duration {
	if p.until == 0 {
		return 0
	}
	return min(p.until, p.probe)
}

// begin pauses until a time, if that is later than the present end, and reports
// whether it is.
func (p *pause) begin(now, until time.Duration, words string, final bool) bool {
	if until <= p.until {
		return false
	}
	if !p.on(now) {
		p.probes = 0
	}
	p.until, p.began, p.words, p.final = until, now, words, final
	p.plan(now)
	return true
}

// plan says when the next probe may start.
func (p *pause) plan(now time.Duration) {
	switch {
	case p.final, p.until-now <= pauseShort && p.probes == 0:
		p.probe = never
	case p.probes == 0:
		p.probe = now + (p.until-now)/2
	default:
		p.probe = now + probeEvery<<min(p.probes-1, 10)
	}
}

// planProbe says when the next probe may start, if the one that has ended was t.
func (l *lane) planProbe(t *Ticket, now time.Duration) {
	if t.probe && l.pause.on(now) {
		l.pause.plan(now)
	}
}

// end ends the pause.
func (p *pause) end(now time.Duration) {
	p.until, p.words, p.row, p.probes, p.probe, p.shed = min(p.until, now), "", 0, 0, never, 0
}

// hold pauses l until a time. The caller sheds afterwards.
func (m *Machine) hold(l *lane, until time.Duration, e *Error) {
	if l.pause.begin(m.now, until, brief(e), e.Class == SpendCap) {
		m.emit(Event{Kind: KindPaused, Lane: l.name, Millis: (until - m.now).Milliseconds(), Error: l.pause.words, Class: e.Class.String()})
	}
}

// Resume ends the pause of a lane; that of a spend cap ends for all lanes of its
// account. By says who asked, for the events. It reports whether the lane was paused.
func (m *Machine) Resume(now time.Time, lane, by string) bool {
	m.settle(now)
	if lane == "" {
		lane = DefaultLane
	}
	l := m.lanes[m.laneName(lane)]
	if l == nil || !l.pause.on(m.now) {
		return false
	}
	account, _ := CutLane(l.name)
	delete(m.spent, account)
	capped := l.pause.final
	m.resume(l, by)
	for _, other := range m.lanes {
		if a, _ := CutLane(other.name); capped && a == account && other.pause.final && other.pause.on(m.now) {
			m.resume(other, by)
		}
	}
	return true
}

// resume ends the pause of l. By is who asked for it, empty for an answer of the API.
func (m *Machine) resume(l *lane, by string) {
	l.pause.end(m.now)
	l.limits.Resume(m.now)
	l.limits.ComeBack() // whether it is over, the first ones tell
	m.emit(Event{Kind: KindResumed, Lane: l.name, By: by})
	m.reckon(l)
}

// spend pauses all lanes of an account whose spend cap is reached, and those to come.
func (m *Machine) spend(l *lane, e *Error) {
	if e.RetryAfter <= 0 {
		return
	}
	account, _ := CutLane(l.name)
	until := m.now + min(e.RetryAfter, spendLimit)
	if len(m.spent) >= maxMemories {
		clear(m.spent)
	}
	m.spent[account] = spentCap{until, e}
	for _, other := range m.lanes {
		if a, _ := CutLane(other.name); a == account {
			m.hold(other, until, e)
			m.shed(other)
			m.reckon(other)
		}
	}
}

// spentCap is a spend cap that was reached.
type spentCap struct {
	until time.Duration
	err   *Error
}

// suspect is what a lane remembers of 429s that may concern single requests alone:
// the zero suspect is nothing.
type suspect struct {
	ticket  uint64        // the first one refused; zero: none
	since   time.Duration // then
	ofLane  bool          // another one was refused, too: it is the lane
	charged []*Ticket     // those whom it has cost an attempt, once for each
	success time.Duration // the latest start of a call that succeeded
	proved  time.Duration // until then every such 429 is the lane's: one that was refused so has succeeded since
}

// provedFor is how long it is remembered that such 429s are the lane's, and that the
// lane has been answered.
const provedFor = 10 * time.Minute

// lackingRow is how many pauses in a row, of 15 s together, without a success say that
// what the lane asks for is what the account lacks.
const lackingRow = 4

// concerns reports whether a 429 without a time and without limits is about t alone:
// until another request is refused in the same way before a success of a call that
// started after the first refusal. What it has cost of attempts is given back then.
// One that is refused again, although others have succeeded since, has itself to blame;
// and so has each of a lane in which nothing has succeeded, before and in row pauses.
func (p *suspect) concerns(t *Ticket, now time.Duration, row int) bool {
	switch {
	case now < p.proved:
		return false
	case row >= lackingRow && !p.answered(now):
		return true
	case t.suspected && p.success > t.doubted: // others have succeeded since it was refused before
		t.doubted = now
		return true
	case p.ofLane:
		t.suspected, t.doubted = true, now
		return false
	case p.ticket == 0:
		p.ticket, p.since = t.id, now
	case p.ticket != t.id:
		p.ofLane = true
		t.suspected, t.doubted = true, now
		for _, other := range p.charged {
			if other.waiting() && other.attempts > 0 {
				other.attempts--
			}
		}
		p.charged = nil
		return false
	}
	p.charged = append(p.charged, t)
	t.suspected, t.doubted = true, now
	return true
}

// answered reports whether something has succeeded of late.
func (p *suspect) answered(now time.Duration) bool {
	return p.success > 0 && now-p.success < provedFor
}

// matters reports whether it is still to be remembered.
func (p *suspect) matters(now time.Duration) bool {
	return p.ticket != 0 || now < p.proved || p.answered(now)
}

// succeeded notes that the API took in the call of t. What the account lacks it would
// still lack: a request that was refused and succeeds now has met a limit of the lane.
func (p *suspect) succeeded(t *Ticket, now time.Duration) {
	if t.suspected {
		t.suspected, p.proved = false, now+provedFor
	}
	p.success = max(p.success, t.started)
	if p.ticket != 0 && t.started > p.since {
		*p = suspect{proved: p.proved, success: p.success}
	}
}

// until says when a pause ends: with the day where it is not today, and how long that
// still is.
func (m *Machine) until(at time.Duration) string {
	end, now := m.at(at), m.at(m.now)
	layout := "15:04:05"
	if end.YearDay() != now.YearDay() || end.Year() != now.Year() {
		layout = "Mon 2 Jan 15:04:05"
	}
	return fmt.Sprintf("%s (in %s)", end.Format(layout), span(at-m.now))
}

// span writes a time to come for people.
func span(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d min", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
}
