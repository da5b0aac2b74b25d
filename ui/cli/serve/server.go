package serve

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"

	"paceline/queue"
	"paceline/queue/advice"
	"paceline/queue/api"
	"paceline/queue/gateway"
	"paceline/queue/sim"
	"paceline/ui/cli/command"
)

// server is a queue with what stands in front of it and behind it: the gateway,
// the endpoint, and the simulated API where there is no real one.
type server struct {
	queue   *queue.Queue
	api     *api.Server
	gateway *gateway.Gateway
	advisor *advice.Advisor
	world   *sim.Demo // nil in front of a real API
	behind  *http.Server
	served  sync.WaitGroup

	unfollow context.CancelFunc // nil unless it follows the account's limits
}

// newServer puts a gateway in front of q: to the upstream of o, or to the API of
// the world if there is one, which then has such accounts, or none for nil.
func newServer(ctx context.Context, q *queue.Queue, world *sim.Demo, account *sim.AccountSettings, o gateway.Options) (*server, error) {
	h := &server{queue: q, world: world, advisor: advice.New(q)}
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
func (h *server) simulate(ctx context.Context, account *sim.AccountSettings, o *gateway.Options) error {
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
func (h *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if gateway.Handles(r.URL.Path) {
		h.gateway.ServeHTTP(w, r)
		return
	}
	h.api.ServeHTTP(w, r)
}

// close ends what stands behind the queue. The queue itself stays the caller's.
func (h *server) close() {
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
