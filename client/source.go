package client

import "context"

// Source is where figures come from. Poll and Reset may be called from any goroutine,
// but only one Poll at a time.
type Source interface {
	// Poll returns the current figures. An error is a *[Failure].
	Poll(ctx context.Context) (Sample, error)
	// Reset sets the counters of the queue to zero, for everybody.
	Reset(ctx context.Context) error
	// Close frees what the source holds. It is safe to call twice.
	Close() error
	// Name returns what is watched in a few words: an address without its secrets.
	Name() string
}

// Demo controls the simulation of an embedded demo. The monitor offers its keys only if
// there is one.
type Demo interface {
	// Add sends one request.
	Add()
	// Burst sends a dozen at once.
	Burst()
	// SetOutage makes the simulated API fail, or recover.
	SetOutage(on bool)
	// Outage reports whether the simulated API is set to fail.
	Outage() bool
	// SetSpaced lets the published rule decide the pace of the queue, or what the
	// simulated account allows. Nobody loses their place.
	SetSpaced(on bool)
	// Spaced reports whether the published rule decides the pace.
	Spaced() bool
	// Scene returns the name of the current scene, one word.
	Scene() string
}
