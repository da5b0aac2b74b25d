package sim

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"paceline/queue"
)

// DefaultUsers is the default number of users of a demo: enough to wait for each
// other, few enough to be served.
const DefaultUsers = 6

const (
	maxUsers       = 1000
	maxOutstanding = 100 // of Add, and of Burst
	burstSize      = 12
)

// DemoOptions set up a [Demo]. The zero DemoOptions have no users, play all scenes
// and draw from seed 0.
type DemoOptions struct {
	// Users is how many simulated users there are. With zero, only [Demo.Add] and
	// [Demo.Burst] send requests.
	Users int
	// Scene is the only scene to play, one of [Scenes]; empty plays all of them in
	// turn.
	Scene string
	// Seed fixes all random draws.
	Seed uint64
	// Past is for how long the demo is to have been on before it starts: so much is
	// played in virtual time, beside the demo, and is then the history of the queue, see
	// [Demo.AwaitPast]. Only the history: the counters begin at zero. Default 0.
	Past time.Duration
	// OnPanic is called, if not nil, when a goroutine of the demo panics; that
	// goroutine ends. Without it the panic ends the process.
	OnPanic func(value any, stack []byte)
}

func (o DemoOptions) validate() error { return inRange("users", o.Users, 0, maxUsers) }

// Demo is a simulated API and simulated users around a queue. The users belong to one
// organization, whose [Account] has the limits of tier 1. Make one with [StartDemo], end
// it with [Demo.Close]. It is safe for concurrent use.
type Demo struct {
	queue   *queue.Queue
	api     *API
	script  script
	started time.Time
	onPanic func(any, []byte)

	ctx        context.Context
	cancel     context.CancelFunc
	goroutines sync.WaitGroup

	past chan struct{} // closed when it has been played

	account *demoAccount // what changes in it is guarded by mu

	mu           sync.Mutex // guards what follows
	closed       bool
	manualOutage bool // SetOutage(true) outlasts the scene
	added        crowd
	guests       crowd
	batchJobs    crowd
}

// StartDemo starts a demo around q. The first request comes within a second if
// there are users. Close the demo before you shut the queue down.
func StartDemo(q *queue.Queue, o DemoOptions) (*Demo, error) {
	if err := o.validate(); err != nil {
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
	account, err := newDemoAccount(o.Seed)
	if err != nil {
		return nil, err
	}
	d := &Demo{
		queue: q, api: api, account: account, script: script, started: time.Now(), onPanic: o.OnPanic,
		added:     crowd{names: []string{"you"}},
		guests:    crowd{names: []string{"guest_1", "guest_2", "guest_3", "guest_4"}},
		batchJobs: newBatchJobs(),
		past:      make(chan struct{}),
	}
	d.setConditions(script[0], 0)
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.spawn(func() {
		defer close(d.past)
		d.playPast(o)
	})
	d.spawn(func() { d.playScript(o.Users > 0) })
	for seat := range o.Users {
		d.spawn(func() { d.runUser(newUser(o.Seed, seat, o.Users)) })
	}
	return d, nil
}

// API returns the demo's API, which lasts as long as the demo.
func (d *Demo) API() *API { return d.api }

// Close stops the demo, and returns when all its goroutines have ended. It is safe
// to call twice.
func (d *Demo) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.goroutines.Wait()
}

// Scene returns the name of the present scene.
func (d *Demo) Scene() string {
	a, _ := d.script.at(d.elapsed())
	return a.scene.name
}

// SetOutage starts an outage that lasts until SetOutage(false), which also ends the
// outage of a scene.
func (d *Demo) SetOutage(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.manualOutage = on
	d.setOutage(on)
}

// setOutage requires that mu is held.
func (d *Demo) setOutage(on bool) {
	d.api.SetOutage(on)
	d.account.outage = on
}

// Outage reports whether the API has an outage, set by hand or by the scene.
func (d *Demo) Outage() bool { return d.api.Outage() }

// SetSpaced lets the published rule decide the pace of the queue, or what the account
// allows. It holds at once, and nobody loses their place.
func (d *Demo) SetSpaced(on bool) { d.queue.SetAdaptive(!on, "the monitor") }

// Spaced reports whether the published rule decides the pace of the queue.
func (d *Demo) Spaced() bool { return !d.queue.Settings().Adaptive }

// Add sends one request now. It does nothing while 100 requests of Add are
// outstanding, or after Close.
func (d *Demo) Add() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.send(&d.added, 1, maxOutstanding)
}

// Burst sends a dozen requests of a few users at once; fewer if 100 of its requests
// are outstanding, none after Close.
func (d *Demo) Burst() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.send(&d.guests, burstSize, maxOutstanding)
}

func (d *Demo) elapsed() time.Duration { return time.Since(d.started) }

// playScript sets the API's conditions scene by scene, from the second on, and, if there
// are users, sends the requests of the batch jobs.
func (d *Demo) playScript(users bool) {
	for began := time.Duration(0); ; {
		now := d.elapsed()
		began = d.playScene(now, began, users)
		if !d.sleepUntil(d.script.next(now)) {
			return
		}
	}
}

// playScene applies the script at now. It sets the conditions if the present scene
// did not begin at before, and returns when the scene began.
func (d *Demo) playScene(now, before time.Duration, users bool) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock() // a panic must not keep Close waiting
	a, began := d.script.at(now)
	if began != before {
		d.setConditions(a, now-began)
	}
	if users {
		d.send(&d.batchJobs, a.scene.crowd, a.scene.crowd)
	}
	return began
}

// setConditions makes the API behave as the scene of an act says that has gone on for
// some time. It requires that mu is held.
func (d *Demo) setConditions(a act, played time.Duration) {
	s := a.scene
	if err := d.api.SetConditions(s.api); err != nil {
		panic(fmt.Sprintf("sim: scene %s: %v", s.name, err)) // a test checks that every scene is valid
	}
	d.account.play(time.Now(), s, a.length-played)
	if !d.manualOutage {
		d.setOutage(s.outage)
	}
}

// sleepUntil waits until so much time has elapsed; false if the demo ended before.
func (d *Demo) sleepUntil(elapsed time.Duration) bool { return sleep(d.ctx, elapsed-d.elapsed()) }

// sleep waits for a time; false if ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// spawn runs f on a goroutine that Close waits for.
func (d *Demo) spawn(f func()) {
	d.goroutines.Go(func() {
		if d.onPanic != nil {
			defer func() {
				if v := recover(); v != nil {
					d.onPanic(v, debug.Stack())
				}
			}()
		}
		f()
	})
}
