package queue

import (
	"fmt"
	"slices"
	"time"
)

type level uint8

const (
	levelHealthy level = iota
	levelWarning
	levelCritical
)

func (l level) String() string { return [...]string{"healthy", "warning", "critical"}[l] }

// verdict is the health in words.
type verdict struct {
	level    level
	findings []Finding // worst first
}

// updateVerdict returns the verdict at m.now. It worsens at once, and improves when it
// has been better for 10 s.
func (m *Machine) updateVerdict() verdict {
	h := &m.health
	v := m.computeVerdict()
	switch {
	case v.level >= h.shown.level:
		h.shown, h.better = v, false
	case !h.better:
		h.better, h.betterSince = true, m.now
	case m.now-h.betterSince >= healAfter:
		h.shown, h.better = v, false
	}
	return h.shown
}

// computeVerdict goes through the rows of the table.
func (m *Machine) computeVerdict() verdict {
	var v verdict
	add := func(l level, message, recommendation string) {
		v.level = max(v.level, l)
		v.findings = append(v.findings, Finding{Level: l.String(), Message: message, Recommendation: recommendation})
	}
	m.judgeAnswers(func(message, recommendation string) { add(levelCritical, message, recommendation) })
	m.judgeLanes(add)
	m.judgeOverload(add)
	m.judgeWaits(add)
	m.judgeRates(add)
	slices.SortStableFunc(v.findings, func(a, b Finding) int { return int(levelOf(b)) - int(levelOf(a)) })
	return v
}

func levelOf(f Finding) level {
	if f.Level == levelCritical.String() {
		return levelCritical
	}
	return levelWarning
}

func (m *Machine) judgeAnswers(critical func(message, recommendation string)) {
	h := &m.health
	if h.spendCap {
		critical("The spend cap is reached", "Raise the spend limit in the Claude Console; until then nothing works before the 1st of the month, 00:00 UTC")
	}
	if h.noKey {
		critical("Every API key was refused", "Check the API key: is it valid, active and paid for?")
	}
	if h.networkErrs >= criticalNetworkErrors {
		critical(fmt.Sprintf("The API cannot be reached (%d connection errors in a row)", h.networkErrs), "Check the network, DNS, the proxy and the API's address")
	}
	if n, _, failedRow, cause := h.recent(); failedRow >= criticalFailures {
		critical(fmt.Sprintf("Nothing succeeds (none of the last %d)", min(failedRow, n)), remedy(cause))
	}
}

func (m *Machine) judgeLanes(add func(l level, message, recommendation string)) {
	s := &m.settings
	after := s.Thresholds.StuckAfter
	stuck, silent, slots := 0, 0, "maxInFlight"
	if s.Adaptive {
		slots = "adaptiveInFlight"
	}
	var pause *lane
	for _, l := range m.heap {
		switch {
		case l.pause.active(m.now):
			if pause == nil || l.pause.until > pause.pause.until {
				pause = l
			}
		case l.inLine() > 0 && m.now-l.lastProgress >= after && m.now-l.opens(s, m.now) >= after:
			stuck += l.inLine()
			silent += l.running
		}
	}
	if stuck > 0 {
		add(levelCritical, fmt.Sprintf("Queue is stuck (%d waiting, nothing done for %s)", stuck, seconds(after)),
			fmt.Sprintf("All slots are held by %d calls that send nothing: check the API and the network; each is cut off after %s of silence (maxRun), and %s gives more slots", silent, seconds(s.MaxRun), slots))
	}
	if pause != nil {
		m.judgePause(&pause.pause, add)
	}
}

// judgePause adds a finding for the longest pause: critical while the lane refuses new
// requests.
func (m *Machine) judgePause(p *pause, add func(l level, message, recommendation string)) {
	level, raise := levelWarning, "minDelay or the API tier"
	if m.settings.Adaptive {
		raise = "the API tier"
	}
	recommendation := fmt.Sprintf("The rate limit was hit (%s): raise %s", p.reason, raise)
	if p.until-m.now > m.settings.MaxWait {
		level = levelCritical
		recommendation = fmt.Sprintf("New requests are refused until then (%s): if that cannot be true, end the pause; else raise %s", p.reason, raise)
	}
	if p.final {
		recommendation = fmt.Sprintf("The API refuses everything until then (%s): raise the limit in the Claude Console, and then end the pause", p.reason)
	}
	add(level, "Paused by the API until "+m.until(p.until), recommendation)
}

// judgeOverload adds a finding for the lane whose API is overloaded most.
func (m *Machine) judgeOverload(add func(l level, message, recommendation string)) {
	most := 0
	for _, l := range m.heap {
		if m.settings.Adaptive && l.overload.Open() {
			most = max(most, l.overload.Failures())
		}
	}
	if most > 0 {
		level, t := levelWarning, &m.settings.Thresholds
		if m.arrivals.Len >= t.CriticalWaiting || m.oldest() >= t.CriticalOldestWait { // this is why they wait
			level = levelCritical
		}
		add(level, fmt.Sprintf("The API is overloaded (%d answers of 529 in a row)", most),
			"Wait: it is overloaded for everybody, and no tier helps; a few requests at a time are tried until it answers again")
	}
}

func (m *Machine) judgeWaits(add func(l level, message, recommendation string)) {
	t := &m.settings.Thresholds
	waiting := m.arrivals.Len
	average, _ := m.metrics.wait.Average(m.now)
	oldest := m.oldest()
	if waiting >= t.CriticalWaiting || average >= t.CriticalAverageWait || oldest >= t.CriticalOldestWait {
		add(levelCritical, fmt.Sprintf("Very long wait times (%d waiting, average %s, oldest %s)", waiting, seconds(average), seconds(oldest)),
			"Upgrade API tier, prioritize requests, or add response caching")
	}
	if waiting >= t.WarnWaiting {
		add(levelWarning, fmt.Sprintf("Queue is backing up (%d requests waiting)", waiting),
			"Consider upgrading API tier or implementing additional rate limiting")
	}
}

func (m *Machine) judgeRates(add func(l level, message, recommendation string)) {
	n, succeeded, _, cause := m.health.recent()
	if n >= minOutcomes && float64(succeeded) < m.settings.Thresholds.WarnSuccess*float64(n) {
		add(levelWarning, fmt.Sprintf("High failure rate (%.1f%% of the last %d succeeded)", 100*float64(succeeded)/float64(n), n), remedy(cause))
	}
	if refused := m.metrics.recentRefusals.Count(m.now); refused > 0 {
		add(levelWarning, fmt.Sprintf("Refusing requests (%d in the last minute)", refused), "Raise maxQueue and maxWait, or the API tier")
	}
}

// remedy says what helps against the failure seen most.
func remedy(cause Class) string {
	const rest = "; review the failures in the events, or raise the retry attempts"
	switch cause {
	case KeyRefused:
		return "Check the API key (401/403)" + rest
	case SpendCap:
		return "Raise the spend limit in the Claude Console" + rest
	case NetworkError:
		return "Check the network (connection errors)" + rest
	case RateLimited:
		return "Check the API tier (429), or raise minDelay" + rest
	case Overloaded:
		return "Wait: the API is overloaded for everybody (529)" + rest
	case Timeout:
		return "Check the API's answer times (time-outs)" + rest
	default:
		return "Check the API's status (5xx)" + rest
	}
}

// oldest is how long the oldest request has waited; zero if none waits.
func (m *Machine) oldest() time.Duration {
	if m.arrivals.First == nil {
		return 0
	}
	return m.now - m.arrivals.First.Item.arrived
}
