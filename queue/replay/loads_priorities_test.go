package replay

import "time"

// priorityExpectations: what is urgent hardly waits, and what is not is not lost.
func priorityExpectations() (all []expectation) {
	for _, pace := range []Pace{paceOf(Adaptive), paceOf(AdaptiveCold)} {
		for _, l := range priorityLoads() {
			all = append(all, expectation{load: l.Name, pace: pace, checks: []check{
				failedAtMost(0), waitsAtMost(urgent, 5*time.Second), meanWaitOf(1.1, time.Second),
			}})
		}
	}
	return all
}
