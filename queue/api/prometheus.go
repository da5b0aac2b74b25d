package api

import (
	"errors"
	"net/http"
	"runtime"

	"paceline/queue"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes is how many scrapes may run at the same time.
const maxScrapes = 10

// newPrometheus returns the handler of GET /metrics: the queue's own metrics, and
// those of the process and of Go's runtime.
func newPrometheus(s *Server) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(
		&collector{queue: s.queue, report: s.report, routes: s.options.Routes, batches: s.options.Batches, goVersion: runtime.Version()},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes,
		EnableOpenMetrics:   true,
	})
}

// scrape answers GET /metrics.
func (s *Server) scrape(w http.ResponseWriter, r *http.Request) { s.prometheus.ServeHTTP(w, r) }

// collector turns one report for each scrape into metrics, so that all of them are
// of one moment.
type collector struct {
	queue     *queue.Queue
	report    func() queue.Report
	routes    func(func(route, status string, requests int64)) // nil: there are none
	batches   func(func(token string, requests int64))         // nil: there are none
	goVersion string
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, f := range reportMetrics {
		descs <- f.desc
	}
	for _, f := range laneMetrics {
		descs <- f.desc
	}
	for _, d := range []*prometheus.Desc{requestsDesc, healthDesc, buildDesc, waitDesc, responseDesc, routeDesc, batchDesc, tokensDesc, costDesc, unpricedDesc} {
		descs <- d
	}
}

// errCollect is what a scrape gets after a panic; the queue's troubles say more.
var errCollect = errors.New("paceline: the figures of the queue could not be collected: detail.troubles and the log say why")

// Collect implements prometheus.Collector. It recovers from panics, because the
// registry would send the stack of a panic to the client.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	if !c.queue.Guard(queue.PartMetrics, func() { c.collect(metrics) }) {
		metrics <- prometheus.NewInvalidMetric(buildDesc, errCollect)
	}
}

func (c *collector) collect(metrics chan<- prometheus.Metric) {
	r := c.report()
	d := r.Detail
	if d == nil {
		return
	}
	for _, f := range reportMetrics {
		if v, ok := f.value(&r, d); ok {
			metrics <- prometheus.MustNewConstMetric(f.desc, f.kind, v)
		}
	}
	for result, n := range map[string]int64{"successful": r.Metrics.Successful, "failed": r.Metrics.Failed, "cancelled": d.Cancelled} {
		metrics <- counter(requestsDesc, float64(n), result)
	}
	for _, status := range []string{"healthy", "warning", "critical"} {
		metrics <- gauge(healthDesc, boolValue(status == r.Status), status)
	}
	metrics <- gauge(buildDesc, 1, queue.Escape(d.Version), c.goVersion)
	metrics <- summary(waitDesc, d.Wait)
	metrics <- summary(responseDesc, d.Response)
	if c.routes != nil {
		c.routes(func(route, status string, requests int64) {
			metrics <- counter(routeDesc, float64(requests), route, status)
		})
	}
	if c.batches != nil {
		c.batches(func(token string, requests int64) {
			metrics <- counter(batchDesc, float64(requests), queue.Escape(token))
		})
	}
	for i := range d.ModelsByGroup {
		collectUsage(metrics, &d.ModelsByGroup[i])
	}
	for _, l := range boundedLanes(d.Lanes, d.OtherLanes) {
		for _, f := range laneMetrics {
			metrics <- gauge(f.desc, f.value(&l, r.Timestamp.Time), l.name)
		}
	}
}

// collectUsage collects what a token used of a model. Where no price is known, the cost is left
// out, so that it does not look like nothing.
func collectUsage(metrics chan<- prometheus.Metric, u *queue.GroupUsage) {
	token, model := queue.Escape(u.Group), queue.Escape(u.Model)
	for kind, n := range map[string]int64{
		"input": u.Input, "cache_read": u.CacheRead, "cache_write_5m": u.CacheWrite5m, "cache_write_1h": u.CacheWrite1h, "output": u.Output,
	} {
		metrics <- counter(tokensDesc, float64(n), token, model, kind)
	}
	if u.Calls > u.Unpriced {
		metrics <- counter(costDesc, float64(u.Nanodollars)/1e9, token, model)
	}
	if u.Unpriced > 0 {
		metrics <- counter(unpricedDesc, float64(u.Unpriced), token, model)
	}
}

func counter(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// summary has the quantiles of the last 5 minutes, if there are any.
func summary(d *prometheus.Desc, q queue.Quantiles) prometheus.Metric {
	quantiles := map[float64]float64{}
	for share, ms := range map[float64]*float64{0.5: q.P50Ms, 0.95: q.P95Ms, 0.99: q.P99Ms} {
		if ms != nil {
			quantiles[share] = *ms / 1000
		}
	}
	return prometheus.MustNewConstSummary(d, uint64(max(q.Total, 0)), q.Sum.Seconds(), quantiles)
}
