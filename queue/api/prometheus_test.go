package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"paceline/queue"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func ptr[T any](v T) *T { return &v }

// busy is a report in which every figure is told, and each is another.
func busy() queue.Report {
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	s := queue.DefaultSettings()
	s.Thresholds.WarnSuccess = 0.75
	return queue.Report{
		Status:    "warning",
		Timestamp: queue.Time{Time: at},
		Metrics: queue.Metrics{
			TotalRequests: 47, Successful: 31, Failed: 2, CurrentQueueLength: 9,
			LastProcessedAt: &queue.Time{Time: at.Add(-1500 * time.Millisecond)},
		},
		Detail: &queue.Detail{
			Version: "v1.2.3", Simulated: ptr(true), Resets: 1, Draining: true, Running: 3, InBackoff: 4,
			Cancelled: 5, Refused: 6, Retries: 7, RateLimited: 8, Resent: 10,
			OldestWaitMs: ptr(int64(61500)), NextStartMs: ptr(int64(1900)), EmptyInMs: ptr(int64(40000)),
			Wait: queue.Quantiles{
				Count: 11, P50Ms: ptr(1500.), P95Ms: ptr(4000.), P99Ms: ptr(4500.), Total: 38, Sum: 95500 * time.Millisecond,
			},
			Response: queue.Quantiles{Total: 40, Sum: 61 * time.Second}, // none in the last 5 minutes
			Recent:   queue.RecentOutcomes{Finished: 20, SuccessRate: ptr(0.95)},
			Capacity: queue.Capacity{ActiveUsers: 12},
			Lanes: []queue.Lane{
				{Name: "claude-opus-4", Waiting: 7, Running: 1, InBackoff: 4, PausedUntil: &queue.Time{Time: at.Add(2500 * time.Millisecond)}},
				{Name: "claude-sonnet-4", Waiting: 2, Running: 2},
			},
			Users: []queue.User{{Name: "user_123", Waiting: 9}},
			ModelsByGroup: []queue.GroupUsage{
				{Group: "", ModelUsage: queue.ModelUsage{Model: "claude-opus-5-5", Usage: queue.Usage{
					Calls: 12, Input: 13, CacheRead: 14, CacheWrite5m: 15, CacheWrite1h: 16, Output: 17, Nanodollars: 1_234_567_891,
				}}},
				{Group: "search-team", ModelUsage: queue.ModelUsage{Model: "claude-opus-5-5 fast", Usage: queue.Usage{Calls: 18, Input: 19, Unpriced: 18}}},
				{Group: "search-team", ModelUsage: queue.ModelUsage{Model: "claude-x", Usage: queue.Usage{Calls: 20, Output: 21, Nanodollars: 22, Unpriced: 2}}},
			},
			Settings: s,
		},
	}
}

func collected(r queue.Report) *collector {
	return &collector{
		report: func() queue.Report { return r }, goVersion: "go1.26",
		routes: func(tell func(string, string, int64)) {
			tell("messages", "2xx", 41)
			tell("skills", "cancelled", 3)
		},
		batches: func(tell func(string, int64)) {
			tell("", 5)
			tell("search-team", 200)
		},
	}
}

// pageOf returns what a scrape of c alone gets.
func pageOf(t *testing.T, c *collector) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("got %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestPrometheusHasEveryFigure(t *testing.T) {
	want, err := os.ReadFile("testdata/busy.prom")
	if err != nil {
		t.Fatal(err)
	}
	c := collected(busy())
	if err := testutil.CollectAndCompare(c, bytes.NewReader(want), names(t, c, false)...); err != nil {
		t.Error(err)
	}
}

// names returns the names of what c collects: of the settings, or of all the others.
func names(t *testing.T, c *collector, settings bool) (list []string) {
	t.Helper()
	for line := range strings.Lines(pageOf(t, c)) {
		if of := strings.Fields(line); of[1] == "TYPE" && strings.HasPrefix(of[2], "paceline_setting_") == settings {
			list = append(list, of[2])
		}
	}
	return list
}

// Each setting is told in base units. The names of these are known to dashboards.
func TestPrometheusHasEverySetting(t *testing.T) {
	c := collected(busy())
	told := names(t, c, true)
	if want := len(queue.SettingTable()); len(told) != want {
		t.Errorf("got %d settings, want the %d of the table: %v", len(told), want, told)
	}
	for name, want := range map[string]float64{
		"paceline_setting_adaptive_in_flight_requests": 1000,
		"paceline_setting_aging_seconds":               60,
		"paceline_setting_attempts":                    3,
		"paceline_setting_critical_last_wait_seconds":  15,
		"paceline_setting_critical_user_wait_seconds":  30,
		"paceline_setting_critical_waiting_requests":   20,
		"paceline_setting_max_delay_seconds":           10,
		"paceline_setting_max_in_flight_requests":      16,
		"paceline_setting_max_queue_requests":          1000,
		"paceline_setting_max_run_seconds":             600,
		"paceline_setting_max_wait_seconds":            300,
		"paceline_setting_min_delay_seconds":           1.5,
		"paceline_setting_step_seconds":                0.2,
		"paceline_setting_stuck_after_seconds":         60,
		"paceline_setting_warn_last_wait_seconds":      8,
		"paceline_setting_warn_success_ratio":          0.75,
		"paceline_setting_warn_waiting_requests":       6,
	} {
		if line := fmt.Sprintf("\n%s %v\n", name, want); !strings.Contains(pageOf(t, c), line) {
			t.Errorf("got no %q", line)
		}
	}
}

// What is not known is left out, and is no zero.
func TestPrometheusLeavesOutWhatIsNotKnown(t *testing.T) {
	idle := queue.Report{Status: "healthy", Detail: &queue.Detail{}}
	c := collected(idle)
	for _, name := range []string{
		"paceline_next_start_seconds", "paceline_empty_in_seconds", "paceline_last_success_timestamp_seconds", "paceline_recent_success_ratio",
		"paceline_lane_waiting_requests",
	} {
		if n := testutil.CollectAndCount(c, name); n != 0 {
			t.Errorf("%s: got %d, want none", name, n)
		}
	}
	for name, want := range map[string]int{
		"paceline_oldest_wait_seconds": 1, "paceline_wait_seconds": 1, "paceline_health": 3, "paceline_requests_total": 3,
	} {
		if n := testutil.CollectAndCount(c, name); n != want {
			t.Errorf("%s: got %d, want %d", name, n, want)
		}
	}
	if n := testutil.CollectAndCount(collected(queue.Report{})); n != 0 {
		t.Errorf("without a detail: got %d metrics, want none", n)
	}
}

func TestPrometheusNamesFollowTheConventions(t *testing.T) {
	problems, err := testutil.CollectAndLint(collected(busy()))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestPrometheusTakesOneReportForEachScrape(t *testing.T) {
	n := 0
	c := &collector{report: func() queue.Report { n++; return busy() }}
	if testutil.CollectAndCount(c) == 0 || n != 1 {
		t.Errorf("got %d reports, want 1", n)
	}
}

func TestLanesAreBounded(t *testing.T) {
	until := func(seconds int) *queue.Time {
		return &queue.Time{Time: time.Date(2026, 11, 23, 14, 0, seconds, 0, time.UTC)}
	}
	var lanes []queue.Lane
	for i := range 250 {
		lanes = append(lanes, queue.Lane{Name: fmt.Sprintf("lane-%03d", i), Waiting: 1, Running: 2, InBackoff: 3})
	}
	lanes[120].PausedUntil, lanes[130].PausedUntil, lanes[140].PausedUntil = until(5), until(9), until(7)
	lanes[5].PausedUntil = until(30)
	sums := boundedLanes(lanes, &queue.OtherLanes{Lanes: 7, Waiting: 10, Running: 20, InBackoff: 30})
	if len(sums) != 101 {
		t.Fatalf("got %d, want 100 and the others", len(sums))
	}
	last := sums[100]
	if want := (laneSum{"other", 160, 320, 480, until(9).Time}); last != want {
		t.Errorf("the others: got %+v, want %+v", last, want)
	}
	if sums[5].until != until(30).Time || sums[99].name != "lane-099" || sums[99].waiting != 1 {
		t.Errorf("got %+v and %+v", sums[5], sums[99])
	}
}

// What a stranger calls a lane neither breaks the page nor makes two series of
// one name.
func TestLaneNamesAreTamed(t *testing.T) {
	long := strings.Repeat("é", 100)
	var lanes []queue.Lane
	for _, name := range []string{"a\nb", `a\nb`, "\xff\xfe", "\x1b[2J", long, long + "2", "other", `q"uote`, ""} {
		lanes = append(lanes, queue.Lane{Name: name, Waiting: 1})
	}
	r := busy()
	r.Detail.Lanes, r.Detail.Version = lanes, "v\x1b[2J\xff"
	c := collected(r)
	if n := testutil.CollectAndCount(c, "paceline_lane_waiting_requests"); n != 7 {
		t.Errorf("got %d lanes, want 7: two pairs are the same", n)
	}
	page := pageOf(t, c)
	if strings.Contains(page, "\x1b") || !utf8.ValidString(page) {
		t.Errorf("got %q", page)
	}
	if !strings.Contains(page, `lane="a\\nb"} 2`) || !strings.Contains(page, `…"} 2`) {
		t.Errorf("got %s, want the pairs added up", page)
	}
}

func TestPrometheusOverHTTP(t *testing.T) {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	_, err = queue.Do(context.Background(), q, queue.Request{User: "user_secret"}, func(context.Context) (int, error) { return 0, nil })
	if err != nil {
		t.Fatal(err)
	}
	s := New(q, Options{Version: "v1.2.3"})
	ask := func(method string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/metrics", nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}

	w := ask("GET")
	page := w.Body.String()
	for header, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s: got %q, want %q", header, got, want)
		}
	}
	if got := w.Header().Get("Content-Type"); w.Code != 200 || !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("got %d, %q", w.Code, got)
	}
	for _, want := range []string{
		"\npaceline_requests_total{result=\"successful\"} 1\n", "\npaceline_wait_seconds_count 1\n", "\npaceline_response_seconds_count 1\n",
		"\npaceline_lane_waiting_requests{lane=\"default\"} 0\n", "\ngo_goroutines ", "\npaceline_health{status=\"healthy\"} 1\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in\n%s", want, page)
		}
	}
	if strings.Contains(page, "user_secret") {
		t.Error("a user is named")
	}
	if w := ask("GET", "Accept", "application/openmetrics-text;version=1.0.0"); !strings.HasSuffix(w.Body.String(), "# EOF\n") {
		t.Errorf("OpenMetrics: got %q", w.Header().Get("Content-Type"))
	}

	w = ask("GET", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(unpacked), "paceline_build_info{") {
		t.Errorf("gzip: got %v, %d bytes", err, len(unpacked))
	}
	if w := ask("HEAD"); w.Code != 200 {
		t.Errorf("HEAD: got %d", w.Code)
	}
	var problem struct{ Error string }
	w = ask("POST")
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: got %d, Allow %q, %v: %s", w.Code, w.Header().Get("Allow"), err, w.Body)
	}
}
