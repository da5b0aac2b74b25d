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
	p := &user{rng: newRand(seed, "person", uint64(seat)), seat: seat, seats: seats}
	p.renew(0)
	p.leavesAt = uniform(p.rng, time.Minute, longestStay) // the first users are at different points of their stay
	return p
}

// How long a user stays, and how long the seat is empty afterwards.
const (
	shortestStay = 10 * time.Minute
	longestStay  = 20 * time.Minute
	shortestGap  = 2 * time.Second
	longestGap   = 10 * time.Second
)

// renew makes the user a new one.
func (p *user) renew(now time.Duration) {
	p.name = fmt.Sprintf("user_%d", 101+p.seat+p.people*p.seats)
	p.people++
	p.asked = 0
	p.leavesAt = now + uniform(p.rng, shortestStay, longestStay)
	p.priority = queue.Normal
	if p.rng.Float64() < 0.1 {
		p.priority = queue.High
	}
}

// firstQuestion returns when the user asks for the first time: on seat 0 soon, on
// the others within half a think time.
func (p *user) firstQuestion(think time.Duration) time.Duration {
	if p.seat == 0 {
		return uniform(p.rng, 100*time.Millisecond, 600*time.Millisecond)
	}
	return uniform(p.rng, 200*time.Millisecond, think/2)
}

// ask returns the next question.
func (p *user) ask() question {
	p.asked++
	return question{
		user:          p.name,
		number:        p.asked,
		priority:      p.priority,
		patience:      logNormal(p.rng, 45*time.Second, 150*time.Second),
		thinkTimes:    min(max(p.rng.ExpFloat64(), 0.1), 3),
		leavesIfTired: p.rng.Float64() < 0.25,
	}
}

// emptySeat returns how long the seat is empty after the user has left.
func (p *user) emptySeat() time.Duration { return uniform(p.rng, shortestGap, longestGap) }
