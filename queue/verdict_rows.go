package queue

import (
	"fmt"
	"time"

	"paceline/queue/human"
)

// judgeAnswers judges what keeps every call from succeeding.
func (j *judge) judgeAnswers() {
	h := &j.health
	if l, ok := j.settle(rowSpendCap, when(h.spendCap.n > 0, levelCritical), true); ok {
		remedy := h.cap.Cap.Remedy()
		if len(j.spentCaps) > 0 {
			remedy += ", then " + endsPause + "end the pause; " + h.cap.capEnd()
		}
		j.add(rowSpendCap, l, h.cap.Cap.Message(), remedy)
	}
	if l, ok := j.settle(rowKeys, when(h.noKey.n > 0, levelCritical), true); ok {
		message, remedy := "Every API key was refused", "Check the API key: is it valid, active and paid for?"
		if h.noKey.n == 0 {
			message, remedy = message+" until just now", j.orOver(remedy)
		}
		j.add(rowKeys, l, message, remedy)
	}
	j.judgeNetwork()
	if l, ok := j.settle(rowFailing, when(h.failed.n >= criticalFailures, levelCritical), true); ok {
		message, remedy := fmt.Sprintf("Nothing succeeds (%d failed in a row)", h.failed.n), j.failureRemedy()
		if h.failed.n < criticalFailures {
			remedy = j.orOver(remedy)
			message = "Nothing succeeded until just now"
		}
		j.add(rowFailing, l, message, remedy)
	}
}

// untriedFor is how long no call has been made when it is said that nobody knows whether the
// API can be reached by now.
const untriedFor = time.Minute

// judgeNetwork judges whether the API can be reached: it cannot until a call shows that it can,
// and while nobody calls nobody knows.
func (j *judge) judgeNetwork() {
	c, beside := &j.health.network, j.reachedBeside()
	if c.down && beside && j.now-c.last >= untriedFor && !j.calledWithoutConnection() {
		c.down = false // nobody asks for what could not be reached, and all else can be
	}
	untried := c.down && j.arrivals.Len == 0 && j.active.Len == 0 && j.now-c.last >= untriedFor
	if untried {
		j.health.rows[rowNetwork].atMost(levelWarning)
	}
	l, ok := j.settle(rowNetwork, max(when(c.down, levelWarning), when(c.down && !untried, levelCritical)), true)
	if !ok {
		return
	}
	message, inARow := "The API cannot be reached", c.failed.n
	if beside && c.down {
		message += " for " + shorten(Escape(j.laneName(c.lanes[0])), maxName)
		if more := len(c.lanes) - 1; more > 0 {
			message += fmt.Sprintf(" and %d more", more)
		}
	}
	switch {
	case untried:
		j.add(rowNetwork, l, "The API could not be reached when it was last tried, "+j.clock(c.last),
			NetworkError.Remedy()+"; the next call shows whether it can be reached")
		return
	case c.down && inARow < criticalNetworkErrors: // a server error came between
		inARow = 0
	case c.down:
	case inARow > 0: // some succeeded before
		message, inARow = "The API is reached at times only", 0
	default:
		message = "The API could not be reached until just now"
	}
	j.add(rowNetwork, l, fmt.Sprintf("%s (%s)", message, j.inARow(inARow, NetworkError)), j.orOver(NetworkError.Remedy()))
}

// inARow says how many connections have failed in a row, or how many calls for overload; if
// none does any more, how many there were in the last minute.
func (j *judge) inARow(n int, of Class) string {
	over := "in a row"
	if n == 0 {
		n, over = j.health.failures.byClass[of].count.Count(j.now), "in the last minute"
	}
	what := counted(n, "connection error")
	if of == Overloaded {
		what = counted(n, "answer") + " of 529"
	}
	return what + " " + over
}

// failureRemedy says what helps against what calls fail for now, or did in the last minute.
func (j *judge) failureRemedy() string {
	class := j.failures
	if !j.failing {
		class = j.health.cause(j.now)
	}
	remedy := class.Remedy()
	if class == RateLimited && !j.settings.adaptive() {
		remedy += ", or raise minDelay"
	}
	if remedy += "; review the failures in the events"; class.AttemptsHelp() {
		remedy += ", or raise the retry attempts"
	}
	return remedy
}

// judgeLanes judges lanes in which nothing happens, and pauses.
func (j *judge) judgeLanes() {
	s := &j.settings
	after := s.Thresholds.StuckAfter
	stuck, silent, slots := 0, 0, "maxInFlight"
	if s.adaptive() {
		slots = "adaptiveInFlight"
	}
	for _, l := range j.heap {
		switch {
		case l.pause.active(j.now):
			if j.paused == nil || l.pause.until > j.paused.pause.until {
				j.paused = l
			}
		case l.inLine() > 0 && j.now-l.lastProgress >= after && j.now-l.opens(s, j.now) >= after:
			stuck += l.inLine()
			silent += l.running
		}
	}
	if l, ok := j.settle(rowStuck, when(stuck > 0, levelCritical), true); ok {
		message := fmt.Sprintf("Queue is stuck (%d waiting, nothing done for %s)", stuck, human.Exact(after))
		remedy := fmt.Sprintf("Check the API and the network: all slots are held by %s; maxRun ends each after %s", counted(silent, "silent call"), human.Exact(s.MaxRun))
		if !j.failing {
			remedy += fmt.Sprintf(", %s gives more slots", slots)
		}
		if stuck == 0 {
			message = fmt.Sprintf("Queue was stuck until just now (%d waiting)", j.arrivals.Len)
			remedy = "Nothing now; if it comes again, check the API and the network"
		}
		j.add(rowStuck, l, message, remedy)
	}
	j.pauseRefuses = j.paused != nil && j.paused.pause.until-j.now > s.MaxWait
}

// endedPause is what is said of a pause when it is over.
type endedPause struct {
	lane   string
	until  time.Duration // when it has ended, or will if nobody ends it
	reason string
	kind   Pause
	cap    Cap  // of a spend cap
	byHand bool // somebody has ended it
}

// resumedFor is how long it is said that a pause is over which somebody has ended: they know.
const resumedFor = 5 * time.Second

// ended notes that a pause has ended before its time.
func (p *endedPause) ended(now time.Duration, byHand bool) { p.until, p.byHand = now, byHand }

// judgePause judges the lane that is paused for longest: critical while it refuses new
// requests, or while that is why people wait critically long, and a warning as soon as the
// pause is over.
func (j *judge) judgePause() {
	last, paused := &j.health.pause, j.paused
	if paused == nil {
		most := levelWarning
		if last.byHand && j.now-last.until >= resumedFor {
			most = levelHealthy
		}
		j.health.rows[rowPause].atMost(most)
	}
	if paused != nil && !j.pauseRefuses && j.held != nil {
		paused = j.held
	}
	why := j.held != nil && max(j.health.rows[rowCrowd].level, j.health.rows[rowUserWaits].level) == levelCritical
	l := max(when(paused != nil, levelWarning), when(j.pauseRefuses || why, levelCritical))
	shown, ok := j.settle(rowPause, l, true)
	if !ok {
		return
	}
	if paused == nil {
		remedy := fmt.Sprintf("Raise %s: the rate limit was hit (%s)", j.paceLimit(), last.reason)
		switch {
		case last.kind == PauseSpendCap:
			remedy = fmt.Sprintf("%s: the API refused everything (%s)", last.cap.Remedy(), last.reason)
		case j.failing:
			remedy = "Nothing now: it is over; what most calls fail for is another thing: " + j.failures.Cause()
		}
		was := "Was paused by the API until "
		if last.kind == PauseBackOff {
			was = "Was held back after 429s without a time until "
		}
		j.add(rowPause, shown, was+j.clock(last.until), remedy)
		return
	}
	p := &paused.pause
	*last = endedPause{lane: paused.name, until: p.until, reason: p.reason, kind: p.kind(), cap: p.cap}
	recommendation := j.untilPauseEnds(paused)
	switch {
	case p.final && p.undated:
		recommendation = fmt.Sprintf("%s, then "+endsPause+"end the pause: the API refuses everything, and a request tries it once an hour (%s)", p.cap.Remedy(), p.reason)
	case p.final:
		recommendation = fmt.Sprintf("%s, then "+endsPause+"end the pause: the API refuses everything until then (%s)", p.cap.Remedy(), p.reason)
	case j.pauseRefuses && j.failing:
		recommendation = fmt.Sprintf(endsPause+"End the pause if it cannot be true: new requests are refused until then (%s)", p.reason)
	case j.pauseRefuses:
		recommendation = fmt.Sprintf(endsPause+"End the pause if it cannot be true, else raise %s: new requests are refused until then (%s)", j.paceLimit(), p.reason)
	}
	message := "Paused by the API until " + j.until(p.until)
	if p.final && p.undated {
		message = "Refused by the API with no known end; tries again at " + j.until(p.until)
	}
	if p.guessed {
		message = "Held back after 429s without a time (" + j.nextProbe(p) + ")"
	}
	j.add(rowPause, shown, message, recommendation)
}

// nextProbe says how many 429s have led to a pause that the API named no time for, and when a
// request is sent again.
func (j *judge) nextProbe(p *pause) string {
	words := fmt.Sprintf("%d in a row", max(p.streak, 1))
	if p.nextProbe == never && p.probes > 0 {
		return words + "; a request tries it now"
	}
	at := max(p.opens(), j.now)
	return fmt.Sprintf("%s; tries again at %s, in %s", words, j.clock(at), human.Duration(at-j.now))
}

// untilPauseEnds says what to do while a rate limit pauses a lane.
func (j *judge) untilPauseEnds(l *lane) string {
	p := &l.pause
	if j.failing {
		return fmt.Sprintf("Wait until then (%s); what most calls fail for is another thing: %s", p.reason, j.failures.Cause())
	}
	wait := "Wait until " + j.clock(p.until)
	if p.guessed {
		wait = "Wait: the API named no time, and a request tries it every few seconds"
	}
	if p.until-p.began >= j.settings.Thresholds.CriticalLastWait {
		wait += ", or " + endsPause + "end the pause if it cannot be true"
	}
	return fmt.Sprintf("%s: the rate limit was hit (%s); if it comes often, raise %s", wait, p.reason, j.paceLimit())
}

// paceLimit names what sets the pace.
func (j *judge) paceLimit() string {
	if j.settings.adaptive() {
		return "the API tier"
	}
	return "minDelay or the API tier"
}

// judgeOverload judges the lane whose API is overloaded most.
func (j *judge) judgeOverload() {
	most, of, open := j.overloaded()
	l := when(open, levelWarning)
	if open && max(j.health.rows[rowCrowd].level, j.health.rows[rowUserWaits].level) == levelCritical { // this is why they wait
		l = levelCritical
	}
	if shown, ok := j.settle(rowOverload, l, true); ok {
		message := "The API is overloaded"
		switch over := j.failuresOver(); {
		case !open && over:
			message = "The API was overloaded until just now"
		case !open:
			message = "The API is overloaded at times"
		case of != "":
			message += " for " + shorten(Escape(of), maxName)
		}
		j.add(rowOverload, shown, fmt.Sprintf("%s (%s)", message, j.inARow(most, Overloaded)),
			j.orOver("Wait: no tier helps; a few requests at a time are tried until it answers"))
	}
}

// judgeRates judges failures and refusals.
func (j *judge) judgeRates() {
	h := &j.health
	n, succeeded, _ := h.recent()
	few := n >= minOutcomes && !h.failuresAged(j.now) && float64(succeeded) < j.settings.Thresholds.WarnSuccess*float64(n)
	if l, ok := j.settle(rowFailureRate, when(few, levelWarning), true); ok {
		message, remedy := "High failure rate", j.failureRemedy()
		switch {
		case few:
		case h.failuresAged(j.now):
			message, remedy = message+" five minutes ago", "Nothing now: none has failed since"
		default:
			message, remedy = message+" until just now", j.orOver(remedy)
		}
		j.add(rowFailureRate, l, fmt.Sprintf("%s (%.1f%% of the last %d succeeded)", message, 100*float64(succeeded)/float64(max(n, 1)), n), remedy)
	}
	j.judgeMistakes()
	j.judgeFailingUser()
	j.judgeSlowReaders()
	j.judgeRefusals()
}

// judgeRefusals judges refusals at the door.
func (j *judge) judgeRefusals() {
	refused := j.metrics.recentRefusals.Count(j.now)
	l, ok := j.settle(rowRefusals, when(refused > 0, levelWarning), true)
	if !ok {
		return
	}
	e := explanation{remedy: j.tierOr("Raise maxQueue and maxWait, or the API tier")}
	switch o := &j.health.outage; {
	case 2*j.metrics.capRefusals.Count(j.now) > refused:
		j.blame(&e, SpendCap)
		if e.past = !j.pauseRefuses; !e.past {
			e.remedy += ", then " + endsPause + "end the pause"
		}
	case j.failing:
		j.blame(&e, j.failures)
	case o.covers(j.metrics.refusedAt):
		j.blame(&e, o.class)
		e.past = true
	case 2*j.metrics.pauseRefusals.Count(j.now) > refused:
		e.reason, e.past = refusedByPause, !j.pauseRefuses
	}
	why, message := j.explain(rowRefusals, e), "Refusing requests"
	if why.past || j.health.rows[rowRefusals].better {
		message = "Refused requests"
	}
	j.add(rowRefusals, l, fmt.Sprintf("%s%s (%d in the last minute)", message, why.words(), refused), j.helps(why))
}

// mistakesFor is how long nothing has succeeded while mistakes are made, at least: they fail
// at once, and what succeeds takes longer.
const mistakesFor = 5 * time.Second

// lastKnownFor is for how long it is said what the last calls have come to, while few calls
// follow, or none.
const lastKnownFor = time.Hour

// sinceLastSuccess says since when nothing has succeeded, and whether anybody calls.
func (j *judge) sinceLastSuccess() (words string) {
	if at := j.health.failures.lastAccepted(); at > 0 {
		words = " since " + j.clock(at)
	}
	if j.active.Len == 0 && j.arrivals.Len == 0 {
		words += ", and nobody calls now"
	}
	return words
}

// judgeMistakes judges the mistakes of callers, which say nothing about the queue, unless
// several users make them and nothing else happens, or every key is refused of who calls.
func (j *judge) judgeMistakes() {
	f := &j.health.failures
	class, calls, users := f.mistakes(j.now)
	_, others, _ := f.dominant(j.now)
	nothingFor := func(d time.Duration) bool { return f.lastAccepted() == 0 || j.now-f.lastAccepted() >= d }
	none := f.nothingSucceeds() && nothingFor(mistakesFor) || f.row.n >= minOutcomes && nothingFor(acceptedLately)
	everybody := users > 1 || class == KeyRefused && j.users.active.Count(j.now) <= 1
	least := minOutcomes
	if j.health.rows[rowMistakes].level == levelCritical { // a few less are no change
		least /= 2
	}
	now := none && calls >= least && calls > others && everybody
	since := none && !now && j.health.rows[rowMistakes].level > levelHealthy && j.now-f.latest < lastKnownFor
	if !now {
		j.health.rows[rowMistakes].atMost(levelWarning)
	}
	l, ok := j.settle(rowMistakes, max(when(now, levelCritical), when(since, levelWarning)), true)
	if !ok {
		return
	}
	if since {
		j.add(rowMistakes, l, "Nothing has succeeded"+j.sinceLastSuccess(), "Check the events for what the last calls failed for; the next call shows whether it is over")
		return
	}
	check := "the requests"
	if class == KeyRefused {
		check = "the callers' keys"
	}
	message, remedy := "Nothing succeeds", fmt.Sprintf("Check %s and the API's address; the events say more", check)
	if !none {
		message, remedy = "Nothing succeeded until just now", j.orOver(remedy)
	}
	if calls > 0 {
		message += fmt.Sprintf("; cause: %s (%s of %s failed in the last minute)", class.Cause(), counted(calls, "call"), counted(users, "user"))
	}
	j.add(rowMistakes, l, message, remedy)
}
