package queue

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Of many users those are listed that an operator looks for: who failed, who waits longest, and
// who has most waiting.
func TestTheUsersThatMatterAreListed(t *testing.T) {
	s := newScript(t, every(5*time.Second), 100*time.Millisecond)
	s.result = func(name string, _ int) error {
		if name == "fails" {
			return &Error{Class: ClientError, Retry: RetryNo, Err: errors.New("400")}
		}
		return nil
	}
	var want []string
	for i := range 3 {
		user := fmt.Sprint("failed", i)
		want = append(want, user)
		s.add("fails", Request{User: user})
	}
	s.run(60)
	s.crowd(1)
	for i := range 200 {
		user := fmt.Sprint("waits", i)
		if i < 15 {
			want = append(want, user)
		}
		s.add(user, Request{User: user, Priority: Low})
		s.run(61 + float64(i)/100)
	}
	for i := range 20 {
		user := fmt.Sprint("many", i)
		want = append(want, user)
		s.addOf(user, "", 2)
	}
	d := s.m.Report(s.now).Detail
	if len(d.Users) != reportedUsers || d.UsersTotal != 3+1+200+20 || d.UsersWaiting != s.waitingUsers() {
		t.Fatalf("got %d users of %d, %d waiting", len(d.Users), d.UsersTotal, d.UsersWaiting)
	}
	listed := map[string]bool{}
	for _, u := range d.Users {
		listed[u.Name] = true
	}
	for _, user := range want {
		if !listed[user] {
			t.Errorf("%s is not listed", user)
		}
	}
	if !listed[d.Oldest.User] {
		t.Errorf("%s, who waits longest, is not listed", d.Oldest.User)
	}
	if !slices.IsSortedFunc(d.Users, func(a, b User) int { return cmp.Compare(b.Waiting, a.Waiting) }) {
		t.Errorf("those with the most waiting are not the first: %+v", d.Users)
	}
	s.m.Reset(s.now, "ops")
	if n := s.m.users.failing.Len; n != 0 {
		t.Errorf("after a reset %d users have failed", n)
	}
}

// Who failed last is also known of a user of whom several requests failed before a restart.
func TestWhoFailedLastOutlastsARestart(t *testing.T) {
	s := newScript(t, boundless(), 100*time.Millisecond)
	s.result = func(string, int) error { return &Error{Class: ClientError, Retry: RetryNo} }
	for i, user := range []string{"anna", "ben", "anna"} {
		s.add("fails", Request{User: user})
		s.run(float64(60 * (i + 1)))
	}
	m := fresh(t, s.now, s.m.State(s.now))
	var order []string
	for u := range m.users.failing.All {
		order = append(order, u.name)
	}
	if want := []string{"ben", "anna"}; !slices.Equal(order, want) {
		t.Errorf("got %v, want %v", order, want)
	}
}

// waitingUsers is how many users have requests waiting.
func (s *script) waitingUsers() int {
	users := map[*user]bool{}
	for t := range s.m.arrivals.All {
		users[t.user] = true
	}
	return len(users)
}

// Whoever comes, starts and leaves: who waits longest is who a walk along the line meets first.
func TestWhoWaitsLongestIsAsAWalkFindsIt(t *testing.T) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 7))
		s := newScript(t, every(200*time.Millisecond), 2*time.Second)
		for step := range 500 {
			if random.IntN(3) > 0 {
				s.add(fmt.Sprint(step), Request{User: fmt.Sprint(random.IntN(30)), Priority: Priority(random.IntN(3))})
			}
			s.run(float64(step) / 10)
			if step%5 > 0 {
				continue
			}
			const n = 7
			var want []*user
			for ticket := range s.m.arrivals.All {
				if len(want) < n && !slices.Contains(want, ticket.user) {
					want = append(want, ticket.user)
				}
			}
			if got := s.m.users.waiting.longest(n); !slices.Equal(got, want) {
				t.Fatalf("seed %d, step %d: got %d users, want %d, or others", seed, step, len(got), len(want))
			}
		}
	}
}
