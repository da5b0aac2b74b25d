package queue

import "time"

const (
	poisonedFor  = 10 * time.Minute // how long a fingerprint is remembered
	maxPoisonous = 256              // fingerprints kept at most
)

// poisonous reports whether the failure is the request's own: it failed again although a
// call started later succeeded. Equal requests are recognised from then on.
func (m *Machine) poisonous(t *Ticket, class Class) bool {
	succeeded := t.lane.suspect.success
	if class == NetworkError {
		succeeded = m.reachedAt
	}
	if t.failedAt > 0 && succeeded > t.failedAt {
		if t.fingerprint != 0 {
			if len(m.poisoned) >= maxPoisonous {
				clear(m.poisoned)
			}
			m.poisoned[t.fingerprint] = m.now + poisonedFor
		}
		return true
	}
	if t.failedAt == 0 { // what others show of then may come later than its next failure
		t.failedAt = m.now
	}
	return t.fingerprint != 0 && m.poisoned[t.fingerprint] > m.now
}
