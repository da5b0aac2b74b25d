package advice

import (
	"fmt"
	"math"
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/human"
)

// An answer shows that others use the account where more is missing from a limit, by
// othersShare of it, than the queue's own calls can have taken: what is less may be an
// estimate's error. It matters from maxOthers of the answers on, see maxUntold.
const (
	othersShare = 1. / 4
	maxOthers   = 1. / 20
)

// The limits that are looked at.
const (
	ofRequests = iota
	ofInput
	ofOutput
	limitKinds
)

// ownUse is what can be missing from a lane's limits for its own calls, at a moment that
// moves on. It is no less than the truth: at the beginning the buckets count as empty, or as
// the first answer told, and what a call takes is missing from its start on, and refills
// only from its end on.
type ownUse struct {
	byStart, byEnd []queue.RequestRecord // yet to come
	perMinute      [limitKinds]float64
	running        [limitKinds]float64 // what the calls take that have not ended
	missing        [limitKinds]float64 // of those that have, at the moment since
	since          time.Time
}

// newOwnUse returns the use of a lane with these limits at since, before these requests,
// all of which have started. So much was missing then; nil if nobody knows.
func newOwnUse(l queue.Limits, since time.Time, lane []queue.RequestRecord, before *queue.Taken) *ownUse {
	perMinute := [limitKinds]float64{float64(l.Requests.PerMinute), float64(l.Input.PerMinute), float64(l.Output.PerMinute)}
	ended := slices.DeleteFunc(slices.Clone(lane), func(r queue.RequestRecord) bool { return !r.Ended })
	slices.SortFunc(lane, func(a, b queue.RequestRecord) int { return startOf(a).Compare(startOf(b)) })
	slices.SortFunc(ended, func(a, b queue.RequestRecord) int { return endOf(a).Compare(endOf(b)) })
	missing := perMinute
	if before != nil {
		missing = [limitKinds]float64{float64(before.Requests), float64(before.Input), float64(before.Output)}
	}
	return &ownUse{byStart: lane, byEnd: ended, perMinute: perMinute, missing: missing, since: since}
}

// startOf is when a request's latest call started.
func startOf(r queue.RequestRecord) time.Time { return r.Arrived.Add(max(r.Waited, r.Delayed)) }

// endOf is when a request's latest call ended.
func endOf(r queue.RequestRecord) time.Time { return startOf(r).Add(r.Took) }

// takes is what a request has taken, with its calls that failed.
func takes(r queue.RequestRecord) [limitKinds]float64 {
	return [limitKinds]float64{float64(1 + r.Errors), float64(r.Cost.Input), float64(r.Cost.Output)}
}

// at moves on to a moment, and returns what can be missing then.
func (u *ownUse) at(now time.Time) (most [limitKinds]float64) {
	for ; len(u.byStart) > 0 && !startOf(u.byStart[0]).After(now); u.byStart = u.byStart[1:] {
		for k, n := range takes(u.byStart[0]) {
			u.running[k] += n
		}
	}
	for ; len(u.byEnd) > 0 && !endOf(u.byEnd[0]).After(now); u.byEnd = u.byEnd[1:] {
		u.refill(endOf(u.byEnd[0]))
		for k, n := range takes(u.byEnd[0]) {
			u.running[k] -= n
			u.missing[k] += n
		}
	}
	u.refill(now)
	for k := range most {
		most[k] = u.missing[k] + u.running[k]
	}
	return most
}

// refill lets the buckets refill until a moment.
func (u *ownUse) refill(now time.Time) {
	if !now.After(u.since) {
		return
	}
	for k := range u.missing {
		u.missing[k] = math.Max(u.missing[k]-u.perMinute[k]*now.Sub(u.since).Minutes(), 0)
	}
	u.since = now
}

// leftByOthers says what is left of a limit of which more is taken than can be the
// queue's own; empty if there is none.
func (u *ownUse) leftByOthers(taken queue.Taken, own [limitKinds]float64) string {
	words := [limitKinds]string{ofInput: " input tokens", ofOutput: " output tokens"}
	for k, n := range [limitKinds]int{taken.Requests, taken.Input, taken.Output} {
		if limit := u.perMinute[k]; limit > 0 && float64(n)-own[k] > othersShare*limit {
			return fmt.Sprintf("only %s of %s%s a minute were left", human.Count(max(int(limit)-n, 0)), human.Count(int(limit)), words[k])
		}
	}
	return ""
}

// takenByOthers says what others have left of the account's limits, as the latest answer
// told that shows them. It is empty where so few do that it makes no difference.
func takenByOthers(s Situation) (left string) {
	lanes := map[string][]queue.RequestRecord{}
	for _, r := range s.Traffic {
		if r.Started {
			lanes[r.Lane] = append(lanes[r.Lane], r)
		}
	}
	answers, others, latest := 0, 0, time.Time{}
	used := usedBefore(s.Learned, s.Traffic, s.Since)
	for name, lane := range lanes {
		own := newOwnUse(s.Learned[name], s.Since, lane, used[name])
		for _, r := range lane {
			if r.Taken == (queue.Taken{}) {
				continue
			}
			answers++
			at := startOf(r)
			words := own.leftByOthers(r.Taken, own.at(at))
			if words == "" {
				continue
			}
			if others++; at.After(latest) {
				left, latest = words, at
			}
		}
	}
	if float64(others) <= maxOthers*float64(answers) {
		return ""
	}
	return left
}
