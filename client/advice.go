package client

import (
	"time"

	"paceline/queue"
)

// Advice is what would help, as the endpoint computed it from its last hour's
// traffic. It is nobody's measurement, but for MeasuredP95.
type Advice struct {
	At       Opt[time.Time]     // when it was computed, by the endpoint's clock
	Over     Opt[time.Duration] // the traffic that it is computed from: how long,
	Requests Opt[int64]         // how many,
	OutOf    Opt[int64]         // out of how many that are remembered: if it is fewer, the latest,
	Users    Opt[int]           // and by how many users
	Account  Opt[string]        // whose limits, in words
	Assumed  Opt[bool]          // the API has not told them

	BindsNow Opt[string] // what most of those who wait now wait for; unknown while nobody waits
	Binds    Opt[string] // what most of the waiting was for; unknown if nobody waited
	P50, P95 Opt[time.Duration]
	Refused  Opt[int64]

	MeasuredP95 Opt[time.Duration]

	Remedies  []Remedy // the one that helps most first
	Published Published
}

// Remedy is one thing that could be done, and what it would have done to the same
// traffic.
type Remedy struct {
	Kind     Opt[string] // adaptive, tier, key, cache, haiku, user-limit or in-flight
	What     string      // in words
	Note     Opt[string] // what is assumed, or what it costs
	P50, P95 Opt[time.Duration]
	Refused  Opt[int64]
}

// Published is what is usually advised for so many users.
type Published struct {
	Users   Opt[string] // "5-15"
	Advice  []string
	Verdict Opt[string]
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

// adviceOf reads the advice; nil if there is none.
func adviceOf(o object) *Advice {
	if o == nil {
		return nil
	}
	published := o.object("published")
	a := &Advice{
		At:          o.moment("at"),
		Over:        o.millis("overMs"),
		Requests:    o.counter("requests"),
		OutOf:       o.counter("outOf"),
		Users:       o.size("users"),
		Account:     o.text("account"),
		Assumed:     o.flag("assumed"),
		BindsNow:    o.text("bindsNow"),
		Binds:       o.text("binds"),
		P50:         o.millis("p50Ms"),
		P95:         o.millis("p95Ms"),
		Refused:     o.counter("refused"),
		MeasuredP95: o.millis("measuredP95Ms"),
		Published:   Published{Users: published.text("users"), Verdict: published.text("verdict")},
	}
	for _, row := range first(o.rows("remedies"), maxRemedies) {
		if what := row.text("what"); what.Known {
			a.Remedies = append(a.Remedies, Remedy{
				Kind: row.text("kind"), What: what.Value, Note: row.text("note"),
				P50: row.millis("p50Ms"), P95: row.millis("p95Ms"), Refused: row.counter("refused"),
			})
		}
	}
	a.Published.Advice = words(published.texts("advice"))
	return a
}

// FromAdvice returns advice as a reader has it that was computed in this process;
// nil for nil.
func FromAdvice(r *queue.Advice) *Advice {
	if r == nil {
		return nil
	}
	a := &Advice{
		At:          moment(r.At.Time),
		Over:        whole(r.OverMs, millis),
		Requests:    whole(r.Requests, counter),
		OutOf:       whole(r.OutOf, counter),
		Users:       whole(r.Users, size),
		Account:     text(r.Account),
		Assumed:     Some(r.Assumed),
		BindsNow:    text(r.BindsNow),
		Binds:       text(r.Binds),
		P50:         whole(r.P50Ms, millis),
		P95:         whole(r.P95Ms, millis),
		Refused:     whole(r.Refused, counter),
		MeasuredP95: pointed(r.MeasuredP95Ms, millis),
		Published:   Published{Users: text(r.Published.Users), Advice: words(r.Published.Advice), Verdict: text(r.Published.Verdict)},
	}
	for _, remedy := range first(r.Remedies, maxRemedies) {
		if what := text(remedy.What); what.Known {
			a.Remedies = append(a.Remedies, Remedy{
				Kind: text(remedy.Kind), What: what.Value, Note: text(remedy.Note),
				P50: whole(remedy.P50Ms, millis), P95: whole(remedy.P95Ms, millis), Refused: whole(remedy.Refused, counter),
			})
		}
	}
	return a
}

// words returns the texts that say something, cleaned.
func words(list []string) (all []string) {
	for _, s := range first(list, maxAdvice) {
		if s := text(s); s.Known {
			all = append(all, s.Value)
		}
	}
	return all
}
