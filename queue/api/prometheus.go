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

// maxScrapes is how many may be answered at the same time.
const maxScrapes = 10

// newPrometheus returns what answers GET /metrics: the queue's own numbers, and
// those of the process and of Go's runtime.
func newPrometheus(s *Server) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(
		&collector{queue: s.queue, report: s.report, goVersion: runtime.Version()},
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

// collector tells Prometheus what a report says: one report for each scrape, so
// that all its figures are of one moment.
type collector struct {
	queue     *queue.Queue
	report    func() queue.Report
	goVersion string
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, f := range figures {
		descs <- f.desc
	}
	for _, f := range laneFigures {
		descs <- f.desc
	}
	for _, d := range []*prometheus.Desc{requestsDesc, healthDesc, buildDesc, waitDesc, responseDesc} {
		descs <- d
	}
}

// errCollect is what a scrape is told of a panic; the queue's troubles say more.
var errCollect = errors.New("paceline: the figures of the queue could not be collected: detail.troubles and the log say why")

// Collect implements prometheus.Collector. The registry would tell whoever scrapes
// the stack of a panic.
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
	for _, f := range figures {
		if v, ok := f.of(&r, d); ok {
			metrics <- prometheus.MustNewConstMetric(f.desc, f.kind, v)
		}
	}
	for result, n := range map[string]int64{"successful": r.Metrics.Successful, "failed": r.Metrics.Failed, "cancelled": d.Cancelled} {
		metrics <- counter(requestsDesc, float64(n), result)
	}
	for _, status := range []string{"healthy", "warning", "critical"} {
		metrics <- gauge(healthDesc, one(status == r.Status), status)
	}
	metrics <- gauge(buildDesc, 1, queue.Escape(d.Version), c.goVersion)
	metrics <- summary(waitDesc, d.Wait)
	metrics <- summary(responseDesc, d.Response)
	for _, l := range boundedLanes(d.Lanes) {
		for _, f := range laneFigures {
			metrics <- gauge(f.desc, f.of(&l, r.Timestamp.Time), l.name)
		}
	}
}

func counter(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// summary has the quantiles of the last 5 minutes, where there are any.
func summary(d *prometheus.Desc, q queue.Quantiles) prometheus.Metric {
	quantiles := map[float64]float64{}
	for share, ms := range map[float64]*float64{0.5: q.P50Ms, 0.95: q.P95Ms, 0.99: q.P99Ms} {
		if ms != nil {
			quantiles[share] = *ms / 1000
		}
	}
	return prometheus.MustNewConstSummary(d, uint64(max(q.Total, 0)), q.Sum.Seconds(), quantiles)
}
