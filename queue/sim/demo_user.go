package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"paceline/queue"
)

// user is one simulated user. One seat is a sequence of users: each stays for some
// minutes, and another one follows. The draws come from the seat's own random
// numbers, and do not depend on the answers. Times are since the start.
type user struct {
	rng      *rand.Rand
	seat     int // index, from 0
	seats    int // number of seats
	people   int // number of users on this seat so far
	name     string
	priority queue.Priority
	leavesAt time.Duration
	asked    uint64
}

// question is what a user asks next.
type question struct {
	user          string
	number        uint64
	priority      queue.Priority
	patience      time.Duration // until the user hangs up; zero is never
	thinkTimes    float64       // pause after it, in think times; see script.thinkUntil
	leavesIfTired bool          // the user leaves the seat after a hang-up
}

func newUser(seed uint64, seat, seats int) *user {
	u := &user{rng: newRand(seed, "person", uint64(seat)), seat: seat, seats: seats}
	u.renew(0)
	u.leavesAt = uniform(u.rng, time.Minute, longestStay) // the first users are at different points of their stay
	return u
}

// How long a user stays, and how long the seat is empty afterwards.
const (
	shortestStay = 10 * time.Minute
	longestStay  = 20 * time.Minute
	shortestGap  = 2 * time.Second
	longestGap   = 10 * time.Second
)

// renew makes the user a new one.
func (u *user) renew(now time.Duration) {
	u.name = fmt.Sprintf("user_%d", 101+u.seat+u.people*u.seats)
	u.people++
	u.asked = 0
	u.leavesAt = now + uniform(u.rng, shortestStay, longestStay)
	u.priority = queue.Normal
	if u.rng.Float64() < 0.1 {
		u.priority = queue.High
	}
}

// firstQuestion returns when the user asks for the first time: on seat 0 soon, on
// the others within half a think time.
func (u *user) firstQuestion(think time.Duration) time.Duration {
	if u.seat == 0 {
		return uniform(u.rng, 100*time.Millisecond, 600*time.Millisecond)
	}
	return uniform(u.rng, 200*time.Millisecond, think/2)
}

// askAt returns the question that comes from the seat at a time: of the next user, if the
// last one has left.
func (u *user) askAt(now time.Duration) question {
	if u.leavesAt <= now {
		u.renew(now)
	}
	return u.ask()
}

// nextAt returns when the next question comes from the seat, once q has ended now; tired
// says that the user's patience was over before the answer.
func (u *user) nextAt(now time.Duration, s script, q question, tired bool) time.Duration {
	if tired && q.leavesIfTired {
		u.leavesAt = now
	}
	next := s.thinkUntil(now, q.thinkTimes)
	if u.leavesAt <= next {
		next = max(now, u.leavesAt) + u.emptySeat()
	}
	return next
}

// ask returns the user's next question.
func (u *user) ask() question {
	u.asked++
	return question{
		user:          u.name,
		number:        u.asked,
		priority:      u.priority,
		patience:      logNormal(u.rng, 45*time.Second, 150*time.Second),
		thinkTimes:    min(max(u.rng.ExpFloat64(), 0.1), 3),
		leavesIfTired: u.rng.Float64() < 0.25,
	}
}

// emptySeat returns how long the seat is empty after the user has left.
func (u *user) emptySeat() time.Duration { return uniform(u.rng, shortestGap, longestGap) }
