package cli

import (
	"encoding/json"
	"io"
	"time"

	"paceline/queue/advice"
	"paceline/ui/cli/command"
)

// planJSON is what plan --json prints. Times are milliseconds; null is what is not
// known, or a wait without end.
type planJSON struct {
	Users           int            `json:"users"`
	MessagesPerHour float64        `json:"messagesPerHour"` // of each user
	Input           int            `json:"input"`           // tokens
	Output          int            `json:"output"`
	Model           string         `json:"model"`
	Tier            string         `json:"tier"`
	Limits          planLimitsJSON `json:"limits"` // a minute
	Paces           []planPaceJSON `json:"paces"`
	Table           []planRowJSON  `json:"table"`
	Notes           []string       `json:"notes"`
}

type planLimitsJSON struct {
	Requests *int `json:"requests"`
	Input    *int `json:"inputTokens"`
	Output   *int `json:"outputTokens"`
}

type planPaceJSON struct {
	Name       string        `json:"name"`
	P50Ms      *float64      `json:"p50Ms"`
	P95Ms      *float64      `json:"p95Ms"`
	Refused    float64       `json:"refused"`    // share of the messages
	Overloaded bool          `json:"overloaded"` // more arrives than is allowed: no wait is known, and refused is the least
	Band       string        `json:"band"`
	Feels      string        `json:"feels"`
	Uses       []planUseJSON `json:"uses"`   // what binds first comes first
	TipsAt     *int          `json:"tipsAt"` // so many waiting, from where on a line only grows
	Ends       []planEndJSON `json:"ends"`
	Carries    int           `json:"carries"` // users, before more arrives than is allowed
}

type planUseJSON struct {
	Of     string  `json:"of"`
	Needed float64 `json:"needed"`
	Limit  float64 `json:"limit"`
	Share  float64 `json:"share"`
}

type planEndJSON struct {
	Band  string `json:"band"`
	Users int    `json:"users"`
	More  bool   `json:"more"` // or more than that
}

type planRowJSON struct {
	Band      string          `json:"band"`
	From      int             `json:"from"` // users
	To        *int            `json:"to"`
	Published string          `json:"published"`
	Paces     []planBurstJSON `json:"paces"`
}

type planBurstJSON struct {
	Pace string         `json:"pace"`
	From planCrowdJSON  `json:"from"`
	To   *planCrowdJSON `json:"to"`
}

type planCrowdJSON struct {
	Users  int     `json:"users"`
	MeanMs float64 `json:"meanMs"`
	LastMs float64 `json:"lastMs"`
	Failed int     `json:"failed"`
}

// printJSON writes the whole report as one JSON object on one line.
func (r *planReport) printJSON(w io.Writer) error {
	p := r.Plan
	o := planJSON{
		Users: p.Users, MessagesPerHour: p.MessagesPerHour, Input: p.Input, Output: p.Output, Model: p.Model, Tier: r.flags.DescribeTier(),
		Limits: planLimitsJSON{command.NonZero(p.Limits.RequestsPerMinute), command.NonZero(p.Limits.InputTokensPerMinute), command.NonZero(p.Limits.OutputTokensPerMinute)},
		Notes:  r.notes(),
	}
	for _, pace := range r.Paces {
		o.Paces = append(o.Paces, newPlanPaceJSON(pace))
	}
	for _, row := range r.Table {
		o.Table = append(o.Table, newPlanRowJSON(row))
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(o)
}

func newPlanPaceJSON(pace advice.PlanPace) planPaceJSON {
	o := planPaceJSON{
		Name: pace.Name, P50Ms: waitOrNull(pace.P50), P95Ms: waitOrNull(pace.P95), Refused: pace.Refused, Overloaded: pace.Overloaded,
		Band: pace.Band.Name, Feels: pace.Band.Feels, TipsAt: command.NonZero(pace.TipsAt), Carries: pace.Carries,
	}
	for _, u := range pace.Uses {
		o.Uses = append(o.Uses, planUseJSON{u.Resource, u.Needed, u.Limit, u.Share()})
	}
	for _, end := range pace.Ends {
		o.Ends = append(o.Ends, planEndJSON{end.Band.Name, end.Users, end.More})
	}
	return o
}

func newPlanRowJSON(row advice.PlanRow) planRowJSON {
	o := planRowJSON{Band: row.Band.Name, From: row.From, To: command.NonZero(row.Band.MaxUsers), Published: row.Band.Expected}
	for _, burst := range row.Paces {
		b := planBurstJSON{Pace: burst.Pace, From: newPlanCrowdJSON(burst.From)}
		if o.To != nil {
			to := newPlanCrowdJSON(burst.To)
			b.To = &to
		}
		o.Paces = append(o.Paces, b)
	}
	return o
}

func newPlanCrowdJSON(c advice.PlanBurstWait) planCrowdJSON {
	return planCrowdJSON{c.Users, command.Millis(c.Mean), command.Millis(c.Last), c.Failed}
}

// waitOrNull returns a wait in milliseconds; nil if it has no end.
func waitOrNull(d time.Duration) *float64 {
	if d == advice.PlanNever {
		return nil
	}
	n := command.Millis(d)
	return &n
}
