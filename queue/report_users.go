package queue

import (
	"cmp"
	"slices"
)

// Of how many users a report tells, and how many of these are in it because requests of them
// have failed, or because they wait longest.
const (
	reportedUsers   = 50
	reportedFailing = 15
	reportedOldest  = 15
)

// reportUsers returns what a report says of users, those with the most waiting first.
func (m *Machine) reportUsers() []User {
	list := []User{}
	for _, u := range m.listedUsers() {
		user := User{
			Name: u.name, Group: u.group, Waiting: u.rank.waiting, Running: u.running, Done: u.done, Failed: u.failed,
			IdleMs: (m.now - u.seen).Milliseconds(), Recent: m.users.reportRecent(u, m.now), Usage: u.used.orNil(),
		}
		if u.requests.Len > 0 {
			user.OldestMs = ptr(m.oldestOf(u).Milliseconds())
		}
		if u.started {
			user.LastWaitMs = ptr(u.lastWait.Milliseconds())
		}
		list = append(list, user)
	}
	return list
}

// listedUsers returns the users that are listed. Of more than fit in, those whose requests
// failed last and those who wait longest are among them.
func (m *Machine) listedUsers() []*user {
	us := &m.users
	listed := make([]*user, 0, min(reportedUsers, len(us.byKey)))
	if len(us.byKey) > reportedUsers {
		for n := us.failing.Last; n != nil && len(listed) < reportedFailing && m.now-n.Item.failedAt < recentFor; n = n.Prev {
			listed = append(listed, n.Item)
		}
		for _, u := range us.waiting.longest(reportedOldest) {
			if !slices.Contains(listed, u) {
				listed = append(listed, u)
			}
		}
	}
	first := len(listed)
	for u := range us.busiest {
		if len(listed) == cap(listed) {
			break
		}
		if !slices.Contains(listed[:first], u) {
			listed = append(listed, u)
		}
	}
	slices.SortStableFunc(listed, func(a, b *user) int { return cmp.Compare(b.rank.waiting, a.rank.waiting) })
	return listed
}
