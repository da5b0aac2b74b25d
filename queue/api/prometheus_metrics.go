package api

import (
	"strings"
	"time"

	"paceline/queue"
	"paceline/queue/human"

	"github.com/prometheus/client_golang/prometheus"
)

// The names follow the conventions of Prometheus ("Metric and label naming",
// prometheus.io): base units, _total on what only grows. A reset of the queue's
// counters looks like a restart there, which rate and increase expect.

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("paceline_"+name, help, labels, nil)
}

var (
	requestsDesc = desc("requests_total", "Accepted requests that are done, by result: successful, failed or cancelled.", "result")
	healthDesc   = desc("health", "The verdict on the queue: 1 for the status it has, 0 for the others.", "status")
	buildDesc    = desc("build_info", "Always 1; the labels say what runs.", "version", "goversion")
	waitDesc     = desc("wait_seconds", "How long the request of each start, retries too, had waited since its arrival; the quantiles are of the last 5 minutes.")
	routeDesc    = desc("route_requests_total", "Requests to the gateway that were answered, paced or not, by route and class of status; cancelled where the client left before.", "route", "status")
	batchDesc    = desc("batch_requests_total", "Requests in the batches that a token has made; the token is empty where none is needed.", "token")
	tokensDesc   = desc("tokens_total", "Tokens of paced calls, as the API's answers told them, by token of the gateway, model and kind: input, cache_read, cache_write_5m, cache_write_1h or output.", "token", "model", "kind")
	costDesc     = desc("cost_dollars_total", "What the calls with a known price cost, by token of the gateway and model.", "token", "model")
	unpricedDesc = desc("unpriced_calls_total", "Calls whose price is not known, by token of the gateway and model: their cost is in no figure.", "token", "model")
	responseDesc = desc("response_seconds", "Time from start to end of one call; the quantiles are of the last 5 minutes.")
)

// metric is one number of a report without labels. If value returns false, the
// metric is left out.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*queue.Report, *queue.Detail) (v float64, ok bool)
}

// always returns a value that is never left out.
func always(f func(*queue.Report, *queue.Detail) float64) func(*queue.Report, *queue.Detail) (float64, bool) {
	return func(r *queue.Report, d *queue.Detail) (float64, bool) { return f(r, d), true }
}

// counterMetric is a number that only grows.
func counterMetric(name, help string, f func(*queue.Report, *queue.Detail) float64) metric {
	return metric{desc(name, help), prometheus.CounterValue, always(f)}
}

// gaugeMetric is a number of this moment.
func gaugeMetric(name, help string, f func(*queue.Report, *queue.Detail) float64) metric {
	return metric{desc(name, help), prometheus.GaugeValue, always(f)}
}

// secondsMetric is a time in seconds, left out while it is nil.
func secondsMetric(name, help string, ms func(*queue.Detail) *int64) metric {
	return metric{desc(name, help), prometheus.GaugeValue, func(_ *queue.Report, d *queue.Detail) (float64, bool) {
		if v := ms(d); v != nil {
			return float64(*v) / 1000, true
		}
		return 0, false
	}}
}

// settingMetrics are the settings in force, one for each row of their table.
func settingMetrics() (list []metric) {
	for _, row := range queue.SettingTable() {
		name, scale := "setting_"+strings.Join(queue.NameWords(row.Name), "_"), 1.0
		switch row.Unit {
		case queue.Milliseconds:
			name, scale = name+"_seconds", 1000
		case queue.Requests:
			name += "_requests"
		case queue.Share:
			name += "_ratio"
		}
		help := human.Capitalize(row.Does) + "."
		list = append(list, gaugeMetric(name, help, func(_ *queue.Report, d *queue.Detail) float64 { return row.Value(d.Settings) / scale }))
	}
	return list
}

// reportMetrics are the metrics without labels.
var reportMetrics = append([]metric{
	counterMetric("accepted_requests_total", "Requests that were taken in.",
		func(r *queue.Report, _ *queue.Detail) float64 { return float64(r.Metrics.TotalRequests) }),
	counterMetric("refused_requests_total", "Requests that were refused at the door: the queue was full or the wait too long.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(d.Refused) }),
	counterMetric("retries_total", "Attempts after a first one.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(d.Retries) }),
	counterMetric("rate_limited_total", "Answers of 429 that were tried again.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(d.RateLimited) }),
	counterMetric("resent_total", "Calls sent again after the connection broke before any answer; both may be billed.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(d.Resent) }),
	counterMetric("resets_total", "How often the counters were reset.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(d.Resets) }),

	gaugeMetric("waiting_requests", "Requests that wait, in line or in backoff.",
		func(r *queue.Report, _ *queue.Detail) float64 { return float64(r.Metrics.CurrentQueueLength) }),
	gaugeMetric("in_flight_requests", "Calls that run.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(d.Running) }),
	gaugeMetric("backoff_requests", "Waiting requests that are in backoff before another attempt.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(d.InBackoff) }),
	gaugeMetric("oldest_wait_seconds", "How long the oldest waiting request has waited; 0 while nobody waits.",
		func(_ *queue.Report, d *queue.Detail) float64 { return valueOrZero(d.OldestWaitMs) / 1000 }),
	secondsMetric("next_start_seconds", "Time until the next start; left out while nobody waits or no slot is free.",
		func(d *queue.Detail) *int64 { return d.NextStartMs }),
	secondsMetric("empty_in_seconds", "Time until all who wait now have started if nobody else comes; left out while nobody waits, and where nobody can know.",
		func(d *queue.Detail) *int64 { return d.EmptyInMs }),
	{desc("last_success_timestamp_seconds", "When a request last succeeded; left out before the first."), prometheus.GaugeValue,
		func(r *queue.Report, _ *queue.Detail) (float64, bool) {
			if t := r.Metrics.LastProcessedAt; t != nil {
				return float64(t.UnixMilli()) / 1000, true
			}
			return 0, false
		}},
	{desc("recent_success_ratio", "Share of the last 20 finished requests that succeeded; left out before the first."), prometheus.GaugeValue,
		func(_ *queue.Report, d *queue.Detail) (float64, bool) {
			if rate := d.Recent.SuccessRate; rate != nil {
				return *rate, true
			}
			return 0, false
		}},
	gaugeMetric("active_users", "Users seen in the last 5 minutes.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(d.Capacity.ActiveUsers) }),
	gaugeMetric("lanes", "Lanes in which somebody waits or runs.",
		func(_ *queue.Report, d *queue.Detail) float64 { return float64(busyLanes(d.Lanes) + leftOut(d).Lanes) }),
	gaugeMetric("paused_lanes", "Lanes that the API has paused.",
		func(_ *queue.Report, d *queue.Detail) float64 {
			return float64(pausedLanes(d.Lanes) + leftOut(d).Paused)
		}),
	gaugeMetric("draining", "1 while the queue takes no new requests and finishes what waits.",
		func(_ *queue.Report, d *queue.Detail) float64 { return boolValue(d.Draining) }),
	{desc("simulated", "1 if the API behind the queue is a simulated one; left out before it has answered."), prometheus.GaugeValue,
		func(_ *queue.Report, d *queue.Detail) (float64, bool) {
			return boolValue(d.Simulated != nil && *d.Simulated), d.Simulated != nil
		}},
}, settingMetrics()...)

// boolValue is 1 for true, 0 for false.
func boolValue(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func valueOrZero(ms *int64) float64 {
	if ms == nil {
		return 0
	}
	return float64(*ms)
}

// leftOut are the lanes that a report does not list.
func leftOut(d *queue.Detail) queue.OtherLanes {
	if d.OtherLanes == nil {
		return queue.OtherLanes{}
	}
	return *d.OtherLanes
}

func busyLanes(lanes []queue.Lane) (n int) {
	for _, l := range lanes {
		if l.Waiting+l.Running > 0 {
			n++
		}
	}
	return n
}

func pausedLanes(lanes []queue.Lane) (n int) {
	for _, l := range lanes {
		if l.PausedUntil != nil {
			n++
		}
	}
	return n
}

// laneMetric is one number of a lane, or the sum of several lanes.
type laneMetric struct {
	desc  *prometheus.Desc
	value func(*laneSum, time.Time) float64
}

var laneMetrics = []laneMetric{
	{desc("lane_waiting_requests", "Requests that wait in the lane, in line or in backoff.", "lane"),
		func(l *laneSum, _ time.Time) float64 { return float64(l.waiting) }},
	{desc("lane_in_flight_requests", "Calls of the lane that run.", "lane"),
		func(l *laneSum, _ time.Time) float64 { return float64(l.running) }},
	{desc("lane_backoff_requests", "Waiting requests of the lane that are in backoff.", "lane"),
		func(l *laneSum, _ time.Time) float64 { return float64(l.backoff) }},
	{desc("lane_pause_seconds", "How long the API's pause of the lane still lasts; 0 without one.", "lane"),
		func(l *laneSum, now time.Time) float64 {
			if l.until.IsZero() {
				return 0
			}
			return max(l.until.Sub(now), 0).Seconds()
		}},
}
