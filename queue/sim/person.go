package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"paceline/queue"
)

// person is one of the simulated users: who they are at the moment and what they
// will do. Its decisions come from its own stream and are the same whatever
// happens to its questions. It knows no clock: times are elapsed since the start.
type person struct {
	rng      *rand.Rand
	seat     int // which of the users it is, from 0
	seats    int // how many there are
	visits   int // how many people have sat here
	name     string
	priority queue.Priority
	leaves   time.Duration
	asked    uint64
}

// question is what a person does next.
type question struct {
	user     string
	number   uint64
	priority queue.Priority
	patience time.Duration // until they hang up; zero is never
	thoughts float64       // what they think about after it, see script.after
	sulks    bool          // whether they leave for good when they hang up
}

func newPerson(seed uint64, seat, seats int) *person {
	p := &person{rng: stream(seed, "person", uint64(seat)), seat: seat, seats: seats}
	p.arrive(0)
	p.leaves = between(p.rng, time.Minute, longestStay) // not everybody came just now
	return p
}

// How long a person stays, and the seat is empty after them.
const (
	shortestStay = 10 * time.Minute
	longestStay  = 20 * time.Minute
	shortestGap  = 2 * time.Second
	longestGap   = 10 * time.Second
)

// arrive makes the person somebody new.
func (p *person) arrive(now time.Duration) {
	p.name = fmt.Sprintf("user_%d", 101+p.seat+p.visits*p.seats)
	p.visits++
	p.asked = 0
	p.leaves = now + between(p.rng, shortestStay, longestStay)
	p.priority = queue.Normal
	if p.rng.Float64() < 0.1 {
		p.priority = queue.High
	}
}

// first returns when the person asks for the first time: the first of all soon,
// the others over half a thought.
func (p *person) first(think time.Duration) time.Duration {
	if p.seat == 0 {
		return between(p.rng, 100*time.Millisecond, 600*time.Millisecond)
	}
	return between(p.rng, 200*time.Millisecond, think/2)
}

// ask returns the next question.
func (p *person) ask() question {
	p.asked++
	return question{
		user:     p.name,
		number:   p.asked,
		priority: p.priority,
		patience: longTail(p.rng, 45*time.Second, 150*time.Second),
		thoughts: min(max(p.rng.ExpFloat64(), 0.1), 3),
		sulks:    p.rng.Float64() < 0.25,
	}
}

// gap returns how long the seat is empty when the person has left.
func (p *person) gap() time.Duration { return between(p.rng, shortestGap, longestGap) }
