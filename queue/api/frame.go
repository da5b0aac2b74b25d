package api

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"paceline/queue"
	"paceline/queue/sse"
)

// frame is one report of the stream. It is encoded once for all watchers with the same
// view of it.
type frame struct {
	id     uint64
	report queue.Report
	known  bool          // there is a report
	next   chan struct{} // closed once there is a newer frame

	mu      sync.Mutex
	encoded map[frameView]encodedFrame // guarded by mu
}

// frameView is what a watcher sees of a frame.
type frameView struct {
	viewer queue.Viewer
	since  eventsSince // the last event of the frame before, if it asks for new ones only
	zip    bool
}

// encodedFrame is a frame as an event of the stream.
type encodedFrame struct {
	text     []byte
	deflated []byte // nil unless asked for
}

// after returns the view of the frame that a watcher gets after f.
func (f *frame) after(v frameView) frameView {
	if v.since != allEvents && f.known && f.report.Detail != nil {
		v.since = eventsSince(f.report.Detail.EventsTotal)
	}
	return v
}

// encode returns the frame as an event. Without a report it is a comment, so that
// watchers see that the stream is alive.
func (f *frame) encode(s *Server, v frameView) encodedFrame {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.encoded[v]
	if ok {
		return e
	}
	e.text = sse.AppendComment(nil, "no snapshot")
	if line := f.line(s, v); line != nil {
		e.text = sse.Append(nil, sse.Event{ID: strconv.AppendUint(nil, f.id, 10), Type: []byte("metrics"), Data: line})
	}
	if v.zip {
		e.deflated = appendDeflated(nil, e.text)
	}
	if f.encoded == nil {
		f.encoded = map[frameView]encodedFrame{}
	}
	f.encoded[v] = e
	return e
}

// line returns the answer of GET /api/queue/metrics, on one line; nil if there is none.
func (f *frame) line(s *Server, v frameView) (line []byte) {
	if !f.known {
		return nil
	}
	s.queue.Guard(queue.PartStream, func() {
		r := f.report
		v.since.cut(&r)
		if b, err := json.Marshal(r.SeenBy(v.viewer)); err == nil {
			line = b
		}
	})
	return line
}

// frameWriter writes frames to a watcher, each at once.
type frameWriter struct {
	to      io.Writer
	control *http.ResponseController
	zip     bool
	begun   bool
	sum     gzipSum // of the text so far, where it is compressed
}

// write writes a frame.
func (w *frameWriter) write(e encodedFrame) error {
	if !w.zip {
		return w.send(e.text)
	}
	w.sum.add(e.text)
	if w.begun {
		return w.send(e.deflated)
	}
	w.begun = true
	return w.send(append(append([]byte{}, gzipHead...), e.deflated...))
}

// finish ends the answer.
func (w *frameWriter) finish() error {
	if !w.zip {
		return nil
	}
	return w.send(w.sum.appendTail(nil))
}

// send writes bytes and waits until the client has accepted them.
func (w *frameWriter) send(b []byte) error {
	_ = w.control.SetWriteDeadline(time.Now().Add(flushTimeout))
	if _, err := w.to.Write(b); err != nil {
		return err
	}
	return w.control.Flush()
}
