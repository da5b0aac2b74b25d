package advice

import (
	"fmt"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/human"
	"paceline/queue/replay"
)

// maxUntold is the share of the requests from which on it matters that their account's
// limits are not known: they may be the ones in the 95th percentile.
const maxUntold = 1. / 20

// Two numbers of lost requests differ from these differences on.
const (
	lostFloor = 3
	lostShare = 1. / 20 // of all requests
)

// experience is what the users of a traffic experienced: as measured, or as computed.
type experience struct {
	known     bool
	stayed    bool          // somebody did who waited, and did not leave before the start,
	stayedP95 time.Duration // and their waits until now
	waited    bool          // not all were refused
	p95, mean time.Duration // of the waits until now, also of those who left, if there are any
	lost      int           // requests that failed or were refused
}

// newExperience returns an experience with these waits, and those of who left.
func newExperience(waits, left []time.Duration, lost int) experience {
	e := experience{known: true, stayed: len(waits) > 0, stayedP95: replay.Quantile(waits, 0.95), lost: lost}
	all := slices.Concat(waits, left)
	e.waited, e.p95 = len(all) > 0, replay.Quantile(all, 0.95)
	for _, w := range all {
		e.mean += w / time.Duration(len(all))
	}
	return e
}

// measured is what the users experienced. Who still waits has waited until now, so that
// a line that grows is not taken for a short one. Nothing is known of requests of which
// only the arrivals are.
func (t *traffic) measured() experience {
	var waits, left []time.Duration
	lost := 0
	for i := range t.requests {
		r := &t.requests[i]
		switch {
		case r.Ended && !r.Started:
			return experience{}
		case r.Refused:
			lost++
		case r.Started:
			waits = append(waits, r.delay())
		case r.Abandoned:
			left = append(left, r.delay())
		default:
			waits = append(waits, t.length-r.at)
		}
		if r.Failed && !callersMistake(r.LastError) {
			lost++
		}
	}
	return newExperience(waits, left, lost)
}

// callersMistake reports whether a failure says nothing about the queue or the API. The
// replay knows of none.
func callersMistake(c queue.Class) bool { return c == queue.ClientError || c == queue.KeyRefused }

// mistakes is how many requests failed for their callers' mistakes.
func (t *traffic) mistakes() (n int) {
	for i := range t.requests {
		if r := &t.requests[i]; r.Failed && callersMistake(r.LastError) {
			n++
		}
	}
	return n
}

// computed is what the users experience in a replay of the traffic, until the same
// moment as in measured.
func (t *traffic) computed(f *replay.Result) experience {
	first := t.requests[0].at
	for i := range t.requests {
		first = min(first, t.requests[i].at)
	}
	var waits []time.Duration
	for _, a := range f.Answers {
		arrived := first + a.At - a.Latency
		waits = append(waits, min(a.Wait, t.length-arrived))
	}
	return newExperience(waits, f.Left, f.Failures)
}

// agrees reports whether a replay tells the same as was measured: neither the p95 of the
// waits nor their mean is far apart, where both have waits, and about as many requests were
// lost, of so many. Where nothing was measured nothing disagrees.
func (e experience) agrees(computed experience, requests int) bool {
	if !e.known {
		return true
	}
	apart := max(e.lost, computed.lost) - min(e.lost, computed.lost)
	if e.waited && computed.waited && (queue.FarApart(e.p95, computed.p95) || queue.FarApart(e.mean, computed.mean)) {
		return false
	}
	return float64(apart) <= max(lostFloor, lostShare*float64(requests))
}

// doubt returns why nothing can be told of what would help, as a clause after "because";
// empty if it can be told, or if the result f of the replay calls for nothing.
func (t *traffic) doubt(s Situation, f *replay.Result) string {
	measured, computed := t.measured(), t.computed(f)
	untold := s.Tier == "" && t.untold() > maxUntold
	agrees := measured.agrees(computed, len(t.requests))
	switch {
	case agrees && measured.p95 < minWait && !outcomeOf(trial{}, f).needsHelp():
		return ""
	case agrees && !untold && t.others == "":
		return ""
	case !agrees:
		if class, hits := t.storm(); hits > 0 {
			return fmt.Sprintf("%s, and %d of %s met it", failureWords(class), hits, human.Plural(len(t.requests), "request"))
		}
	}
	which, was, wouldBe := "p95 wait", measured.stayedP95, computed.stayedP95
	if !measured.stayed || !computed.stayed || !queue.FarApart(was, wouldBe) {
		which, was, wouldBe = "p95 wait, also of those who left,", measured.p95, computed.p95
	}
	if !queue.FarApart(was, wouldBe) {
		which, was, wouldBe = "average wait", measured.mean, computed.mean
	}
	waits := fmt.Sprintf("the %s was %s, and by the account's limits it would be %s", which, human.Duration(was), human.Duration(wouldBe))
	switch {
	case untold:
		return "no answer of the API has told the account's limits"
	case t.others != "":
		return "others use the account: " + t.others
	case !measured.waited || !computed.waited, !queue.FarApart(was, wouldBe):
		return fmt.Sprintf("%s were lost, and by the account's limits it would be %d", human.Plural(measured.lost, "request"), computed.lost)
	case was > wouldBe:
		return waits + ": others may use the account, or it has a limit that no answer tells"
	default:
		return waits + ": the limits or the settings may have changed"
	}
}

// untold is the share of the requests whose account has told no limits.
func (t *traffic) untold() float64 {
	n := 0
	for i := range t.requests {
		if t.assumed[t.requests[i].account] {
			n++
		}
	}
	return float64(n) / float64(len(t.requests))
}

// A failure of the API is no accident of single requests where it met this share of them,
// and a few at least, or where some more met it, and half of those arrived within so short
// a time: a breaker lets only a few requests meet an overload.
const (
	stormShare = 1. / 50
	stormFew   = 3
	stormHits  = 5
	stormTime  = time.Minute
)

// storm returns how the API failed, and how many requests met that; zero if it failed
// only by accident, or not at all. The replay knows of no failures of the API.
func (t *traffic) storm() (class queue.Class, hits int) {
	met := map[queue.Class][]time.Duration{}
	for i := range t.requests {
		if r := &t.requests[i]; r.Errors > 0 && r.LastError != queue.RateLimited && !callersMistake(r.LastError) {
			met[r.LastError] = append(met[r.LastError], r.at)
		}
	}
	for c, at := range met {
		if n := len(at); n > hits || n == hits && c < class {
			class, hits = c, n
		}
	}
	if float64(hits) >= max(stormShare*float64(len(t.requests)), stormFew) || hits >= stormHits && halfWithin(met[class], stormTime) {
		return class, hits
	}
	return 0, 0
}

// halfWithin reports whether half of the times, which are in order, are so close together.
func halfWithin(at []time.Duration, d time.Duration) bool {
	half := (len(at) + 1) / 2
	for i := range at[:len(at)-half+1] {
		if at[i+half-1]-at[i] <= d {
			return true
		}
	}
	return false
}

// failureWords says how the API failed.
func failureWords(c queue.Class) string {
	switch c {
	case queue.Overloaded:
		return "the API was overloaded (529)"
	case queue.NetworkError:
		return "the API could not be reached"
	case queue.Timeout:
		return "the API did not answer"
	case queue.SpendCap:
		return "the spend cap was reached"
	default:
		return "the API answered with errors"
	}
}
