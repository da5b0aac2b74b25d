package serve

import (
	"context"
	"net"
	"strings"
	"sync"
	"time"

	"paceline/queue"
	"paceline/queue/state"
)

// stateTimeout is how long the last write of the counters may take.
const stateTimeout = 5 * time.Second

// kept is what outlasts a run: the files are nil where none is kept.
type kept struct {
	counters *state.File
	history  *state.History
}

// openState opens the files that keep the counters and the history over a restart, and
// returns options that restore what is in them. Each address has its own files, and a
// simulation others: simulated figures are never added to real ones.
func (p *process) openState(addr net.Addr) (kept, []queue.Option) {
	_, port, _ := net.SplitHostPort(p.flags.addr)
	if p.flags.noState || strings.Trim(port, "0") == "" { // any port: there is nothing to come back to
		return kept{}, nil
	}
	name := addr.String()
	if p.flags.upstreamURL == "" {
		name += "-simulated"
	}
	path, err := state.Path(p.Getenv, name)
	if err != nil {
		p.Say("the counters begin at zero, and with the history they will not outlast this run: %v", err)
		return kept{}, nil
	}
	counters, before := state.Open(path, p.Say)
	history, past := state.OpenHistory(strings.TrimSuffix(path, ".json")+".history", p.Say)
	return kept{counters, history}, []queue.Option{queue.Restore(before), queue.RestoreHistory(past)}
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

// keep writes the counters and the history to the files until stop is called. stop returns
// after the last writes, or after stateTimeout.
func (k kept) keep(q *queue.Queue) (stop func()) {
	ctx, end := context.WithCancel(context.Background())
	var writing sync.WaitGroup
	writing.Go(func() {
		k.counters.Keep(ctx, q)
		k.counters.Close()
	})
	writing.Go(func() {
		k.history.Keep(ctx, q)
		k.history.Close()
	})
	written := make(chan struct{})
	go func() {
		defer close(written)
		writing.Wait()
	}()
	return func() {
		end()
		select {
		case <-written:
		case <-time.After(stateTimeout): // a disk that hangs ends nothing else
		}
	}
}
