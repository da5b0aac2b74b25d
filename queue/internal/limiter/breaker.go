package limiter

import "time"

// How a breaker works.
const (
	openAfter = 5 // failures in a row
	// So long without a refusal counts as a success: an answer that is not streamed
	// comes late. Where failures take longer, silence must, too.
	shortSilence  = 300 * time.Millisecond
	longSilence   = 5 * time.Second
	firstPause    = 500 * time.Millisecond // before each of the first tries
	longPause     = 2 * time.Second        // the longest pause before a try
	patientTries  = 4                      // failed tries with the first pause
	closingRounds = 3                      // rounds of successful tries until it closes
	pauseSpread   = 0.25                   // share by which a pause varies, either way
)

// Breaker holds back the calls to an API that is overloaded, or that cannot be
// reached. Closed, it lets everything pass. After five failures, and no success of a
// call that started after the first of them, it opens: one call at a time tries, with
// a pause before each. What comes of calls that started before does not count. The
// first success makes it half-open: two, then four tries at once; after three rounds
// it closes. A failure halves the round. The zero Breaker is closed.
type Breaker struct {
	failures       int           // in a row
	firstFailure   time.Duration // the first of them
	startedSince   time.Duration // a call that started since then, and has not failed; zero: none
	failureLatency time.Duration // how long the latest failure took

	open           bool
	openedAt       time.Duration // calls that started before do not count
	pause          time.Duration // nothing starts before
	failedTries    int           // failed tries in a row
	roundSize      int           // tries of the present round
	roundTries     int           // started tries of the present round
	roundSuccesses int           // successful tries of the present round
	rounds         int           // that succeeded
	lastTry        time.Duration // the last try started

	lastFailure time.Duration // the last one
}

// Open reports whether starts are held back: each is a try.
func (b *Breaker) Open() bool { return b.open }

// Failures returns how many calls have failed in a row: those that opened it, and
// the tries since then.
func (b *Breaker) Failures() int { return b.failures }

// FirstFailure returns when the first of them was that opened it, or may yet.
func (b *Breaker) FirstFailure() time.Duration { return b.firstFailure }

// relevantFor is how long an open breaker is worth showing after its last failure.
const relevantFor = 10 * time.Minute

// RelevantUntil returns until when an open breaker is worth showing without further tries.
func (b *Breaker) RelevantUntil() time.Duration {
	if !b.open {
		return 0
	}
	return b.lastFailure + relevantFor
}

// Idle reports whether the breaker has nothing to remember.
func (b *Breaker) Idle() bool { return !b.open && b.failures == 0 }

// Next returns when the next start may happen.
func (b *Breaker) Next() time.Duration {
	switch {
	case !b.open:
		return 0
	case b.roundTries < b.roundSize:
		return b.pause
	default: // those under way are silent long enough then
		return max(b.pause, b.lastTry+b.silence())
	}
}

// TryNow lets the next try start at once, whatever pause it was to wait for. It reports
// whether there was one.
func (b *Breaker) TryNow(now time.Duration) bool {
	if !b.open || b.pause <= now {
		return false
	}
	b.pause = now
	return true
}

// Silence is how long a call may be silent before that counts as a success.
const Silence = shortSilence

// silence is how long a call without a refusal counts as a success.
func (b *Breaker) silence() time.Duration {
	return min(max(shortSilence, b.failureLatency+b.failureLatency/4), longSilence)
}

// Start notes a start, and reports whether it is a try.
func (b *Breaker) Start(now time.Duration) (try bool) {
	if !b.open {
		if b.failures > 0 && b.startedSince == 0 {
			b.startedSince = now
		}
		return false
	}
	if b.roundTries >= b.roundSize { // the silence of the last round was its success
		if b.nextRound(); !b.open {
			return false
		}
	}
	b.roundTries++
	b.lastTry = now
	return true
}

// nextRound begins a round of twice as many tries, or closes the breaker.
func (b *Breaker) nextRound() {
	b.rounds++
	b.failedTries = 0
	b.roundSize, b.roundTries, b.roundSuccesses = 2*b.roundSize, 0, 0
	if b.rounds >= closingRounds {
		*b = Breaker{}
	}
}

// Succeed notes that the API has taken in a call that had started at a time, and
// reports whether that has closed the breaker. It may be called more than once for a
// call that is no try.
func (b *Breaker) Succeed(started time.Duration, try bool) (closed bool) {
	switch {
	case !b.open:
		if started > b.firstFailure {
			b.failures, b.startedSince = 0, 0
		}
	case try && started >= b.openedAt:
		b.failures = 0
		if b.roundSuccesses++; b.roundSuccesses >= b.roundSize && b.roundTries >= b.roundSize {
			b.nextRound()
			return !b.open
		}
	}
	return false
}

// Leave notes that a try has ended without an answer, as its caller has left: it says
// nothing, and another one takes its place.
func (b *Breaker) Leave(try bool) {
	if b.open && try && b.roundTries > 0 {
		b.roundTries--
	}
}

// Fail notes that a call that had started at a time has failed, and that the API
// wants a pause; zero if it does not say. pending is the number of calls whose outcome
// is open; while it exceeds the failures, these may be of single requests. draw (0 to 1)
// spreads the pause.
func (b *Breaker) Fail(now, started time.Duration, try bool, wants time.Duration, pending int, draw float64) {
	b.failureLatency, b.lastFailure = now-started, now
	from := now
	switch {
	case !b.open:
		if b.startedSince != 0 && started == b.startedSince {
			b.startedSince = 0
		}
		if b.startedSince != 0 && now-b.startedSince >= b.silence() {
			b.failures = 0
		}
		if b.failures == 0 {
			b.firstFailure, b.startedSince = now, 0
		}
		if b.failures++; b.failures < max(openAfter, pending) {
			return
		}
		*b = Breaker{failures: b.failures, firstFailure: b.firstFailure, failureLatency: b.failureLatency, lastFailure: now, open: true, openedAt: now, roundSize: 1}
	case !try || started < b.openedAt:
		return
	default:
		from = started
		b.failures++
		b.failedTries++
		b.roundSize = max(b.roundSize/2, 1)
		b.rounds = max(b.rounds-1, 0)
		b.roundTries, b.roundSuccesses = 0, 0
		b.openedAt = now // others of this round say nothing about the next one
	}
	pause := firstPause
	if b.failedTries > patientTries {
		pause = min(firstPause<<min(b.failedTries-patientTries, 4), longPause)
	}
	pause = time.Duration(float64(pause) * (1 + pauseSpread*(2*draw-1)))
	b.pause = max(now+wants, from+pause, b.pause)
}
