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
var buffers = sync.Pool{New: func() any { return new([16 << 10]byte) }}

// copyBody passes on the body of an answer. What can still grow is flushed piece
// by piece, as it comes; of a stream the header, too, should its first event take
// long.
func (x *exchange) copyBody(ctx context.Context, answer *http.Response) error {
	buffer := buffers.Get().(*[16 << 10]byte)
	defer buffers.Put(buffer)
	stream := isEventStream(answer.Header)
	flush := stream || answer.ContentLength < 0
	var watch *answerWatcher // nil for what is no message
	if stream || x.lane != unpaced {
		watch = newAnswerWatcher(answer)
		defer watch.close()
		x.unread = watch.unread
	}
	if stream && x.pass(nil, true) != nil {
		return errHungUp
	}
	x.reportProgress(ctx) // the header was received
	var passed int64
	for {
		n, err := answer.Body.Read(buffer[:])
		if n > 0 {
			passed += int64(n)
			x.reportProgress(ctx)
			if watch != nil {
				watch.write(buffer[:n])
				x.reportUsage(ctx, watch.usage())
			}
			complete := x.complete
			switch {
			case complete:
			case passed == answer.ContentLength:
				x.markComplete()
			case watch != nil && watch.ended():
				stop := x.completeStream(answer)
				defer stop()
			}
			if x.pass(buffer[:n], flush) != nil && !complete {
				return errHungUp
			}
		}
		switch {
		case errors.Is(err, io.EOF), err != nil && x.complete && x.r.Context().Err() != nil:
			if watch == nil {
				return nil
			}
			err, brokeOff := watch.outcome()
			x.reportUsage(ctx, watch.usage()) // the decoder may have held some back
			if brokeOff && endsWithConnection(answer) {
				err = fmt.Errorf("%w: %w", errBroken, err)
			}
			return err
		case err != nil:
			_ = x.pass(nil, true) // what was received so far
			return fmt.Errorf("%w: %w", errBroken, &queue.Error{Class: queue.NetworkError, Retry: queue.RetryNo, Err: connectionError(err)})
		}
	}
}

// markComplete notes that the next write ends the answer, with success or without: a
// client that hangs up from now on has not cancelled its request. Many clients do so at
// the last event of a stream.
func (x *exchange) markComplete() {
	x.complete = true
	x.keepAlive.pause()
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
	_, err := x.w.Write(b)
	if err == nil && flush {
		err = x.control.Flush()
	}
	if err == nil && multiplexed {
		_ = x.control.SetWriteDeadline(time.Time{})
	}
	return err
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
