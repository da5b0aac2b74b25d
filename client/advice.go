package client

import (
	"time"

	"paceline/queue"
)

// Advice is what would help, as the endpoint computed it from its last hour's
// traffic. It is nobody's measurement, but for MeasuredP95.
type Advice struct {
	At       Opt[time.Time]     `json:"at"`       // when it was computed, by the endpoint's clock
	Over     Opt[time.Duration] `json:"overMs"`   // the traffic that it is computed from: how long,
	Requests Opt[int64]         `json:"requests"` // how many,
	OutOf    Opt[int64]         `json:"outOf"`    // out of how many that are remembered: if it is fewer, the latest,
	Users    Opt[int]           `json:"users"`    // and by how many users
	Account  Opt[string]        `json:"account"`  // whose limits, in words
	Assumed  Opt[bool]          `json:"assumed"`  // the API has not told them

	BindsNow Opt[string]        `json:"bindsNow"` // what most of those who wait now wait for; unknown while nobody waits
	Binds    Opt[string]        `json:"binds"`    // what most of the waiting was for; unknown if nobody waited
	P50      Opt[time.Duration] `json:"p50Ms"`
	P95      Opt[time.Duration] `json:"p95Ms"`
	Refused  Opt[int64]         `json:"refused"`

	MeasuredP95 Opt[time.Duration] `json:"measuredP95Ms"`

	Remedies  List[Remedy]    `json:"remedies" first:"20"` // the one that helps most first
	Published PublishedAdvice `json:"published"`
}

// Remedy is one thing that could be done, and what it would have done to the same
// traffic.
type Remedy struct {
	Kind    Opt[string]        `json:"kind"` // adaptive, tier, key, cache, haiku, user-limit or in-flight
	What    string             `json:"what"` // in words
	Note    Opt[string]        `json:"note"` // what is assumed, or what it costs
	P50     Opt[time.Duration] `json:"p50Ms"`
	P95     Opt[time.Duration] `json:"p95Ms"`
	Refused Opt[int64]         `json:"refused"`
}

func (r *Remedy) finish(object) bool { return r.What != "" }

// PublishedAdvice is what is usually advised for so many users.
type PublishedAdvice struct {
	Users   Opt[string]  `json:"users"` // "5-15"
	Advice  List[string] `json:"advice" first:"10"`
	Verdict Opt[string]  `json:"verdict"`
}

// Best returns the first remedy that helps: with it 95 in 100 wait less, or they
// wait no longer and fewer are refused. False if there is none, or if not enough is
// known to say so.
func (a *Advice) Best() (Remedy, bool) {
	for _, r := range a.Remedies {
		if a.Helps(r) {
			return r, true
		}
	}
	return Remedy{}, false
}

// Helps reports whether a remedy makes the waits shorter, or refuses fewer and
// makes none longer.
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
