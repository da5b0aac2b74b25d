package api

import (
	"time"

	"paceline/queue"
)

const (
	maxLanes    = 100 // with a label of their own
	maxLaneName = 80  // bytes
	otherLanes  = "other"
)

// laneSum is one lane, or the sum of several lanes with one label.
type laneSum struct {
	name                      string
	waiting, running, backoff int
	until                     time.Time // the end of the longest pause; zero without one
}

// boundedLanes returns the first lanes by name, which are always the same, and the
// sum of all others as "other". Names are escaped and shortened; lanes whose labels
// are equal then are added up.
func boundedLanes(lanes []queue.Lane, others *queue.OtherLanes) []laneSum {
	var sums []laneSum
	at := map[string]int{}
	sum := func(name string) *laneSum {
		i, ok := at[name]
		if !ok {
			i = len(sums)
			at[name] = i
			sums = append(sums, laneSum{name: name})
		}
		return &sums[i]
	}
	for _, l := range lanes {
		name := laneName(l.Name)
		if _, ok := at[name]; !ok && len(sums) >= maxLanes {
			name = otherLanes
		}
		s := sum(name)
		s.waiting += l.Waiting
		s.running += l.Running
		s.backoff += l.InBackoff
		s.pause(l.PausedUntil)
	}
	if others != nil {
		s := sum(otherLanes)
		s.waiting += others.Waiting
		s.running += others.Running
		s.backoff += others.InBackoff
		s.pause(others.PausedUntil)
	}
	return sums
}

// pause takes in the end of a pause; nil is none.
func (s *laneSum) pause(until *queue.Time) {
	if until != nil && until.After(s.until) {
		s.until = until.Time
	}
}

// laneName returns a lane's name as a label.
func laneName(name string) string {
	name = queue.Escape(name)
	if short := queue.Truncate(name, maxLaneName); short != name {
		return short + "…"
	}
	return name
}
