package queue

import "time"

const (
	poisonedFor  = 10 * time.Minute // the fingerprint of a request that makes the API fail is known,
	maxPoisonous = 256              // of so many at most
)

// poisonous reports whether it is the request that makes the API fail, and not the API:
// it fails again, although a call that started after its first failure has succeeded.
// What asks for the same is known by it from then on.
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
