package serve

import (
	"context"
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

// server is a queue with its gateway, its endpoint, and a simulated API where there
// is no real one.
type server struct {
	queue        *queue.Queue
	api          *api.Server
	gateway      *gateway.Gateway
	advisor      *advice.Advisor
	demo         *sim.Demo // nil in front of a real API
	simulatedAPI *http.Server
	running      sync.WaitGroup

	stopFollowing context.CancelFunc // nil unless it follows the account's limits
}

// newServer returns a server for q. Its gateway calls the upstream of o or, where
// demo is not nil, the simulated API of demo, whose organizations have the
// account; a nil account has no limits.
func newServer(ctx context.Context, q *queue.Queue, demo *sim.Demo, account *sim.AccountSettings, o gateway.Options) (*server, error) {
	h := &server{queue: q, demo: demo, advisor: advice.New(q)}
	if demo != nil {
		if err := h.startSimulatedAPI(ctx, account, &o); err != nil {
			return nil, err
		}
	}
	var err error
	if h.gateway, err = gateway.New(q, o); err != nil {
		h.close()
		return nil, err
	}
	h.api = api.New(q, api.Options{
		Version: command.Version(), Simulated: h.gateway.Simulated, Advice: h.advisor.Advice,
		Caller: auditName, Viewer: access.ViewerOf, Unchanged: access.Unchanged,
		Routes: h.gateway.EachRoute, Batches: h.gateway.EachBatchToken,
	})
	return h, nil
}

// simulatedChatKey is the key of the chat route for the simulated API.
const simulatedChatKey = "sk-sim-paceline-chat"

// startSimulatedAPI serves the API of the demo on a loopback port, so
// that calls go over HTTP as to a real one.
func (s *server) startSimulatedAPI(ctx context.Context, account *sim.AccountSettings, o *gateway.Options) error {
	handler := sim.NewHandler(s.demo.API())
	if account != nil {
		var err error
		if handler, err = sim.NewAccountHandler(s.demo.API(), *account); err != nil {
			return err
		}
		o.AdminKey = simulatedAdminKey
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return command.Failf("the simulated API finds no port: %v", command.Reason(err))
	}
	s.simulatedAPI = api.NewHTTPServer(handler)
	s.running.Go(func() { _ = s.simulatedAPI.Serve(ln) })
	o.Upstream = &url.URL{Scheme: "http", Host: ln.Addr().String()}
	o.Simulated, o.Chat.Key = true, simulatedChatKey
	return nil
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if gateway.Handles(r.URL) {
		s.gateway.ServeHTTP(w, r)
		return
	}
	s.api.ServeHTTP(w, r)
}

// close stops all but the queue, which belongs to the caller.
func (s *server) close() {
	if s.stopFollowing != nil {
		s.stopFollowing()
	}
	if s.demo != nil {
		s.demo.Close()
	}
	if s.simulatedAPI != nil {
		_ = s.simulatedAPI.Close()
	}
	s.running.Wait()
	s.advisor.Close()
}
