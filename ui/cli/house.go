package cli

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/advice"
	"paceline/queue/api"
	"paceline/queue/gateway"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
)

// house is a queue with what stands in front of it and behind it: the gateway,
// the endpoint, and the simulated API where there is no real one.
type house struct {
	queue   *queue.Queue
	api     *api.Server
	gateway *gateway.Gateway
	advisor *advice.Advisor
	world   *sim.World // nil in front of a real API
	behind  *http.Server
	served  sync.WaitGroup

	unfollow context.CancelFunc // nil unless it follows the account's limits
}

// buildHouse puts a gateway in front of q: to the upstream of o, or to the API of
// the world if there is one, which then has such accounts, or none for nil.
func buildHouse(ctx context.Context, q *queue.Queue, world *sim.World, account *sim.AccountSettings, o gateway.Options) (*house, error) {
	h := &house{queue: q, world: world, advisor: advice.New(q)}
	if world != nil {
		if err := h.simulate(ctx, account, &o); err != nil {
			return nil, err
		}
	}
	var err error
	if h.gateway, err = gateway.New(q, o); err != nil {
		h.close()
		return nil, err
	}
	h.api = api.New(q, api.Options{Version: command.Version(), Simulated: h.gateway.Simulated, Advice: h.advisor.Advice, Caller: callerName})
	return h, nil
}

// simulatedChatKey is what the chat route calls the simulated API with.
const simulatedChatKey = "sk-sim-paceline-chat"

// simulate serves the world's API on a loopback port of its own, so that calls to
// it go the way of all calls.
func (h *house) simulate(ctx context.Context, account *sim.AccountSettings, o *gateway.Options) error {
	handler := sim.NewHandler(h.world.API())
	if account != nil {
		var err error
		if handler, err = sim.NewAccountHandler(h.world.API(), *account); err != nil {
			return err
		}
		o.AdminKey = simulatedAdminKey
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return command.Failf("the simulated API finds no port: %v", command.Reason(err))
	}
	h.behind = api.NewHTTPServer(handler)
	h.served.Go(func() { _ = h.behind.Serve(ln) })
	o.Upstream = &url.URL{Scheme: "http", Host: ln.Addr().String()}
	o.Simulated, o.Chat.Key = true, simulatedChatKey
	return nil
}

// ServeHTTP implements http.Handler.
func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if gateway.Handles(r.URL.Path) {
		h.gateway.ServeHTTP(w, r)
		return
	}
	h.api.ServeHTTP(w, r)
}

// close ends what stands behind the queue. The queue itself stays the caller's.
func (h *house) close() {
	if h.unfollow != nil {
		h.unfollow()
	}
	if h.world != nil {
		h.world.Close()
	}
	if h.behind != nil {
		_ = h.behind.Close()
	}
	h.served.Wait()
	h.advisor.Close()
}

// callerName says for the events who asks: the token's name, or the address.
func callerName(r *http.Request) string {
	if c, ok := access.From(r.Context()); ok {
		return c.Name
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// callerOf says for the gateway whose token a request came with.
func callerOf(r *http.Request) (string, queue.Priority) {
	if c, ok := access.From(r.Context()); ok {
		return c.Name, c.Priority
	}
	return "", queue.High
}

// isAdmin says for the gateway whether a request came with an admin's token.
func isAdmin(r *http.Request) bool {
	c, _ := access.From(r.Context())
	return c.Admin
}

// ownServer serves a queue of its own over the simulated API, without users, on a
// free loopback port, until stop.
func ownServer(ctx context.Context, settings queue.Settings, seed uint64) (address string, stop func() error, err error) {
	q, err := queue.New(settings, queue.Seed(seed))
	if err != nil {
		return "", nil, command.SettingsError(err)
	}
	world, err := sim.Start(q, sim.Options{Scene: sim.Scenes()[0], Seed: seed, OnPanic: command.UsersPanic(q)})
	if err != nil {
		command.StopQueue(q)
		return "", nil, err
	}
	h, err := buildHouse(ctx, q, world, nil, gateway.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		world.Close()
		command.StopQueue(q)
		return "", nil, err
	}
	guard, err := access.New(access.Options{})
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
