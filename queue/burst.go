package queue

import (
	"slices"
	"time"
)

// burst is how much more a user has sent at once than its lane serves: the time that the lane
// takes for what it has sent, were it alone there. The zero burst is nothing.
type burst struct {
	level   time.Duration // as of at
	at      time.Duration
	peak    time.Duration // the most, of late,
	peakAt  time.Duration // and when it was reached
	unknown bool          // how fast the lane serves is not known
}

// add adds a request that takes its lane so long. Who had nothing waiting begins anew.
func (b *burst) add(now, takes time.Duration, known, nothingWaits bool) {
	b.level = max(b.level-(now-b.at), 0)
	if nothingWaits && b.level == 0 && now-b.peakAt >= time.Minute {
		*b = burst{}
	}
	b.at, b.level, b.unknown = now, b.level+takes, b.unknown || !known
	if b.level >= b.peak {
		b.peak, b.peakAt = b.level, now
	}
}

// takesOf is how long l takes for a request of some cost, if it has many of them; false where its
// pace is not known.
func (m *Machine) takesOf(l *lane, t *Ticket) (takes time.Duration, known bool) {
	if !m.settings.adaptive() {
		return m.settings.MinDelay, m.settings.MinDelay > 0
	}
	for of, limit := range l.told(&m.settings) {
		if limit > 0 {
			takes = max(takes, wholeNanos(t.cost[of]/limit*float64(time.Minute)))
		}
	}
	return takes, takes > 0
}

// toBlame reports whether others can wait for what u has sent: more at once than its lane serves
// soon, and at least twice as much as anybody else but some. Who sends less waits for something
// else, such as a pause; of equals nobody is alone to blame, though the requests of the other
// have started by now, or been cancelled. Nor is who has let the others go first.
func (m *Machine) toBlame(u *user, but ...*user) bool {
	least, row := m.settings.Thresholds.WarnLastWait, &m.health.rows[rowBackingUp].explanation
	if row.floods && row.user == u.key() { // who is named stays so
		least /= 2
	}
	switch {
	case m.settings.adaptive() && u.requests.Len > 0 && u.waitsLowest():
		return false
	case u.sent.unknown:
		return true
	case u.sent.peak < least:
		return false
	}
	equal := func(other *user) bool {
		return other != u && 2*other.sent.peak >= u.sent.peak && !slices.Contains(but, other)
	}
	for i := range min(len(m.users.waiting), sampledUsers) {
		if equal(m.users.waiting[i].user) {
			return false
		}
	}
	if m.metrics.longest.Count(m.now) > sampledUsers {
		return true
	}
	for w := range m.metrics.longest.All(m.now) {
		if equal(w.user) {
			return false
		}
	}
	return true
}

// aloneAfter is how long nobody else has waited when somebody waits alone.
const aloneAfter = 30 * time.Second

// noteOthers notes that more than one user waits.
func (m *Machine) noteOthers() {
	if len(m.users.waiting) > 1 {
		m.othersWaited, m.othersKnown = m.now, true
	}
}

// waitsAlone reports whether only one user waits, and nobody else has of late: to cancel what it
// has waiting would free nobody.
func (m *Machine) waitsAlone() bool {
	return len(m.users.waiting) == 1 && (!m.othersKnown || m.now-m.othersWaited >= aloneAfter)
}

// cancelHelps reports whether others would start sooner without what some users have waiting.
func (m *Machine) cancelHelps(crowd []*user) bool {
	if m.waitsAlone() || m.heldByPause() != nil {
		return false
	}
	for _, u := range crowd {
		if m.toBlame(u, crowd...) {
			return true
		}
	}
	return false
}
