package queue

import (
	"slices"
	"time"
)

// The bounds of a crowd.
const (
	maxCrowd     = 3   // users that it is of at most
	crowdsLooked = 100 // users that are looked at in search of it, those with the most requests
)

// crowdKept is the crowd that was told last, so that it does not change with each request that
// starts; it ends with the lane. The zero crowdKept is none.
type crowdKept struct {
	lane  *lane         // in which somebody waits longest
	other time.Duration // when somebody else waited
	users []userKey
}

// crowdUser is a user, and how many of the requests in line in a lane are its.
type crowdUser struct {
	*user
	n int
}

// crowd returns the users whose requests are most of the line of the lane in which somebody
// waits longest; nil if there are none.
func (m *Machine) crowd() *Crowd {
	kept, l := &m.crowded, m.arrivals.First.Item.lane
	if kept.lane != l {
		*kept = crowdKept{lane: l, other: m.now}
	}
	crowd := m.stillCrowd(kept)
	for _, one := range m.users.mostOf(kept.lane, m.settings.Thresholds.WarnWaiting) {
		if len(crowd) < maxCrowd && !slices.Contains(crowd, one) {
			crowd = append(crowd, one)
		}
	}
	kept.users = kept.users[:0]
	if len(crowd) == 0 {
		return nil
	}
	for i, one := range crowd { // among about equals the order stays
		if one.n >= 2*crowd[0].n {
			crowd[0], crowd[i] = one, crowd[0]
		}
	}
	if i := slices.IndexFunc(crowd, func(one crowdUser) bool { return !one.waitsLowest() }); i > 0 { // who can be lowered first
		crowd[0], crowd[i] = crowd[i], crowd[0]
	}
	for _, one := range crowd {
		kept.users = append(kept.users, one.key())
	}
	other := m.users.waiting.oldestBut(crowd)
	if other != nil {
		kept.other = m.now
	}
	if len(crowd) > 1 && m.now-kept.other >= healAfter || m.users.anyBusier(kept.lane, crowd) {
		return nil // they are everybody, or some of many
	}
	return m.reportCrowd(crowd, other)
}

// reportCrowd returns what a report says of a crowd, beside whom other has waited longest; nil
// if nobody else waits.
func (m *Machine) reportCrowd(crowd []crowdUser, other *Ticket) *Crowd {
	first := crowd[0]
	c := &Crowd{User: first.name, Group: first.group, Waiting: first.requests.Len, Lowest: first.waitsLowest(), CancelHelps: m.cancelHelps(usersOf(crowd)), With: []CrowdUser{}}
	for i, one := range crowd {
		c.OldestWaitMs = max(c.OldestWaitMs, m.oldestOf(one.user).Milliseconds())
		if i > 0 {
			c.With = append(c.With, CrowdUser{User: one.name, Group: one.group, Waiting: one.requests.Len})
		}
	}
	if other != nil {
		c.OthersOldestMs = ptr((m.now - other.arrived).Milliseconds())
	}
	return c
}

func usersOf(crowd []crowdUser) (users []*user) {
	for _, one := range crowd {
		users = append(users, one.user)
	}
	return users
}

// waitsLowest reports whether all requests of a user that wait have the lowest priority.
func (u *user) waitsLowest() bool {
	for n := u.requests.First; n != nil; n = n.Next {
		if n.Item.priority != Low {
			return false
		}
	}
	return true
}

// stillCrowd returns those of the crowd that was told last who belong to it still: they do while
// the half of what made them so holds.
func (m *Machine) stillCrowd(kept *crowdKept) (crowd []crowdUser) {
	sum, most := 0, 0
	for _, key := range kept.users {
		if u := m.users.byKey[key]; u != nil {
			one := crowdUser{u, kept.lane.inLineOf(u)}
			crowd, sum, most = append(crowd, one), sum+one.n, max(most, one.n)
		}
	}
	if 4*sum < kept.lane.inLine() {
		return nil
	}
	crowd = slices.DeleteFunc(crowd, func(one crowdUser) bool {
		return 2*one.n < m.settings.Thresholds.WarnWaiting || 4*one.n < most
	})
	sum = 0
	for _, one := range crowd {
		sum += one.n
	}
	if sum < m.settings.Thresholds.WarnWaiting { // the last of a flood
		return nil
	}
	return crowd
}

// anyBusier reports whether a user who is not of the crowd has crowdLead more in line in l than
// one who is.
func (us *users) anyBusier(l *lane, crowd []crowdUser) bool {
	least := slices.MinFunc(crowd, func(a, b crowdUser) int { return a.n - b.n }).n + crowdLead
	looked := 0
	for u := range us.busiest {
		if looked++; looked > crowdsLooked || u.requests.Len < least {
			return false
		}
		if l.inLineOf(u) >= least && !slices.ContainsFunc(crowd, func(one crowdUser) bool { return one.user == u }) {
			return true
		}
	}
	return false
}

// mostOf returns the users with at least half of those in line in l: the one with the most, and
// those with half as many at least, each of whom has so many, and crowdLead more than whoever
// else; nil if there are none, or too many.
func (us *users) mostOf(l *lane, atLeast int) []crowdUser {
	top := make([]crowdUser, 0, maxCrowd+2) // the last one is of the others
	looked := 0
	for u := range us.busiest {
		if looked++; looked > crowdsLooked || len(top) > maxCrowd && u.requests.Len <= top[maxCrowd].n {
			break
		}
		one := crowdUser{u, l.inLineOf(u)}
		if one.n == 0 {
			continue
		}
		at := slices.IndexFunc(top, func(other crowdUser) bool { return other.n < one.n })
		if at < 0 {
			at = len(top)
		}
		top = slices.Insert(top, at, one)
		top = top[:min(len(top), maxCrowd+1)]
	}
	sum, n := 0, 0
	for n < len(top) && top[n].n >= atLeast && 2*top[n].n >= top[0].n {
		sum += top[n].n
		n++
	}
	if n == 0 || n > maxCrowd || 2*sum < l.inLine() || n < len(top) && top[n-1].n < top[n].n+crowdLead {
		return nil
	}
	return top[:n]
}

// inLineOf is how many of those in line are of a user.
func (l *lane) inLineOf(u *user) int {
	n, _ := l.order.waitingOf(u)
	return n + l.head.of[u]
}
