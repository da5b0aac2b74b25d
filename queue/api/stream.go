package api

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"paceline/queue"
	"paceline/queue/sse"
)

const (
	streamInterval = time.Second      // from one snapshot to the next
	flushTimeout   = 10 * time.Second // for a client to accept one
	maxStreams     = 100              // at the same time
)

// stream makes one frame a second for all watchers, and none without watchers.
// The zero stream is ready once report is set.
type stream struct {
	report func() (queue.Report, bool) // false if there is none

	mu        sync.Mutex
	watchers  int                            // how many watch; guarded by mu
	timer     *time.Timer                    // of the next frame, while there are watchers; guarded by mu
	due       time.Time                      // when that is; guarded by mu
	last      *frame                         // the newest, while there are watchers; guarded by mu
	frames    uint64                         // number of frames so far; guarded by mu
	shutdowns map[*http.Server]chan struct{} // closed when the server shuts down; guarded by mu
}

// join adds a watcher, and returns the newest frame; nil if there are too many
// watchers.
func (s *stream) join() *frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers == maxStreams {
		return nil
	}
	s.watchers++
	if s.watchers == 1 {
		s.due = time.Now()
		s.advance()
	}
	return s.last
}

func (s *stream) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers--
	if s.watchers == 0 {
		s.timer.Stop()
		s.last = nil
	}
}

// latest returns the newest frame, for a watcher.
func (s *stream) latest() *frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// tick is called by the timer.
func (s *stream) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers > 0 && !time.Now().Before(s.due) { // not a timer that was stopped too late
		s.advance()
	}
}

// advance makes the frame that is due, and sets the timer for the next one. It
// requires that s.mu is held.
func (s *stream) advance() {
	s.frames++
	f := &frame{id: s.frames, next: make(chan struct{})}
	f.report, f.known = s.report()
	if s.last != nil {
		close(s.last.next)
	}
	s.last = f
	now := time.Now()
	s.due = s.due.Add(streamInterval)
	if s.due.Before(now) { // the machine slept, or is too busy
		s.due = now.Add(streamInterval)
	}
	s.timer = time.AfterFunc(s.due.Sub(now), s.tick)
}

// shutdown returns a channel that is closed when the server of a request shuts
// down, which would otherwise wait for the streams; nil without a server.
func (s *stream) shutdown(r *http.Request) <-chan struct{} {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	end, known := s.shutdowns[server]
	if !known {
		if s.shutdowns == nil {
			s.shutdowns = map[*http.Server]chan struct{}{}
		}
		end = make(chan struct{})
		s.shutdowns[server] = end
		server.RegisterOnShutdown(func() { close(end) })
	}
	return end
}

// guardedReport is [Server.report] in a timer's goroutine, where a panic would end the
// process. It is false after a panic; the queue's troubles say more.
func (s *Server) guardedReport() (r queue.Report, ok bool) {
	ok = s.queue.Guard(queue.PartStream, func() { r = s.report() })
	return r, ok
}

// watch answers GET /api/queue/stream until the client leaves, does not accept an event or
// may no longer see it, or the server shuts down.
func (s *Server) watch(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	since, p := eventsSinceOf(r)
	if p != nil {
		p.write(w)
		return
	}
	view := frameView{viewer: s.viewer(r), since: since, zip: acceptsGzip(r)}
	if view.zip {
		setGzip(h)
	}
	h.Set("Content-Type", sse.MediaType)
	if r.Method == http.MethodHead {
		return
	}
	f := s.stream.join()
	if f == nil {
		h.Del("Content-Encoding")
		h.Set("Retry-After", "60")
		(&problem{http.StatusServiceUnavailable, "Too many streams",
			"there are " + strconv.Itoa(maxStreams) + " already: ask /api/queue/metrics instead"}).write(w)
		return
	}
	defer s.stream.leave()
	end := s.stream.shutdown(r)
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back

	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // nothing more is read
	out := frameWriter{to: w, control: control, zip: view.zip}
	for {
		if out.write(f.encode(s, view)) != nil {
			return
		}
		view = f.after(view)
		select {
		case <-f.next:
			if s.options.Unchanged != nil && !s.options.Unchanged(r) {
				_ = out.finish()
				return
			}
			f = s.stream.latest()
		case <-end:
			_ = out.finish()
			return
		case <-r.Context().Done():
			return
		}
	}
}
