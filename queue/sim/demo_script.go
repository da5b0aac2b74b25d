package sim

import (
	"math"
	"slices"
	"time"
)

// forever is longer than any demo.
const forever = time.Duration(math.MaxInt64)

// script is the order of the scenes, repeated without end. Times are since the
// start.
type script []act

// act is a scene and how long it lasts.
type act struct {
	scene  scene
	length time.Duration
}

// newScript returns the script with one scene, or with the whole tour if the name
// is empty.
func newScript(name string) (script, error) {
	if name != "" {
		s, err := findScene(name)
		if err != nil {
			return nil, err
		}
		return script{{s, forever}}, nil
	}
	var tour script
	for _, a := range []struct {
		name   string
		length time.Duration
	}{
		{"calm", 60 * time.Second},
		{"busy", 75 * time.Second},
		{"burst", 60 * time.Second},
		{"recovery", 90 * time.Second},
		{"outage", 90 * time.Second},
		{"recovery", 90 * time.Second},
	} {
		s, err := findScene(a.name)
		if err != nil {
			return nil, err
		}
		tour = append(tour, act{s, a.length})
	}
	return tour, nil
}

// endingAfter returns the script that, so long after its start, begins its tour anew.
func (s script) endingAfter(length time.Duration) script {
	cycle := s.cycle()
	if cycle == forever { // of one scene
		return s
	}
	skipped := (cycle - length%cycle) % cycle
	for i, a := range s {
		if skipped < a.length {
			rest, played := a, a
			rest.length, played.length = a.length-skipped, skipped
			return slices.Concat(script{rest}, s[i+1:], s[:i], script{played})
		}
		skipped -= a.length
	}
	return s
}

// cycle is how long it takes to play all acts.
func (s script) cycle() (sum time.Duration) {
	for _, a := range s {
		sum += a.length
	}
	return sum
}

// at returns the act at a time, and when it began.
func (s script) at(elapsed time.Duration) (a act, began time.Duration) {
	began = elapsed - elapsed%s.cycle()
	for _, a = range s {
		if elapsed-began < a.length {
			break
		}
		began += a.length
	}
	return a, began
}

// next returns when the demo has something to do next: at the next scene, or when
// the crowd is topped up.
func (s script) next(elapsed time.Duration) time.Duration {
	a, began := s.at(elapsed)
	end := forever
	if a.length < forever {
		end = began + a.length
	}
	if a.scene.crowd == 0 {
		return end
	}
	every := a.scene.crowdEvery
	return min(end, began+(elapsed-began)/every*every+every)
}

// thinkUntil returns when a pause of a number of think times ends that begins at
// elapsed. The length of a think time is that of the present scene, so that a pause
// that began in a calm scene ends soon after a busy one begins.
func (s script) thinkUntil(elapsed time.Duration, thoughts float64) time.Duration {
	for {
		a, began := s.at(elapsed)
		takes := time.Duration(thoughts * float64(a.scene.think))
		left := a.length - (elapsed - began)
		if takes <= left {
			return elapsed + takes
		}
		thoughts -= float64(left) / float64(a.scene.think)
		elapsed += left
	}
}
