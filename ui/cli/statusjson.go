package cli

import (
	"fmt"
	"time"

	"paceline/client"
	"paceline/queue"
	"paceline/ui/cli/command"
)

// statusJSON is what status --json prints: the keys of the wire, null where the
// endpoint did not say or said nonsense, and after them what we make of it.
type statusJSON struct {
	Status    *string     `json:"status"`
	Timestamp *queue.Time `json:"timestamp"`
	Metrics   metricsJSON `json:"metrics"`
	Health    healthJSON  `json:"health"`
	Detail    *detailJSON `json:"detail"` // null where the endpoint tells none

	Verdict string  `json:"verdict"` // healthy, warning, critical or unreachable
	Reason  *string `json:"reason"`  // of the verdict, in words
	Exit    int     `json:"exit"`
	Error   *string `json:"error"` // why it is unreachable
}

type metricsJSON struct {
	TotalRequests      *int64      `json:"totalRequests"`
	Successful         *int64      `json:"successful"`
	Failed             *int64      `json:"failed"`
	SuccessRate        *string     `json:"successRate"`
	AverageWaitTime    *string     `json:"averageWaitTime"`
	CurrentQueueLength *int        `json:"currentQueueLength"`
	LastProcessedAt    *queue.Time `json:"lastProcessedAt"`
}

type healthJSON struct {
	IsHealthy      *bool   `json:"isHealthy"`
	Message        *string `json:"message"`
	Recommendation *string `json:"recommendation"`
}

// detailJSON is the detail without its events, which are a log and no figures.
type detailJSON struct {
	Version      *string         `json:"version"`
	Simulated    *bool           `json:"simulated"`
	Pace         *string         `json:"pace"`
	UptimeMs     *int64          `json:"uptimeMs"`
	Resets       *int64          `json:"resets"`
	Draining     *bool           `json:"draining"`
	Running      *int            `json:"running"`
	InBackoff    *int            `json:"inBackoff"`
	Cancelled    *int64          `json:"cancelled"`
	Refused      *int64          `json:"refused"`
	Retries      *int64          `json:"retries"`
	RateLimited  *int64          `json:"rateLimited"`
	Resent       *int64          `json:"resent"`
	PerMinute    *float64        `json:"perMinute"`
	OldestWaitMs *int64          `json:"oldestWaitMs"`
	NextStartMs  *int64          `json:"nextStartMs"`
	EmptyInMs    *int64          `json:"emptyInMs"`
	Wait         quantilesJSON   `json:"wait"`
	Response     quantilesJSON   `json:"response"`
	Recent       recentJSON      `json:"recent"`
	Capacity     capacityJSON    `json:"capacity"`
	Findings     []queue.Finding `json:"findings"`
	Lanes        []laneJSON      `json:"lanes"`
	Users        []userJSON      `json:"users"`
	Settings     client.Settings `json:"settings"`
	Troubles     []troubleJSON   `json:"troubles"`
	Advice       *adviceJSON     `json:"advice"`
}

type quantilesJSON struct {
	Count     *int64   `json:"count"`
	AverageMs *float64 `json:"averageMs"`
	P50Ms     *float64 `json:"p50Ms"`
	P95Ms     *float64 `json:"p95Ms"`
	P99Ms     *float64 `json:"p99Ms"`
}

type recentJSON struct {
	Finished    *int     `json:"finished"`
	SuccessRate *float64 `json:"successRate"`
}

type capacityJSON struct {
	ActiveUsers *int    `json:"activeUsers"`
	Band        *string `json:"band"`
	Expected    *string `json:"expected"`
	Feels       *string `json:"feels"`
}

type laneJSON struct {
	Name        string      `json:"name"`
	Waiting     *int        `json:"waiting"`
	Running     *int        `json:"running"`
	MaxInFlight *int        `json:"maxInFlight"`
	InBackoff   *int        `json:"inBackoff"`
	NextStartMs *int64      `json:"nextStartMs"`
	PausedUntil *queue.Time `json:"pausedUntil"`
	Pace        *string     `json:"pace"`
	WaitsFor    *string     `json:"waitsFor"`
	Rate        *float64    `json:"rate"`
	Limits      []limitJSON `json:"limits"`
}

type limitJSON struct {
	Kind      string `json:"kind"`
	PerMinute *int64 `json:"perMinute"`
	Free      *int64 `json:"free"`
	FullInMs  *int64 `json:"fullInMs"`
}

type userJSON struct {
	Name       string `json:"name"`
	Waiting    *int   `json:"waiting"`
	Running    *int   `json:"running"`
	Done       *int64 `json:"done"`
	Failed     *int64 `json:"failed"`
	LastWaitMs *int64 `json:"lastWaitMs"`
}

type troubleJSON struct {
	Part   string      `json:"part"`
	Reason *string     `json:"reason"`
	At     *queue.Time `json:"at"`
	Count  *int64      `json:"count"`
}

// newStatusJSON writes a reading as the wire does.
func newStatusJSON(r reading) statusJSON {
	out := statusJSON{Verdict: r.word(), Exit: r.exit()}
	if r.failed != nil {
		words := command.Join("; ", r.failed.Words, r.failed.Hint)
		out.Error = &words
		return out
	}
	s := r.sample
	out.Reason = &r.verdict.Message
	out.Status, out.Timestamp = known(s.Status), moment(s.Timestamp)
	out.Metrics = metricsJSON{
		TotalRequests: known(s.Total), Successful: known(s.Successful), Failed: known(s.Failed),
		SuccessRate:        known(s.RateText),
		AverageWaitTime:    known(as(s.Average, func(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) })),
		CurrentQueueLength: known(s.Waiting),
		LastProcessedAt:    moment(s.LastProcessed),
	}
	out.Health = healthJSON{known(s.IsHealthy), known(s.Message), known(s.Recommendation)}
	if s.Detail != nil {
		out.Detail = newDetailJSON(s.Detail)
	}
	return out
}

func newDetailJSON(d *client.Detail) *detailJSON {
	out := &detailJSON{
		Version: known(d.Version), Simulated: known(d.Simulated), Pace: known(d.Pace), UptimeMs: millis(d.Uptime),
		Resets: known(d.Resets), Draining: known(d.Draining),
		Running: known(d.Running), InBackoff: known(d.InBackoff),
		Cancelled: known(d.Cancelled), Refused: known(d.Refused),
		Retries: known(d.Retries), RateLimited: known(d.RateLimited), Resent: known(d.Resent), PerMinute: known(d.PerMinute),
		OldestWaitMs: millis(d.OldestWait), NextStartMs: millis(d.NextStart), EmptyInMs: millis(d.EmptyIn),
		Wait: newQuantilesJSON(d.Wait), Response: newQuantilesJSON(d.Response),
		Recent:   recentJSON{known(d.RecentFinished), known(d.RecentRate)},
		Capacity: capacityJSON{known(d.ActiveUsers), known(d.Band), known(d.Expected), known(d.Feels)},
		Findings: []queue.Finding{}, Lanes: []laneJSON{}, Users: []userJSON{}, Troubles: []troubleJSON{},
		Settings: d.Settings,
		Advice:   newAdviceJSON(d.Advice),
	}
	for _, f := range d.Findings {
		out.Findings = append(out.Findings, queue.Finding{Level: f.Level.String(), Message: f.Message, Recommendation: f.Recommendation})
	}
	for _, l := range d.Lanes {
		lane := laneJSON{l.Name, known(l.Waiting), known(l.Running), known(l.MaxInFlight), known(l.InBackoff),
			millis(l.NextStart), moment(l.PausedUntil), known(l.Pace), known(l.WaitsFor), known(l.Rate), []limitJSON{}}
		for _, limit := range l.Limits {
			lane.Limits = append(lane.Limits, limitJSON{limit.Kind, known(limit.PerMinute), known(limit.Free), millis(limit.FullIn)})
		}
		out.Lanes = append(out.Lanes, lane)
	}
	for _, u := range d.Users {
		out.Users = append(out.Users, userJSON{u.Name, known(u.Waiting), known(u.Running), known(u.Done), known(u.Failed), millis(u.LastWait)})
	}
	for _, t := range d.Troubles {
		out.Troubles = append(out.Troubles, troubleJSON{t.Part, known(t.Reason), moment(t.At), known(t.Count)})
	}
	return out
}

func newQuantilesJSON(q client.Quantiles) quantilesJSON {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return quantilesJSON{known(q.Count), known(as(q.Average, ms)), known(as(q.P50, ms)), known(as(q.P95, ms)), known(as(q.P99, ms))}
}

// known returns the figure, or nil for null.
func known[T any](o client.Opt[T]) *T {
	if !o.Known {
		return nil
	}
	return &o.Value
}

// as returns the figure in another form.
func as[T, U any](o client.Opt[T], form func(T) U) client.Opt[U] {
	if !o.Known {
		return client.Opt[U]{}
	}
	return client.Some(form(o.Value))
}

func millis(o client.Opt[time.Duration]) *int64 { return known(as(o, time.Duration.Milliseconds)) }

func moment(o client.Opt[time.Time]) *queue.Time {
	return known(as(o, func(t time.Time) queue.Time { return queue.Time{Time: t} }))
}
