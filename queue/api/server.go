package api

import (
	"net/http"
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/internal/urlpath"
)

// Options set up a [Server]. The zero Options work.
type Options struct {
	// Version is the program's version, for detail.version.
	Version string
	// Simulated reports whether the API behind the queue is simulated, so that
	// nobody takes its figures for real, and whether that is known. Nil: it is not
	// known.
	Simulated func() (simulated, known bool)
	// Advice returns the last computed advice, or nil. It may be nil.
	Advice func() *queue.Advice
	// Routes calls tell with each route of the gateway, a class of status, and how many
	// requests of it were answered so. It may be nil.
	Routes func(tell func(route, status string, requests int64))
	// Batches calls tell with each token, and how many requests are in the batches that it
	// has made. It may be nil.
	Batches func(tell func(token string, requests int64))
	// Caller names the sender of a request, for the events. Nil: the address of the
	// connection.
	Caller func(*http.Request) string
	// Viewer says whose names the sender of a request may see. Nil: everybody's.
	Viewer func(*http.Request) queue.Viewer
	// Unchanged reports whether the sender of a request that is still answered may go on to
	// see what it saw. Nil: it may.
	Unchanged func(*http.Request) bool
}

// Decorator returns a function that completes a report of q with what q itself does
// not know. If a part panics, it is a trouble of q, and is left out.
func (o Options) Decorator(q *queue.Queue) func(*queue.Report) {
	return func(r *queue.Report) {
		d := r.Detail
		if d == nil {
			return
		}
		d.Version, d.Simulated = o.Version, nil
		if o.Simulated != nil {
			q.Guard(queue.PartMetrics, func() {
				if simulated, known := o.Simulated(); known {
					d.Simulated = &simulated
				}
			})
		}
		if o.Advice != nil {
			q.Guard(queue.PartAdvice, func() { d.Advice = o.Advice() })
		}
		d.Troubles = q.Troubles()
	}
}

// AlwaysSimulated is [Options].Simulated for a queue in front of a simulated API
// only.
func AlwaysSimulated() (simulated, known bool) { return true, true }

// Server serves the figures of one queue. It is safe for concurrent use.
type Server struct {
	queue      *queue.Queue
	options    Options
	decorate   func(*queue.Report)
	prometheus http.Handler
	stream     stream
}

// New returns a server for q.
func New(q *queue.Queue, o Options) *Server {
	s := &Server{queue: q, options: o, decorate: o.Decorator(q)}
	s.prometheus = newPrometheus(s)
	s.stream.report = s.guardedReport
	return s
}

// How long a client may take, after the request's header. The time-outs are
// set for each request and not on the http.Server, whose time-outs would also
// end answers that are meant to last.
const (
	bodyTimeout   = 10 * time.Second // to send the body
	answerTimeout = 20 * time.Second // to take the answer, too
)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	control := http.NewResponseController(w)
	// A writer without deadlines, such as a recorder, has no client to wait for.
	_ = control.SetReadDeadline(now.Add(bodyTimeout))
	_ = control.SetWriteDeadline(now.Add(answerTimeout))

	path := urlpath.Clean(r.URL)
	for _, route := range routes {
		switch below, ok := strings.CutSuffix(route.path, "/{id}"); {
		case path == route.path && route.raw != nil:
			s.serve(w, r, func(w http.ResponseWriter, r *http.Request) { route.raw(s, w, r) })
			return
		case path == route.path:
			s.route(w, r, route.methods(s, ""))
			return
		case ok:
			if id, ok := waitingID(path, below); ok {
				s.route(w, r, route.methods(s, id))
				return
			}
		}
	}
	notFound(r).write(w)
}

// route is how the server answers at a path: with JSON, by the method, or by itself.
type route struct {
	path    string
	methods func(s *Server, id string) methods // the ID is that in the path
	raw     func(*Server, http.ResponseWriter, *http.Request)
}

// routes are all routes of a server.
var routes = []route{
	{path: "/api/queue/metrics", methods: func(s *Server, _ string) methods { return methods{get: s.metrics, post: s.reset} }},
	{path: "/api/queue/history", methods: func(s *Server, _ string) methods { return methods{get: s.history} }},
	{path: "/api/queue/waiting", methods: func(s *Server, _ string) methods {
		return methods{get: s.waiting, patch: s.changeUserPriority, del: s.cancelUser}
	}},
	{path: "/api/queue/waiting/{id}", methods: func(s *Server, id string) methods {
		return methods{get: s.waitingRequest(id), patch: s.changePriority(id), del: s.cancel(id)}
	}},
	{path: "/api/queue/settings", methods: func(s *Server, _ string) methods { return methods{get: s.settings, patch: s.changeSettings} }},
	{path: "/api/queue/lanes", methods: func(s *Server, _ string) methods { return methods{get: s.lanes, post: s.resume} }},
	{path: "/api/queue/stream", raw: (*Server).watch},
	{path: "/metrics", raw: (*Server).scrape},
	{path: "/healthz", methods: alive},
	{path: "/readyz", methods: func(s *Server, _ string) methods { return methods{get: s.readyz} }},
	// What clients ask first, to see whether anybody is there: Claude Code sends HEAD.
	{path: "/", methods: alive},
	{path: "/api/hello", methods: alive},
}

func alive(s *Server, _ string) methods { return methods{get: s.healthz} }

// Routes are the server's routes as "METHOD path", as a test of all of them needs them.
func Routes() []string {
	var list []string
	for _, r := range routes {
		var m methods
		if r.methods != nil {
			m = r.methods(&Server{}, "")
		}
		for method := range strings.SplitSeq(m.allow(), ", ") {
			list = append(list, method+" "+r.path)
		}
	}
	return list
}

// handler returns the answer to a request, to be written as JSON, or a problem.
type handler func(w http.ResponseWriter, r *http.Request) (any, *problem)

// methods are the handlers of one path; all but get may be nil.
type methods struct{ get, post, patch, del handler }

func (m methods) allow() string {
	allow := "GET, HEAD"
	for _, other := range []struct {
		method string
		h      handler
	}{{http.MethodPost, m.post}, {http.MethodPatch, m.patch}, {http.MethodDelete, m.del}} {
		if other.h != nil {
			allow += ", " + other.method
		}
	}
	return allow
}

// route calls the handler for the request's method and writes its answer.
func (s *Server) route(w http.ResponseWriter, r *http.Request, m methods) {
	var h handler
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h = m.get
	case http.MethodPost:
		h = m.post
	case http.MethodPatch:
		h = m.patch
	case http.MethodDelete:
		h = m.del
	}
	if h == nil {
		w.Header().Set("Allow", m.allow())
		methodNotAllowed(r, m.allow()).write(w)
		return
	}
	var answer any
	p := panicked()
	s.queue.Guard(queue.PartMetrics, func() { answer, p = h(w, r) })
	if p != nil {
		p.write(w)
		return
	}
	writeJSON(w, http.StatusOK, answer, acceptsGzip(r))
}

// serve lets f answer a GET or HEAD whose answer is not JSON.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, f http.HandlerFunc) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.route(w, r, methods{})
		return
	}
	setNoStore(w.Header())
	if !s.queue.Guard(queue.PartMetrics, func() { f(w, r) }) {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
}

// healthz answers /healthz.
func (s *Server) healthz(http.ResponseWriter, *http.Request) (any, *problem) {
	return healthAnswer{"alive"}, nil
}

// readyz answers /readyz.
func (s *Server) readyz(http.ResponseWriter, *http.Request) (any, *problem) {
	if !s.queue.Ready() {
		return nil, &problem{http.StatusServiceUnavailable, "Not ready",
			"the queue is draining: it finishes what waits and takes no new requests"}
	}
	return healthAnswer{"ready"}, nil
}

// healthAnswer is the answer of the health checks.
type healthAnswer struct {
	Status string `json:"status"`
}
