package client

import "context"

// Source is where the monitor's figures come from. Poll and Reset may be called
// from any goroutine, Poll never twice at the same time.
type Source interface {
	// Poll asks for the figures once. An error that Poll returns is a *[Failure].
	Poll(ctx context.Context) (Sample, error)
	// Reset sets the counters of the queue to zero, for everybody.
	Reset(ctx context.Context) error
	// Close frees what the source holds. It is safe to call twice.
	Close() error
	// Name says in a few words what is watched: an address without its secrets.
	Name() string
}

// Demo is what an embedded demo can do beyond a source. The monitor offers its
// keys only where there is one.
type Demo interface {
	// Add sends one request now.
	Add()
	// Burst sends a dozen at once.
	Burst()
	// SetOutage makes the simulated API fail, or work again.
	SetOutage(on bool)
	// Outage reports whether an outage was set.
	Outage() bool
	// Scene says what the demo plays now, in one word.
	Scene() string
}
