package sim

import (
	"fmt"
	"strings"
	"time"
)

// scene sets how much the users ask and how the API behaves. With an adaptive queue in
// front of tier 1 (about 40 answers a minute) and 6 users, each scene shows another
// behaviour of the queue.
type scene struct {
	name string
	// think is the mean time from an answer to the user's next question.
	think time.Duration
	// crowd is how many requests of batch jobs are kept in the queue; they are
	// topped up every crowdEvery.
	crowd      int
	crowdEvery time.Duration
	outage     bool
	// api is how the API behaves. Its limit of requests is for clients over HTTP; the
	// users have an account.
	api Conditions
	// others is how many requests a minute somebody else sends to the users' account,
	// and spent the share of its limits that they have just used when the scene begins.
	others, spent float64
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
		{name: "busy", think: 3 * time.Second, api: shared, others: 5, spent: 1},
		{name: "burst", think: 15 * time.Second, crowd: 24, crowdEvery: 30 * time.Second, api: strained, spent: 0.7},
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
