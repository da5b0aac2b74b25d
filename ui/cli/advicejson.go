package cli

import (
	"paceline/client"
	"paceline/queue"
)

// adviceJSON is what would help, as the endpoint computed it.
type adviceJSON struct {
	At            *queue.Time   `json:"at"`
	OverMs        *int64        `json:"overMs"`
	Requests      *int64        `json:"requests"`
	OutOf         *int64        `json:"outOf"`
	Users         *int          `json:"users"`
	Account       *string       `json:"account"`
	Assumed       *bool         `json:"assumed"`
	BindsNow      *string       `json:"bindsNow"`
	Binds         *string       `json:"binds"`
	P50Ms         *int64        `json:"p50Ms"`
	P95Ms         *int64        `json:"p95Ms"`
	Refused       *int64        `json:"refused"`
	MeasuredP95Ms *int64        `json:"measuredP95Ms"`
	Remedies      []remedyJSON  `json:"remedies"`
	Published     publishedJSON `json:"published"`
}

type remedyJSON struct {
	Kind    *string `json:"kind"`
	What    string  `json:"what"`
	Note    *string `json:"note"`
	P50Ms   *int64  `json:"p50Ms"`
	P95Ms   *int64  `json:"p95Ms"`
	Refused *int64  `json:"refused"`
}

type publishedJSON struct {
	Users   *string  `json:"users"`
	Advice  []string `json:"advice"`
	Verdict *string  `json:"verdict"`
}

// newAdviceJSON writes the advice as the wire does; nil for null.
func newAdviceJSON(a *client.Advice) *adviceJSON {
	if a == nil {
		return nil
	}
	out := &adviceJSON{
		At: moment(a.At), OverMs: millis(a.Over), Requests: known(a.Requests), OutOf: known(a.OutOf), Users: known(a.Users),
		Account: known(a.Account), Assumed: known(a.Assumed), BindsNow: known(a.BindsNow), Binds: known(a.Binds),
		P50Ms: millis(a.P50), P95Ms: millis(a.P95), Refused: known(a.Refused), MeasuredP95Ms: millis(a.MeasuredP95),
		Remedies:  []remedyJSON{},
		Published: publishedJSON{known(a.Published.Users), append([]string{}, a.Published.Advice...), known(a.Published.Verdict)},
	}
	for _, r := range a.Remedies {
		out.Remedies = append(out.Remedies, remedyJSON{known(r.Kind), r.What, known(r.Note), millis(r.P50), millis(r.P95), known(r.Refused)})
	}
	return out
}
