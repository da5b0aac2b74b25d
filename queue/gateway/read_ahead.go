package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"paceline/queue"
)

const (
	// blockedFor is how long a write may take before the answer is read ahead.
	blockedFor = 50 * time.Millisecond
	// maxAhead is how much of one answer is read ahead, and maxAllAhead how much of all,
	// in blocks: 1 MB and 256 MB. Beyond the latter each answer has one block.
	maxAhead    = 1 << 20 / len(block{})
	maxAllAhead = 256 << 20 / len(block{})
	// aheadPiece is how much of it is written at once, in bytes.
	aheadPiece = 4 << 10
	// leastRate is what a client must take of what is ready, in bytes a second, measured
	// over rateSpan.
	leastRate = 4000
	rateSpan  = 10 * time.Second
)

// errTooSlow is the cause that ends a request whose client holds up the API.
var errTooSlow = fmt.Errorf("%w: it was cut off, because it read at less than %d kB/s", errHungUp, leastRate/1000)

// readAhead lets an answer end upstream whose client is slow to take it. Once a write has
// blocked for a while, another goroutine reads the answer on into memory, and the handler's
// only writes. When the API has sent all, the call is settled: its slot is free, however long
// the client takes. A client that takes hardly anything while the memory is full is cut off,
// because it holds up the API.
type readAhead struct {
	*copying
	timer *time.Timer // runs during a write; nil before the first

	mu         sync.Mutex    // guards what follows, once there are two goroutines
	more       chan struct{} // there is more to write, or no more will come
	room       chan struct{} // there is room for more, or no more is wanted
	over       chan struct{} // closed when the reading goroutine has ended
	blocks     []*block      // what was read ahead, not written yet
	written    int           // how much of the first of them is written,
	filled     int           // and how much of the last is filled
	sent       int64         // how much of the answer the client has taken
	completeAt int64         // how much is all that it waits for; zero: not known yet
	measured   time.Time     // since when bytes are ready, or its rate was measured last; zero: none are ready
	sentBefore int64         // sent at that time
	slow       bool          // it has taken too little when it was measured
	told       bool          // the queue knows that
	full       bool          // the reading goroutine waits for room
	quit       bool          // the client takes no more
	done       bool          // no more will come
	outcome    error         // of the answer, if done
}

// write sends the next piece, and reports whether the answer is now read ahead by another
// goroutine: then, and after an error, writeOn does the rest.
func (a *readAhead) write(b []byte) (ahead bool, err error) {
	if a.complete && a.completeAt == 0 {
		a.completeAt = a.read
	}
	if a.timer == nil {
		a.timer = time.AfterFunc(blockedFor, a.begin)
	} else {
		a.timer.Reset(blockedFor)
	}
	err = a.pass(b, a.flush)
	if ahead = !a.timer.Stop(); ahead {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.prepare()
	}
	if err != nil && a.hasAll() {
		err = nil
	}
	a.sent += int64(len(b))
	return ahead, err
}

// prepare makes the channels between the two goroutines. It requires that mu is held.
func (a *readAhead) prepare() {
	if a.over == nil {
		a.more, a.room, a.over = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})
	}
}

// hasAll reports whether the client has all that it waits for: whether it takes the rest
// does not matter.
func (a *readAhead) hasAll() bool { return a.completeAt > 0 && a.sent >= a.completeAt }

// begin begins to read ahead, on the goroutine of the timer.
func (a *readAhead) begin() {
	a.mu.Lock()
	a.prepare()
	a.measured, a.sentBefore = time.Now(), a.sent
	done := a.done
	a.mu.Unlock()
	defer close(a.over)
	if done { // it is all in the write that blocks
		a.settle(a.outcome)
		return
	}
	outcome := errBroken // if it panics
	a.gateway.queue.Guard(queue.PartGateway, func() { outcome = a.readOn() })
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done, a.outcome = true, outcome
	signal(a.more)
}

// readOn reads the answer to its end, and settles the call.
func (a *readAhead) readOn() error {
	for {
		free := a.free()
		if free == nil {
			return errHungUp
		}
		n, done, outcome := a.next(free)
		a.mu.Lock()
		a.filled += n
		if a.measured.IsZero() {
			a.measured, a.sentBefore = time.Now(), a.sent
		}
		if a.complete && a.completeAt == 0 {
			a.completeAt = a.read
		}
		quit := a.quit
		signal(a.more)
		a.mu.Unlock()
		switch {
		case quit:
			return errHungUp
		case done:
			a.settle(outcome)
			return outcome
		}
	}
}

// settle tells the queue the outcome before the client has all.
func (a *readAhead) settle(outcome error) {
	if a.ctx.Err() == nil {
		queue.Settle(a.ctx, outcome)
	}
}

// free returns memory to read into, and waits for it; nil if no more is wanted.
func (a *readAhead) free() []byte {
	var tick *time.Ticker
	for {
		a.mu.Lock()
		free := a.freeNow()
		a.full = free == nil
		a.measure()
		quit, tooSlow := a.quit, a.full && a.slow
		a.mu.Unlock()
		switch {
		case quit:
			return nil
		case tooSlow:
			a.cutOff()
			return nil
		case free != nil:
			return free
		case tick == nil:
			tick = time.NewTicker(cmp.Or(a.progressInterval, time.Second))
			defer tick.Stop()
		}
		select {
		case <-a.room:
		case <-tick.C:
		}
		a.reportProgress(a.ctx) // the API is not to blame
	}
}

// freeNow returns memory to read into; nil if there is none. It requires that mu is held.
func (a *readAhead) freeNow() []byte {
	n := len(a.blocks)
	if n > 0 && a.filled < len(block{}) {
		return a.blocks[n-1][a.filled:]
	}
	all := &a.gateway.ahead
	if n > 0 && (n == maxAhead || all.Load() >= int64(maxAllAhead)) {
		return nil
	}
	all.Add(1)
	a.blocks, a.filled = append(a.blocks, buffers.Get().(*block)), 0
	return a.blocks[n][:]
}

// measure notes whether the client takes too little of what is ready, when it is time. It
// requires that mu is held.
func (a *readAhead) measure() {
	span := time.Since(a.measured)
	if a.measured.IsZero() || span < rateSpan {
		return
	}
	a.slow = float64(a.sent-a.sentBefore+aheadPiece) < leastRate*span.Seconds()
	a.measured, a.sentBefore = time.Now(), a.sent
}

// tell tells the queue how the client reads, if that has changed. The handler's goroutine
// calls it.
func (a *readAhead) tell() {
	a.mu.Lock()
	slow := a.slow
	a.mu.Unlock()
	if slow == a.told {
		return
	}
	if a.told = slow; slow {
		queue.ReportReading(a.ctx, queue.ReadsSlowly)
	} else {
		queue.ReportReading(a.ctx, queue.ReadsOn)
	}
}

// writeOn writes what is read ahead, until the end of the answer. Err is that of the write
// before.
func (a *readAhead) writeOn(err error) error {
	for err == nil {
		b, done := a.unwritten()
		if b == nil && done {
			return a.end()
		}
		if err = a.pass(b, a.flush); err != nil {
			a.mu.Lock()
			if a.hasAll() {
				err = nil
			}
			a.mu.Unlock()
		}
		a.took(len(b))
		a.tell()
	}
	if a.cut.Load() || errors.Is(err, os.ErrDeadlineExceeded) {
		a.told = false // it says the rest
		queue.ReportReading(a.ctx, queue.ReadCutOff)
		return errTooSlow
	}
	return errHungUp
}

// unwritten waits for the next piece to write, or the end; then the piece is nil.
func (a *readAhead) unwritten() (b []byte, done bool) {
	for {
		a.mu.Lock()
		if n := len(a.blocks); n > 0 {
			end := len(block{})
			if n == 1 {
				end = a.filled
			}
			b = a.blocks[0][a.written:end]
		}
		done = a.done
		if len(b) == 0 {
			b, a.measured, a.slow = nil, time.Time{}, false
		}
		a.mu.Unlock()
		if b != nil || done {
			return b[:min(len(b), aheadPiece)], done
		}
		<-a.more
	}
}

// took notes that n bytes more were written.
func (a *readAhead) took(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent += int64(n)
	a.measure()
	if a.written += n; a.written == len(block{}) {
		a.drop(1)
		signal(a.room)
	}
}

// drop gives the first n blocks back.
func (a *readAhead) drop(n int) {
	for _, b := range a.blocks[:n] {
		buffers.Put(b)
	}
	a.blocks, a.written = a.blocks[n:], 0
	a.gateway.ahead.Add(int64(-n))
}

// end returns the outcome, once all that came has been written.
func (a *readAhead) end() error {
	if errors.Is(a.outcome, errBroken) {
		_ = a.pass(nil, true) // what was received so far
	}
	return a.outcome
}

// close ends the reading, and frees the memory.
func (a *readAhead) close() {
	if a.over != nil {
		a.mu.Lock()
		a.quit = true
		done := a.done
		signal(a.room)
		a.mu.Unlock()
		if !done {
			_ = a.answer.Body.Close()
		}
		<-a.over
		a.drop(len(a.blocks))
	}
	if a.told {
		queue.ReportReading(a.ctx, queue.ReadsOn)
	}
	a.copying.close()
}

// signal wakes who waits on c, or will.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
