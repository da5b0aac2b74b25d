package loadtest

import (
	"encoding/json"
	"fmt"
	"io"

	"paceline/client"
	"paceline/client/loadtest"
	"paceline/queue"
	"paceline/ui/cli/command"
)

// reportJSON is what loadtest --json prints. Times are milliseconds; null is what
// is not known.
type reportJSON struct {
	Target    string    `json:"target"`
	Route     string    `json:"route"`
	Streamed  bool      `json:"streamed"`
	Own       bool      `json:"own"` // over a server of its own
	Simulated bool      `json:"simulated"`
	Runs      []runJSON `json:"runs"`
	Exit      int       `json:"exit"`
}

type runJSON struct {
	Name        *string        `json:"name"`
	Users       int            `json:"users"`
	Messages    *int           `json:"messages"` // of each user; null in an open loop
	GapMs       *float64       `json:"gapMs"`
	Rate        *float64       `json:"rate"` // a second; null in a closed loop
	Arrivals    *int           `json:"arrivals"`
	StartedAt   queue.Time     `json:"startedAt"`
	TookMs      float64        `json:"tookMs"`
	Stopped     bool           `json:"stopped"`
	Total       int            `json:"totalRequests"`
	Successful  int            `json:"successful"`
	Failed      int            `json:"failed"`
	Unanswered  int            `json:"unanswered"`
	NotSent     int            `json:"notSent"`
	RateLimited int            `json:"rateLimited"` // answers of 429 that reached a client
	SentAgain   int            `json:"sentAgain"`   // how often users gave up and sent the same again
	PerSecond   float64        `json:"perSecond"`
	Times       *timesJSON     `json:"times"`
	Corrected   *timesJSON     `json:"corrected"` // for coordinated omission; null without a gap
	FirstText   *timesJSON     `json:"firstText"` // null unless streamed
	Histogram   []barJSON      `json:"histogram"`
	Fairness    *float64       `json:"fairness"` // Jain's index over the users' averages
	PerUser     []userJSON     `json:"perUser"`
	Outcomes    []outcomeJSON  `json:"outcomes"`
	Queue       *queueJSON     `json:"queue"` // null where the queue did not tell
	Comparison  comparisonJSON `json:"comparison"`
	Settings    settingsJSON   `json:"settings"`
}

type timesJSON struct {
	Count     int64   `json:"count"`
	AverageMs float64 `json:"averageMs"`
	MinMs     float64 `json:"minMs"`
	MaxMs     float64 `json:"maxMs"`
	P50Ms     float64 `json:"p50Ms"`
	P95Ms     float64 `json:"p95Ms"`
	P99Ms     float64 `json:"p99Ms"`
}

type barJSON struct {
	FromMs float64 `json:"fromMs"`
	ToMs   float64 `json:"toMs"`
	Count  int64   `json:"count"`
}

type userJSON struct {
	Name       string   `json:"name"`
	Successful int      `json:"successful"`
	Failed     int      `json:"failed"`
	AverageMs  *float64 `json:"averageMs"`
	MaxMs      *float64 `json:"maxMs"`
}

type outcomeJSON struct {
	Kind   string  `json:"kind"`
	Status *int    `json:"status"` // null where no answer came
	Good   bool    `json:"good"`
	Count  int     `json:"count"`
	First  *string `json:"first"` // the words of the first one
}

type queueJSON struct {
	Status  client.Opt[string] `json:"status"`
	Metrics client.Metrics     `json:"metrics"`
	Health  client.Health      `json:"health"`
}

type comparisonJSON struct {
	Published *figuresJSON `json:"published"`
	Usual     *figuresJSON `json:"computedUsual"`    // with answers of 1.5 s
	Computed  *figuresJSON `json:"computed"`         // with the answers' own time: what the verdict is by
	ServiceMs float64      `json:"computedAnswerMs"` // that time
	Refused   int          `json:"computedRefused"`
	PerMinute *int         `json:"requestsPerMinute"` // the account's limit, by which an adaptive queue was computed; null if none was
	Judgement string       `json:"judgement"`
	Off       *float64     `json:"off"` // the measured average over the computed one, less 1
	Verdict   string       `json:"verdict"`
	Notes     []string     `json:"notes"`
}

type figuresJSON struct {
	AverageMs float64 `json:"averageMs"`
	MaxMs     float64 `json:"maxMs"`
}

// settingsJSON is what a load was computed with.
type settingsJSON struct {
	fromQueue bool // read from the queue; else the defaults
	settings  queue.Settings
}

// MarshalJSON writes the settings as the wire has them, and before them whether they
// are the queue's and what decides the pace.
func (s settingsJSON) MarshalJSON() ([]byte, error) {
	body, err := json.Marshal(s.settings)
	if err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, `{"told":%v,"pace":%q,`, s.fromQueue, s.settings.Pace()), body[1:]...), nil
}

// printJSON writes the whole report as one JSON object on one line.
func (r *report) printJSON(w io.Writer) error {
	o := reportJSON{
		Target: r.base, Route: string(r.target.Route), Streamed: r.target.Stream, Own: r.ownServer,
		Simulated: r.simulated, Runs: []runJSON{}, Exit: r.exit(),
	}
	for _, run := range r.runs {
		o.Runs = append(o.Runs, newRunJSON(run))
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(o)
}

func newRunJSON(run loadRun) runJSON {
	r := run.result
	o := runJSON{
		Name: command.NonZero(r.Plan.Name), Users: r.Plan.Users,
		StartedAt: queue.Time{Time: r.Began}, TookMs: command.Millis(r.Took), Stopped: r.Stopped,
		Total: r.Sent, Successful: r.Succeeded, Failed: r.Failed, Unanswered: r.Unanswered,
		NotSent: r.NotSent, RateLimited: r.Limited, SentAgain: r.SentAgain, PerSecond: r.PerSecond,
		Times: newTimes(r.Times), Corrected: newTimes(r.Corrected), FirstText: newTimes(r.FirstToken),
		Histogram: []barJSON{}, Fairness: command.NonZero(r.Fairness), PerUser: []userJSON{}, Outcomes: []outcomeJSON{},
		Comparison: newComparison(run),
		Settings:   settingsJSON{run.SettingsKnown, run.Settings},
	}
	if r.Plan.Open() {
		o.Rate, o.Arrivals = &r.Plan.Rate, &r.Plan.Arrivals
	} else {
		gap := command.Millis(r.Plan.Gap)
		o.Messages, o.GapMs = &r.Plan.Messages, &gap
	}
	for _, b := range r.Bars {
		o.Histogram = append(o.Histogram, barJSON{command.Millis(b.From), command.Millis(b.To), b.Count})
	}
	for _, u := range r.Users {
		o.PerUser = append(o.PerUser, userJSON{u.Name, u.Succeeded, u.Failed, command.NonZero(command.Millis(u.Average)), command.NonZero(command.Millis(u.Max))})
	}
	for _, x := range r.Outcomes {
		o.Outcomes = append(o.Outcomes, outcomeJSON{x.Kind, command.NonZero(x.Status), x.Good, x.Count, command.NonZero(x.First)})
	}
	if s := run.after; s != nil {
		o.Queue = &queueJSON{s.Status, s.Metrics, s.Health}
	}
	return o
}

func newComparison(run loadRun) comparisonJSON {
	service := run.Service
	if service == 0 {
		service = loadtest.UsualService
	}
	o := comparisonJSON{
		Usual: newFigures(run.Usual.Figures), Computed: newFigures(run.Expected.Figures),
		ServiceMs: command.Millis(service), Refused: run.Expected.Refused, PerMinute: command.NonZero(run.Account.PerMinute),
		Judgement: string(run.Judgement), Verdict: run.verdict(), Notes: append([]string{}, run.Notes...),
	}
	if run.Published != nil {
		o.Published = newFigures(*run.Published)
	}
	if run.Judgement != loadtest.Incomparable {
		o.Off = &run.Deviation
	}
	return o
}

func newFigures(f loadtest.Figures) *figuresJSON {
	if f.Average == 0 {
		return nil
	}
	return &figuresJSON{command.Millis(f.Average), command.Millis(f.Max)}
}

func newTimes(t loadtest.Times) *timesJSON {
	if t.Count == 0 {
		return nil
	}
	return &timesJSON{t.Count, command.Millis(t.Average), command.Millis(t.Min), command.Millis(t.Max), command.Millis(t.P50), command.Millis(t.P95), command.Millis(t.P99)}
}
