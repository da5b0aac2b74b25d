package sim

import (
	"context"
	"fmt"
	"time"

	"paceline/queue"
)

// maxPastUsers is how many users of a demo have a past: half an hour of so many costs a
// quarter of a second.
const maxPastUsers = 200

// historySlice is the length of the shortest slices of a history, of which a past has
// whole ones.
const historySlice = 5 * time.Second

// pastBegins is how long after its start a demo begins to play its past: the first frame of
// a monitor has a slow machine for itself.
const pastBegins = 200 * time.Millisecond

// playPast plays the past of the demo, and makes it the history of the queue.
func (d *Demo) playPast(o DemoOptions) {
	if o.Past <= 0 || !d.sleepUntil(pastBegins) {
		return
	}
	end := d.started.Truncate(historySlice)
	m, err := PlayPast(d.ctx, d.queue.Settings(), o, end, o.Past)
	if err != nil {
		return // the demo has been closed: options and settings were valid
	}
	h, _ := m.HistoryState(end, queue.HistoryMark{}, true)
	d.queue.AdoptHistory(h)
}

// AwaitPast returns when the history of the queue has the past of the demo, or its cause
// when ctx ends.
func (d *Demo) AwaitPast(ctx context.Context) error {
	select {
	case <-d.past:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sim: the past of the demo is not there yet: %w", context.Cause(ctx))
	}
}

// PlayPast plays a demo in virtual time, which takes milliseconds: it lasts so long and
// is over at end. It returns the machine of a queue with these settings that has been
// through it, or the cause of the end of ctx. The tour of the scenes ends where that of a
// demo begins which starts at end; its users are others, and at most 200.
func PlayPast(ctx context.Context, s queue.Settings, o DemoOptions, end time.Time, length time.Duration) (*queue.Machine, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	script, err := newScript(o.Scene)
	if err != nil {
		return nil, err
	}
	seed := newRand(o.Seed, "past").Uint64()
	p, err := newPast(s, script.endingAfter(length), seed, end.Add(-length))
	if err != nil {
		return nil, err
	}
	p.begin(seed, min(o.Users, maxPastUsers))
	if err := p.runUntil(ctx, length); err != nil {
		return nil, err
	}
	return p.machine, nil
}

// past is a demo in virtual time, without goroutines: what a [Demo] does with a queue, it
// does with the machine of one. Times are since the start.
type past struct {
	machine   *queue.Machine
	account   *demoAccount
	script    script
	start     time.Time
	now       time.Duration
	events    eventQueue[time.Duration]
	wake      time.Duration // the earliest time at which the machine is to be looked at again
	asked     map[*queue.Ticket]*askedQuestion
	batchJobs crowd
	observe   func(queue.Event) // may be nil
}

// askedQuestion is a question that waits or runs.
type askedQuestion struct {
	question
	attempt uint64
	call    Call             // of the attempt that runs
	running bool             // it runs
	done    func(tired bool) // tired: the user has left
}

func newPast(s queue.Settings, script script, seed uint64, start time.Time) (*past, error) {
	machine, err := queue.NewMachine(s, start, seed)
	if err != nil {
		return nil, err
	}
	account, err := newDemoAccount(seed)
	if err != nil {
		return nil, err
	}
	return &past{
		machine: machine, account: account, script: script, start: start, wake: forever,
		asked: map[*queue.Ticket]*askedQuestion{}, batchJobs: newBatchJobs(),
	}, nil
}

func (p *past) clock() time.Time { return p.start.Add(p.now) }

// after schedules do.
func (p *past) after(d time.Duration, do func()) {
	p.events.schedule(p.now+max(d, 0), func(time.Duration) { do() })
}

// begin lets the users come and the script begin.
func (p *past) begin(seed uint64, users int) {
	if p.observe != nil {
		p.machine.Events() // begin to collect
	}
	p.playScript(-1, users > 0)
	for seat := range users {
		u := newUser(seed, seat, users)
		p.runUser(u, u.firstQuestion(p.script[0].scene.think))
	}
}

// runUntil plays all that happens before end, unless ctx ends first.
func (p *past) runUntil(ctx context.Context, end time.Duration) error {
	for ctx.Err() == nil {
		at := min(p.events.due(), p.wake)
		if at >= end {
			break
		}
		p.now = at
		if e, ok := p.events.next(at); ok {
			e.do(at)
		} else {
			p.update(func(time.Time) {})
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("sim: %w", context.Cause(ctx))
	}
	p.now = end
	p.update(func(now time.Time) { p.machine.Report(now) }) // brings the machine to end
	return nil
}

// update changes the machine, and carries out what it decides, as [queue.Queue] does.
func (p *past) update(change func(now time.Time)) {
	change(p.clock())
	for t := p.machine.Next(p.clock()); t != nil; t = p.machine.Next(p.clock()) {
		p.machine.Start(p.clock(), t)
		p.call(t, p.asked[t])
	}
	for _, d := range p.machine.Dropped() {
		if a := p.asked[d.Ticket]; a != nil {
			p.end(d.Ticket, a, false)
		}
	}
	p.wake = forever
	if wake, ok := p.machine.Wake(); ok {
		p.wake = max(wake.Sub(p.start), p.now)
	}
	if p.observe != nil {
		for _, e := range p.machine.Events() {
			p.observe(e)
		}
	}
}

// playScript is [Demo.playScript] from one time at which it has something to do on; before
// is when the scene until then had begun.
func (p *past) playScript(before time.Duration, users bool) {
	a, began := p.script.at(p.now)
	if began != before {
		p.account.play(p.clock(), a.scene, a.length-(p.now-began))
		p.account.outage = a.scene.outage
	}
	if users {
		for i, q := range p.batchJobs.ask(a.scene.crowd, a.scene.crowd) {
			p.after(time.Duration(i)*time.Millisecond, func() {
				p.ask(q, func(bool) { p.batchJobs.outstanding-- })
			})
		}
	}
	if next := p.script.next(p.now); next < forever {
		p.after(next-p.now, func() { p.playScript(began, users) })
	}
}

// runUser sends a user's questions from a time on.
func (p *past) runUser(u *user, next time.Duration) {
	p.after(next-p.now, func() {
		q := u.askAt(p.now)
		p.ask(q, func(tired bool) { p.runUser(u, u.nextAt(p.now, p.script, q, tired)) })
	})
}

// ask sends a question, and calls done when it has ended.
func (p *past) ask(q question, done func(tired bool)) {
	var (
		t   *queue.Ticket
		a   = &askedQuestion{question: q, done: done}
		err error
	)
	p.update(func(now time.Time) {
		if t, err = p.machine.Add(now, p.account.request(q)); err == nil {
			p.asked[t] = a
		}
	})
	if err != nil {
		done(false)
		return
	}
	if q.patience > 0 {
		p.after(q.patience, func() {
			if p.asked[t] == a {
				p.update(func(now time.Time) { p.machine.Leave(now, t) })
				p.end(t, a, true)
			}
		})
	}
}

// end takes out a question that has ended, with the call for it if that runs.
func (p *past) end(t *queue.Ticket, a *askedQuestion, tired bool) {
	delete(p.asked, t)
	if a.running {
		p.account.cancel(p.clock(), a.call)
	}
	a.done(tired)
}

// call is [Demo.call] for a question whose turn it is.
func (p *past) call(t *queue.Ticket, a *askedQuestion) {
	a.attempt++
	a.call, a.running = p.account.call(a.question, a.attempt), true
	p.during(t, a, p.account.onTheWay(a.call), func() {
		if d := p.account.arrive(p.clock(), a.call); d.Err() != nil {
			p.fail(t, a, d)
		} else {
			p.answer(t, a, d)
		}
	})
}

// during does something after a time, if the attempt of t that runs now still does.
func (p *past) during(t *queue.Ticket, a *askedQuestion, after time.Duration, do func()) {
	attempt := a.attempt
	p.after(after, func() {
		if p.asked[t] == a && a.running && a.attempt == attempt {
			do()
		}
	})
}

// fail lets a call fail in time.
func (p *past) fail(t *queue.Ticket, a *askedQuestion, d Decision) {
	p.during(t, a, d.Took, func() {
		p.reportLimits(t, d)
		p.finish(t, a, d.Err())
	})
}

// answer lets a call be answered in time.
func (p *past) answer(t *queue.Ticket, a *askedQuestion, d Decision) {
	input := a.call.InputTokens
	p.during(t, a, d.FirstToken, func() {
		p.update(func(now time.Time) { p.machine.Progress(now, t) })
		p.reportLimits(t, d)
		p.reportUsage(t, queue.Cost{Input: input, Output: expectedAnswer}, a.call.used(1))
	})
	p.during(t, a, d.Took, func() {
		p.reportUsage(t, queue.Cost{Input: input, Output: d.OutputTokens}, a.call.used(d.OutputTokens))
		p.finish(t, a, nil)
	})
}

func (p *past) reportLimits(t *queue.Ticket, d Decision) {
	p.update(func(now time.Time) { p.machine.ReportLimits(now, t, d.Headers.Told(now)) })
}

func (p *past) reportUsage(t *queue.Ticket, c queue.Cost, used queue.CallUsage) {
	p.update(func(now time.Time) {
		p.machine.ReportUsage(now, t, c)
		p.machine.ReportSpending(now, t, used)
	})
}

// finish ends an attempt, and the question if there is to be no other.
func (p *past) finish(t *queue.Ticket, a *askedQuestion, err error) {
	a.running = false
	again := false
	p.update(func(now time.Time) { again, _ = p.machine.Finish(now, t, err) })
	if !again {
		p.end(t, a, false)
	}
}
