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

// writeTime is how long a client may take to accept one piece of its answer. There
// is none for the whole: a stream lasts as long as it lasts.
const writeTime = time.Minute

// errBroken says that the API's answer broke off after its header.
var errBroken = errors.New("gateway: the answer broke off")

// buffers are for bodies on their way through.
var buffers = sync.Pool{New: func() any { return new([16 << 10]byte) }}

// copyBody passes on the body of an answer. What can still grow is flushed piece
// by piece, as it comes; of a stream the header, too, should its first event take
// long.
func (x *exchange) copyBody(ctx context.Context, answer *http.Response) error {
	buffer := buffers.Get().(*[16 << 10]byte)
	defer buffers.Put(buffer)
	stream := isEventStream(answer.Header)
	flush := stream || answer.ContentLength < 0
	watch := newStreamWatch()
	watched := stream && answer.Header.Get("Content-Encoding") == ""
	var plain *message // nil where nobody asks what it cost
	if x.lane != unpaced && isPlainJSON(answer.Header) {
		plain = new(message)
	}
	if stream && x.write(nil, true) != nil {
		return errHungUp
	}
	x.alive(ctx) // the header has come
	var passed int64
	for {
		n, err := answer.Body.Read(buffer[:])
		if n > 0 {
			passed += int64(n)
			x.alive(ctx)
			switch {
			case watched:
				watch.write(buffer[:n])
				x.spent(ctx, &watch.usage)
			case plain != nil:
				plain.write(buffer[:n])
				x.spent(ctx, &plain.usage)
			}
			settled := x.settled
			switch {
			case settled:
			case passed == answer.ContentLength:
				x.settle()
			case watched && watch.over():
				stop := x.settleStream(answer)
				defer stop()
			}
			if x.write(buffer[:n], flush) != nil && !settled {
				return errHungUp
			}
		}
		switch {
		case errors.Is(err, io.EOF), err != nil && x.settled && x.r.Context().Err() != nil:
			err := watch.verdict(watched)
			if watched && !watch.over() && endsWithConnection(answer) {
				err = fmt.Errorf("%w: %w", errBroken, err)
			}
			return err
		case err != nil:
			_ = x.write(nil, true) // what came until now
			return fmt.Errorf("%w: %w", errBroken, &queue.Error{Class: queue.NetworkError, Retry: queue.RetryNo, Err: connectionWords(err)})
		}
	}
}

// settle says that what goes out next ends the answer, with success or without: a
// client that hangs up from now on has not cancelled its request. Many do so at
// the last event of a stream.
func (x *exchange) settle() {
	x.settled = true
	if x.stay != nil {
		x.stay()
	}
}

// settleStream settles an answer that may go on behind its last event: then only
// that ends with the client's hang-up, until stop.
func (x *exchange) settleStream(answer *http.Response) (stop func() bool) {
	x.settle()
	return context.AfterFunc(x.r.Context(), func() { _ = answer.Body.Close() })
}

// alive tells the queue from time to time that the answer goes on.
func (x *exchange) alive(ctx context.Context) {
	if now := time.Now(); now.Sub(x.told) >= x.pulse {
		x.told = now
		queue.Progress(ctx)
	}
}

// write sends a piece of the answer. A client has writeTime to accept it.
func (x *exchange) write(b []byte, flush bool) error {
	// On HTTP/1 a deadline that nobody waits for does no harm, so that it is
	// renewed from time to time. On HTTP/2 it ends the stream.
	multiplexed := x.r.ProtoMajor >= 2
	if now := time.Now(); multiplexed || now.Sub(x.timed) >= time.Second {
		x.timed = now
		_ = x.control.SetWriteDeadline(now.Add(writeTime))
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

// endsWithConnection reports whether nothing but the connection's end says where
// the answer ends: then a whole one and a part of one look the same.
func endsWithConnection(answer *http.Response) bool {
	return answer.ProtoMajor == 1 && answer.ContentLength < 0 && len(answer.TransferEncoding) == 0
}

func isEventStream(h http.Header) bool { return sse.IsStream(h.Get("Content-Type")) }

// beginStream sends the header of a stream that is written here.
func (x *exchange) beginStream() {
	h := x.w.Header()
	h.Set("Content-Type", sse.MediaType+"; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	x.status = http.StatusOK
	x.w.WriteHeader(http.StatusOK)
}

// writeEvent sends an event of a stream that is written here.
func (x *exchange) writeEvent(kind string, data []byte) error {
	return x.write(sse.Append(nil, sse.Event{Type: []byte(kind), Data: data}), true)
}
