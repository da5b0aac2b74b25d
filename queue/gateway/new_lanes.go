package gateway

import (
	"cmp"
	"maps"
	"strings"
	"time"

	"paceline/queue"
)

// newLanes bounds the lanes of keys whose organization is not known yet. Each such
// key has lanes of its own, and anybody can invent keys: one for each request would
// never wait. So a source, which is a token or else an origin, has at most
// maxNewLanes of them; the requests of further keys share one lane of the source
// until an answer names their organization. A lane counts until nothing has asked
// for it for newLaneTime, even if its key's organization is known meanwhile. The
// zero newLanes are empty.
type newLanes struct {
	bySource map[string]map[string]time.Time // when something last asked for a lane, by source and lane
}

const (
	maxNewLanes = 64 // more than one key needs for all known models
	newLaneTime = 10 * time.Minute
	maxSources  = 1000 // then all are forgotten
)

// admit reports whether a source may use a lane of a new key at now.
func (n *newLanes) admit(source, lane string, now time.Time) bool {
	lanes := n.bySource[source]
	if _, counted := lanes[lane]; !counted {
		if len(lanes) >= maxNewLanes {
			maps.DeleteFunc(lanes, func(_ string, last time.Time) bool { return now.Sub(last) >= newLaneTime })
		}
		if len(lanes) >= maxNewLanes {
			return false
		}
		if lanes == nil {
			if len(n.bySource) >= maxSources || n.bySource == nil {
				n.bySource = map[string]map[string]time.Time{}
			}
			lanes = map[string]time.Time{}
			n.bySource[source] = lanes
		}
	}
	lanes[lane] = now
	return true
}

// sharedPrefix begins the account of a lane that new keys share. It is part of no
// key's hash and of no organization, which have no spaces.
const sharedPrefix = "new keys of "

// sharedLane returns the lane that a source's new keys share beyond maxNewLanes.
func sharedLane(source string) string {
	return queue.LaneName(sharedPrefix+source, queue.OtherModels)
}

func isShared(lane string) bool { return strings.HasPrefix(lane, sharedPrefix) }

// laneSource is where a request's key comes from: its token, or else its origin.
func (x *exchange) laneSource() string { return cmp.Or(x.token, x.origin) }
