package api_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
	"paceline/queue/api"
	"paceline/queue/pipe"
)

// happen makes n events.
func happen(q *queue.Queue, n int) {
	for range n {
		q.Reset("a test")
	}
}

// reportIn reads an answer of the metrics.
func reportIn(t *testing.T, body []byte) queue.Report {
	t.Helper()
	var r queue.Report
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return r
}

// numbers returns the numbers of the events in a report: "3-5", or "none of 5".
func numbers(r queue.Report) string {
	n, total := int64(len(r.Detail.Events)), r.Detail.EventsTotal
	if n == 0 {
		return fmt.Sprintf("none of %d", total)
	}
	return fmt.Sprintf("%d-%d", total-n+1, total)
}

func TestEventsSince(t *testing.T) {
	q := defaults(t)
	s := api.New(q, api.Options{})
	for _, step := range []struct {
		events int // that happen before
		query  string
		want   string
	}{
		{0, "?events_since=0", "none of 0"},
		{0, "?events_since=7", "none of 0"},
		{5, "", "1-5"},
		{0, "?events_since=0", "1-5"},
		{0, "?events_since=3", "4-5"},
		{0, "?events_since=5", "none of 5"},
		{0, "?events_since=6", "1-5"}, // of a server before this one
		{0, "?events_since=3&events_since=1", "4-5"},
		{0, "?events_since=3&other=%zz", "1-5"}, // any query was allowed, and is
		{295, "", "45-300"},
		{0, "?events_since=298", "299-300"},
		{0, "?events_since=44", "45-300"},
		{0, "?events_since=43", "45-300"}, // event 44 is gone, and it shows
		{0, "?events_since=0", "45-300"},
		{0, "?events_since=9223372036854775807", "45-300"},
	} {
		happen(q, step.events)
		w := send(s, "GET", "/api/queue/metrics"+step.query, "")
		if got := numbers(reportIn(t, w.Body.Bytes())); w.Code != 200 || got != step.want {
			t.Errorf("%q: got %d, %s, want %s", step.query, w.Code, got, step.want)
		}
	}
	for _, bad := range []string{"", "-1", "x", "1.5", "9223372036854775808"} {
		for _, path := range []string{"/api/queue/metrics", "/api/queue/stream"} {
			if w := send(s, "GET", path+"?events_since="+bad, ""); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "eventsTotal") {
				t.Errorf("%s, %q: got %d: %s", path, bad, w.Code, w.Body)
			}
		}
	}
}

// Without the parameter and the header an answer is as it was before there were any.
func TestAnswersAreWholeForWhoDoesNotAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := defaults(t)
		happen(q, 300)
		o := api.Options{Version: "v1"}
		want := q.Report()
		o.Decorator(q)(&want)
		line, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		w := send(api.New(q, o), "GET", "/api/queue/metrics", "")
		if got, want := w.Body.String(), string(line)+"\n"; got != want || len(got) < 20_000 {
			t.Errorf("got %d bytes:\n%s\nwant %d:\n%s", len(got), got, len(want), want)
		}
		want200 := "map[Cache-Control:[no-store] Content-Length:[" + strconv.Itoa(len(line)+1) + "] Content-Type:[application/json; charset=utf-8] X-Content-Type-Options:[nosniff]]"
		if got := fmt.Sprint(w.Header()); got != want200 {
			t.Errorf("got %s, want %s", got, want200)
		}

		p, stop := start(q, 0)
		watcher := watch(t, p)
		first, err := watcher.lines.ReadString('{')
		if err != nil || first != "id: 1\nevent: metrics\ndata: {" || watcher.answer.Header.Get("Content-Encoding") != "" {
			t.Errorf("got %q, %v", first, err)
		}
		watcher.leave()
		for range 3 {
			w := watch(t, p)
			_, r, err := w.event()
			if err != nil || len(r.Detail.Events) != 256 {
				t.Errorf("got %s, %v", numbers(r), err)
			}
			w.leave()
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// asked sends a request for a path over a connection in memory, whose answer is not
// unpacked.
func asked(t *testing.T, p *pipe.Listener, method, path string, header ...string) *http.Response {
	t.Helper()
	client := &http.Transport{DialContext: p.DialContext, DisableCompression: true, DisableKeepAlives: true}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := client.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// A watcher that asks for new events gets each of them once, also where it misses frames.
func TestStreamSendsNewEvents(t *testing.T) {
	for _, zip := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			q := defaults(t)
			p, stop := start(q, 0)
			happen(q, 300)
			open := func(since int) *watcher {
				var header []string
				if zip {
					header = []string{"Accept-Encoding", "gzip"}
				}
				answer := asked(t, p, "GET", "/api/queue/stream?events_since="+strconv.Itoa(since), header...) //nolint:bodyclose // leave closes it
				var body io.Reader = answer.Body
				if zip {
					z, err := gzip.NewReader(body)
					if err != nil {
						t.Fatal(err)
					}
					body = z
				}
				return &watcher{nil, answer, bufio.NewReader(body)}
			}
			whole, newest, whoAll := open(0), open(299), watch(t, p)
			for i, step := range []struct{ whole, newest string }{
				{"45-300", "300-300"}, {"none of 300", "none of 300"}, {"301-304", "301-304"},
			} {
				if i == 2 {
					happen(q, 4)
				}
				for w, want := range map[*watcher]string{whole: step.whole, newest: step.newest} {
					_, r, err := w.event()
					if got := numbers(r); err != nil || got != want {
						t.Errorf("zip %v, frame %d: got %s, %v, want %s", zip, i+1, got, err, want)
					}
				}
				if _, r, err := whoAll.event(); err != nil || len(r.Detail.Events) != 256 {
					t.Errorf("who does not ask: got %s, %v, want all", numbers(r), err)
				}
			}
			// Who reads slowly gets frames later, or misses some, and no event.
			seen := int64(304)
			for range 5 {
				happen(q, 10)
				time.Sleep(1500 * time.Millisecond)
			}
			for seen < 354 {
				_, r, err := newest.event()
				if err != nil {
					t.Fatal(err)
				}
				if first := r.Detail.EventsTotal - int64(len(r.Detail.Events)); first != seen {
					t.Errorf("zip %v: got events from %d after %d", zip, first+1, seen)
				}
				seen = r.Detail.EventsTotal
			}
			whole.leave()
			newest.leave()
			whoAll.leave()
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A compressed stream ends like any other when the server stops.
func TestCompressedStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := defaults(t)
		p, stop := start(q, 0)
		answer := asked(t, p, "GET", "/api/queue/stream", "Accept-Encoding", "gzip")
		defer func() { _ = answer.Body.Close() }()
		z, err := gzip.NewReader(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(z)
		begin := time.Now()
		for range 3 * 4 {
			if _, err := lines.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("3 frames took %v, want each at once", took)
		}
		done := make(chan error)
		go func() { done <- stop() }()
		if _, err := io.Copy(io.Discard, lines); err != nil {
			t.Errorf("the end: got %v, want a whole answer with its sum", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestGzipWhereItIsAskedFor(t *testing.T) {
	q := defaults(t)
	happen(q, 300)
	s := api.New(q, api.Options{})
	ask := func(method, path, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	for accept, want := range map[string]bool{
		"gzip": true, "GZIP": true, "br, gzip;q=0.5": true, "gzip;q=1.0, identity": true, "deflate,gzip , br": true,
		"": false, "identity": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=x": false, "xgzip": false,
	} {
		w := ask("GET", "/api/queue/metrics", accept)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: got gzip %v, want %v", accept, got, want)
		}
		if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%q: got a length of %s, want %d", accept, got, w.Body.Len())
		}
		for header, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "application/json; charset=utf-8"} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%q: %s: got %q, want %q", accept, header, got, want)
			}
		}
		body := w.Body.Bytes()
		if want {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil || w.Body.Len() > len(body)/3 {
				t.Errorf("%q: got %v, %d bytes for %d", accept, err, w.Body.Len(), len(body))
			}
		}
		if got := numbers(reportIn(t, body)); got != "45-300" {
			t.Errorf("%q: got %s", accept, got)
		}
	}
	for _, path := range []string{"/healthz", "/api/queue/nothing"} { // small
		if w := ask("GET", path, "gzip"); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed", path)
		}
	}
	if w := ask("HEAD", "/api/queue/stream", "gzip"); w.Body.Len() > 0 || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("HEAD of the stream: got %v, %d bytes", w.Header(), w.Body.Len())
	}
}

// HEAD has the header of GET, compressed or not, and no body.
func TestHeadOfCompressedMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := defaults(t)
		happen(q, 300)
		p, stop := start(q, 0)
		for _, query := range []string{"", "?events_since=0", "?events_since=299"} {
			headers := map[string]string{}
			for _, method := range []string{"GET", "HEAD"} {
				answer := asked(t, p, method, "/api/queue/metrics"+query, "Accept-Encoding", "gzip")
				body, err := io.ReadAll(answer.Body)
				if err != nil || (method == "HEAD") != (len(body) == 0) {
					t.Errorf("%s: got %d bytes, %v", method, len(body), err)
				}
				_ = answer.Body.Close()
				headers[method] = fmt.Sprint(answer.Header)
			}
			if headers["GET"] != headers["HEAD"] || !strings.Contains(headers["HEAD"], "Content-Encoding:[gzip]") {
				t.Errorf("%q: got %s, want %s", query, headers["HEAD"], headers["GET"])
			}
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
