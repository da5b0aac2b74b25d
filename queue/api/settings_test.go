package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/api"
)

// send sends a body that never leaves the process.
func send(s *api.Server, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

// defaults returns a queue with the settings that operators know.
func defaults(t *testing.T) *queue.Queue {
	t.Helper()
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// written returns the settings as they are answered.
func written(t *testing.T, s queue.Settings) string {
	t.Helper()
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(body), "{", fmt.Sprintf(`{"pace":%q,`, s.Pace()), 1)
}

func TestGetSettings(t *testing.T) {
	q := defaults(t)
	w := send(api.New(q, api.Options{}), "GET", "/api/queue/settings", "")
	if got, want := strings.TrimSpace(w.Body.String()), written(t, queue.DefaultSettings()); got != want {
		t.Errorf("got %s, want the settings in force, %s", got, want)
	}
}

func TestSettingsChange(t *testing.T) {
	q := defaults(t)
	fine := queue.DefaultSettings()
	fine.Step = 200*time.Millisecond + 5*time.Microsecond
	if err := q.SetSettings(fine); err != nil {
		t.Fatal(err)
	}
	s := api.New(q, api.Options{Caller: func(*http.Request) string { return "ops" }})
	for _, c := range []struct {
		body string
		want func(*queue.Settings)
	}{
		{`{}`, func(*queue.Settings) {}},
		{`{"thresholds":{}}`, func(*queue.Settings) {}},
		{` {"minDelayMs": 2000} ` + "\n", func(s *queue.Settings) { s.MinDelay = 2 * time.Second }},
		{`{"maxInFlight":4,"thresholds":{"warnWaiting":8,"warnSuccess":0.5},"attempts":1e0}`, func(s *queue.Settings) {
			s.MaxInFlight, s.Thresholds.WarnWaiting, s.Thresholds.WarnSuccess, s.Attempts = 4, 8, 0.5, 1
		}},
		{`{"pace":"off","attempts":2}`, func(s *queue.Settings) { s.Off, s.Attempts = true, 2 }},
		{`{"pace":"off"}`, func(*queue.Settings) {}},
		{`{"pace":"adaptive"}`, func(s *queue.Settings) { s.Off, s.Adaptive = false, true }},
		{`{"minDelayMs":20000,"maxDelayMs":30000}`, func(s *queue.Settings) { s.MinDelay, s.MaxDelay = 20*time.Second, 30*time.Second }},
	} {
		want := q.Settings()
		c.want(&want)
		w := send(s, "PATCH", "/api/queue/settings", c.body)
		if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != written(t, want) {
			t.Errorf("%s: got %d: %s, want the whole settings", c.body, w.Code, got)
		}
		if got := q.Settings(); got != want {
			t.Errorf("%s: got %+v\nwant %+v", c.body, got, want)
		}
	}
	events := q.Report().Detail.Events
	if last := events[len(events)-1]; len(events) != 6 || last.Kind != queue.KindSettings || last.By != "ops" {
		t.Errorf("got %d events, the last %+v, want 6, settings by ops", len(events), last)
	}
}

func TestSettingsRefuseWhatMakesNoSense(t *testing.T) {
	q := defaults(t)
	s := api.New(q, api.Options{})
	for _, c := range []struct{ body, want string }{
		{``, "the body breaks off: must be a JSON object"},
		{`{"minDelayMs":`, "the body breaks off"},
		{`{"minDelayMs":2000`, "the body breaks off"},
		{`minDelayMs=2000`, "the body is not JSON"},
		{`{"minDelayMs":2000,}`, "the body is not JSON"},
		{`[{"minDelayMs":2000}]`, "the body is a list: must be an object"},
		{`null`, "the body is null: must be an object"},
		{`2000`, "the body is a number: must be an object"},
		{`{"minDelayMs":2000}{}`, "the body goes on after the JSON object"},
		{`{"minDelayMs":2000} x`, "the body goes on after the JSON object"},
		{`{"minDelayMs":"2000"}`, `"minDelayMs" is a string: must be a number`},
		{`{"minDelayMs":null}`, `"minDelayMs" is null: must be a number`},
		{`{"minDelayMs":true}`, `"minDelayMs" is true: must be a number`},
		{`{"minDelayMs":{"ms":1}}`, `"minDelayMs" is an object: must be a number`},
		{`{"minDelayMs":[1]}`, `"minDelayMs" is a list: must be a number`},
		{`{"minDelayMs":1e999}`, `"minDelayMs" is out of the range of numbers`},
		{`{"minDelayMs":1,"minDelayMs":2}`, `"minDelayMs" is there twice`},
		{`{"minDelayMs":-1}`, "minDelayMs is -1: must be from 0 to 3600000"},
		{`{"minDelayMs":1.5}`, "minDelayMs is 1.5: must be a whole number of milliseconds"},
		{`{"minDelayMs":2000,"maxQueue":0}`, "maxQueue is 0: must be from 1 to 1000000"},
		{`{"pace":1}`, `pace is a number: must be "off", "spaced" or "adaptive"`},
		{`{"pace":""}`, "pace is empty"},
		{`{"pace":"fast","minDelayMs":2000}`, `pace is "fast": must be off, spaced or adaptive`},
		{`{"pace":"off","minDelayMs":-1}`, "minDelayMs is -1"},
		{`{"pace":"off","pace":"spaced"}`, `"pace" is there twice`},
		{`{"thresholds":{"pace":"off"}}`, `"thresholds.pace" is a string: must be a number`},
		{`{"MinDelayMs":1}`, `there is no setting "MinDelayMs"`},
		{`{"minDelay":1}`, `there is no setting "minDelay"`},
		{`{"thresholds.warnWaiting":8}`, `there is no setting "thresholds.warnWaiting"`},
		{`{"thresholds":{"thresholds":{}}}`, `"thresholds.thresholds" is an object: must be a number`},
		{`{"thresholds":8}`, "thresholds is a number: must be an object"},
		{`{"thresholds":null}`, "thresholds is null: must be an object"},
		{`{"thresholds":{"warnWaiting":8},"thresholds":{}}`, `"thresholds" is there twice`},
		{`{"thresholds":{"minDelayMs":8}}`, `there is no setting "thresholds.minDelayMs"`},
		{`{"thresholds":{"warnWaiting":21}}`, "thresholds.criticalWaiting is 20: must be from 21 to 1000000"},
		{`{"\u001b[2J":1}`, `there is no setting "\x1b[2J"`},
		{`{"` + strings.Repeat("x", 127) + `é.":1}`, `there is no setting "` + strings.Repeat("x", 127) + `"`},
	} {
		w := send(s, "PATCH", "/api/queue/settings", c.body)
		var got struct{ Error, Details string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v: %s", c.body, err, w.Body)
		}
		if w.Code != 400 || got.Error != "Bad request" || !strings.HasPrefix(got.Details, c.want) {
			t.Errorf("%s: got %d %q, want 400 with %q", c.body, w.Code, got.Details, c.want)
		}
		if got := q.Settings(); got != queue.DefaultSettings() {
			t.Fatalf("%s: got %+v, want nothing changed", c.body, got)
		}
	}
	long := `{"minDelayMs":2000` + strings.Repeat(" ", 64<<10) + `}`
	if w := send(s, "PATCH", "/api/queue/settings", long); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of more than 64 KiB: got %d, want 413: %s", w.Code, w.Body)
	}
}

func TestSettingsChangedByTwoAtOnce(t *testing.T) {
	q := defaults(t)
	s := api.New(q, api.Options{})
	var all sync.WaitGroup
	for _, field := range []string{"maxInFlight", "maxQueue", "attempts"} {
		all.Go(func() {
			for _, v := range []string{"5", "6", "7"} {
				if w := send(s, "PATCH", "/api/queue/settings", `{"`+field+`":`+v+`}`); w.Code != 200 {
					t.Errorf("%s: got %d: %s", field, w.Code, w.Body)
				}
			}
		})
	}
	all.Wait()
	if got := q.Settings(); got.MaxInFlight != 7 || got.MaxQueue != 7 || got.Attempts != 7 {
		t.Errorf("got %+v, want each change to last", got)
	}
}

func FuzzSettings(f *testing.F) {
	for _, body := range []string{`{}`, `{"minDelayMs":2000}`, `{"thresholds":{"warnWaiting":8}}`, `{"minDelayMs":1,"minDelayMs":2}`, `[`, `{"a":{`, "\x00", `{"":1}`} {
		f.Add(body)
	}
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		f.Fatal(err)
	}
	s := api.New(q, api.Options{})
	f.Fuzz(func(t *testing.T, body string) {
		before := q.Settings()
		w := send(s, "PATCH", "/api/queue/settings", body)
		after := q.Settings()
		if w.Code != 200 && after != before || after.Validate() != nil || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: got %d %s and settings %+v", body, w.Code, w.Body, after)
		}
	})
}
