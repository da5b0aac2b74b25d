package api

import (
	"encoding/json"
	"errors"
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

// stream makes one snapshot a second for all watchers, and none without watchers.
// The zero stream is ready once snapshot is set.
type stream struct {
	snapshot func() ([]byte, error) // on one line

	mu        sync.Mutex
	watchers  int                            // how many watch; guarded by mu
	timer     *time.Timer                    // of the next frame, while there are watchers; guarded by mu
	due       time.Time                      // when that is; guarded by mu
	last      *frame                         // the newest, while there are watchers; guarded by mu
	frames    uint64                         // number of frames so far; guarded by mu
	shutdowns map[*http.Server]chan struct{} // closed when the server shuts down; guarded by mu
}

// frame is one snapshot as an event.
type frame struct {
	event []byte
	next  chan struct{} // closed once there is a newer one
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
	f := &frame{next: make(chan struct{})}
	if line, err := s.snapshot(); err == nil {
		f.event = sse.Append(nil, sse.Event{ID: strconv.AppendUint(nil, s.frames, 10), Type: []byte("metrics"), Data: line})
	} else { // a comment, so that watchers see the stream is alive but has no snapshot
		f.event = sse.AppendComment(nil, "no snapshot")
	}
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

// errPanicked is the error of a snapshot that panicked; the queue's troubles say
// more.
var errPanicked = errors.New("api: the snapshot panicked")

// snapshot returns the answer of GET /api/queue/metrics, on one line. It runs in a
// timer's goroutine, where a panic would end the process.
func (s *Server) snapshot() (line []byte, err error) {
	err = errPanicked
	s.queue.Guard(queue.PartStream, func() { line, err = json.Marshal(s.report()) })
	return line, err
}

// watch answers GET /api/queue/stream until the client leaves or does not accept an
// event, or the server shuts down.
func (s *Server) watch(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Method == http.MethodHead {
		h.Set("Content-Type", sse.MediaType)
		return
	}
	f := s.stream.join()
	if f == nil {
		h.Set("Retry-After", "60")
		(&problem{http.StatusServiceUnavailable, "Too many streams",
			"there are " + strconv.Itoa(maxStreams) + " already: ask /api/queue/metrics instead"}).write(w)
		return
	}
	defer s.stream.leave()
	end := s.stream.shutdown(r)
	h.Set("Content-Type", sse.MediaType)
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back

	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // nothing more is read
	for {
		_ = control.SetWriteDeadline(time.Now().Add(flushTimeout))
		if _, err := w.Write(f.event); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-f.next:
			f = s.stream.latest()
		case <-end:
			return
		case <-r.Context().Done():
			return
		}
	}
}
