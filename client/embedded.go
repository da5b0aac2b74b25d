package client

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"paceline/queue"
)

// monitorName is who changes an embedded queue, for its events.
const monitorName = "the monitor"

// Embedded is a [Source] over a queue of this process. Make one with
// [NewEmbedded]; its methods are safe for concurrent use.
type Embedded struct {
	queue    *queue.Queue
	decorate func(*queue.Report)
	past     func(context.Context) error // nil: there is nothing to wait for
	closed   atomic.Bool
	decoder  decoder
}

// NewEmbedded returns a source over q, which it does not close. decorate, if not
// nil, completes each report as the server would.
func NewEmbedded(q *queue.Queue, decorate func(*queue.Report)) *Embedded {
	return &Embedded{queue: q, decorate: decorate}
}

// AwaitPast lets History wait until f returns: the past of a demo comes a moment after
// its queue. It is to be called before the source is used.
func (s *Embedded) AwaitPast(f func(context.Context) error) { s.past = f }

// Poll returns the queue's current report. An error is a *[Failure].
func (s *Embedded) Poll(ctx context.Context) (Sample, error) {
	sample, _, err := s.answer(ctx)
	return sample, err
}

// answer implements [Recordable]. The report is written and read as JSON, so that an
// embedded queue and a server give the same samples.
func (s *Embedded) answer(ctx context.Context) (Sample, []byte, error) {
	if f := s.unavailable(ctx); f != nil {
		return Sample{}, nil, f
	}
	start := time.Now()
	r := s.queue.Report()
	if s.decorate != nil {
		s.decorate(&r)
	}
	body, err := reportJSON(r)
	if err != nil {
		return Sample{}, nil, err
	}
	sample, body, err := s.decoder.decodePoll(body, start)
	sample.Role = RoleAdmin
	return sample, body, err
}

// Reset sets the queue's counters to zero. An error is a *[Failure].
func (s *Embedded) Reset(ctx context.Context) error {
	if f := s.unavailable(ctx); f != nil {
		return f
	}
	s.queue.Reset(monitorName)
	return nil
}

// Close ends the source, not the queue. It is safe to call twice; it always
// returns nil.
func (s *Embedded) Close() error {
	s.closed.Store(true)
	return nil
}

// Name returns "embedded queue".
func (s *Embedded) Name() string { return "embedded queue" }

// unavailable returns why the source cannot be used; nil if it can.
func (s *Embedded) unavailable(ctx context.Context) *Failure {
	switch {
	case s.closed.Load():
		return &Failure{Words: "closed", Err: net.ErrClosed}
	case ctx.Err() != nil:
		return &Failure{Words: "cancelled", Err: ctx.Err()}
	default:
		return nil
	}
}
