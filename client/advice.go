package client

import (
	"slices"
	"time"

	"paceline/queue"
	"paceline/queue/human"
)

// Advice is what would help, as the endpoint computed it from its last hour's
// traffic. Its figures are computed; only MeasuredP95 was measured.
type Advice struct {
	At       Opt[time.Time]     `json:"at"`       // when it was computed, by the endpoint's clock
	Over     Opt[time.Duration] `json:"overMs"`   // the length of the traffic that it is computed from
	Requests Opt[int64]         `json:"requests"` // the number of requests in that traffic
	OutOf    Opt[int64]         `json:"outOf"`    // the number of requests remembered; Requests are the latest of them
	Users    Opt[int]           `json:"users"`    // the number of users in that traffic
	Account  Opt[string]        `json:"account"`  // the account whose limits were used, in words
	Assumed  Opt[bool]          `json:"assumed"`  // the limits are assumed: no answer of the API has contained them

	BindsNow Opt[string]        `json:"bindsNow"` // the limit that most waiting requests wait for now; unknown while none waits
	Binds    Opt[string]        `json:"binds"`    // the limit that caused most of the waiting; unknown if none waited
	P50      Opt[time.Duration] `json:"p50Ms"`    // the wait of these requests, computed
	P95      Opt[time.Duration] `json:"p95Ms"`
	Refused  Opt[int64]         `json:"refused"` // the number of requests refused, computed

	MeasuredP95 Opt[time.Duration] `json:"measuredP95Ms"` // the wait of the same requests until now, as measured,
	UntilNowP95 Opt[time.Duration] `json:"untilNowP95Ms"` // and as computed; unknown of older endpoints, which tell only of those that have started

	CannotTell Opt[string] `json:"cannotTell"` // why it cannot be told what would help; unknown if it can
	Spared     *Spared     `json:"spared"`     // nil if the endpoint cannot tell

	Remedies  List[Remedy]    `json:"remedies" first:"20"` // the one that helps most first
	Published PublishedAdvice `json:"published"`
}

// Spared is what would have become of the same requests without the queue: sent at once,
// and tried again twice. It is computed, but for Lost.
type Spared struct {
	Failed  Opt[int64]         `json:"failed"`    // the number that would have failed
	Lost    Opt[int64]         `json:"lost"`      // the number that failed or were refused with the queue, as measured
	CostP95 Opt[time.Duration] `json:"costP95Ms"` // how much longer the p95 wait was with the queue
}

// Remedy is a change of the account or the settings, and the waits that the same
// traffic would have had with it.
type Remedy struct {
	Kind    Opt[string]        `json:"kind"` // one of the Remedy constants of package queue
	What    string             `json:"what"` // in words
	Note    Opt[string]        `json:"note"` // an assumption, or a cost
	P50     Opt[time.Duration] `json:"p50Ms"`
	P95     Opt[time.Duration] `json:"p95Ms"`
	Refused Opt[int64]         `json:"refused"`
}

// finish implements [finisher].
func (r *Remedy) finish(object) bool { return r.What != "" }

// PublishedAdvice is the published advice for a number of users.
type PublishedAdvice struct {
	Users   Opt[string]  `json:"users"` // "5-15"
	Advice  List[string] `json:"advice" first:"10"`
	Verdict Opt[string]  `json:"verdict"`
}

// Compared is the computed p95 wait that the measured one is to be compared with.
func (a *Advice) Compared() Opt[time.Duration] {
	if a.UntilNowP95.Known {
		return a.UntilNowP95
	}
	return a.P95
}

// Doubt returns why it cannot be told what would help, as a clause after "because"; empty
// if it can. Older endpoints do not compare what they computed with what they measured, so
// it is done here.
func (a *Advice) Doubt() string {
	switch computed := a.Compared(); {
	case a.CannotTell.Known:
		return a.CannotTell.Value
	case computed.Known && a.MeasuredP95.Known && queue.FarApart(a.MeasuredP95.Value, computed.Value):
		return FarApart(a.MeasuredP95.Value, computed.Value)
	default:
		return ""
	}
}

// FarApart says that a measured p95 wait is far from the computed one, see
// [queue.FarApart].
func FarApart(measured, computed time.Duration) string {
	return "the p95 wait was " + human.Duration(measured) + ", and computed it would be " + human.Duration(computed)
}

// Best returns the first remedy that helps, see [Advice.Helps]; false if none does, or if
// that cannot be told.
func (a *Advice) Best() (Remedy, bool) {
	if a.Doubt() != "" {
		return Remedy{}, false
	}
	for _, r := range a.Remedies {
		if a.Helps(r) {
			return r, true
		}
	}
	return Remedy{}, false
}

// BestRemedy returns the computed remedy that may take the place of what the endpoint
// recommends; false if there is none, or if those who wait do so for something else than their
// turn, or for one user's requests alone, or if the computed waits are not those that people
// have now.
func (d Detail) BestRemedy() (Remedy, bool) {
	a := d.Advice
	if a == nil || !d.AwaitsTurn() || d.blamesOneUser() {
		return Remedy{}, false
	}
	if d.UserWaits != nil {
		if now := d.UserWaits.longest(); now.Known && queue.FarApart(a.P95.Value, now.Value) {
			return Remedy{}, false
		}
	}
	if d.spacingBinds() {
		return a.bestPace()
	}
	return a.Best()
}

// spacingBinds reports whether those who wait longest do so for the spacing alone: all limits
// that are told of their lane have room.
func (d Detail) spacingBinds() bool {
	if d.Binds == nil || d.Binds.Kind != queue.BlockedBySpacing {
		return false
	}
	i := slices.IndexFunc(d.Lanes, func(l Lane) bool { return l.Name == d.Binds.Lane })
	if i < 0 {
		return false
	}
	told, room := 0, 0
	for _, limit := range d.Lanes[i].Limits {
		if limit.Free.Known && limit.PerMinute.Known {
			told++
			if queue.HasRoom(float64(limit.Free.Value), float64(limit.PerMinute.Value)) {
				room++
			}
		}
	}
	return told > 0 && room == told
}

// bestPace returns the remedy that lets the API's limits decide the pace, if it helps: where
// these have room, nothing has to be bought.
func (a *Advice) bestPace() (Remedy, bool) {
	i := slices.IndexFunc(a.Remedies, func(r Remedy) bool { return r.Kind.Value == queue.RemedyAdaptive && a.Helps(r) })
	if i < 0 || a.Doubt() != "" {
		return Remedy{}, false
	}
	return a.Remedies[i], true
}

// Helps reports whether a remedy makes the p95 wait shorter, or leaves it as it is
// and refuses fewer requests. A remedy with an unknown p95 does not help.
func (a *Advice) Helps(r Remedy) bool {
	if !a.P95.Known || !r.P95.Known {
		return false
	}
	fewer := a.Refused.Known && r.Refused.Known && r.Refused.Value < a.Refused.Value
	return r.P95.Value < a.P95.Value || r.P95.Value == a.P95.Value && fewer
}

// FromAdvice returns what a reader of the advice's JSON has; nil for nil. An error
// is a *[Failure], as that of [FromReport].
func FromAdvice(a *queue.Advice) (*Advice, error) {
	s, err := FromReport(queue.Report{Detail: &queue.Detail{Advice: a}})
	if err != nil {
		return nil, err
	}
	return s.Detail.Advice, nil
}
