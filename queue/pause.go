package queue

import "time"

const (
	pauseBase       = time.Second // of a 429 without a time: 1 s, 2 s, 4 s
	pauseMax        = time.Minute
	pauseLimit      = 8 * 24 * time.Hour // no answer pauses a lane for longer, but for a spend cap
	spendLimit      = 32 * 24 * time.Hour
	pauseShort      = 5 * time.Minute  // one that is longer is probed from its middle on; no try of a breaker waits longer
	probeEvery      = time.Minute      // then after 1, 2, 4 … minutes
	probeGuess      = 5 * time.Second  // one that the API gave no time for is probed after so long at least,
	guessParts      = 6                // and after such a part of it
	pauseStreakTime = 10 * time.Minute // after its end a pause still counts for the next one's length
)

// pause is the time in which a lane starts nothing, because the API said so. The zero
// pause is none.
//
// A wrong header must not lock everybody out: from the middle of a long pause on one
// request may start as a probe, and then another one after 1, 2, 4 … minutes. A pause that
// the API gave no time for is probed every 5 to 10 seconds, if it lasts longer than 5: it may
// be over at any time.
type pause struct {
	until     time.Duration // zero or past: not paused
	began     time.Duration // the last one
	streak    int           // pauses in a row that the API gave no time for
	reason    string
	guessed   bool          // the API gave no time
	nextProbe time.Duration // when the next probe may start; never while one runs, or if none may
	probes    int           // that have started
	final     bool          // it is never probed
	cap       Cap           // what it is for, if it is final
	undated   bool          // until is when to try, if it is final
	shed      time.Duration // the end of the pause when requests were last shed
}

func (p *pause) active(now time.Duration) bool { return p.until > now }

// kind returns what the pause is for.
func (p *pause) kind() Pause {
	switch {
	case p.final:
		return PauseSpendCap
	case p.guessed:
		return PauseBackOff
	default:
		return PauseByAPI
	}
}

// matters reports whether the pause still has to be remembered.
func (p *pause) matters(now time.Duration) bool {
	return p.active(now) || p.streak > 0 && now-p.until < pauseStreakTime
}

// opens returns when the next start may happen: at the end, or as a probe.
func (p *pause) opens() time.Duration {
	if p.until == 0 {
		return 0
	}
	return min(p.until, p.nextProbe)
}

// begin pauses until a time for a failure, if that is later than the present end, and
// reports whether it is.
func (p *pause) begin(now, until time.Duration, words string, e *Error, guessed bool) bool {
	if until <= p.until {
		return false
	}
	if !p.active(now) {
		p.probes = 0
	}
	p.until, p.began, p.reason, p.guessed = until, now, words, guessed
	p.final, p.cap, p.undated = e.Class == SpendCap, e.Cap, e.Undated
	p.scheduleProbe(now)
	return true
}

// scheduleProbe says when the next probe may start.
func (p *pause) scheduleProbe(now time.Duration) {
	switch {
	case p.guessed && p.until-now > probeGuess:
		p.nextProbe = now + max(probeGuess, (p.until-now)/guessParts)
	case p.final, p.until-now <= pauseShort && p.probes == 0:
		p.nextProbe = never
	case p.probes == 0:
		p.nextProbe = now + (p.until-now)/2
	default:
		p.nextProbe = now + probeEvery<<min(p.probes-1, 10)
	}
}

// scheduleProbe says when the next probe may start, if the one that has ended was t.
func (l *lane) scheduleProbe(t *Ticket, now time.Duration) {
	if t.probe && l.pause.active(now) {
		l.pause.scheduleProbe(now)
	}
}

// end ends the pause.
func (p *pause) end(now time.Duration) {
	p.until, p.reason, p.streak, p.probes, p.nextProbe, p.shed = min(p.until, now), "", 0, 0, never, 0
}

// pauseLane pauses l until a time. The caller sheds afterwards.
func (m *Machine) pauseLane(l *lane, until time.Duration, e *Error) {
	if l.pause.begin(m.now, until, errorText(e), e, e.Class == RateLimited && e.RetryAfter <= 0) {
		m.timeline.notePause(m.now, until)
		m.emit(&Event{Kind: KindPaused, Lane: l.name, Millis: (until - m.now).Milliseconds(), OwnPause: l.pause.guessed, Error: l.pause.reason, Class: e.Class.Name()})
	}
}

// Resume lets a lane try at once: it ends its pause, and the wait for the next try of an open
// breaker. The pause of a spend cap ends for all lanes of its account. By names the person that
// asked, for the events. It reports whether there was something to end.
func (m *Machine) Resume(now time.Time, lane, by string) bool {
	m.advance(now)
	if lane == "" {
		lane = DefaultLane
	}
	l := m.lanes[m.laneName(lane)]
	if l == nil {
		return false
	}
	class := m.breakerOf(l)
	tries := m.tryNow(l)
	if !l.pause.active(m.now) {
		if tries {
			m.emit(&Event{Kind: KindResumed, Lane: l.name, By: by, Class: class.Name()})
		}
		return tries
	}
	account, _ := CutLane(l.name)
	delete(m.spentCaps, account)
	capped := l.pause.final
	m.resume(l, by)
	for _, other := range m.lanes {
		if a, _ := CutLane(other.name); capped && a == account && other.pause.final && other.pause.active(m.now) {
			m.resume(other, by)
		}
	}
	return true
}

// resume ends the pause of l. by names the person that asked for it; empty: an answer of
// the API ended it.
func (m *Machine) resume(l *lane, by string) {
	if last := &m.health.pause; m.laneName(last.lane) == l.name {
		last.ended(m.now, by != "")
	}
	l.endPauseWaits(m.now + afterOthers)
	l.pause.end(m.now)
	m.notePauseEnd()
	l.limits.Resume(m.now)
	l.limits.SlowStart() // the first starts show whether the limit is over
	m.emit(&Event{Kind: KindResumed, Lane: l.name, By: by})
	m.reschedule(l)
}
