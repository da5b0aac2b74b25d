package queue

import "time"

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
