package serve

import (
	"context"
	"net"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/state"
)

// stateTimeout is how long the last write of the counters may take.
const stateTimeout = 5 * time.Second

// openState opens the file that keeps the counters over a restart, and returns it
// with its content; the file is nil where none is kept. Each address has its own
// file, and a simulation another: simulated figures are never added to real ones.
func (p *process) openState(addr net.Addr) (*state.File, queue.State) {
	_, port, _ := net.SplitHostPort(p.flags.addr)
	if p.flags.noState || strings.Trim(port, "0") == "" { // any port: there is nothing to come back to
		return nil, queue.State{}
	}
	name := addr.String()
	if p.flags.upstreamURL == "" {
		name += "-simulated"
	}
	path, err := state.Path(p.Getenv, name)
	if err != nil {
		p.Say("the counters begin at zero and will not outlast this run: %v", err)
		return nil, queue.State{}
	}
	return state.Open(path, p.Say)
}

// openOwners opens the record of which token made which files and batches. It stands
// beside the counters, where those are kept.
func (p *process) openOwners(addr net.Addr) *state.Owners {
	_, port, _ := net.SplitHostPort(p.flags.addr)
	if p.flags.noState || p.flags.upstreamURL == "" || strings.Trim(port, "0") == "" {
		return state.OpenOwners("", p.Say)
	}
	path, err := state.Path(p.Getenv, addr.String())
	if err != nil {
		p.Say("who made which files and batches is not kept: %v", err)
		return state.OpenOwners("", p.Say)
	}
	return state.OpenOwners(strings.TrimSuffix(path, ".json")+".owners", p.Say)
}

// keepState writes the counters to the file until stop is called. stop returns after
// the last write, or after stateTimeout.
func keepState(file *state.File, q *queue.Queue) (stop func()) {
	ctx, end := context.WithCancel(context.Background())
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		file.Keep(ctx, q)
		file.Close()
	}()
	return func() {
		end()
		select {
		case <-kept:
		case <-time.After(stateTimeout): // a disk that hangs ends nothing else
		}
	}
}
