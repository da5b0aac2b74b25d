package compare

import (
	"encoding/json"
	"io"
	"maps"
	"slices"

	"paceline/queue/replay"
	"paceline/ui/cli/command"
)

// comparisonsJSON is what simulate compare --json prints. Times are milliseconds;
// null is what cannot be said.
type comparisonsJSON struct {
	Loads []comparisonJSON `json:"loads"`
}

type comparisonJSON struct {
	Number int        `json:"number"`
	Name   string     `json:"name"`
	Users  int        `json:"users"`
	Binds  string     `json:"binds"` // what makes messages wait under the best of paces
	Limits limitsJSON `json:"limits"`
	Paces  []paceJSON `json:"paces"`
}

// limitsJSON are those of the account at the start, for each group of models; null
// is none.
type limitsJSON struct {
	Requests     *int `json:"requestsPerMinute"`
	InputTokens  *int `json:"inputTokensPerMinute"`
	OutputTokens *int `json:"outputTokensPerMinute"`
}

type paceJSON struct {
	Name        string     `json:"name"`
	Answered    int        `json:"answered"`
	Failed      int        `json:"failed"`
	Refused     int        `json:"refused"`     // of these, what the queue did not take in
	RateLimited int        `json:"rateLimited"` // answers of 429
	Foreseeable int        `json:"foreseeable"` // of these, what its own traffic alone would have met
	Took        *tookJSON  `json:"took"`        // from a question to the end of its answer; null without answers
	Waits       *waitsJSON `json:"waits"`       // of that, what was not the API's own time
	PerMinute   float64    `json:"perMinute"`   // answers
	Fairness    *float64   `json:"fairness"`    // Jain's index of the users' shares; null if they never waited all at once
	Held        []heldJSON `json:"held"`        // what messages waited for in our queue, all together
}

type tookJSON struct {
	MeanMs float64 `json:"meanMs"`
	MaxMs  float64 `json:"maxMs"`
}

type waitsJSON struct {
	MeanMs float64 `json:"meanMs"`
	P50Ms  float64 `json:"p50Ms"`
	P95Ms  float64 `json:"p95Ms"`
	P99Ms  float64 `json:"p99Ms"`
}

type heldJSON struct {
	For string  `json:"for"`
	Ms  float64 `json:"ms"`
}

// printJSON writes all as one JSON object on one line.
func printJSON(w io.Writer, all []comparison) error {
	out := comparisonsJSON{Loads: make([]comparisonJSON, len(all))}
	for i, c := range all {
		limits := c.load.Account.Limits.Of("")
		out.Loads[i] = comparisonJSON{
			Number: c.number, Name: c.load.Name, Users: c.load.Users, Binds: string(c.load.Bottleneck),
			Limits: limitsJSON{command.NonZero(limits.RequestsPerMinute), command.NonZero(limits.InputTokensPerMinute), command.NonZero(limits.OutputTokensPerMinute)},
			Paces:  make([]paceJSON, len(c.rows)),
		}
		for j, r := range c.rows {
			out.Loads[i].Paces[j] = newPaceJSON(r)
		}
	}
	return json.NewEncoder(w).Encode(out)
}

func newPaceJSON(r replay.Row) paceJSON {
	o := paceJSON{
		Name: r.Pace, Answered: len(r.Answers), Failed: r.Failures, Refused: r.Refused, RateLimited: r.RateLimited, Foreseeable: r.Foreseeable,
		PerMinute: r.Throughput(), Held: []heldJSON{},
	}
	if len(r.Answers) > 0 {
		q := r.WaitQuantiles(0.5, 0.95, 0.99)
		o.Took = &tookJSON{command.Millis(r.MeanLatency()), command.Millis(r.MaxLatency())}
		o.Waits = &waitsJSON{command.Millis(r.MeanWait()), command.Millis(q[0]), command.Millis(q[1]), command.Millis(q[2])}
	}
	if fairness, ok := r.Fairness(); ok {
		o.Fairness = &fairness
	}
	for _, what := range slices.Sorted(maps.Keys(r.Blocked)) {
		if r.Blocked[what] > 0 {
			o.Held = append(o.Held, heldJSON{what, command.Millis(r.Blocked[what])})
		}
	}
	return o
}
