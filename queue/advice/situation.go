package advice

import (
	"time"

	"paceline/queue"
)

// Situation is what advice is computed from.
type Situation struct {
	Now      time.Time
	Since    time.Time               // Traffic is all that arrived since then
	Traffic  []queue.RequestRecord   // by arrival
	Learned  map[string]queue.Limits // by lane, what the API has told
	Blocked  []queue.BlockedLane     // what holds up who waits now
	Settings queue.Settings          // of the queue
	Active   int                     // users in the last 5 minutes
	// Tier is whose limits an account has that has told none, by name. Empty: the
	// lowest tier in force.
	Tier string
}

// Of returns the situation of a queue.
func Of(q *queue.Queue) Situation {
	traffic, since := q.RecentRequests()
	report := q.Report()
	return Situation{
		Now: report.Timestamp.Time, Since: since, Traffic: traffic, Learned: q.KnownLimits(),
		Blocked: q.Blocked(), Settings: q.Settings(), Active: report.Detail.Capacity.ActiveUsers,
	}
}
