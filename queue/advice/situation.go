package advice

import (
	"time"

	"paceline/queue"
)

// Situation is what advice is computed from.
type Situation struct {
	Now      time.Time
	Since    time.Time               // when Traffic begins
	Traffic  []queue.RequestRecord   // by arrival
	Learned  map[string]queue.Limits // limits reported by the API, by lane
	Blocked  []queue.BlockedLane     // what blocks the waiting requests now
	Settings queue.Settings          // of the queue
	Active   int                     // users in the last 5 minutes
	Cold     bool                    // the queue began with Traffic, and knew nothing before
	// Tier names the limits of an account that has reported none. Empty: the lowest
	// tier in force.
	Tier string
}

// situationOf returns the situation of a queue.
func situationOf(q *queue.Queue) Situation {
	report := q.Report() // before the traffic, which has all that it counts
	traffic, since := q.RecentRequests()
	return Situation{
		Now: report.Timestamp.Time, Since: since, Traffic: traffic, Learned: q.KnownLimits(),
		Blocked: q.Blocked(), Settings: q.Settings(), Active: report.Detail.Capacity.ActiveUsers,
		Cold: report.Detail.Resets == 0 && report.Metrics.TotalRequests <= int64(len(traffic)), // it never had any other request
	}
}
