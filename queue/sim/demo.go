package sim

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"paceline/queue"
)

// DefaultUsers is how many users a demo has unless told otherwise: enough to
// wait for each other, few enough to be served.
const DefaultUsers = 6

const (
	maxUsers       = 1000
	maxOutstanding = 100 // for Add and for Burst, each
	burstSize      = 12
)

// Options set up a [World]. The zero Options have no users, play all scenes and
// draw from seed 0.
type Options struct {
	// Users is how many people talk. Zero is none: then only [World.Add] and
	// [World.Burst] send anything.
	Users int
	// Scene is the scene to play all the time, one of [Scenes]; empty plays all
	// of them in turn.
	Scene string
	// Seed fixes everything that is drawn.
	Seed uint64
	// OnPanic is called, if not nil, in a goroutine of the world that panics,
	// which then ends; without it the panic ends the process.
	OnPanic func(value any, stack []byte)
}

// World is a simulated API and its users around a queue. Make one with [Start],
// end it with [World.Close]. It is safe for concurrent use.
type World struct {
	queue   *queue.Queue
	api     *API
	script  script
	started time.Time
	onPanic func(any, []byte)

	ctx        context.Context
	cancel     context.CancelFunc
	goroutines sync.WaitGroup

	mu     sync.Mutex // guards what follows
	closed bool
	held   bool // an outage was set by hand and outlasts the scene
	you    crowd
	guests crowd
	batch  crowd
}

// Start lets a world begin around q. The first request comes within a second if
// there are users. The caller closes the world before it shuts the queue down.
func Start(q *queue.Queue, o Options) (*World, error) {
	if err := inRange("users", o.Users, 0, maxUsers); err != nil {
		return nil, err
	}
	script, err := newScript(o.Scene)
	if err != nil {
		return nil, err
	}
	api, err := NewAPI(o.Seed, script[0].scene.api)
	if err != nil {
		return nil, err
	}
	api.SetOutage(script[0].scene.outage)
	w := &World{
		queue: q, api: api, script: script, started: time.Now(), onPanic: o.OnPanic,
		you:    crowd{names: []string{"you"}},
		guests: crowd{names: []string{"guest_1", "guest_2", "guest_3", "guest_4"}},
		batch:  crowd{names: []string{"batch_1", "batch_2", "batch_3"}},
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.spawn(func() { w.conduct(o.Users > 0) })
	for seat := range o.Users {
		w.spawn(func() { w.live(newPerson(o.Seed, seat, o.Users)) })
	}
	return w, nil
}

// API returns the world's API, which lasts as long as the world.
func (w *World) API() *API { return w.api }

// Close stops everybody and returns when nothing of the world runs any more. It
// is safe to call twice.
func (w *World) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	w.goroutines.Wait()
}

// Scene returns the name of the scene that is played now.
func (w *World) Scene() string {
	a, _ := w.script.at(w.elapsed())
	return a.scene.name
}

// SetOutage makes the API fail until SetOutage(false). That also ends the outage
// of a scene.
func (w *World) SetOutage(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = on
	w.api.SetOutage(on)
}

// Outage reports whether the API has an outage, by hand or by the scene.
func (w *World) Outage() bool { return w.api.Outage() }

// Add sends one request now. It does nothing while a hundred added ones are
// outstanding or after Close.
func (w *World) Add() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.send(&w.you, 1, maxOutstanding)
}

// Burst sends a dozen requests of a few users at once; less if a hundred of
// them are outstanding already, none after Close.
func (w *World) Burst() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.send(&w.guests, burstSize, maxOutstanding)
}

func (w *World) elapsed() time.Duration { return time.Since(w.started) }

// conduct plays the script: it sets the API's conditions scene by scene and, if
// there are users at all, sends the requests of the batch jobs.
func (w *World) conduct(users bool) {
	for began := time.Duration(-1); ; {
		now := w.elapsed()
		began = w.act(now, began, users)
		if !w.sleepUntil(w.script.next(now)) {
			return
		}
	}
}

// act does what the script says for now, if the scene of now began after the one
// before, and returns when it began.
func (w *World) act(now, before time.Duration, users bool) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock() // a panic must not keep Close waiting
	a, began := w.script.at(now)
	if began != before {
		w.enter(a.scene)
	}
	if users {
		w.send(&w.batch, a.scene.crowd, a.scene.crowd)
	}
	return began
}

// enter makes the API behave as the scene says. It requires that mu is held.
func (w *World) enter(s scene) {
	if err := w.api.SetConditions(s.api); err != nil {
		panic(fmt.Sprintf("sim: scene %s: %v", s.name, err)) // a test holds each scene valid
	}
	if !w.held {
		w.api.SetOutage(s.outage)
	}
}

// sleepUntil waits until so much has elapsed; false if the world ended before.
func (w *World) sleepUntil(elapsed time.Duration) bool {
	timer := time.NewTimer(elapsed - w.elapsed())
	defer timer.Stop()
	select {
	case <-w.ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// spawn runs f on a goroutine that Close waits for.
func (w *World) spawn(f func()) {
	w.goroutines.Go(func() {
		if w.onPanic != nil {
			defer func() {
				if v := recover(); v != nil {
					w.onPanic(v, debug.Stack())
				}
			}()
		}
		f()
	})
}
