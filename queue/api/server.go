package api

import (
	"net/http"
	"time"

	"paceline/queue"
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

	switch r.URL.Path {
	case "/api/queue/metrics":
		s.route(w, r, methods{get: s.metrics, post: s.reset})
	case "/api/queue/history":
		s.route(w, r, methods{get: s.history})
	case "/api/queue/waiting":
		s.route(w, r, methods{get: s.waiting, patch: s.changeUserPriority, del: s.cancelUser})
	case "/api/queue/settings":
		s.route(w, r, methods{get: s.settings, patch: s.changeSettings})
	case "/api/queue/lanes":
		s.route(w, r, methods{get: s.lanes, post: s.resume})
	case "/api/queue/stream":
		s.serve(w, r, s.watch)
	case "/metrics":
		s.serve(w, r, s.scrape)
	case "/healthz":
		s.route(w, r, methods{get: s.healthz})
	case "/readyz":
		s.route(w, r, methods{get: s.readyz})
	default:
		if id, ok := waitingID(r); ok {
			s.route(w, r, methods{get: s.waitingRequest(id), patch: s.changePriority(id), del: s.cancel(id)})
			return
		}
		notFound(r).write(w)
	}
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
