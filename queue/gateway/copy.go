package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"paceline/queue"
	"paceline/queue/sse"
)

// writeTimeout is how long a client may take to accept one piece of its answer. The
// whole answer has no limit.
const writeTimeout = time.Minute

// errBroken says that the API's answer broke off after its header.
var errBroken = errors.New("gateway: the answer broke off")

// buffers are for copying bodies.
var buffers = sync.Pool{New: func() any { return new(block) }}

// block is a piece of an answer in memory.
type block [16 << 10]byte

// copying is an answer that is passed on: what is read of it, and learned from it. Make one
// with newCopying.
type copying struct {
	*exchange
	ctx    context.Context
	answer *http.Response
	watch  *answerWatcher // nil for what is no message
	flush  bool           // each piece goes out as it comes, for more can come at any time
	read   int64
	stop   func() bool // of completeStream; nil before it
}

func (x *exchange) newCopying(ctx context.Context, answer *http.Response) *copying {
	c := &copying{exchange: x, ctx: ctx, answer: answer}
	stream := isEventStream(answer.Header)
	c.flush = stream || answer.ContentLength < 0
	if stream || x.lane != unpaced {
		c.watch = newAnswerWatcher(answer)
		x.unread = c.watch.unread
	}
	return c
}

// close frees what the reading needed.
func (c *copying) close() {
	if c.stop != nil {
		c.stop()
	}
	if c.watch != nil {
		c.watch.close()
	}
}

// copyBody passes on the body of an answer. What can still grow is flushed piece
// by piece, as it comes; of a stream the header, too, should its first event take
// long.
func (x *exchange) copyBody(ctx context.Context, answer *http.Response) error {
	buffer := buffers.Get().(*block)
	defer buffers.Put(buffer)
	a := &readAhead{copying: x.newCopying(ctx, answer)}
	defer a.close()
	if isEventStream(answer.Header) {
		if ahead, err := a.write(nil); ahead || err != nil {
			return a.writeOn(err)
		}
	}
	x.reportProgress(ctx) // the header was received
	for {
		n, done, outcome := a.next(buffer[:])
		a.done, a.outcome = done, outcome
		if n > 0 {
			if ahead, err := a.write(buffer[:n]); ahead || err != nil {
				return a.writeOn(err)
			}
		}
		if done {
			return a.end()
		}
	}
}

// next reads the next piece of the answer. When no more will come, it is done, with the
// outcome of the call.
func (c *copying) next(buffer []byte) (n int, done bool, outcome error) {
	n, err := c.answer.Body.Read(buffer)
	if n > 0 {
		c.note(buffer[:n])
	}
	switch {
	case errors.Is(err, io.EOF), err != nil && c.complete && c.r.Context().Err() != nil:
		if c.watch == nil {
			return n, true, nil
		}
		brokeOff, outcome := c.watch.outcome()
		c.reportUsage(c.ctx, c.watch.usage()) // the decoder may have held some back
		if brokeOff && endsWithConnection(c.answer) {
			outcome = fmt.Errorf("%w: %w", errBroken, outcome)
		}
		return n, true, outcome
	case err != nil:
		return n, true, fmt.Errorf("%w: %w", errBroken, &queue.Error{Class: queue.NetworkError, Retry: queue.RetryNo, Err: connectionError(err)})
	default:
		return n, false, nil
	}
}

// note learns from the next piece of the answer.
func (c *copying) note(b []byte) {
	c.read += int64(len(b))
	c.reportProgress(c.ctx)
	if c.watch != nil {
		c.watch.write(b)
		c.reportUsage(c.ctx, c.watch.usage())
	}
	switch {
	case c.complete:
	case c.read == c.answer.ContentLength:
		c.markComplete()
	case c.watch != nil && c.watch.ended():
		c.stop = c.completeStream(c.answer)
	}
}

// markComplete notes that the next write ends the answer, with success or without: a
// client that hangs up from now on has not cancelled its request. Many clients do so at
// the last event of a stream.
func (x *exchange) markComplete() {
	x.complete = true
	x.keepAlive.finish()
	if x.detach != nil {
		x.detach()
	}
}

// completeStream marks an answer complete that may continue after its last event. The
// client's hang-up then ends only that rest, until stop.
func (x *exchange) completeStream(answer *http.Response) (stop func() bool) {
	x.markComplete()
	return context.AfterFunc(x.r.Context(), func() { _ = answer.Body.Close() })
}

// reportProgress reports to the queue, at intervals, that the answer goes on.
func (x *exchange) reportProgress(ctx context.Context) {
	if now := time.Now(); now.Sub(x.lastProgress) >= x.progressInterval {
		x.lastProgress = now
		queue.Progress(ctx)
	}
}

// pass sends a piece of the API's answer.
func (x *exchange) pass(b []byte, flush bool) error {
	if x.keepAlive != nil {
		return x.keepAlive.pass(x, b, flush)
	}
	return x.write(b, flush)
}

// write sends a piece of the answer. A client has writeTimeout to accept it.
func (x *exchange) write(b []byte, flush bool) error {
	// On HTTP/1 a deadline without a pending write does no harm, so that it is
	// renewed from time to time. On HTTP/2 it ends the stream.
	multiplexed := x.r.ProtoMajor >= 2
	if now := time.Now(); multiplexed || now.Sub(x.lastDeadline) >= time.Second {
		x.lastDeadline = now
		_ = x.control.SetWriteDeadline(now.Add(writeTimeout))
	}
	if x.cut.Load() {
		return errTooSlow
	}
	_, err := x.w.Write(b)
	if err == nil && flush {
		err = x.control.Flush()
	}
	if err == nil && multiplexed {
		_ = x.control.SetWriteDeadline(time.Time{})
	}
	return err
}

// cutOff ends the write that is under way, and refuses all further ones. Any goroutine may
// call it.
func (x *exchange) cutOff() {
	x.cut.Store(true)
	_ = x.control.SetWriteDeadline(time.Unix(1, 0)) // after cut: whoever has set another one sees it
}

// endsWithConnection reports whether only the end of the connection marks the end
// of the answer: then a truncated answer looks complete.
func endsWithConnection(answer *http.Response) bool {
	return answer.ProtoMajor == 1 && answer.ContentLength < 0 && len(answer.TransferEncoding) == 0
}

func isEventStream(h http.Header) bool { return sse.IsStream(h.Get("Content-Type")) }

// beginStream sends the header of a stream that the gateway writes.
func (x *exchange) beginStream() {
	h := x.w.Header()
	h.Set("Content-Type", sse.MediaType+"; charset=utf-8")
	forbidBuffering(h)
	x.status = http.StatusOK
	x.w.WriteHeader(http.StatusOK)
}

// writeEvent sends an event of a stream that the gateway writes.
func (x *exchange) writeEvent(kind string, data []byte) error {
	return x.write(sse.Append(nil, sse.Event{Type: []byte(kind), Data: data}), true)
}
