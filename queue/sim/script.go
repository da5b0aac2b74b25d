package sim

import (
	"math"
	"time"
)

// forever is longer than any demo.
const forever = time.Duration(math.MaxInt64)

// script is the order of the scenes. It begins again when it ends. All times are
// elapsed since the start.
type script []act

// act is a scene and how long it is played.
type act struct {
	scene  scene
	length time.Duration
}

// newScript returns the script that plays the scene of that name alone, or the
// whole tour if the name is empty.
func newScript(name string) (script, error) {
	if name != "" {
		s, err := find(name)
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
		s, err := find(a.name)
		if err != nil {
			return nil, err
		}
		tour = append(tour, act{s, a.length})
	}
	return tour, nil
}

// at returns the act that is played then, and when it began.
func (s script) at(elapsed time.Duration) (a act, began time.Duration) {
	var cycle time.Duration
	for _, a := range s {
		cycle += a.length
	}
	began = elapsed - elapsed%cycle
	for _, a = range s {
		if elapsed-began < a.length {
			break
		}
		began += a.length
	}
	return a, began
}

// next returns when there is something new to do: the next scene, or the next
// filling up of the crowd.
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

// after returns when somebody who begins to think at elapsed has had that many
// thoughts. One thought takes a scene's think time, so who falls into a pause in a
// calm scene still speaks up soon when a busy one begins.
func (s script) after(elapsed time.Duration, thoughts float64) time.Duration {
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
