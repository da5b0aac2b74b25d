package queue

import (
	"slices"
	"time"
)

// hearing is what was heard of the calls of one lane, or of all. The zero hearing is nothing.
type hearing struct {
	at      time.Duration // the last sign of life of a call, if only a failure
	of      time.Duration // the latest start of a call that has given one
	silence silence
	took    [answersKept]time.Duration // the latest answers
	answers int
}

// answersKept is how many answers of a lane tell how long the next ones take.
const answersKept = 20

// silence is the calls that have ended unanswered, as by a client that gave up, since the
// last sign of life of any call. The zero silence is of none.
type silence struct {
	calls     float64       // each counts by how much of answerDue it has run, at most as one
	since     time.Duration // the first of them ran unanswered
	tried     time.Duration // the last of them began,
	lastEnded time.Duration // and ended
}

// hear notes a sign of life of a call that began at a time.
func (h *hearing) hear(now, started time.Duration) {
	h.at, h.of, h.silence = now, max(h.of, started), silence{}
}

// answered notes how long an answer took.
func (h *hearing) answered(took time.Duration) {
	h.took[h.answers%answersKept] = took
	h.answers++
}

// with is the hearing of both, where lanes join.
func (h *hearing) with(other *hearing) hearing {
	if other.at > h.at || h.answers == 0 {
		h, other = other, h
	}
	both := *h
	both.of = max(both.of, other.of)
	return both
}

// endUnanswered notes that t, which runs, ends now without an answer, where one is due after
// some time. It says nothing where a call that began later has been answered.
func (h *hearing) endUnanswered(t *Ticket, now, due time.Duration) {
	if t.since < h.of {
		return
	}
	s, since := &h.silence, max(t.since, h.at)
	if s.calls == 0 {
		s.since = since
	}
	s.calls += min(float64(now-since)/float64(due), 1)
	s.tried, s.lastEnded = max(s.tried, t.started), now
}

// heard notes a sign of life of t, if only a failure.
func (m *Machine) heard(t *Ticket) {
	m.hearing.hear(m.now, t.started)
	t.lane.hearing.hear(m.now, t.started)
}

// answered notes that t has got its answer.
func (m *Machine) answered(t *Ticket) {
	m.metrics.response.Record(m.now, m.now-t.started)
	t.lane.hearing.answered(m.now - t.started)
}

// endUnanswered notes that t, which runs, ends now without an answer.
func (m *Machine) endUnanswered(t *Ticket) {
	m.hearing.endUnanswered(t, m.now, m.answerDue())
	t.lane.hearing.endUnanswered(t, m.now, m.answerDueIn(t.lane))
}

// forgetSilence forgets calls that ended unanswered so long ago that they say nothing of the
// one that starts now in l.
func (m *Machine) forgetSilence(l *lane) {
	after := m.settings.Thresholds.StuckAfter
	if m.hearing.forgotten(m.now, m.active.Len, after) {
		m.hearing.silence = silence{}
	}
	if l.hearing.forgotten(m.now, l.running, after) {
		l.hearing.silence = silence{}
	}
}

// forgotten reports whether nothing has run for so long that the calls before say nothing of
// those to come.
func (h *hearing) forgotten(now time.Duration, running int, after time.Duration) bool {
	return running == 0 && now-h.silence.lastEnded >= after
}

// answerDue is how long a call has run when an answer is due: twice what 95 in 100 have
// taken, or six times what half of them have, if that is less, since the calls that an outage
// has held up are among them; and StuckAfter at least. While nobody knows how long calls take
// it is twice that.
func (m *Machine) answerDue() time.Duration {
	half, known := m.metrics.response.Quantile(m.now, 0.5)
	most, _ := m.metrics.response.Quantile(m.now, 0.95)
	return m.dueAfter(half, most, known)
}

// answerDueIn is the same of the calls of one lane, by its latest answers.
func (m *Machine) answerDueIn(l *lane) time.Duration {
	h := &l.hearing
	took := slices.Sorted(slices.Values(h.took[:min(h.answers, answersKept)]))
	if len(took) == 0 {
		return m.dueAfter(0, 0, false)
	}
	return m.dueAfter(took[(len(took)-1)/2], userP95(took), true)
}

// dueAfter is when an answer is due where half of them, and 95 in 100, have taken so long.
func (m *Machine) dueAfter(half, most time.Duration, known bool) time.Duration {
	after := m.settings.Thresholds.StuckAfter
	if !known {
		return 2 * after
	}
	return max(after, min(2*most, 6*half))
}

// unanswered is calls that run, or have ended, without a sign of life though one was due.
type unanswered struct {
	calls   float64
	running int
	since   time.Duration // the first of them
	tried   time.Duration // the last of them began
	users   map[*user]int // of those that run
}

// silentLane is a lane whose calls nobody answers, and when the last of them began.
type silentLane struct {
	name  string
	tried time.Duration
}

// begin begins with those that have ended.
func (h *hearing) begin(now time.Duration) unanswered {
	u := unanswered{calls: h.silence.calls, since: now, tried: h.silence.tried}
	if u.calls > 0 {
		u.since = h.silence.since
	}
	return u
}

// add adds a call that runs.
func (u *unanswered) add(t *Ticket) {
	u.calls++
	u.running++
	u.since, u.tried = min(u.since, t.since), max(u.tried, t.started)
	if u.users == nil {
		u.users = map[*user]int{}
	}
	u.users[t.user]++
}

// isDue reports whether the call of t says that none is answered: none that began after it
// has been.
func (h *hearing) isDue(t *Ticket, now, due time.Duration) bool {
	return now-t.since >= due && t.since >= h.of
}

// silent reports whether nothing at all was heard of the API for so long that an answer is
// due, though enough calls have run for so long, or have ended unanswered; and since when.
func (m *Machine) silent() (since time.Duration, ok bool) {
	h, due := &m.hearing, m.answerDue()
	if m.now-h.at < due || h.forgotten(m.now, m.active.Len, m.settings.Thresholds.StuckAfter) {
		return 0, false
	}
	u := h.begin(m.now)
	for t := range m.active.All { // by their last sign of life
		if m.now-t.since < due || u.calls >= minOutcomes {
			break
		}
		if h.isDue(t, m.now, due) {
			u.add(t)
		}
	}
	return max(u.since, h.at), u.calls >= minOutcomes
}

// silentLanes returns the lanes of which the same can be said, with their calls: what is heard
// of the calls of others says nothing about them.
func (m *Machine) silentLanes() map[*lane]*unanswered {
	lanes, dues := map[*lane]*unanswered{}, map[*lane]time.Duration{}
	for _, l := range m.heap {
		h, after := &l.hearing, m.settings.Thresholds.StuckAfter
		if l.running == 0 && h.silence.calls == 0 || m.now-h.at < after || h.forgotten(m.now, l.running, after) {
			continue
		}
		if due := m.answerDueIn(l); m.now-h.at >= due {
			u := h.begin(m.now)
			lanes[l], dues[l] = &u, due
		}
	}
	if len(lanes) == 0 {
		return nil
	}
	for t := range m.active.All {
		if m.now-t.since < m.settings.Thresholds.StuckAfter {
			break
		}
		if u := lanes[t.lane]; u != nil && t.lane.hearing.isDue(t, m.now, dues[t.lane]) {
			u.add(t)
		}
	}
	for l, u := range lanes {
		if u.since = max(u.since, l.hearing.at); u.calls < minOutcomes {
			delete(lanes, l)
		}
	}
	return lanes
}
