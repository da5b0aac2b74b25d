package sim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// batchOf is the body of a batch with a message for each ID.
func batchOf(ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf(`{"custom_id":%q,"params":%s}`, id, hello))
	}
	return `{"requests":[` + strings.Join(all, ",") + `]}`
}

// shown returns a batch as an answer shows it.
func shown(t *testing.T, w *httptest.ResponseRecorder) batchInfo {
	t.Helper()
	var b batchInfo
	if err := json.Unmarshal(w.Body.Bytes(), &b); err != nil || w.Code != 200 || b.Type != "message_batch" {
		t.Fatalf("got %d %s, want a batch", w.Code, w.Body)
	}
	return b
}

// createBatch makes a batch of so many requests.
func createBatch(t *testing.T, h *Handler, body string, header ...string) batchInfo {
	t.Helper()
	return shown(t, do(t, h, "POST", "/v1/messages/batches", body, header...))
}

// outcomes returns the results of a batch: the type of each, by custom ID.
func outcomes(t *testing.T, h *Handler, id string, header ...string) map[string]string {
	t.Helper()
	w := do(t, h, "GET", "/v1/messages/batches/"+id+"/results", "", header...)
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/x-jsonl" {
		t.Fatalf("results: got %d %v %s", w.Code, w.Header(), w.Body)
	}
	all := map[string]string{}
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		var line struct {
			CustomID string `json:"custom_id"`
			Result   struct {
				Type    string
				Message struct{ Usage usage }
				Error   errorBody
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		r := line.Result
		all[line.CustomID] = r.Type
		if r.Type == "errored" {
			all[line.CustomID] += ": " + r.Error.Error.Message
		}
		if u := r.Message.Usage; r.Type == "succeeded" && (u.Input < 1 || u.ServiceTier != "batch") {
			t.Errorf("%s: got the usage %+v, want tokens of the tier batch", line.CustomID, u)
		}
	}
	return all
}

// A batch from its creation to its end reads as a transcript.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := accountHandler(t, AccountSettings{Limits: GroupLimits{"": {RequestsPerMinute: 1}}}) // the messages' limit is not the batches'
		body := strings.Replace(batchOf("a", "b", "no-model", "no-file"), hello, strings.Replace(hello, "1024", "0", 1), 1)
		body = strings.Replace(body, `"no-model","params":`+hello, `"no-model","params":{"max_tokens":1}`, 1)
		body = strings.Replace(body, `"no-file","params":`+hello, `"no-file","params":`+strings.Replace(hello, `"Hello"`, `[{"type":"document","source":{"type":"file","file_id":"file_x"}}]`, 1), 1)
		b := createBatch(t, h, body, "x-sim-latency", "10s", "x-sim-tokens", "5")
		path := "/v1/messages/batches/" + b.ID
		if want := (batchCounts{Processing: 4}); b.Status != "in_progress" || b.Counts != want || b.EndedAt != nil || b.ResultsURL != nil || !strings.HasPrefix(b.ID, "msgbatch_") {
			t.Errorf("created: got %+v", b)
		}
		if w := do(t, h, "GET", path+"/results", ""); w.Code != 404 {
			t.Errorf("results too early: got %d %s, want 404", w.Code, w.Body)
		}
		if w := do(t, h, "DELETE", path, ""); w.Code != 400 || !strings.Contains(w.Body.String(), "cancel it before") {
			t.Errorf("deleted too early: got %d %s, want 400", w.Code, w.Body)
		}
		time.Sleep(10*time.Second - time.Nanosecond)
		if b := shown(t, do(t, h, "GET", path, "")); b.Status != "in_progress" || b.Counts.Processing != 4 {
			t.Errorf("just before the end: got %+v", b)
		}
		time.Sleep(time.Nanosecond)
		b = shown(t, do(t, h, "GET", path, ""))
		if want := (batchCounts{Succeeded: 2, Errored: 2}); b.Status != "ended" || b.Counts != want || b.EndedAt == nil || b.ResultsURL == nil || *b.ResultsURL != "http://127.0.0.1"+path+"/results" {
			t.Errorf("ended: got %+v", b)
		}
		got := fmt.Sprint(outcomes(t, h, b.ID))
		if want := "map[a:succeeded b:succeeded no-file:errored: File not found: file_x no-model:errored: model: Field required]"; got != want {
			t.Errorf("results:\ngot  %s\nwant %s", got, want)
		}
		if w := do(t, h, "POST", path+"/cancel", ""); w.Code != 400 {
			t.Errorf("canceled too late: got %d %s, want 400", w.Code, w.Body)
		}
		if w := do(t, h, "DELETE", path, ""); w.Code != 200 || w.Body.String() != `{"id":"`+b.ID+`","type":"message_batch_deleted"}` {
			t.Errorf("deleted: got %d %s", w.Code, w.Body)
		}
		if w := do(t, h, "GET", path, ""); w.Code != 404 {
			t.Errorf("after it was deleted: got %d %s, want 404", w.Code, w.Body)
		}
	})
}

// What was processed when a batch is canceled has its answer, and so has half of one that
// expires.
func TestBatchThatIsCanceledOrExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHandler(newAPI(t, 1, fast()))
		b := createBatch(t, h, batchOf("a", "b", "c", "d"), "x-sim-latency", "8s")
		path := "/v1/messages/batches/" + b.ID
		time.Sleep(4 * time.Second)
		b = shown(t, do(t, h, "POST", path+"/cancel", ""))
		if b.Status != "canceling" || b.CancelInitiated == nil || b.Counts.Processing != 4 {
			t.Errorf("canceled: got %+v", b)
		}
		time.Sleep(cancelTime - time.Nanosecond)
		if b := shown(t, do(t, h, "POST", path+"/cancel", "")); b.Status != "canceling" {
			t.Errorf("canceled twice: got %+v", b)
		}
		time.Sleep(time.Nanosecond)
		b = shown(t, do(t, h, "GET", path, ""))
		if want := (batchCounts{Succeeded: 2, Canceled: 2}); b.Status != "ended" || b.Counts != want {
			t.Errorf("after its cancellation: got %+v, want %+v", b, want)
		}
		if got, want := fmt.Sprint(outcomes(t, h, b.ID)), "map[a:succeeded b:succeeded c:canceled d:canceled]"; got != want {
			t.Errorf("results: got %s, want %s", got, want)
		}

		b = createBatch(t, h, batchOf("a", "b"), "x-sim-error", "batch-expires")
		time.Sleep(time.Minute)
		if got, want := fmt.Sprint(outcomes(t, h, b.ID)), "map[a:succeeded b:expired]"; got != want {
			t.Errorf("results of one that expires: got %s, want %s", got, want)
		}
		if b = shown(t, do(t, h, "GET", "/v1/messages/batches/"+b.ID, "")); *b.EndedAt != b.ExpiresAt || b.Counts.Expired != 1 {
			t.Errorf("expired: got %+v", b)
		}

		time.Sleep(resultsLife)
		if b = shown(t, do(t, h, "GET", "/v1/messages/batches/"+b.ID, "")); b.ArchivedAt == nil || b.ResultsURL != nil || b.Counts.Expired != 1 {
			t.Errorf("after 29 days: got %+v, want it archived with its counts", b)
		}
		if w := do(t, h, "GET", "/v1/messages/batches/"+b.ID+"/results", ""); w.Code != 404 {
			t.Errorf("results after 29 days: got %d %s, want 404", w.Code, w.Body)
		}
	})
}

// Lists go by page, and show nobody else's.
func TestBatchesAreListedByScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := accountHandler(t, tier1(t))
		var all []string
		for range 5 {
			all = append([]string{createBatch(t, h, batchOf("a")).ID}, all...)
		}
		list := func(query string, header ...string) page[batchInfo] {
			t.Helper()
			var p page[batchInfo]
			w := do(t, h, "GET", "/v1/messages/batches"+query, "", header...)
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
				t.Fatalf("%s: got %d %s", query, w.Code, w.Body)
			}
			return p
		}
		ids := func(p page[batchInfo]) (ids []string) {
			for _, b := range p.Data {
				ids = append(ids, b.ID)
			}
			return ids
		}
		for _, c := range []struct {
			query    string
			from, to int
			more     bool
		}{
			{"", 0, 5, false}, {"?limit=2", 0, 2, true}, {"?limit=2&after_id=" + all[1], 2, 4, true},
			{"?limit=2&after_id=" + all[3], 4, 5, false}, {"?limit=2&before_id=" + all[3], 1, 3, true},
		} {
			if p := list(c.query); !slices.Equal(ids(p), all[c.from:c.to]) || p.HasMore != c.more || *p.LastID != all[c.to-1] {
				t.Errorf("%q: got %q, more %v, want %q, %v", c.query, ids(p), p.HasMore, all[c.from:c.to], c.more)
			}
		}
		for _, key := range []string{"sk-sim-other-1", "sk-sim-acme-lab-1"} { // another organization, and a workspace of the same
			if p := list("", "x-api-key", key); len(p.Data) != 0 {
				t.Errorf("%s sees %q", key, ids(p))
			}
			for _, c := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"POST", "/cancel"}, {"GET", "/results"}} {
				if w := do(t, h, c[0], "/v1/messages/batches/"+all[0]+c[1], "", "x-api-key", key); w.Code != 404 {
					t.Errorf("%s %s by %s: got %d %s, want 404", c[0], c[1], key, w.Code, w.Body)
				}
			}
		}
		if p := list("", "x-api-key", "sk-sim-acme-2"); len(p.Data) != 5 {
			t.Errorf("another key of the organization sees %q, want all", ids(p))
		}
	})
}

func TestBatchesThatAreRefused(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	many := make([]string, maxBatchRequests+1)
	for i := range many {
		many[i] = fmt.Sprintf(`{"custom_id":"%d","params":{}}`, i)
	}
	for _, c := range []struct{ name, body, message string }{
		{"nothing", `{}`, "requests: List should have at least 1 item"},
		{"no requests", `{"requests":[]}`, "requests: List should have at least 1 item"},
		{"too many", `{"requests":[` + strings.Join(many, ",") + `]}`, "requests: List should have at most 100000 items"},
		{"no list", `{"requests":5}`, "requests: Input should be a valid list"},
		{"no ID", `{"requests":[{"params":{}}]}`, "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"},
		{"long ID", batchOf(strings.Repeat("a", 65)), "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"},
		{"ID with a space", batchOf("a", "a b"), "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"},
		{"one ID twice", batchOf("a", "b", "a"), `requests.2.custom_id: "a" is the ID of another request of the batch`},
		{"no params", `{"requests":[{"custom_id":"a"}]}`, "requests.0.params: Field required"},
		{"no JSON", `{"requests":[`, "The request body is not valid JSON: it ends too early"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(t, h, "POST", "/v1/messages/batches", c.body)
			if kind, message := refusal(t, w.Result(), w.Body.Bytes()); w.Code != 400 || kind != "invalid_request_error" || message != c.message {
				t.Errorf("got %d %s: %s\nwant %s", w.Code, kind, message, c.message)
			}
		})
	}
	if n := len(h.batches.all); n != 0 {
		t.Errorf("%d batches are kept, want none", n)
	}
	if w := do(t, h, "POST", "/v1/messages/batches", batchOf("a"), "x-sim-error", "529"); w.Code != 529 {
		t.Errorf("got %d %s, want the outcome that was asked for", w.Code, w.Body)
	}
}

// However many batches there are, what is kept is bounded: the oldest that have ended make
// room, and where none has, a batch is refused.
func TestBatchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHandler(newAPI(t, 1, fast()))
		now := time.Now()
		add := func(size int, takes time.Duration) *problem {
			return h.batches.add(&batch{id: fmt.Sprint(len(h.batches.all)), requests: make([]batchRequest, size), size: size, created: now, takes: takes}, time.Now())
		}
		if p := add(maxBatchesSize-10, time.Minute); p != nil {
			t.Fatal(p.message)
		}
		if p := add(11, time.Minute); p == nil || p.status != 429 || len(h.batches.all) != 1 {
			t.Errorf("more requests than can be kept: got %+v, want 429", p)
		}
		time.Sleep(time.Minute)
		if p := add(11, time.Hour); p != nil || h.batches.all[1].requests != nil || h.batches.all[1].archived.IsZero() {
			t.Errorf("after the first has ended: got %+v, want it archived", p)
		}
		for range maxBatches + 5 {
			if p := add(1, 0); p != nil {
				t.Fatal(p.message)
			}
		}
		if len(h.batches.all) != maxBatches || h.batches.all[maxBatches-1].size != 11 {
			t.Errorf("%d batches are kept, want %d with the one that goes on", len(h.batches.all), maxBatches)
		}
		for i := range batchCalls + 1 {
			if w := do(t, h, "GET", "/v1/messages/batches?limit=1", ""); (w.Code == 429) != (i == batchCalls) {
				t.Fatalf("call %d: got %d %s", i, w.Code, w.Body)
			}
		}
	})
}
