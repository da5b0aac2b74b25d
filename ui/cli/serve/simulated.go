package serve

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/api"
	"paceline/queue/gateway"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
)

// StartSimulated serves a queue over a simulated API without users, on a free
// loopback port, until stop is called.
func StartSimulated(ctx context.Context, settings queue.Settings, seed uint64) (address string, stop func() error, err error) {
	q, err := queue.New(settings, queue.Seed(seed))
	if err != nil {
		return "", nil, command.SettingsError(err)
	}
	demo, err := sim.StartDemo(q, sim.DemoOptions{Scene: sim.Scenes()[0], Seed: seed, OnPanic: command.UsersPanic(q)})
	if err != nil {
		command.StopQueue(q)
		return "", nil, err
	}
	h, err := newServer(ctx, q, demo, nil, gateway.Options{Caller: loadTest, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		demo.Close()
		command.StopQueue(q)
		return "", nil, err
	}
	guard, err := access.NewGuard(access.GuardOptions{})
	if err != nil {
		panic(err) // the zero options are fine
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		h.close()
		command.StopQueue(q)
		return "", nil, command.Failf("the load test finds no port: %v", command.Reason(err))
	}
	// It outlives ctx: whoever is interrupted still wants the queue's figures.
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- api.Serve(serving, ln, guard.Wrap(h), q, 0) }()
	stop = sync.OnceValue(func() error {
		end()
		err := <-done
		h.close()
		return err
	})
	return "http://" + ln.Addr().String(), stop, nil
}

// loadTest is the only caller of such a server, and its users are all new.
func loadTest(*http.Request) gateway.Caller {
	return gateway.Caller{Priority: queue.High, Trusted: true}
}
