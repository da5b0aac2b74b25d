package queue

import (
	"fmt"
	"time"
)

// silence returns how many calls have run for so long that an answer is due, while nothing
// at all was heard of the API, and since when; 0 while they are too few to say anything.
// An answer is due after twice what 95 in 100 have taken, and not before stuckAfter; while
// nobody knows how long they take, after twice that.
func (m *Machine) silence() (calls int, since time.Duration) {
	after := m.settings.Thresholds.StuckAfter
	if took, ok := m.metrics.response.Quantile(m.now, 0.95); ok {
		after = max(after, 2*took)
	} else {
		after *= 2
	}
	if m.now-m.heardAt < after {
		return 0, 0
	}
	for t := range m.active.All { // by their last sign of life
		if m.now-t.since < after || calls == minOutcomes {
			break
		}
		if calls == 0 {
			since = t.since
		}
		calls++
	}
	if calls < minOutcomes {
		return 0, 0
	}
	return m.active.Len, max(since, m.heardAt)
}

// judgeSilence judges calls that nobody answers, while others may still start.
func (j *judge) judgeSilence() {
	calls, since := j.silence()
	l, ok := j.settle(rowSilence, when(calls > 0, levelWarning), true)
	if !ok {
		return
	}
	if calls == 0 {
		j.add(rowSilence, l, "No call was answered until just now", "Nothing now: calls are answered again")
		return
	}
	j.add(rowSilence, l, fmt.Sprintf("No call is answered (%d running, nothing heard for %s)", calls, seconds(j.now-since)),
		fmt.Sprintf("Check the API and the network: do its answers arrive? Each call is cut off after %s of silence (maxRun)", seconds(j.settings.MaxRun)))
}
