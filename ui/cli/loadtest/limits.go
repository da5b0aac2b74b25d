package loadtest

import (
	"paceline/client"
	"paceline/client/loadtest"
)

// requestsKind is what the wire calls the limit of requests.
const requestsKind = "requests"

// limits returns what is known of the account's limit of requests: what the queue
// said before of the lane that the load went to, else what it or the answers said
// later.
func (r *loadRun) limits() loadtest.Account {
	if l, ok := r.requestsLeft(r.before); ok {
		return loadtest.Account{PerMinute: int(l.PerMinute.Value), Free: int(max(l.Free.Value, 0)), Learned: true}
	}
	most := r.result.PerMinute
	if l, ok := r.requestsLeft(r.after); ok {
		most = int(l.PerMinute.Value)
	}
	return loadtest.Account{PerMinute: most, Free: most}
}

// requestsLeft returns the limit of requests of the load's lane; false if a sample
// does not tell it.
func (r *loadRun) requestsLeft(s *client.Sample) (client.Limit, bool) {
	if s == nil || s.Detail == nil || r.result.Lane == "" {
		return client.Limit{}, false
	}
	for _, lane := range s.Detail.Lanes {
		if lane.Name != r.result.Lane {
			continue
		}
		for _, l := range lane.Limits {
			if l.Kind == requestsKind && l.PerMinute.Known && l.Free.Known {
				return l, true
			}
		}
	}
	return client.Limit{}, false
}
