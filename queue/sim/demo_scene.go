package sim

import (
	"fmt"
	"strings"
	"time"
)

// scene sets how much the users ask and how the API behaves. With the default
// spacing (1.5 s, and 200 ms for each waiting request, so 40 starts a minute at
// most, and 15 with 12 waiting) and 6 users, each scene shows another behaviour of
// the queue.
type scene struct {
	name string
	// think is the mean time from an answer to the user's next question.
	think time.Duration
	// crowd is how many requests of batch jobs are kept in the queue; they are
	// topped up every crowdEvery.
	crowd      int
	crowdEvery time.Duration
	outage     bool
	api        Conditions
}

// scenes returns the scenes in the order of [Scenes].
func scenes() []scene {
	good := DefaultConditions()

	strained := good
	strained.P99 = 8 * time.Second
	strained.Overloaded = 0.03
	strained.Failures = 0.01

	// Other traffic of the organization uses up the same limit.
	shared := strained
	shared.PerMinute = 23
	shared.Burst = 5

	// An API that recovers is slow and admits little.
	shaky := strained
	shaky.Median = 1800 * time.Millisecond
	shaky.PerMinute = 30
	shaky.Burst = 5

	return []scene{
		{name: "calm", think: 32 * time.Second, api: good},
		{name: "busy", think: 5 * time.Second, api: shared},
		{name: "burst", think: 15 * time.Second, crowd: 12, crowdEvery: 30 * time.Second, api: strained},
		{name: "outage", think: 8 * time.Second, outage: true, api: good},
		{name: "recovery", think: 14 * time.Second, api: shaky},
	}
}

// Scenes returns the names of the scenes.
func Scenes() []string {
	var names []string
	for _, s := range scenes() {
		names = append(names, s.name)
	}
	return names
}

// findScene returns the scene of a name.
func findScene(name string) (scene, error) {
	for _, s := range scenes() {
		if s.name == name {
			return s, nil
		}
	}
	return scene{}, fmt.Errorf("sim: scene is %q: must be one of %s", name, strings.Join(Scenes(), ", "))
}
