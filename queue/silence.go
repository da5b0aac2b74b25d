package queue

import (
	"fmt"
	"time"

	"paceline/queue/human"
)

// silence is the calls that have ended unanswered, as by a client that gave up, since the
// last sign of life of any call. The zero silence is of none.
type silence struct {
	calls     float64       // each counts by how much of answerDue it has run, at most as one
	since     time.Duration // the first of them ran unanswered
	lastEnded time.Duration
}

// heard notes a sign of life of a call, if only a failure.
func (m *Machine) heard() { m.heardAt, m.silence = m.now, silence{} }

// endUnanswered notes that t, which runs, ends now without an answer.
func (m *Machine) endUnanswered(t *Ticket) {
	s := &m.silence
	since := max(t.since, m.heardAt)
	if s.calls == 0 {
		s.since = since
	}
	s.calls += min(float64(m.now-since)/float64(m.answerDue()), 1)
	s.lastEnded = m.now
}

// silenceForgotten reports whether nothing has run for so long that the calls before say
// nothing of those to come.
func (m *Machine) silenceForgotten() bool {
	return m.active.Len == 0 && m.now-m.silence.lastEnded >= m.settings.Thresholds.StuckAfter
}

// answerDue is how long a call has run when an answer is due: twice what 95 in 100 have
// taken, or six times what half of them have, if that is less, since the calls that an outage
// has held up are among them; and StuckAfter at least. While nobody knows how long calls take
// it is twice that.
func (m *Machine) answerDue() time.Duration {
	after := m.settings.Thresholds.StuckAfter
	half, known := m.metrics.response.Quantile(m.now, 0.5)
	if !known {
		return 2 * after
	}
	most, _ := m.metrics.response.Quantile(m.now, 0.95)
	return max(after, min(2*most, 6*half))
}

// silent reports whether nothing at all was heard of the API for so long that an answer is
// due, though enough calls have run for so long, or have ended unanswered; and since when.
func (m *Machine) silent() (since time.Duration, ok bool) {
	due := m.answerDue()
	if m.now-m.heardAt < due || m.silenceForgotten() {
		return 0, false
	}
	calls := m.silence.calls
	since = m.now
	if calls > 0 {
		since = m.silence.since
	}
	for t := range m.active.All { // by their last sign of life
		if m.now-t.since < due || calls >= minOutcomes {
			break
		}
		since = min(since, t.since)
		calls++
	}
	return max(since, m.heardAt), calls >= minOutcomes
}

// judgeSilence judges calls that nobody answers, while others may still start.
func (j *judge) judgeSilence() {
	since, silent := j.silent()
	nobody := j.active.Len == 0 && j.arrivals.Len == 0
	last := nobody && (silent || j.health.rows[rowSilence].level > levelHealthy) && j.heardAt < j.silence.lastEnded && j.now-j.silence.lastEnded < lastKnownFor
	l, ok := j.settle(rowSilence, when(silent || last, levelWarning), true)
	switch {
	case !ok:
	case last:
		j.add(rowSilence, l, fmt.Sprintf("No call was answered when it was last tried, %s, and nobody calls now", j.clock(j.silence.lastEnded)),
			"Check the API and the network: do its answers arrive? The next call shows it")
	case silent:
		j.add(rowSilence, l, fmt.Sprintf("No call is answered (%d running, nothing heard for %s)", j.active.Len, human.Duration(j.now-since)),
			fmt.Sprintf("Check the API and the network: do its answers arrive? Each call is cut off after %s of silence (maxRun)", human.Exact(j.settings.MaxRun)))
	case j.now-j.heardAt < j.answerDue():
		j.add(rowSilence, l, "No call was answered until just now", "Nothing now: calls are answered again")
	default:
		j.add(rowSilence, l, "No call was answered", "Wait for the next calls: too few run to tell whether the API answers")
	}
}
