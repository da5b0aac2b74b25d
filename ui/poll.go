package ui

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"time"

	tea "charm.land/bubbletea/v2"

	"paceline/client"
)

// The messages that commands send when they are done. The tag tells an answer that
// still counts from one that came too late.
type (
	pollMsg struct {
		tag     int
		sample  client.Sample
		failure *client.Failure     // nil if the poll worked
		line    *client.WaitingPage // who waits, if that was asked for and told
		query   client.WaitingQuery // that it answers
		// Why who waits was not told, if it was asked for.
		lineFailure *client.Failure
	}
	duePollMsg    struct{ tag int } // it is time for the next poll
	lateMsg       struct{}          // the answer to a poll is overdue
	clockMsg      struct{}          // a second has passed
	noticeOverMsg struct{ tag int }
	fatalMsg      struct{ err error }
)

// poller asks the source: never twice at a time, and an answer or a tick that
// belongs to an earlier question is dropped.
type poller struct {
	ctx      context.Context // of the program: ends what is under way at its end
	source   client.Source
	interval time.Duration
	timeout  time.Duration
	random   func() float64
	timer    func(context.Context, time.Duration, tea.Msg) tea.Cmd
	line     client.Line          // nil where nobody tells who waits
	query    *client.WaitingQuery // what the view that is open shows of them; nil for nothing
	lineAt   time.Time            // when that was asked for last
	lineOff  int                  // polls that do not ask, after it has failed
	lineOld  bool                 // somebody was taken out or moved since, or it is older than the figures

	tag      int // of the poll, or the wait for one, that counts
	inFlight bool
	again    bool      // another poll is to begin after the one in flight
	started  time.Time // of the newest poll
	next     time.Time // of the one after it, if none is in flight
	answered func()    // ends the wait for lateMsg
	failures int       // in a row
	failure  *client.Failure
}

// lateAfter is how long an answer may take.
const lateAfter = time.Second

func newPoller(o Options) poller {
	return poller{ctx: context.Background(), source: o.Source, line: o.Line, interval: o.Interval, timeout: o.Timeout, random: rand.Float64, timer: sendAfter}
}

// start polls now, unless a poll is in flight.
func (p *poller) start(now time.Time) tea.Cmd {
	if p.inFlight {
		return nil
	}
	p.tag++
	p.inFlight, p.started, p.again = true, now, false
	var unanswered context.Context
	unanswered, p.answered = context.WithCancel(p.ctx)
	source, tag, line, query := p.source, p.tag, p.line, p.lineQuery(now)
	poll := p.call(func(ctx context.Context) tea.Msg {
		sample, err := source.Poll(ctx)
		msg := pollMsg{tag: tag, sample: sample, failure: asFailure(err)}
		switch {
		case err != nil || query == nil || sample.Detail == nil:
		case sample.Waiting.Value == 0:
			msg.line, msg.query = &client.WaitingPage{}, *query
		default:
			page, err := line.Waiting(ctx, *query)
			if msg.query, msg.lineFailure = *query, asFailure(err); err == nil {
				msg.line = &page
			}
		}
		return msg
	})
	return tea.Batch(poll, p.timer(unanswered, lateAfter, lateMsg{}))
}

// lineQuery returns what to ask about those who wait; nil for nothing. It is asked for once
// a second at most, and more rarely after it has failed.
func (p *poller) lineQuery(now time.Time) *client.WaitingQuery {
	if p.lineOff > 0 {
		p.lineOff--
		return nil
	}
	if p.line == nil || p.query == nil || now.Sub(p.lineAt) < lineInterval {
		return nil
	}
	p.lineAt, p.lineOld = now, false
	q := *p.query
	return &q
}

// lineInterval is the least time between two questions about who waits: a little under a
// second, for polls are not quite even.
const lineInterval = 900 * time.Millisecond

// How many polls do not ask who waits after nobody has told, and after the server has said that
// it cannot.
const (
	lineRest  = 30
	lineNever = math.MaxInt
)

// otherServer takes that another server answers than before, which may tell who waits.
func (p *poller) otherServer() { p.lineOff = min(p.lineOff, lineRest) }

// startAfter polls as soon as no poll is in flight, so that the answer shows what was
// done before now.
func (p *poller) startAfter(now time.Time) tea.Cmd {
	p.again = p.inFlight
	return p.start(now)
}

// startForLine brings the next poll forward to when who waits may be asked for again.
func (p *poller) startForLine(now time.Time) tea.Cmd {
	at := p.lineAt.Add(lineInterval)
	if at.Before(now) {
		at = now
	}
	if p.line == nil || p.inFlight || p.failures > 0 || p.lineOff > 0 || !p.next.After(at) {
		return nil
	}
	p.tag++
	p.next = at
	return p.after(at.Sub(now), duePollMsg{p.tag})
}

// call runs f, which may take as long as a poll may.
func (p *poller) call(f func(context.Context) tea.Msg) tea.Cmd {
	parent, timeout := p.ctx, p.timeout
	return guard(func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, timeout)
		defer cancel()
		return f(ctx)
	})
}

// done takes the answer and waits for the next poll. It reports false for an
// answer to an earlier question.
func (p *poller) done(msg pollMsg, now time.Time) (tea.Cmd, bool) {
	if msg.tag != p.tag || !p.inFlight {
		return nil, false
	}
	p.answered()
	p.inFlight, p.failure = false, msg.failure
	if p.failure != nil {
		p.failures++
	} else {
		p.failures = 0
	}
	return p.wait(now), true
}

// wait sends duePollMsg when it is time for the next poll. A poll that worked is
// followed by the next one an interval after its start, so that polls are even.
func (p *poller) wait(now time.Time) tea.Cmd {
	delay := client.NextPoll(p.interval, p.failures, p.random())
	if p.failures == 0 {
		delay = max(delay-now.Sub(p.started), p.interval/4)
	}
	p.tag++
	p.next = now.Add(delay)
	tag := p.tag
	return p.after(delay, duePollMsg{tag})
}

// setInterval changes the pace from the next poll on.
func (p *poller) setInterval(d time.Duration, now time.Time) tea.Cmd {
	p.interval = d
	if p.inFlight {
		return nil
	}
	return p.wait(now)
}

// after sends msg when d has passed, or nothing when the program ends first.
func (p *poller) after(d time.Duration, msg tea.Msg) tea.Cmd { return p.timer(p.ctx, d, msg) }

// sendAfter is the timer of a program. It sends nothing if ctx ends first.
func sendAfter(ctx context.Context, d time.Duration, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}

// guard turns a panic of a command into a message, so that the terminal is
// restored before anybody reads about it.
func guard(f func() tea.Msg) tea.Cmd {
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = fatalMsg{fmt.Errorf("ui: panic: %v\n%s", r, debug.Stack())}
			}
		}()
		return f()
	}
}

// failureText says why something was not done, and what to do.
func failureText(f *client.Failure) string {
	words := clean(f.Words)
	if hint := clean(f.Hint); hint != "" {
		words += ". " + hint
	}
	return words
}

func asFailure(err error) *client.Failure {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*client.Failure](err); ok {
		return f
	}
	return &client.Failure{Words: err.Error(), Err: err}
}
