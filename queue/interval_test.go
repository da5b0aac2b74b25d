package queue

import (
	"testing"
	"time"
)

// The longest waits that settings allow are told in order, however much they may be stretched:
// a million requests that start an hour apart take 114 years.
func TestTheLongestWaitsAreToldInOrder(t *testing.T) {
	const longest = mostCount * time.Hour
	settings := adaptiveSettings()
	m := newMachine(t, settings)
	for _, most := range []float64{1, 2, 1000} {
		l := m.lane("")
		l.promises[1].stretch[scales-1] = stretch{0.4, most}
		if i := l.interval(&settings, 1, mostCount, longest, likelyStart{at: longest}, 0); i.early < 0 || i.early > longest || i.late < longest || i.late > never/2 {
			t.Errorf("stretched by %v, a wait of %v is told to be from %v to %v", most, longest, i.early, i.late)
		}
	}
	p := promises{made: []promise{{alone: expectation{wait: longest}}}}
	if p.due(time.Hour) {
		t.Error("a new promise is due an hour after one of 114 years")
	}
}
